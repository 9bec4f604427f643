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

/** The tag of the source files that the bucket's lifecycle rule moves to an archive storage class. */
export const ARCHIVE_TAG = { key: 'vod-lifecycle', value: 'archive' } as const;

/** All objects in `bucket` with a key that starts with `prefix`. */
export interface SourcePrefix {
  readonly bucket: string;
  readonly prefix: string;
}

/** What the sweeper does with the source of a ready video. */
export interface SourceLifecycleSettings {
  readonly action: 'delete' | 'archive';
  /** The time between `ready` and the action. */
  readonly afterSeconds: number;
}

/** How long the sweeper waits before it ends an upload, and before it removes the video. */
export interface UploadExpiry {
  /** The time after which an upload without a new part expires. */
  readonly incompleteExpirySeconds: number;
  /** The time between the expiry of an upload and the removal of its video. */
  readonly expiredRetentionSeconds: number;
}
