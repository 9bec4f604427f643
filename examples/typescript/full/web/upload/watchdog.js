import { TemporaryError } from './errors.js';

/** A request without progress for this time is aborted. */
const STALL_MS = 60_000;

/**
 * Calls work with a signal that is also aborted after a minute without progress. The work calls `onProgress` when it makes progress.
 *
 * @template T
 * @param {AbortSignal | undefined} signal
 * @param {(signal: AbortSignal, onProgress: () => void) => Promise<T>} work
 */
export async function watched(signal, work) {
  const watchdog = new AbortController();
  const both = signal ? AbortSignal.any([signal, watchdog.signal]) : watchdog.signal;
  // The clock of `Date` can be set back.
  let progressAt = performance.now();
  // Progress is reported thousands of times, so it does not set the timer again.
  const check = () => {
    const restMs = progressAt + STALL_MS - performance.now();
    if (restMs > 0) timer = setTimeout(check, restMs);
    else watchdog.abort(new TemporaryError('no_progress', 'no progress for a minute'));
  };
  let timer = setTimeout(check, STALL_MS);
  const onProgress = () => { progressAt = performance.now(); };
  try {
    // The work may ignore its signal.
    return await orAbort(work(both, onProgress), both);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns the result of a promise, or throws the reason of a signal. The promise may also be a plain value.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export function orAbort(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    Promise.resolve(promise).then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
