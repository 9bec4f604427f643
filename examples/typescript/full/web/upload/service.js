import { isSessionEnd, TemporaryError, toUploadError, UploadError } from './errors.js';
import { watched } from './watchdog.js';

/** The clock of the device and the clock of the service may differ by this time. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Sends the requests of an upload to the API, and repeats them until the API responds. */
export class Service {
  #api;
  #retries;
  #stop;
  #now;

  /**
   * @param {import('./types.js').Api} api
   * @param {import('./retries.js').Retries} retries
   * @param {AbortSignal} stop
   * @param {() => number} now
   */
  constructor(api, retries, stop, now) {
    this.#api = api;
    this.#retries = retries;
    this.#stop = stop;
    this.#now = now;
  }

  /**
   * A pause does not abort a request to the API, because the request can have an effect.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #call(method, path, body) {
    try {
      return await watched(undefined, (signal) => this.#api(method, path, body, { signal }));
    } catch (error) {
      const { status, message } = /** @type {any} */ (Object(error));
      if (status !== undefined || isSessionEnd(error) || error instanceof UploadError) throw error;
      throw new TemporaryError('no_connection', message);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #state(method, path, body) {
    const state = await this.#call(method, path, body);
    if (!state?.video?.videoId) throw new UploadError('unexpected_answer', `${method} ${path} returned no video`);
    return state;
  }

  /**
   * Creates the video.
   *
   * @param {{ fileName?: string, size: number, [field: string]: unknown }} request
   * @param {(videoId: string) => void} onCreated
   * @returns {Promise<import('./types.js').ServerState>}
   */
  async create(request, onCreated) {
    const since = this.#now() - CLOCK_SKEW_MS;
    let isUnclear = false;
    return this.#retries.run(this.#stop, async () => {
      const found = isUnclear ? await this.#findCreated(request, since) : undefined;
      try {
        const state = found ?? { parts: [], ...await this.#state('POST', '/upload', request) };
        // Without a plan, the file would count as uploaded.
        if (!state.upload) throw new UploadError('unexpected_answer', 'POST /upload returned no upload');
        onCreated(state.video.videoId);
        return state;
      } catch (error) {
        const { status, code } = /** @type {any} */ (error);
        // The user has reached a quota. A throttle has the same status (429) and another code.
        if (code === 'limit_reached') throw toUploadError(error);
        isUnclear ||= status !== 429;
        throw error;
      }
    });
  }

  /**
   * Finds the video that an earlier request has created although its response was lost.
   *
   * @param {{ fileName?: string, size: number, title?: unknown }} request
   * @param {number} since
   * @returns {Promise<import('./types.js').ServerState | undefined>}
   */
  async #findCreated({ fileName, size, title }, since) {
    const { items } = await this.#call('GET', '/streams?owner=me&status=waiting');
    for (const video of items) {
      if (Date.parse(video.createdAt) < since || (title !== undefined && video.title !== title)) continue;
      const state = await this.lookOnce(video.videoId);
      if (state.upload && state.parts.length === 0 && state.file?.fileName === fileName && state.file?.size === size) return state;
    }
    return undefined;
  }

  /** @param {string} videoId */
  look(videoId) {
    return this.#retries.run(this.#stop, () => this.lookOnce(videoId));
  }

  /**
   * Returns the state of an upload with all stored parts.
   *
   * @param {string} videoId
   * @returns {Promise<import('./types.js').ServerState>}
   */
  async lookOnce(videoId) {
    const path = `/upload/${encodeURIComponent(videoId)}`;
    const state = await this.#state('GET', path);
    for (let { cursor } = state; cursor;) {
      const page = await this.#state('GET', `${path}?cursor=${encodeURIComponent(cursor)}`);
      // S3 deletes the list of parts when the file is complete.
      if (!page.upload) return page;
      if (page.cursor === cursor) throw new UploadError('unexpected_answer', 'the list of parts has no end');
      state.parts.push(...page.parts);
      ({ cursor } = page);
    }
    return state;
  }

  /**
   * Returns the signed URLs of parts.
   *
   * @param {string} videoId
   * @param {import('./types.js').PartChecksum[]} parts
   */
  sign(videoId, parts) {
    return this.#call('POST', `/upload/${encodeURIComponent(videoId)}/parts`, { parts });
  }

  /**
   * Joins the parts. S3 can need minutes, and the API then returns 503 until the file is complete.
   *
   * @param {string} videoId
   * @param {string} checksum
   * @returns {Promise<import('./types.js').Video>}
   */
  async complete(videoId, checksum) {
    const { video } = await this.#retries.run(this.#stop, () => this.#state('POST', `/upload/${encodeURIComponent(videoId)}/complete`, { checksum }));
    return video;
  }

  /**
   * Removes the video of an unfinished upload. After the end of the session, this method fails: the caller of `abort()` must not wait for a sign-in.
   *
   * @param {string} videoId
   */
  async remove(videoId) {
    this.#retries.resume();
    await this.#retries.run(new AbortController().signal, () => this.#call('DELETE', `/upload/${encodeURIComponent(videoId)}`).catch((error) => {
      if (isSessionEnd(error)) throw toUploadError(error);
      if (error.status !== 404) throw error;
    }));
  }
}
