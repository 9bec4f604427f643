import { Problem } from './service/request.js';

/** The delays in seconds before the retries of a failed request. */
const RETRY_SECONDS = [1, 2, 5, 10, 20];

/** The CRC32 of each byte, with the polynomial that S3 and gzip use. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xEDB88320 : byte >>> 1;
  return byte;
});

/** Returns the CRC32 of bytes. If other bytes precede them, `checksum` is the CRC32 of the preceding bytes. */
function crc32(bytes, checksum = 0) {
  let rest = ~checksum;
  for (let index = 0; index < bytes.length; index++) rest = TABLE[(rest ^ bytes[index]) & 0xFF] ^ (rest >>> 8);
  return ~rest;
}

/** Encodes a CRC32 as the API expects it: 4 bytes, the most significant byte first, in base64. */
function base64(checksum) {
  return btoa(String.fromCharCode(...[24, 16, 8, 0].map((shift) => (checksum >>> shift) & 0xFF)));
}

/**
 * Uploads a file with one PUT request or in parts, as the service has planned. If the upload fails or is aborted, removes the unfinished video.
 *
 * @param plan - The response of `POST /upload`.
 * @param api - Sends an API request.
 * @param signal - Aborts the upload.
 * @param onProgress - Receives the number of uploaded bytes.
 */
export async function uploadFile({ plan: { video: { videoId }, upload }, file, api, signal, onProgress }) {
  try {
    if (upload.kind === 'single') await retried(() => put(upload, file, { signal, onProgress }), signal);
    else await sendParts({ videoId, upload, file, api, signal, onProgress });
  } catch (error) {
    // If the file was stored in spite of the error, the API rejects this request, and the video stays.
    await api('DELETE', `/upload/${videoId}`).catch(() => undefined);
    throw error;
  }
}

/** Uploads the parts one after another, so the memory contains one part of the file at a time. */
async function sendParts({ videoId, upload: { partSize, partCount }, file, api, signal, onProgress }) {
  let whole = 0;
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    const start = (partNumber - 1) * partSize;
    const part = file.slice(start, start + partSize);
    const bytes = new Uint8Array(await part.arrayBuffer());
    const checksum = base64(crc32(bytes));
    whole = crc32(bytes, whole);
    await retried(async () => {
      // Each try gets a new signed URL, because the URL of an earlier try may have expired.
      const { parts: [signed] } = await api('POST', `/upload/${videoId}/parts`, { parts: [{ partNumber, checksum }] });
      await put(signed, part, { signal, onProgress: (loaded) => onProgress(start + loaded) });
    }, signal);
  }
  // S3 compares this checksum with the checksum of the joined parts.
  await retried(() => api('POST', `/upload/${videoId}/complete`, { checksum: base64(whole) }), signal);
}

/** Calls `work`. After a lost connection or a server error, calls `work` again. */
async function retried(work, signal) {
  for (const seconds of [...RETRY_SECONDS, undefined]) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const isFinal = error.isRefusal && error.status !== 429;
      if (isFinal || signal.aborted || seconds === undefined) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
      signal.onabort = resolve;
    });
  }
}

/** Sends bytes to a signed URL. Uses XMLHttpRequest, because fetch doesn't report upload progress. */
function put({ url, headers }, body, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    // 412: the response of an earlier try was lost, but S3 has stored the file.
    request.addEventListener('load', () => (request.status < 300 || request.status === 412 ? resolve() : reject(new Problem(`The upload failed (status ${request.status}). Please try again.`))));
    request.addEventListener('error', () => reject(new Problem('The upload was interrupted. Please try again.')));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.onabort = () => request.abort();
    request.send(body);
  });
}
