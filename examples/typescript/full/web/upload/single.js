import { TemporaryError, UploadError } from './errors.js';
import { interpreter, send } from './send.js';

/** The number of the only part of an upload with one PUT request. */
const WHOLE = 1;

/**
 * `look` returns the plan of the upload with a new URL, or undefined if S3 has the file.
 *
 * @typedef {{
 *   file: import('./types.js').FileLike, plan?: import('./types.js').SinglePlan, look: () => Promise<import('./types.js').Plan | undefined>,
 *   put: import('./types.js').Put, retries: import('./retries.js').Retries, progress: import('./progress.js').Progress, stop: AbortSignal,
 * }} SingleOptions
 */

/**
 * Sends a file with one PUT request.
 *
 * @param {SingleOptions} options
 */
export async function sendWhole({ file, plan, look, put, retries, progress, stop }) {
  const outcomeOf = interpreter();
  const body = file.slice(0, file.size);
  await retries.run(stop, async (options) => {
    progress.set(WHOLE, 0);
    // The response to an earlier request may have been lost, so each further try asks first whether S3 has the file.
    const signed = plan ?? await look();
    plan = undefined;
    if (!signed) return progress.set(WHOLE, file.size);
    if (signed.kind !== 'single') throw new UploadError('unexpected_answer', `the kind of the upload is ${signed.kind}`);
    options.signal.throwIfAborted();
    const outcome = outcomeOf(await send(put, signed, body, options, (bytes) => progress.send(WHOLE, bytes)));
    if (outcome === 'stored') return progress.send(WHOLE, file.size);
    if (outcome === 'changed') throw new UploadError('file_changed', 'the file changed during the upload');
    if (outcome === 'gone') throw new TemporaryError('storage_refused', 'S3 returned 404 to the upload of a file');
    throw new TemporaryError('storage_unavailable', 'S3 already has an object');
  });
}
