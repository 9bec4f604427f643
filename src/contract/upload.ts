import type { Quotas } from '../domain/quotas';
import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

export interface UploadSettings extends UploadLimits {
  /** The visibility of a video if the client does not choose a visibility. */
  readonly defaultVisibility: Visibility;
  /** The time after which an upload without a new part expires. */
  readonly incompleteExpirySeconds: number;
  readonly quotas: Quotas;
}

/** How long the sweeper waits before it ends an upload, and before it removes the video. */
export interface UploadExpiry {
  /** The time after which an upload without a new part expires. */
  readonly incompleteExpirySeconds: number;
  /** The time after which a video whose upload has expired is removed. */
  readonly expiredRetentionSeconds: number;
}
