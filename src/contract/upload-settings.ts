import type { Visibility } from './video';
import type { UploadLimits } from '../domain/upload-limits';

/** What UPLOAD_LIMITS carries, as JSON. */
export interface UploadSettings extends UploadLimits {
  /** Of videos whose declaration names none. */
  readonly defaultVisibility: Visibility;
}
