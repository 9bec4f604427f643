/**
 * Returns a CloudFront policy that allows access to the URLs that match `resource`, until `expires` (seconds since 1970). For a signed URL without a policy,
 * CloudFront checks the signature of exactly this text (canned policy).
 */
export function policyOf(resource: string, expires: number): Buffer {
  return Buffer.from(JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': expires } } }] }));
}

/** CloudFront's base64 alphabet (CloudFront Developer Guide, "Set signed cookies that use a custom policy"). */
export function cloudFrontBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/\+/g, '-').replace(/=/g, '_').replace(/\//g, '~');
}
