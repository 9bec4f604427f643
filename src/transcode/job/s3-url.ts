/** Address of an object, or of a prefix, as MediaConvert takes it: `s3://{bucket}/{key}`. */
export function s3Url(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** The key in such an address; undefined for another bucket's. */
export function parseS3Url(url: string, bucket: string): string | undefined {
  const start = s3Url(bucket, '');
  return url.startsWith(start) ? url.slice(start.length) : undefined;
}
