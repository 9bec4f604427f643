/** Returns the S3 URL of an object or a prefix, in MediaConvert's form `s3://{bucket}/{key}`. */
export function s3Url(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** Returns the key in an S3 URL, or undefined if the URL belongs to another bucket. */
export function parseS3Url(url: string, bucket: string): string | undefined {
  const start = s3Url(bucket, '');
  return url.startsWith(start) ? url.slice(start.length) : undefined;
}
