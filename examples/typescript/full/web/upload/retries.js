import { isSessionEnd, isTemporary, toUploadError, TemporaryError, UploadError } from './errors.js';
import { orAbort } from './watchdog.js';

const MAX_DELAY_MS = 30_000;

/** The reason with which a pause aborts requests. */
const PAUSED = Symbol('paused');

/** @typedef {{ isTroubled: boolean, error?: UploadError, retryAt?: number }} Run */
/**
 * `signal` is aborted by a pause, and by the end of the upload. The work calls `onSuccess` when a part of it has succeeded.
 *
 * @typedef {{ signal: AbortSignal, onSuccess: () => void }} Try
 */

/** Repeats work until it succeeds, or until the service rejects it. An upload is paused and resumed here. */
export class Retries {
  /** Is aborted by a pause, and replaced after the pause. */
  #going = new AbortController();
  /** @type {(() => void) | undefined} */
  #go;
  /** @type {Promise<void> | undefined} */
  #pause;
  /** @type {Set<Run>} */
  #runs = new Set();
  /** @type {Set<() => void>} */
  #sleepers = new Set();
  #isOnline;
  #now;
  #onChange;
  /** @type {UploadError | undefined} */
  pausedBy;

  /** @param {{ isOnline: () => boolean, now: () => number, onChange: () => void }} options */
  constructor({ isOnline, now, onChange }) {
    this.#isOnline = isOnline;
    this.#now = now;
    this.#onChange = onChange;
  }

  get isPaused() {
    return this.#pause !== undefined;
  }

  /** The last error, and the time of the next try, if no work makes progress at the moment. */
  get trouble() {
    const runs = [...this.#runs];
    if (runs.length === 0 || !runs.every(({ isTroubled }) => isTroubled)) return undefined;
    const times = runs.flatMap(({ retryAt }) => retryAt ?? []);
    return { error: runs[0].error, ...(times.length > 0 && { retryAt: Math.min(...times) }) };
  }

  /** @param {UploadError} [reason] */
  pause(reason) {
    if (this.#pause) return;
    this.pausedBy = reason;
    this.#pause = new Promise((resolve) => { this.#go = resolve; });
    this.#going.abort(PAUSED);
    this.#onChange();
  }

  resume() {
    if (this.#pause) {
      this.#going = new AbortController();
      this.#pause = this.pausedBy = undefined;
      this.#go?.();
    }
    this.wake();
    this.#onChange();
  }

  /** Repeats failed work immediately, for example because the device is online again. */
  wake() {
    for (const wake of [...this.#sleepers]) wake();
  }

  /**
   * Calls `work` until it succeeds. Throws an `UploadError` if the service rejects the work, or the reason of `stop`.
   *
   * @template T
   * @param {AbortSignal} stop
   * @param {(options: Try) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(stop, work) {
    /** @type {Run} */
    const run = { isTroubled: false };
    this.#runs.add(run);
    const onSuccess = () => this.#recover(run);
    try {
      for (let failures = 0; ;) {
        await this.#gate(stop);
        try {
          return await work({ signal: AbortSignal.any([stop, this.#going.signal]), onSuccess });
        } catch (error) {
          if (stop.aborted) throw stop.reason;
          // `resume()` can end the pause before its aborted requests end.
          if (this.isPaused || error === PAUSED) continue;
          if (isSessionEnd(error)) this.pause(toUploadError(error));
          else if (isFinal(error)) throw toUploadError(error);
          else failures = await this.#sleep(run, toUploadError(error), failures, stop);
        }
      }
    } finally {
      this.#runs.delete(run);
      this.#onChange();
    }
  }

  /** @param {Run} run */
  #recover(run) {
    if (!run.isTroubled) return;
    run.isTroubled = false;
    run.error = undefined;
    this.#onChange();
  }

  /**
   * Waits until the upload is not paused.
   *
   * @param {AbortSignal} stop
   */
  async #gate(stop) {
    stop.throwIfAborted();
    while (this.#pause) await orAbort(this.#pause, stop);
  }

  /**
   * Waits before the next try: exponential back-off with full jitter. Returns the number of failures for the next call.
   *
   * @param {Run} run
   * @param {UploadError} error
   * @param {number} failures
   * @param {AbortSignal} stop
   */
  async #sleep(run, error, failures, stop) {
    const delay = this.#isOnline() ? Math.random() * Math.min(MAX_DELAY_MS, 1000 * 2 ** failures) : MAX_DELAY_MS;
    Object.assign(run, { isTroubled: true, error, retryAt: this.#now() + delay });
    this.#onChange();
    let isWoken = false;
    await new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        this.#going.signal.removeEventListener('abort', end);
        stop.removeEventListener('abort', end);
        resolve(undefined);
      };
      const wake = () => {
        isWoken = true;
        end();
      };
      const timer = setTimeout(end, delay);
      this.#sleepers.add(wake);
      this.#going.signal.addEventListener('abort', end);
      stop.addEventListener('abort', end);
    });
    run.retryAt = undefined;
    // The exponent has a limit, because 2 ** 1024 is infinite.
    return isWoken ? 0 : Math.min(failures + 1, 10);
  }
}

/** @param {any} error */
function isFinal(error) {
  return !(error instanceof TemporaryError) && (error instanceof UploadError || !isTemporary(error?.status));
}
