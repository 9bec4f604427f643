// The types of the module, without code.

/**
 * Sends a request to the API, and returns the parsed body of the response. Throws an error with `status` and `code` if the API rejects the request, and an error
 * without `status` if no response arrives. An `UploadError` ends the upload. Renews tokens: the status 401 means that the user must sign in again.
 *
 * @typedef {(method: string, path: string, body?: object, options?: { signal: AbortSignal }) => Promise<any>} Api
 */

/** @typedef {{ name?: string, size: number, type?: string, slice: (start: number, end: number) => BlobLike }} FileLike A File, a Blob, or an object like it. */
/** @typedef {{ size: number, slice: (start: number, end: number) => BlobLike, stream: () => AsyncIterable<Uint8Array>, arrayBuffer: () => Promise<ArrayBuffer> }} BlobLike A Blob, or an object like it. A chunk of `stream()` is valid until the next chunk is read. */
/** @typedef {{ fileName?: string, size: number }} FileFacts */
/** @typedef {{ fileName?: string, contentType?: string, [field: string]: unknown }} Details Fields of `POST /upload`. */
/** @typedef {{ videoId: string, title: string, status: string, createdAt: string, error?: { code: string, message: string }, [field: string]: unknown }} Video */
/** @typedef {{ url: string, headers: Record<string, string> }} SignedPut */
/** @typedef {SignedPut & { kind: 'single', expiresAt: string }} SinglePlan */
/** @typedef {{ kind: 'multipart', partSize: number, partCount: number, expiresAt: string }} MultipartPlan */
/** @typedef {SinglePlan | MultipartPlan} Plan */
/** @typedef {{ partNumber: number, checksum: string }} PartChecksum `checksum` is a CRC32 in base64. */
/** @typedef {{ video: Video, upload?: Plan, parts: PartChecksum[], file?: { fileName: string, size: number } }} ServerState `upload` is absent if S3 has the file. */

/** @typedef {(blob: BlobLike) => Promise<number>} Crc32 Returns the CRC32 of the bytes of a Blob. */

/** @typedef {{ status: number, code?: string }} PutResult `code` is the error code of S3. */
/** @typedef {{ signal: AbortSignal, onProgress: (loadedBytes: number) => void }} PutOptions */
/** @typedef {(signed: SignedPut, body: BlobLike, options: PutOptions) => Promise<PutResult>} Put Sends bytes to S3. Throws an error if no response arrives, or an `UploadError`. */

/** @typedef {'starting' | 'checking' | 'uploading' | 'waiting' | 'paused' | 'completing' | 'done' | 'failed' | 'aborted'} Phase */

/**
 * @typedef {object} UploadState
 * @property {Phase} phase
 * @property {string} [videoId]
 * @property {number} loadedBytes
 * @property {number} totalBytes
 * @property {number} [bytesPerSecond] - The speed of the last 15 seconds.
 * @property {number} [secondsLeft]
 * @property {number} [retryAt] - The time of the next try in milliseconds, as `Date.now()` returns it.
 * @property {import('./errors.js').UploadError} [error] - The reason of `failed`, the last error while `waiting`, or the end of the session while `paused`.
 */

/**
 * @typedef {object} UploadOptions
 * @property {FileLike} file
 * @property {Api} api
 * @property {Details} [details] - The default of `fileName` and `contentType` is the name and the type of the file.
 * @property {string} [videoId] - Continues the upload of this video.
 * @property {number} [parallel] - The number of parts that are sent at the same time. Default: 4.
 * @property {(state: UploadState) => void} [onChange] - Is called when the phase changes, and at most five times a second for progress.
 * @property {Crc32} [crc32] - Default: zlib in Node, a worker elsewhere.
 * @property {Put} [put] - Default: XMLHttpRequest in pages, `node:http` in Node. Other platforms have no default.
 * @property {() => boolean} [isOnline] - Default: `navigator.onLine`.
 * @property {() => number} [now] - Default: `Date.now`.
 */

export {};
