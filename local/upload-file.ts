import { crc32 } from 'zlib';

export interface SignedPut {
  readonly url: string;
  readonly headers: Record<string, string>;
}

export type UploadPlan =
  | SignedPut & { readonly kind: 'single'; readonly method: string; readonly expiresAt: string }
  | { readonly kind: 'multipart'; readonly partSize: number; readonly partCount: number; readonly expiresAt: string };

/** A part that S3 has stored. `checksum` is a CRC32 in base64. */
export interface StoredPart {
  readonly partNumber: number;
  readonly size: number;
  readonly etag: string;
  readonly checksum: string;
}

/** The response of `GET /upload/{videoId}`, with the parts of all pages. `upload` is absent after the whole file was uploaded. */
export interface UploadState {
  readonly video: { readonly videoId: string };
  readonly upload?: UploadPlan;
  readonly parts?: readonly StoredPart[];
}

/** The content of a file. `read` returns the bytes from `start` up to and excluding `end`. */
export interface FileContent {
  readonly size: number;
  read(start: number, end: number): Buffer<ArrayBuffer> | Promise<Buffer<ArrayBuffer>>;
}

/** Sends a request to the API, and returns the parsed body of the response. */
export type CallApi = (method: string, route: string, body?: object) => Promise<any>;
/** Sends bytes to a signed URL. Throws an error if S3 does not store the bytes. */
export type PutBytes = (signed: SignedPut, bytes: Buffer<ArrayBuffer>) => Promise<void>;

const COMPLETION_TRIES = 5;

export function contentOf(bytes: Buffer<ArrayBuffer>): FileContent {
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end) };
}

/** Returns a CRC32 in base64, big endian, as S3 and the API require. */
export function base64Of(checksum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum);
  return bytes.toString('base64');
}

/** Returns the bytes of a part. Part numbers start at 1. */
export function partOf(content: FileContent, partSize: number, partNumber: number): Buffer<ArrayBuffer> | Promise<Buffer<ArrayBuffer>> {
  const start = (partNumber - 1) * partSize;
  return content.read(start, Math.min(start + partSize, content.size));
}

export const putBytes: PutBytes = async ({ url, headers }, body) => {
  const response = await fetch(url, { method: 'PUT', headers, body });
  if (!response.ok) throw new Error(`the upload failed with status ${response.status}: ${await response.text()}`);
};

export async function signPart(call: CallApi, videoId: string, partNumber: number, bytes: Buffer): Promise<SignedPut> {
  const { parts: [signed] } = await call('POST', `/upload/${videoId}/parts`, { parts: [{ partNumber, checksum: base64Of(crc32(bytes)) }] });
  return signed;
}

/** Returns the state of an upload with all stored parts. Any client with a token of the owner can continue the upload from this state. */
export async function stateOf(call: CallApi, videoId: string): Promise<UploadState> {
  const state = await call('GET', `/upload/${videoId}`);
  for (let { cursor } = state; cursor;) {
    const page = await call('GET', `/upload/${videoId}?cursor=${encodeURIComponent(cursor)}`);
    state.parts.push(...page.parts);
    cursor = page.cursor;
  }
  return state;
}

/**
 * Uploads a file with one PUT request or in parts, as `state.upload` specifies. Skips the parts that S3 has already stored.
 *
 * @param state the response of `POST /upload`, or the result of `stateOf` to continue an upload
 */
export async function sendFile(call: CallApi, state: UploadState, content: FileContent, put: PutBytes = putBytes): Promise<void> {
  const { video: { videoId }, upload, parts = [] } = state;
  if (!upload) return;
  if (upload.kind === 'single') return put(upload, await content.read(0, content.size));
  const stored = new Map(parts.map(({ partNumber, checksum }) => [partNumber, checksum]));
  let whole = 0;
  for (let partNumber = 1; partNumber <= upload.partCount; partNumber++) {
    const bytes = await partOf(content, upload.partSize, partNumber);
    whole = crc32(bytes, whole);
    // A stored part with a different checksum is replaced: it belongs to a different file, or the file has changed.
    if (stored.get(partNumber) !== base64Of(crc32(bytes))) await put(await signPart(call, videoId, partNumber, bytes), bytes);
  }
  await complete(call, videoId, base64Of(whole));
}

/** Completes an upload. If S3 needs too long to join the parts, the API returns 503. The client must then repeat the request. */
async function complete(call: CallApi, videoId: string, checksum: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await call('POST', `/upload/${videoId}/complete`, { checksum });
    } catch (error) {
      if (tries === COMPLETION_TRIES || !/\b503\b/.test((error as Error).message)) throw error;
    }
  }
}
