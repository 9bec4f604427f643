export function s3Url(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** Returns undefined if the URL belongs to a different bucket. */
export function parseS3Url(url: string, bucket: string): string | undefined {
  const start = s3Url(bucket, '');
  return url.startsWith(start) ? url.slice(start.length) : undefined;
}
