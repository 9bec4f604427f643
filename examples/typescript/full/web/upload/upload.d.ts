/**
 * Lists the own videos whose upload is not complete, newest first.
 *
 * @param {import('./types.js').Api} api
 * @returns {Promise<import('./types.js').Video[]>}
 */
export function listOpenUploads(api: import("./types.js").Api): Promise<import("./types.js").Video[]>;
export { UploadError };
/** The upload of one file. Only `abort()` removes the video. */
export class Upload {
    /** @param {import('./types.js').UploadOptions} options */
    constructor({ parallel, isOnline, now, ...options }: import("./types.js").UploadOptions);
    /** @returns {import('./types.js').UploadState} */
    get state(): import("./types.js").UploadState;
    /**
     * Starts or continues the upload. Returns the video when S3 has the whole file. Throws an `UploadError`, or a DOMException with the name `AbortError` after
     * `abort()`.
     */
    start(): Promise<import("./types.js").Video>;
    /** Stops sending until `resume()`. A part that is being sent is sent again later. */
    pause(): void;
    /** Ends a pause. Also ends the delay before the next try. */
    resume(): void;
    /**
     * Ends the upload, and removes the video. Repeats the request until the service responds. Throws an `UploadError` if the service rejects the request, or if the
     * session of the user has ended. Then this method can be called again.
     */
    abort(): Promise<void>;
    #private;
}
import { UploadError } from './errors.js';
