/** A policy of CloudFront: access to the URLs that match `resource`, until `expires` (seconds since 1970). A canned policy has exactly this text. */
export function policyOf(resource: string, expires: number): Buffer {
  return Buffer.from(JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': expires } } }] }));
}

/** CloudFront's base64 alphabet (CloudFront Developer Guide, "Set signed cookies that use a custom policy"). */
export function cloudFrontBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/\+/g, '-').replace(/=/g, '_').replace(/\//g, '~');
}
