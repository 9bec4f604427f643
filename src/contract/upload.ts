import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

/** The value of the variable UPLOAD_SETTINGS. */
export interface UploadSettings extends UploadLimits {
  /** The visibility of a video if the client does not choose a visibility. */
  readonly defaultVisibility: Visibility;
}
