import { base64Of, combineCrc32 } from './checksum.js';
import { UploadError } from './errors.js';
import { interpreter, send } from './send.js';

/** After this time, a signed URL that has expired by the clock of the device is not used. The clock can be wrong, so newer URLs are always used. */
const TRUST_MS = 60_000;

/** @typedef {import('./types.js').SignedPut & { expiresAt: number, signedAt: number }} SignedPart */
/**
 * `stored` contains the checksums of the parts that S3 has, by part number.
 *
 * @typedef {{
 *   file: import('./types.js').FileLike, partSize: number, partCount: number, stored: ReadonlyMap<number, string>, parallel: number,
 *   sign: (parts: import('./types.js').PartChecksum[]) => Promise<{ parts: ({ partNumber: number } & import('./types.js').SignedPut)[], expiresAt: string }>,
 *   put: import('./types.js').Put, crc32: import('./types.js').Crc32, retries: import('./retries.js').Retries, progress: import('./progress.js').Progress,
 *   now: () => number, stop: AbortSignal,
 * }} PartsOptions
 */

/** Sends the parts of a file that S3 does not have, several at the same time. The parts are never copied to the memory of the page. */
export class Parts {
  #options;
  /** Is aborted when a part fails, and then ends the requests of the other parts. */
  #failure = new AbortController();
  #stop;
  #next = 1;
  /** @type {Map<number, Promise<number>>} */
  #checksums = new Map();
  /** URLs of parts whose upload has not started. @type {Map<number, SignedPart>} */
  #ready = new Map();
  /** Requests for URLs. @type {Map<number, Promise<void>>} */
  #signing = new Map();
  /** Parts whose upload has started. @type {Set<number>} */
  #started = new Set();

  /** @param {PartsOptions} options */
  constructor(options) {
    this.#options = options;
    this.#stop = AbortSignal.any([options.stop, this.#failure.signal]);
  }

  /** Whether the first part that S3 has is equal to the part of the file. */
  async isSameFile() {
    const [first] = [...this.#options.stored.keys()].sort((one, other) => one - other);
    return first === undefined || base64Of(await this.#checksum(first)) === this.#options.stored.get(first);
  }

  /** Adds the parts that S3 has to the progress. */
  countStored() {
    const { stored, progress } = this.#options;
    for (const partNumber of stored.keys()) progress.set(partNumber, this.#sizeOf(partNumber));
  }

  /** Sends the missing parts. Returns the CRC32 of the file in base64. */
  async send() {
    const { parallel, partCount } = this.#options;
    await Promise.allSettled(Array.from({ length: Math.min(parallel, partCount) }, () => this.#lane()));
    this.#stop.throwIfAborted();
    const parts = [];
    for (let partNumber = 1; partNumber <= partCount; partNumber++) parts.push({ crc: await this.#checksum(partNumber), size: this.#sizeOf(partNumber) });
    return base64Of(combineCrc32(parts));
  }

  async #lane() {
    try {
      while (this.#next <= this.#options.partCount) await this.#sendPart(this.#next++);
    } catch (error) {
      this.#failure.abort(error);
    }
  }

  /** @param {number} partNumber */
  async #sendPart(partNumber) {
    const { stored, progress, put, retries } = this.#options;
    const part = this.#part(partNumber);
    if (stored.get(partNumber) === base64Of(await this.#checksum(partNumber))) return;
    const outcomeOf = interpreter();
    await retries.run(this.#stop, async (options) => {
      progress.set(partNumber, 0);
      const signed = await this.#take(partNumber);
      options.signal.throwIfAborted();
      options.onSuccess();
      const result = await send(put, signed, part, options, (bytes) => progress.send(partNumber, bytes));
      const outcome = outcomeOf(result);
      if (outcome === 'stored') return progress.send(partNumber, part.size);
      progress.set(partNumber, 0);
      if (outcome !== 'changed') throw new UploadError('upload_gone', 'S3 no longer has this multipart upload', { status: result.status });
      throw new UploadError('file_changed', `the file changed during the upload of part ${partNumber}`);
    });
  }

  /** @param {number} partNumber */
  #sizeOf(partNumber) {
    const { file: { size }, partSize } = this.#options;
    return Math.min(partSize, size - (partNumber - 1) * partSize);
  }

  /** @param {number} partNumber */
  #part(partNumber) {
    const { file, partSize } = this.#options;
    const start = (partNumber - 1) * partSize;
    return file.slice(start, start + this.#sizeOf(partNumber));
  }

  /** @param {number} partNumber */
  #checksum(partNumber) {
    const { crc32, retries } = this.#options;
    const checksum = this.#checksums.get(partNumber) ?? retries.run(this.#stop, () => crc32(this.#part(partNumber)));
    this.#checksums.set(partNumber, checksum);
    return checksum;
  }

  /**
   * Returns a signed URL of a part. A URL is returned once, because a second try needs a new URL.
   *
   * @param {number} partNumber
   * @returns {Promise<SignedPart>}
   */
  async #take(partNumber) {
    const known = this.#ready.get(partNumber);
    if (!known || !this.#isUsable(known)) await this.#sign(partNumber);
    const signed = this.#ready.get(partNumber);
    this.#ready.delete(partNumber);
    if (!signed) throw new UploadError('unexpected_answer', `the API returned no URL of part ${partNumber}`);
    this.#started.add(partNumber);
    // The URLs of the next parts are requested while this part is sent.
    const next = this.#ready.size === 0 ? this.#unsigned(this.#next)[0] : undefined;
    if (next !== undefined) void this.#sign(next).catch(() => undefined);
    return signed;
  }

  /** @param {SignedPart} signed */
  #isUsable({ expiresAt, signedAt }) {
    const now = this.#options.now();
    return now < expiresAt || now - signedAt < TRUST_MS;
  }

  /**
   * Requests the URLs of a part and of the parts after it.
   *
   * @param {number} first
   */
  #sign(first) {
    const running = this.#signing.get(first);
    if (running) return running;
    const numbers = [first, ...this.#unsigned(first + 1)].slice(0, this.#options.parallel);
    const signing = this.#request(numbers).finally(() => numbers.forEach((number) => this.#signing.delete(number)));
    for (const number of numbers) this.#signing.set(number, signing);
    return signing;
  }

  /**
   * Returns the next missing parts that have no URL.
   *
   * @param {number} first
   */
  #unsigned(first) {
    const { parallel, partCount, stored } = this.#options;
    const numbers = [];
    for (let number = first; number <= partCount && numbers.length < parallel; number++) {
      if (![stored, this.#started, this.#ready, this.#signing].some((known) => known.has(number))) numbers.push(number);
    }
    return numbers;
  }

  /** @param {readonly number[]} numbers */
  async #request(numbers) {
    const { sign, now } = this.#options;
    const wanted = await Promise.all(numbers.map(async (partNumber) => ({ partNumber, checksum: base64Of(await this.#checksum(partNumber)) })));
    const { parts, expiresAt } = await sign(wanted);
    for (const { partNumber, url, headers } of parts) this.#ready.set(partNumber, { url, headers, expiresAt: Date.parse(expiresAt), signedAt: now() });
  }
}
