import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

export interface UploadSettings extends UploadLimits {
  /** The visibility of a video if the client does not choose a visibility. */
  readonly defaultVisibility: Visibility;
  /** The time after which an upload without a new part expires. */
  readonly incompleteExpirySeconds: number;
}
