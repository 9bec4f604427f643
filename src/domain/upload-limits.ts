import { isInRanges } from './media-type';

export interface UploadLimits {
  /** In bytes. */
  readonly maxSize: number;
  /** Files of at most this size are uploaded in one PUT request, and larger files in parts. In bytes, at most MAX_SINGLE_PUT_BYTES. */
  readonly multipartThreshold: number;
  /** The allowed media types, which are case-insensitive and can be ranges, such as `video/*`. */
  readonly contentTypes: readonly string[];
  /** At most MAX_UPLOAD_EXPIRY_SECONDS. */
  readonly expirySeconds: number;
}

/**
 * The maximum validity of signed URLs.
 *
 * A signed URL expires no later than the role session that signed it. A session is valid for one hour. If the remaining time of the current session is shorter
 * than the validity of a new URL, a new session signs the URL.
 */
export const MAX_UPLOAD_EXPIRY_SECONDS = 15 * 60;

/** The maximum size of an object in one PUT request (see "Uploading objects" in the Amazon S3 User Guide). */
export const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

/** The maximum number of parts of a multipart upload (see "Amazon S3 multipart upload limits" in the Amazon S3 User Guide, read 2026-11-30). */
export const MAX_PARTS = 10_000;

/** The maximum size of an object: 10,000 parts of 5 GiB, which is 48.8 TiB (see "Amazon S3 multipart upload limits"). */
export const MAX_OBJECT_BYTES = MAX_PARTS * MAX_SINGLE_PUT_BYTES;

/** The media types of video files: `video/*`, and containers that are registered as `application/*`. */
export const VIDEO_CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'] as const;

/**
 * The number of days after which the bucket's lifecycle rule deletes the parts of an incomplete upload. S3 counts from the start of the upload (see
 * "Configuring a bucket lifecycle configuration to delete incomplete multipart uploads" in the Amazon S3 User Guide).
 */
export const INCOMPLETE_UPLOAD_DAYS = 7;

/** Returns undefined if the limits allow the file, otherwise an error code. */
export function refusalOf(file: { size: number; contentType: string }, limits: UploadLimits): 'too_large' | 'type_not_allowed' | undefined {
  if (file.size > limits.maxSize) return 'too_large';
  return isInRanges(file.contentType, limits.contentTypes) ? undefined : 'type_not_allowed';
}
