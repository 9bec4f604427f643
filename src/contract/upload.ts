import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

/** What UPLOAD_SETTINGS carries, as JSON. */
export interface UploadSettings extends UploadLimits {
  /** Of videos whose declaration names none. */
  readonly defaultVisibility: Visibility;
}
