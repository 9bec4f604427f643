/** An error that ends an upload, or the last error of an upload that waits or is paused. docs/errors.md of the service lists further codes. */
export class UploadError extends Error {
  name = 'UploadError';

  /**
   * @param {string} code - A code of the service, or `empty_file`, `other_file`, `file_unreadable`, `file_changed`, `upload_gone`, `storage_refused`, `unexpected_answer`, `no_worker`, `program_error`.
   * @param {string} message
   * @param {{ status?: number, cause?: unknown, expected?: import('./types.js').FileFacts, actual?: import('./types.js').FileFacts }} [details] - `expected` and `actual` are set for `other_file`.
   */
  constructor(code, message, { status, cause, expected, actual } = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.expected = expected;
    this.actual = actual;
  }
}

/** An error after which the same request can succeed later. */
export class TemporaryError extends UploadError {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} [status]
   */
  constructor(code, message, status) {
    super(code, message, { status });
  }
}

/** Statuses of the API and of S3 after which the same request can succeed later. */
const TEMPORARY = [408, 429];

/**
 * @param {number} status
 * @returns {boolean}
 */
export function isTemporary(status) {
  return status >= 500 || TEMPORARY.includes(status);
}

/**
 * Whether the user must sign in again. The function `api` renews tokens, so it throws 401 only after the session has ended. Pages can also abort all requests of
 * an ended session.
 *
 * @param {any} error
 * @returns {boolean}
 */
export function isSessionEnd(error) {
  // A TemporaryError with the status 401 is from S3, and an UploadError is already final.
  if (error instanceof UploadError) return false;
  return error?.status === 401 || error?.name === 'AbortError';
}

/**
 * @param {any} error
 * @returns {UploadError}
 */
export function toUploadError(error) {
  if (error instanceof UploadError) return error;
  return new UploadError(codeOf(error), String(error?.message ?? error), { status: error?.status, cause: error });
}

/**
 * @param {any} error
 * @returns {string}
 */
function codeOf(error) {
  // The file was deleted, moved or changed after the user chose it.
  if (['NotReadableError', 'NotFoundError'].includes(error?.name)) return 'file_unreadable';
  if (isSessionEnd(error)) return 'not_signed_in';
  if (typeof error?.code === 'string') return error.code;
  return error?.status === undefined ? 'program_error' : 'unexpected_answer';
}
