/**
 * The reason for which S3 rejected a request for an object. `gone`: the object does not exist, or another object replaced it. `denied`: S3 denied the request.
 * Without the permission `s3:ListBucket`, S3 also denies requests for a missing object (see "HeadObject" in the Amazon S3 API Reference).
 */
export type ObjectRejection = 'gone' | 'denied';

/** 412: the object at this key has a different ETag than the header `If-Match`. */
const REJECTIONS: Readonly<Partial<Record<number, ObjectRejection>>> = { 403: 'denied', 404: 'gone', 412: 'gone' };

/** Returns undefined for any other error, such as a timeout. */
export function objectRejection(error: unknown): ObjectRejection | undefined {
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined ? undefined : REJECTIONS[status];
}
