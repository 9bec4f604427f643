import { released, videoLock } from './locks.js';

/** The delay after which a failed request is sent again. */
const RETRY_MS = 60_000;
/** The number of requests at the same time. */
const PARALLEL = 4;

/**
 * The files of the unfinished uploads. The list of the service does not contain the name and the size of a file, so each listed upload needs one request. An
 * upload that a tab of this browser is sending needs none.
 */
export class UnfinishedFiles {
  #api;
  #onChange;
  #onReleased;
  /** By the ID of the video, in the order of the list. @type {Map<string, { video: object, fileName?: string, size?: number, uploadedBytes?: number, retryAt?: number }>} */
  #files = new Map();
  /** The IDs of videos that other tabs are uploading. */
  #elsewhere = new Set();
  /** @type {Promise<unknown> | undefined} */
  #loading;

  /** @param onReleased - Is called when another tab has ended an upload of the list. */
  constructor({ api, onChange, onReleased }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onReleased = onReleased;
  }

  /** Resolves when no request is running. */
  get settled() {
    return this.#loading ?? Promise.resolve();
  }

  /** Returns the known facts: `fileName`, `size` and `uploadedBytes`. */
  of(videoId) {
    return this.#files.get(videoId) ?? {};
  }

  /** Returns the videos of uploads whose file has this name and size. */
  uploadsOf({ name, size }) {
    return [...this.#files.values()].filter((each) => each.fileName === name && each.size === size).map(({ video }) => video);
  }

  /** Loads what is not known of the listed uploads. */
  follow(shown, inUpload) {
    const left = shown.filter(({ videoId }) => !inUpload.includes(videoId));
    this.#files = new Map(left.map((video) => [video.videoId, Object.assign(this.#files.get(video.videoId) ?? {}, { video })]));
    for (const { videoId } of shown) if (inUpload.includes(videoId)) this.#await(videoId);
    this.#loading ??= Promise.all(Array.from({ length: PARALLEL }, () => this.#load())).finally(() => { this.#loading = undefined; });
  }

  #await(videoId) {
    if (this.#elsewhere.has(videoId)) return;
    this.#elsewhere.add(videoId);
    void released(videoLock(videoId)).then(() => {
      this.#elsewhere.delete(videoId);
      this.#onReleased();
    });
  }

  /** Sends one request after another. */
  async #load() {
    const next = () => [...this.#files.values()].find(({ size, retryAt = 0 }) => size === undefined && Date.now() >= retryAt);
    for (let entry = next(); entry; entry = next()) {
      // Without this time, a failed request would be repeated at once.
      entry.retryAt = Date.now() + RETRY_MS;
      const state = await this.#api('GET', `/upload/${entry.video.videoId}`).catch(() => ({}));
      Object.assign(entry, state.file, { uploadedBytes: uploadedBytesOf(state) });
      this.#onChange();
    }
  }
}

/** Returns undefined if the response does not contain all parts. */
function uploadedBytesOf({ upload, parts = [], cursor }) {
  return upload?.kind === 'multipart' && !cursor ? parts.reduce((sum, { size }) => sum + size, 0) : undefined;
}
