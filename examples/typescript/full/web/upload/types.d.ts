/**
 * Sends a request to the API, and returns the parsed body of the response. Throws an error with `status` and `code` if the API rejects the request, and an error
 * without `status` if no response arrives. An `UploadError` ends the upload. Renews tokens: the status 401 means that the user must sign in again.
 */
export type Api = (method: string, path: string, body?: object, options?: {
    signal: AbortSignal;
}) => Promise<any>;
/**
 * A File, a Blob, or an object like it.
 */
export type FileLike = {
    name?: string;
    size: number;
    type?: string;
    slice: (start: number, end: number) => BlobLike;
};
/**
 * A Blob, or an object like it. A chunk of `stream()` is valid until the next chunk is read.
 */
export type BlobLike = {
    size: number;
    slice: (start: number, end: number) => BlobLike;
    stream: () => AsyncIterable<Uint8Array>;
    arrayBuffer: () => Promise<ArrayBuffer>;
};
export type FileFacts = {
    fileName?: string;
    size: number;
};
/**
 * Fields of `POST /upload`.
 */
export type Details = {
    fileName?: string;
    contentType?: string;
    [field: string]: unknown;
};
export type Video = {
    videoId: string;
    title: string;
    status: string;
    createdAt: string;
    error?: {
        code: string;
        message: string;
    };
    [field: string]: unknown;
};
export type SignedPut = {
    url: string;
    headers: Record<string, string>;
};
export type SinglePlan = SignedPut & {
    kind: "single";
    expiresAt: string;
};
export type MultipartPlan = {
    kind: "multipart";
    partSize: number;
    partCount: number;
    expiresAt: string;
};
export type Plan = SinglePlan | MultipartPlan;
/**
 * `checksum` is a CRC32 in base64.
 */
export type PartChecksum = {
    partNumber: number;
    checksum: string;
};
/**
 * `upload` is absent if S3 has the file.
 */
export type ServerState = {
    video: Video;
    upload?: Plan;
    parts: PartChecksum[];
    file?: {
        fileName: string;
        size: number;
    };
};
/**
 * Returns the CRC32 of the bytes of a Blob.
 */
export type Crc32 = (blob: BlobLike) => Promise<number>;
/**
 * `code` is the error code of S3.
 */
export type PutResult = {
    status: number;
    code?: string;
};
export type PutOptions = {
    signal: AbortSignal;
    onProgress: (loadedBytes: number) => void;
};
/**
 * Sends bytes to S3. Throws an error if no response arrives, or an `UploadError`.
 */
export type Put = (signed: SignedPut, body: BlobLike, options: PutOptions) => Promise<PutResult>;
export type Phase = "starting" | "checking" | "uploading" | "waiting" | "paused" | "completing" | "done" | "failed" | "aborted";
export type UploadState = {
    phase: Phase;
    videoId?: string | undefined;
    loadedBytes: number;
    totalBytes: number;
    /**
     * - The speed of the last 15 seconds.
     */
    bytesPerSecond?: number | undefined;
    secondsLeft?: number | undefined;
    /**
     * - The time of the next try in milliseconds, as `Date.now()` returns it.
     */
    retryAt?: number | undefined;
    /**
     * - The reason of `failed`, the last error while `waiting`, or the end of the session while `paused`.
     */
    error?: import("./errors.js").UploadError | undefined;
};
export type UploadOptions = {
    file: FileLike;
    api: Api;
    /**
     * - The default of `fileName` and `contentType` is the name and the type of the file.
     */
    details?: Details | undefined;
    /**
     * - Continues the upload of this video.
     */
    videoId?: string | undefined;
    /**
     * - The number of parts that are sent at the same time. Default: 4.
     */
    parallel?: number | undefined;
    /**
     * - Is called when the phase changes, and at most five times a second for progress.
     */
    onChange?: ((state: UploadState) => void) | undefined;
    /**
     * - Default: zlib in Node, a worker elsewhere.
     */
    crc32?: Crc32 | undefined;
    /**
     * - Default: XMLHttpRequest in pages, `node:http` in Node. Other platforms have no default.
     */
    put?: Put | undefined;
    /**
     * - Default: `navigator.onLine`.
     */
    isOnline?: (() => boolean) | undefined;
    /**
     * - Default: `Date.now`.
     */
    now?: (() => number) | undefined;
};
