import { isTemporary, TemporaryError, UploadError } from './errors.js';
import { lost } from './put.js';
import { watched } from './watchdog.js';

/** S3 returns these codes with the status 400 for errors that a new request can avoid (see "Error responses" in the Amazon S3 API Reference). */
const TEMPORARY_CODES = ['RequestTimeout', 'ExpiredToken', 'IncompleteBody'];
/** The content of the file differs from the checksum in the signed headers. */
const MISMATCH_CODES = ['BadDigest', 'XAmzContentChecksumMismatch'];
/** The number of times that S3 may reject the same bytes. After that, the upload fails. */
const MAX_REFUSALS = 8;

/**
 * The result of a request: `gone` means that S3 has no such multipart upload, and `exists` that S3 already has an object with this key.
 *
 * @typedef {'stored' | 'gone' | 'exists' | 'changed'} Outcome
 */

/**
 * Returns a function that interprets responses of S3 for one part or one file. It throws a `TemporaryError` if a new request with a new URL can succeed.
 *
 * @returns {(result: import('./types.js').PutResult) => Outcome}
 */
export function interpreter() {
  let refusals = 0;
  return ({ status, code }) => {
    if (status >= 200 && status < 300) return 'stored';
    if (status === 412) return 'exists';
    if (status === 404) return 'gone';
    const message = `S3 returned ${status}${code ? ` ${code}` : ''}`;
    // 409: another request for the same key was running.
    if (isTemporary(status) || status === 409 || TEMPORARY_CODES.includes(code ?? '')) throw new TemporaryError('storage_unavailable', message, status);
    if (++refusals >= MAX_REFUSALS) throw new UploadError('storage_refused', `${message} to ${refusals} requests in a row`, { status });
    if (MISMATCH_CODES.includes(code ?? '')) return 'changed';
    // 401 or 403: the URL has expired, or the session that signed the URL.
    throw new TemporaryError('storage_refused', message, status);
  };
}

/**
 * Sends bytes to S3. Throws a `TemporaryError` if no response arrives.
 *
 * @param {import('./types.js').Put} put
 * @param {import('./types.js').SignedPut} signed
 * @param {import('./types.js').BlobLike} body
 * @param {import('./retries.js').Try} options
 * @param {(loadedBytes: number) => void} onProgress
 */
export async function send(put, signed, body, { signal, onSuccess }, onProgress) {
  let isOver = false;
  try {
    return await watched(signal, (limit, onAlive) => put(signed, body, { signal: limit, onProgress: (loadedBytes) => {
      if (isOver) return;
      onAlive();
      onSuccess();
      onProgress(loadedBytes);
    } }));
  } catch (error) {
    onProgress(0);
    signal.throwIfAborted();
    // Browsers report a file that was changed or deleted like a lost connection. This read throws an error with the reason.
    await body.slice(0, 1).arrayBuffer();
    if (error instanceof UploadError) throw error;
    throw lost(/** @type {Error} */ (error).message);
  } finally {
    isOver = true;
  }
}
