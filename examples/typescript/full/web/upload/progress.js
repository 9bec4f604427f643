const WINDOW_MS = 15_000;
/** A shorter measurement would show the time that the first bytes need to fill the buffers of the system. */
const MIN_MS = 2_000;
const SAMPLE_MS = 250;

/** Counts the bytes that S3 has received, and measures the speed of the last 15 seconds. */
export class Progress {
  totalBytes;
  loadedBytes = 0;
  /** The received bytes by part number. @type {Map<number, number>} */
  #parts = new Map();
  /** `sentBytes` are the bytes that were sent before the sample. @type {{ at: number, sentBytes: number }[]} */
  #samples = [];
  #sentBytes = 0;
  #now;
  #onChange;

  /**
   * @param {number} totalBytes
   * @param {() => number} now
   * @param {() => void} onChange
   */
  constructor(totalBytes, now, onChange) {
    this.totalBytes = totalBytes;
    this.#now = now;
    this.#onChange = onChange;
  }

  /**
   * Sets the number of bytes of a part that S3 has. The bytes do not count for the speed.
   *
   * @param {number} partNumber
   * @param {number} bytes
   */
  set(partNumber, bytes) {
    this.loadedBytes += bytes - (this.#parts.get(partNumber) ?? 0);
    this.#parts.set(partNumber, bytes);
    this.#onChange();
  }

  /**
   * Sets the number of bytes of a part that were sent. The bytes count for the speed.
   *
   * @param {number} partNumber
   * @param {number} bytes
   */
  send(partNumber, bytes) {
    const at = this.#now();
    const last = this.#samples.at(-1);
    // The clock was set back.
    if (last && last.at > at) this.restart();
    if (!last || at - last.at >= SAMPLE_MS) this.#samples.push({ at, sentBytes: this.#sentBytes });
    this.#sentBytes += Math.max(0, bytes - (this.#parts.get(partNumber) ?? 0));
    this.set(partNumber, bytes);
  }

  /** S3 has the whole file. */
  complete() {
    this.loadedBytes = this.totalBytes;
  }

  /** Forgets the measured speed, for example after a pause. */
  restart() {
    this.#samples = [];
  }

  /** @returns {{ bytesPerSecond: number, secondsLeft?: number } | undefined} */
  get speed() {
    const now = this.#now();
    while (this.#samples.length > 1 && this.#samples[1].at <= now - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (!first || now - first.at < MIN_MS) return undefined;
    const bytesPerSecond = Math.round((this.#sentBytes - first.sentBytes) / ((now - first.at) / 1000));
    return { bytesPerSecond, ...(bytesPerSecond > 0 && { secondsLeft: Math.ceil((this.totalBytes - this.loadedBytes) / bytesPerSecond) }) };
  }
}
