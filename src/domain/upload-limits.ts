import { isInRanges } from './media-type';

export interface UploadLimits {
  /** In bytes. */
  readonly maxSize: number;
  /** Case-insensitive media types or ranges, such as `video/*`. */
  readonly contentTypes: readonly string[];
  /** At most MAX_UPLOAD_EXPIRY_SECONDS. */
  readonly expirySeconds: number;
}

/**
 * A signed URL stops working when the credentials that signed it expire. A function cannot read when its credentials expire, but they are always valid for
 * longer than this maximum.
 */
export const MAX_UPLOAD_EXPIRY_SECONDS = 15 * 60;

/** The maximum size of an object in one PUT request (see "Uploading objects" in the Amazon S3 User Guide). */
export const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

/** `video/*`, and video containers that are registered as `application/*`. */
export const VIDEO_CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'] as const;

export function refusalOf(file: { size: number; contentType: string }, limits: UploadLimits): 'too_large' | 'type_not_allowed' | undefined {
  if (file.size > limits.maxSize) return 'too_large';
  return isInRanges(file.contentType, limits.contentTypes) ? undefined : 'type_not_allowed';
}
