/**
 * Returns a file that is read from the disk part by part, only when the bytes are needed. A read throws a `NotReadableError` if the file has changed since this
 * call.
 *
 * @param {string} path
 * @param {{ type?: string }} [options] - `type` is the media type, for example `video/mp4`.
 * @returns {Promise<import('./types.js').FileLike>}
 */
export function openFile(path: string, { type }?: {
    type?: string;
}): Promise<import("./types.js").FileLike>;
