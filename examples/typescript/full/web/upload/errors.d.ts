/**
 * @param {number} status
 * @returns {boolean}
 */
export function isTemporary(status: number): boolean;
/**
 * Whether the user must sign in again. The function `api` renews tokens, so it throws 401 only after the session has ended. Pages can also abort all requests of
 * an ended session.
 *
 * @param {any} error
 * @returns {boolean}
 */
export function isSessionEnd(error: any): boolean;
/**
 * @param {any} error
 * @returns {UploadError}
 */
export function toUploadError(error: any): UploadError;
/** An error that ends an upload, or the last error of an upload that waits or is paused. docs/errors.md of the service lists further codes. */
export class UploadError extends Error {
    /**
     * @param {string} code - A code of the service, or `empty_file`, `other_file`, `file_unreadable`, `file_changed`, `upload_gone`, `storage_refused`, `unexpected_answer`, `no_worker`, `program_error`.
     * @param {string} message
     * @param {{ status?: number, cause?: unknown, expected?: import('./types.js').FileFacts, actual?: import('./types.js').FileFacts }} [details] - `expected` and `actual` are set for `other_file`.
     */
    constructor(code: string, message: string, { status, cause, expected, actual }?: {
        status?: number;
        cause?: unknown;
        expected?: import("./types.js").FileFacts;
        actual?: import("./types.js").FileFacts;
    });
    code: string;
    status: number | undefined;
    expected: import("./types.js").FileFacts | undefined;
    actual: import("./types.js").FileFacts | undefined;
}
/** An error after which the same request can succeed later. */
export class TemporaryError extends UploadError {
    /**
     * @param {string} code
     * @param {string} message
     * @param {number} [status]
     */
    constructor(code: string, message: string, status?: number);
}
