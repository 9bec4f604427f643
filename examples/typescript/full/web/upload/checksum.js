import { TemporaryError, UploadError } from './errors.js';

/** The bytes that are in memory at the same time. */
const CHUNK_BYTES = 4 * 1024 ** 2;
/** The polynomial of S3, gzip and zlib. The highest bit is the coefficient of x^0. */
const POLYNOMIAL = 0xEDB88320;

/**
 * Returns the CRC32 of a Blob. Reads the Blob in chunks.
 *
 * @param {import('./types.js').BlobLike} blob
 * @param {(bytes: Uint8Array) => number} update - Receives the bytes in order. Returns the CRC32 of all bytes that it has received.
 */
export async function crc32Of(blob, update) {
  let crc = 0;
  for (let start = 0; start < blob.size; start += CHUNK_BYTES) crc = update(new Uint8Array(await blob.slice(start, start + CHUNK_BYTES).arrayBuffer()));
  return crc;
}

/**
 * Encodes a CRC32 as S3 and the API expect it: 4 bytes, the most significant byte first, in base64.
 *
 * @param {number} crc
 */
export function base64Of(crc) {
  return btoa(String.fromCharCode(...[24, 16, 8, 0].map((shift) => (crc >>> shift) & 0xFF)));
}

/**
 * Returns the product of two polynomials over GF(2), modulo the polynomial of CRC32.
 *
 * @param {number} a
 * @param {number} b
 */
function product(a, b) {
  let sum = 0;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if (a & bit) sum ^= b;
    b = b & 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return sum;
}

/**
 * Returns x^(8 * bytes), modulo the polynomial of CRC32.
 *
 * @param {number} bytes
 */
function shiftOf(bytes) {
  let result = 0x80000000; // x^0
  // The square of the factor belongs to the next bit of `bytes`. It starts with x^8.
  for (let [rest, factor] = [bytes, 0x00800000]; rest > 0; [rest, factor] = [Math.floor(rest / 2), product(factor, factor)]) {
    if (rest % 2 === 1) result = product(result, factor);
  }
  return result;
}

/**
 * Returns the CRC32 of a file from the CRC32 of its consecutive parts.
 *
 * @param {readonly { crc: number, size: number }[]} parts
 */
export function combineCrc32(parts) {
  return parts.reduce((whole, { crc, size }) => (product(shiftOf(size), whole) ^ crc) >>> 0, 0);
}

/**
 * Returns the function that computes checksums on this platform: with a worker in pages, with zlib in Node.
 *
 * @param {AbortSignal} end - Ends the worker.
 * @returns {Promise<import('./types.js').Crc32>}
 */
export async function platformCrc32(end) {
  return typeof Worker === 'function' ? workerCrc32(end) : (await import('./checksum-node.js')).zlibCrc32;
}

/** @typedef {{ resolve: (crc: number) => void, reject: (error: unknown) => void }} Waiting */

/**
 * @param {AbortSignal} end
 * @returns {import('./types.js').Crc32}
 */
function workerCrc32(end) {
  /** @type {Worker | undefined} */
  let worker;
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let lastId = 0;
  const stop = () => {
    worker?.terminate();
    worker = undefined;
  };
  end.addEventListener('abort', stop);
  const start = () => {
    const url = new URL('./checksum-worker.js', import.meta.url);
    const started = new Worker(url, { type: 'module' });
    started.addEventListener('message', ({ data: { id, crc, error } }) => {
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (error) reject?.(Object.assign(new Error(error.message), { name: error.name }));
      else resolve?.(crc);
    });
    started.addEventListener('error', async ({ message = 'it did not load' }) => {
      // The event does not tell whether the file is missing or the connection is lost.
      const text = `checksum-worker.js failed: ${message}`;
      const failure = await fetch(url).then(() => new UploadError('no_worker', text), () => new TemporaryError('no_connection', text));
      stop();
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    });
    return started;
  };
  return (blob) => new Promise((resolve, reject) => {
    worker ??= start();
    const id = ++lastId;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, blob });
  });
}
