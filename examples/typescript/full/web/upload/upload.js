import { base64Of, platformCrc32 } from './checksum.js';
import { toUploadError, UploadError } from './errors.js';
import { Parts } from './parts.js';
import { Progress } from './progress.js';
import { platformPut } from './put.js';
import { Retries } from './retries.js';
import { Service } from './service.js';
import { sendWhole } from './single.js';
import { orAbort } from './watchdog.js';

export { UploadError };

/** The checksum of a file up to this size is sent before its bytes, so S3 compares the checksum. Larger files are checked part by part. */
const CHECKED_BYTES = 64 * 1024 ** 2;
/** The number of times that the module compares the stored parts with the file again, after the service could not join the parts. */
const MAX_ROUNDS = 3;
/** After these errors, the state of the upload shows what to send again. */
const RECOVERABLE = ['wrong_status', 'parts_missing', 'checksum_mismatch', 'upload_gone', 'file_changed'];
const PROGRESS_MS = 200;

/** The upload of one file. Only `abort()` removes the video. */
export class Upload {
  #options;
  #retries;
  #progress;
  #service;
  /** Is aborted when the upload is done, has failed or was aborted. */
  #end = new AbortController();
  /** @type {import('./types.js').Phase} */
  #phase = 'starting';
  /** @type {string | undefined} */
  #videoId;
  /** @type {UploadError | undefined} */
  #error;
  /** @type {Promise<import('./types.js').Video> | undefined} */
  #result;
  /** @type {Promise<void> | undefined} */
  #abort;
  /** The last state that `onChange` received. @type {import('./types.js').UploadState | undefined} */
  #reported;
  #reportedAt = -Infinity;

  /** @param {import('./types.js').UploadOptions} options */
  constructor({ parallel, isOnline = () => globalThis.navigator?.onLine !== false, now = Date.now, ...options }) {
    this.#options = { ...options, parallel: Math.max(parallel || 4, 1), now };
    this.#videoId = options.videoId || undefined;
    this.#retries = new Retries({ isOnline, now, onChange: () => this.#change() });
    this.#progress = new Progress(options.file.size, now, () => this.#changeProgress());
    this.#service = new Service(options.api, this.#retries, this.#end.signal, now);
  }

  /** @returns {import('./types.js').UploadState} */
  get state() {
    const { loadedBytes, totalBytes } = this.#progress;
    const { isPaused, pausedBy, trouble } = this.#retries;
    // S3 can need minutes to join the parts. The API returns 503 until then.
    const isJoining = this.#phase === 'completing' && trouble?.error?.status === 503;
    const phase = !this.#isRunning ? this.#phase : isPaused ? 'paused' : trouble && !isJoining ? 'waiting' : this.#phase;
    const { error = phase === 'paused' ? pausedBy : this.#error, retryAt = undefined } = phase === 'waiting' ? trouble ?? {} : {};
    return Object.freeze({
      phase, loadedBytes, totalBytes,
      ...(this.#videoId !== undefined && { videoId: this.#videoId }),
      ...(phase === 'uploading' && this.#progress.speed),
      ...(retryAt !== undefined && { retryAt }),
      ...(error && { error }),
    });
  }

  /**
   * Starts or continues the upload. Returns the video when S3 has the whole file. Throws an `UploadError`, or a DOMException with the name `AbortError` after
   * `abort()`.
   */
  start() {
    this.#result ??= this.#run();
    return this.#result;
  }

  /** Stops sending until `resume()`. A part that is being sent is sent again later. */
  pause() {
    if (this.#isRunning) this.#retries.pause();
  }

  /** Ends a pause. Also ends the delay before the next try. */
  resume() {
    if (!this.#isRunning) return;
    this.#progress.restart();
    this.#retries.resume();
  }

  /**
   * Ends the upload, and removes the video. Repeats the request until the service responds. Throws an `UploadError` if the service rejects the request, or if the
   * session of the user has ended. Then this method can be called again.
   */
  abort() {
    if (this.#phase === 'done') return Promise.reject(new UploadError('wrong_status', 'the file is already uploaded'));
    this.#abort ??= this.#remove().catch((error) => {
      this.#abort = undefined;
      throw error;
    });
    return this.#abort;
  }

  get #isRunning() {
    return !this.#end.signal.aborted;
  }

  async #remove() {
    this.#finish('aborted', new DOMException('the upload was aborted', 'AbortError'));
    this.#phase = 'aborted';
    // A running request can still create the video.
    await this.#result?.catch(() => undefined);
    if (this.#videoId !== undefined) await this.#service.remove(this.#videoId);
  }

  async #run() {
    globalThis.addEventListener?.('online', () => this.#retries.wake(), { signal: this.#end.signal });
    const ticks = setInterval(() => this.#change(), 1000);
    try {
      this.#end.signal.throwIfAborted();
      const crc32 = this.#options.crc32 ?? await platformCrc32(this.#end.signal);
      // The file may be on a network drive that does not respond. An abort must not wait for it.
      const video = await this.#upload((blob) => orAbort(crc32(blob), this.#end.signal), this.#options.put ?? await platformPut());
      this.#progress.complete();
      this.#finish('done');
      return video;
    } catch (error) {
      if (this.#phase === 'aborted') throw this.#end.signal.reason;
      const failure = toUploadError(error);
      this.#finish('failed', failure);
      throw failure;
    } finally {
      clearInterval(ticks);
    }
  }

  /** @param {import('./types.js').Crc32} crc32 @param {import('./types.js').Put} put */
  async #upload(crc32, put) {
    const isContinued = this.#videoId !== undefined;
    this.#enter(isContinued ? 'checking' : 'starting');
    let state = this.#videoId === undefined ? await this.#create(crc32) : await this.#service.look(this.#videoId);
    const { video: { videoId } } = state;
    for (let rounds = 0; ; rounds++) {
      try {
        return await this.#transfer(state, crc32, put, isContinued && rounds === 0);
      } catch (error) {
        const { code } = toUploadError(error);
        if (rounds === MAX_ROUNDS || !RECOVERABLE.includes(code)) throw error;
        state = await this.#service.look(videoId);
        // S3 has deleted the parts.
        if (code === 'upload_gone' && state.upload) throw error;
      }
    }
  }

  /**
   * Sends what S3 does not have.
   *
   * @param {import('./types.js').ServerState} state
   * @param {import('./types.js').Crc32} crc32
   * @param {import('./types.js').Put} put
   * @param {boolean} mayDiffer - Whether the file may be another file than the file of the upload.
   */
  async #transfer(state, crc32, put, mayDiffer) {
    const { upload, parts, video } = state;
    const { videoId } = video;
    const { file, now, parallel } = this.#options;
    if (!upload) {
      this.#stored(video);
      if (mayDiffer) await this.#refuseOtherFile(state, async () => true);
      return video;
    }
    const common = { file, put, retries: this.#retries, progress: this.#progress, stop: this.#end.signal };
    if (upload.kind === 'single') {
      const expected = upload.headers['x-amz-checksum-crc32'];
      if (mayDiffer) await this.#refuseOtherFile(state, async () => !expected || expected === await this.#checksumOf(file.size, crc32));
      this.#enter('uploading');
      await sendWhole({ ...common, plan: upload, look: () => this.#lookForPlan(videoId) });
      return video;
    }
    const stored = new Map(parts.map(({ partNumber, checksum }) => [partNumber, checksum]));
    const sending = new Parts({ ...common, ...upload, stored, parallel, sign: (wanted) => this.#service.sign(videoId, wanted), crc32, now });
    if (mayDiffer) await this.#refuseOtherFile(state, () => sending.isSameFile());
    if (upload.partCount !== Math.ceil(file.size / upload.partSize)) throw new UploadError('unexpected_answer', 'the parts have another size than the file');
    sending.countStored();
    this.#enter('uploading');
    const checksum = await sending.send();
    this.#enter('completing');
    return this.#service.complete(videoId, checksum);
  }

  /** Returns the plan with a new URL, or undefined if S3 has the file. @param {string} videoId */
  async #lookForPlan(videoId) {
    const { upload, video } = await this.#service.lookOnce(videoId);
    if (!upload) this.#stored(video);
    return upload;
  }

  /** @param {import('./types.js').Crc32} crc32 */
  async #create(crc32) {
    const { file: { name, size, type }, details = {} } = this.#options;
    if (!size) throw new UploadError('empty_file', 'the file is empty');
    const isChecked = size <= CHECKED_BYTES;
    // For a larger file, one byte shows that the worker loads and that the file can be read. Otherwise an upload without bytes would stay on the server.
    const checksum = await this.#checksumOf(isChecked ? size : 1, crc32);
    const request = { fileName: name, contentType: type, ...details, size, ...(isChecked && { checksum }) };
    return this.#service.create(request, (videoId) => { this.#videoId = videoId; });
  }

  /** Returns the checksum of the first bytes of the file. @param {number} bytes @param {import('./types.js').Crc32} crc32 */
  async #checksumOf(bytes, crc32) {
    return base64Of(await this.#retries.run(this.#end.signal, () => crc32(this.#options.file.slice(0, bytes))));
  }

  /** @param {import('./types.js').ServerState} state @param {() => Promise<boolean>} isSame */
  async #refuseOtherFile({ file: expected }, isSame) {
    const { file: { name, size }, details } = this.#options;
    const fileName = details?.fileName ?? name;
    const actual = { fileName, size };
    const differs = expected && (expected.size !== size || (fileName !== undefined && expected.fileName !== fileName));
    if (!differs && await isSame()) return;
    const detail = differs ? `${describe(actual)} is not ${describe(expected)}` : `${describe(actual)} has not the content that is already uploaded`;
    throw new UploadError('other_file', `another file is required: ${detail}`, { expected, actual });
  }

  /** @param {import('./types.js').Video} video */
  #stored(video) {
    const { error } = video;
    if (error?.code === 'upload_expired') throw new UploadError('upload_expired', 'the upload has expired');
    if (video.status === 'deleting') throw new UploadError('not_found', 'the video is being removed');
    return video;
  }

  /** @param {import('./types.js').Phase} phase */
  #enter(phase) {
    if (!this.#isRunning) return;
    this.#phase = phase;
    this.#change();
  }

  /** @param {'done' | 'failed' | 'aborted'} phase @param {Error} [reason] */
  #finish(phase, reason) {
    if (!this.#isRunning) return;
    this.#phase = phase;
    if (reason instanceof UploadError) this.#error = reason;
    this.#end.abort(reason);
    this.#change();
  }

  /** Progress is reported thousands of times, so this method computes no state in most calls. */
  #changeProgress() {
    if (!this.#isRecent) this.#change();
  }

  /** The clock may have been set back. */
  get #isRecent() {
    return Math.abs(this.#options.now() - this.#reportedAt) < PROGRESS_MS;
  }

  /** Calls `onChange`, at most five times a second if only the progress has changed. */
  #change() {
    const { now, onChange } = this.#options;
    const { state } = this;
    const isNew = state.phase !== this.#reported?.phase || state.retryAt !== this.#reported.retryAt;
    if (!isNew && this.#isRecent) return;
    this.#reportedAt = now();
    this.#reported = state;
    try {
      onChange?.(state);
    } catch (error) {
      if (this.#phase === 'done') throw error;
      this.#finish('failed', toUploadError(error));
    }
  }
}

/** @param {import('./types.js').FileFacts} file */
function describe({ fileName, size }) {
  return `${fileName ?? 'a file without a name'} (${size} bytes)`;
}

/**
 * Lists the own videos whose upload is not complete, newest first.
 *
 * @param {import('./types.js').Api} api
 * @returns {Promise<import('./types.js').Video[]>}
 */
export async function listOpenUploads(api) {
  const path = '/streams?owner=me&status=waiting';
  const videos = [];
  let cursor;
  do {
    const page = await api('GET', cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
    videos.push(...page.items);
    ({ cursor } = page);
  } while (cursor);
  return videos;
}
