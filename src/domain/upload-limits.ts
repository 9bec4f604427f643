import { isInRanges } from './media-type';

/** What may be uploaded. */
export interface UploadLimits {
  /** Bytes. */
  readonly maxSize: number;
  /** Media types, or a whole family such as `video/*`, in any case. */
  readonly contentTypes: readonly string[];
  /** How long a signed URL may be used to start an upload; at most MAX_UPLOAD_EXPIRY_SECONDS. */
  readonly expirySeconds: number;
}

/**
 * A signed URL stops working when the credentials that signed it expire. A function is told when its credentials change, but not when
 * they expire, so `expiresAt` can only be kept by a lifetime shorter than what is left of them.
 */
export const MAX_UPLOAD_EXPIRY_SECONDS = 15 * 60;

/** The largest object that one PUT can make: 5 GiB (Amazon S3 User Guide, "Uploading objects"). */
export const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

/** Media types that hold video: every registered one, and what is registered elsewhere. */
export const VIDEO_CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'] as const;

/** Why a declared file is refused; undefined when it is not. */
export function refusalOf(file: { size: number; contentType: string }, limits: UploadLimits): 'too_large' | 'type_not_allowed' | undefined {
  if (file.size > limits.maxSize) return 'too_large';
  return isInRanges(file.contentType, limits.contentTypes) ? undefined : 'type_not_allowed';
}
