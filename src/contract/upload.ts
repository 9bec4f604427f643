import type { UploadLimits } from '../domain/upload-limits';
import type { Visibility } from '../domain/visibility';

/** What UPLOAD_SETTINGS carries, as JSON. */
export interface UploadSettings extends UploadLimits {
  /** Of videos whose declaration names none. */
  readonly defaultVisibility: Visibility;
}

/** How the bytes of one upload are to be sent. */
export interface SingleUpload {
  readonly kind: 'single';
  readonly method: 'PUT';
  readonly url: string;
  /** Headers that the request must carry, content-length apart: every HTTP client sets that one itself. */
  readonly headers: Record<string, string>;
  readonly expiresAt: string;
}
