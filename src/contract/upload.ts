import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

/** The value of UPLOAD_SETTINGS. */
export interface UploadSettings extends UploadLimits {
  /** The visibility of videos that are declared without one. */
  readonly defaultVisibility: Visibility;
}
