import { Problem } from '../service/request.js';
import { ELSEWHERE, failureMessage, notRemoved, removalMessage, waitMessage } from './error-messages.js';
import { DEFAULT_TYPE } from './limits.js';
import { fileLock, released, videoLock, withLock, withVideoLock } from './locks.js';

/** The phases in which an upload neither sends nor waits for its turn. */
const RESTING = ['paused', 'failed'];
/** After these errors, the page deletes the stored file handle: the file has changed, or the upload no longer exists. */
const WITHOUT_HANDLE = ['other_file', 'file_changed', 'file_unreadable', 'upload_expired', 'upload_gone', 'not_found'];
/** The errors after which the user must choose the file again. */
const OF_THE_FILE = ['other_file', 'file_changed', 'file_unreadable'];
/** The errors that the same file or the same upload would have again. */
const FINAL = ['empty_file', 'too_large', 'type_not_allowed', 'upload_expired', 'upload_gone', 'not_found', 'elsewhere'];

/**
 * Uploads files one after another, and the parts of a file at the same time. Only `cancel` removes a video: an upload that failed or was left stays on the
 * server, and can be continued.
 */
export class UploadQueue {
  #api;
  #create;
  #handles;
  #onChange;
  #onProblem;
  #onSent;
  #onReleased;
  #entries = [];
  #lastId = 0;
  /** Whether the session has ended. The queue waits until the user signs in again. */
  #isSuspended = false;

  /**
   * @param create - Creates an `Upload`.
   * @param onSent - Receives the ID of a video whose whole file is in S3.
   * @param onReleased - Is called after another tab has ended the upload of a file, and before the row of the file disappears.
   */
  constructor({ api, create, handles, onChange, onProblem, onSent, onReleased }) {
    this.#api = api;
    this.#create = create;
    this.#handles = handles;
    this.#onChange = onChange;
    this.#onProblem = onProblem;
    this.#onSent = onSent;
    this.#onReleased = onReleased;
  }

  /** Each entry has `id`, `title`, `file`, `phase`, and the fields of the upload's state. */
  get entries() {
    return this.#entries;
  }

  /** Whether closing the page would interrupt an upload. */
  get isBusy() {
    return this.#entries.some(({ phase }) => phase !== 'failed');
  }

  find(id) {
    return this.#entries.find((entry) => entry.id === id);
  }

  has(videoId) {
    return this.#entries.some((entry) => entry.videoId === videoId);
  }

  /** Adds a file. With `videoId`, continues the upload of this video. Returns false if the queue has the file already, unless its upload failed. */
  add({ file, handle, title, videoId }) {
    const same = this.#entries.find((entry) => fileLock(entry.file) === fileLock(file));
    if (same?.phase === 'failed') this.#drop(same);
    else if (same) return false;
    this.#entries.push({
      id: ++this.#lastId, file, handle, title: title || file.name, details: { title }, videoId, hasSent: videoId !== undefined,
      phase: 'queued', loadedBytes: 0, totalBytes: file.size,
    });
    this.#next();
    return true;
  }

  pause(id) {
    this.find(id)?.upload?.pause();
  }

  /** Continues a paused upload, or repeats a failed upload, as soon as it is its turn. */
  resume(id) {
    const entry = this.find(id);
    if (!RESTING.includes(entry?.phase)) return;
    this.#change(entry, { phase: 'queued', message: undefined });
    this.#next();
  }

  /** Repeats a failed upload with a file that the user has chosen again. Returns false if another entry has this file. */
  resumeWith(id, { file, handle }) {
    const entry = this.find(id);
    if (entry?.phase !== 'failed') return true;
    if (this.#entries.some((each) => each !== entry && fileLock(each.file) === fileLock(file))) return false;
    const { videoId, title, details } = entry;
    Object.assign(entry, { file, handle, title: videoId ? title : details.title || file.name, loadedBytes: 0, totalBytes: file.size });
    this.resume(id);
    return true;
  }

  /** Removes a file from the queue, and the unfinished video from the server. */
  async cancel(id) {
    const entry = this.find(id);
    if (!entry) return;
    const { upload } = entry;
    this.#change(entry, { phase: 'cancelling' });
    try {
      if (upload) await this.#remove(entry, () => upload.abort());
      else if (entry.videoId) await this.remove(entry);
    } catch (error) {
      this.#onProblem(error);
    }
    this.#drop(entry);
  }

  /** Removes a file from the queue, and keeps what the server has. */
  dismiss(id) {
    this.#drop(this.find(id));
  }

  /** Removes an unfinished video from the server. */
  async remove(video) {
    const { videoId } = video;
    // Another tab may upload the video now.
    const isOurs = await withVideoLock(videoId, () => this.#remove(video, () => this.#api('DELETE', `/upload/${videoId}`)));
    if (!isOurs) throw new Problem(notRemoved(video));
  }

  /** Removes the video of an entry or of the list of unfinished uploads, and its file handle. */
  async #remove(video, send) {
    try {
      await send();
    } catch (error) {
      if (error.code !== 'not_found') await this.#explain(error, video);
    }
    // A cancelled upload may have received its ID in the meantime.
    if (video.videoId) await this.#handles.remove(video.videoId);
  }

  /** Throws an error that says why an upload was not removed. An AbortError means that the session has ended. */
  async #explain(error, { videoId, title }) {
    if (error.name === 'AbortError' || (error instanceof Problem && error.code !== 'wrong_status')) throw error;
    const { video } = error.code === 'wrong_status' ? await this.#api('GET', `/upload/${videoId}`) : {};
    if (video) {
      await this.#handles.remove(videoId);
      if (!video.error) this.#onSent(video);
    }
    throw new Problem(removalMessage(error, title, video), error);
  }

  /** Continues the uploads that were paused because the session had ended. */
  continue() {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    for (const entry of this.#entries) if (entry.isOfSession) this.resume(entry.id);
    this.#next();
  }

  /** Forgets all files, and keeps what the server has. */
  clear() {
    this.#isSuspended = false;
    for (const entry of [...this.#entries]) {
      entry.upload?.pause();
      this.#drop(entry);
    }
  }

  #change(entry, changes) {
    Object.assign(entry, changes);
    this.#onChange();
  }

  #drop(entry) {
    this.#entries = this.#entries.filter((each) => each !== entry);
    entry?.release?.();
    this.#onChange();
    this.#next();
  }

  #next() {
    if (this.#isSuspended || this.#entries.some(({ phase }) => phase !== 'queued' && !RESTING.includes(phase))) return;
    const entry = this.#entries.find(({ phase }) => phase === 'queued');
    if (!entry) return;
    this.#change(entry, { phase: 'starting', isOfSession: false });
    if (entry.upload) entry.upload.resume();
    else void this.#run(entry);
  }

  /** Runs the upload of an entry while this tab holds the locks of the file and the video. */
  async #run(entry) {
    entry.released = new Promise((resolve) => { entry.release = resolve; });
    const send = () => Promise.race([this.#send(entry), entry.released]);
    const { videoId } = entry;
    const isOurs = await withLock(fileLock(entry.file), videoId ? async () => {
      if (!await withVideoLock(videoId, send)) this.#leave(entry, videoLock(videoId));
    } : send);
    entry.release();
    if (!isOurs) this.#leave(entry, fileLock(entry.file));
  }

  /** Shows that another tab is uploading the file, until that tab ends the upload. The lists of the page then contain the video or the unfinished upload. */
  #leave(entry, lock) {
    this.#fail(entry, ELSEWHERE, 'elsewhere');
    void released(lock).then(() => {
      if (entry.message !== ELSEWHERE || !this.find(entry.id)) return;
      this.#onReleased();
      this.#drop(entry);
    });
  }

  async #send(entry) {
    // The user can cancel the upload before this tab has the lock.
    if (!this.find(entry.id)) return;
    const { file, title, details, videoId } = entry;
    entry.upload = this.#create({
      file, videoId, details: { fileName: file.name, contentType: file.type || DEFAULT_TYPE, ...(details.title && { title }) },
      onChange: (state) => this.#follow(entry, state),
    });
    try {
      const video = await entry.upload.start();
      await this.#handles.remove(video.videoId);
      this.#onSent(video);
      this.#drop(entry);
    } catch (error) {
      entry.upload = undefined;
      // The next try asks the user for the file.
      if (WITHOUT_HANDLE.includes(error.code) && entry.videoId) await this.#handles.remove(entry.videoId);
      if (error.name !== 'AbortError') this.#fail(entry, failureMessage(error, file), error.code);
    }
  }

  #fail(entry, message, code) {
    if (!this.find(entry.id)) return;
    this.#change(entry, { phase: 'failed', message, isFinal: FINAL.includes(code), needsFile: OF_THE_FILE.includes(code) });
    this.#next();
  }

  /** Copies the state of an upload to its entry. */
  #follow(entry, { phase, videoId, error, ...progress }) {
    if (!this.find(entry.id)) return;
    if (videoId && !entry.videoId) {
      void withVideoLock(videoId, () => entry.released);
      entry.videoId = videoId;
    }
    entry.hasSent ||= progress.loadedBytes > 0;
    if (entry.handle && videoId) {
      void this.#handles.save(videoId, entry.handle);
      entry.handle = undefined;
    }
    // A paused upload still reports its state while its entry waits for its turn.
    if (['done', 'failed', 'aborted'].includes(phase) || entry.phase === 'cancelling' || (phase === 'paused' && entry.phase === 'queued')) return;
    const isOfSession = phase === 'paused' && error !== undefined;
    this.#isSuspended ||= isOfSession;
    this.#change(entry, { phase, secondsLeft: undefined, bytesPerSecond: undefined, retryAt: undefined, ...progress, isOfSession, waitsFor: phase === 'waiting' ? waitMessage(error ?? {}) : undefined });
    if (phase === 'paused') this.#next();
  }
}
