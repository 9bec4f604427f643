import { isInRanges } from './media-type';

/** Limits for uploads. */
export interface UploadLimits {
  /** The maximum size of a file in bytes. */
  readonly maxSize: number;
  /** The allowed media types, which are case-insensitive and can be ranges, such as `video/*`. */
  readonly contentTypes: readonly string[];
  /** The validity of signed URLs, at most MAX_UPLOAD_EXPIRY_SECONDS. An upload has to start before the signed URL expires. */
  readonly expirySeconds: number;
}

/**
 * The maximum validity of signed URLs.
 *
 * A signed URL expires no later than the credentials that signed it. A function cannot read when its credentials expire. The credentials of a function are
 * always valid for longer than this maximum.
 */
export const MAX_UPLOAD_EXPIRY_SECONDS = 15 * 60;

/** The maximum size of an object that is uploaded in one PUT: 5 GiB (see "Uploading objects" in the Amazon S3 User Guide). */
export const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

/** The media types of video files: `video/*`, and containers that are registered as `application/*`. */
export const VIDEO_CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'] as const;

/** Returns the error code for a file that exceeds the limits; undefined for a file that is allowed. */
export function refusalOf(file: { size: number; contentType: string }, limits: UploadLimits): 'too_large' | 'type_not_allowed' | undefined {
  if (file.size > limits.maxSize) return 'too_large';
  return isInRanges(file.contentType, limits.contentTypes) ? undefined : 'type_not_allowed';
}
