const PAGE = 24;
/** The maximum number of requests for one page. A page of the service can contain only videos that this list does not show. */
const MOST_REQUESTS = 5;

/** A list of videos that loads page by page. */
export class VideoList {
  #api;
  #path;
  #isShown;
  #onChange;
  /** All loaded videos, in the order of the service. */
  #videos = [];
  #cursor;
  /** Aborts the requests of the current path. */
  #requests = new AbortController();
  /** Counts the calls of `replace`. */
  #changes = 0;
  /** For each replaced video: the value of `#changes` after the last call of `replace`. */
  #changedAt = new Map();

  /** Whether the first page is loaded. */
  isLoaded = false;
  isLoading = false;
  /** Whether the first page is being loaded for the first time. */
  isFirstLoading = false;
  /** Whether the list still shows the videos of the path before the last call of `setPath`. */
  isOutdated = false;

  /**
   * @param path - The route with a query, which ends with `?` or `&`.
   * @param isShown - Returns whether the page shows a video in this list.
   */
  constructor({ api, path, isShown, onChange }) {
    this.#api = api;
    this.#path = path;
    this.#isShown = isShown;
    this.#onChange = onChange;
  }

  get shown() {
    return this.#videos.filter(this.#isShown);
  }

  get notShown() {
    return this.#videos.filter((video) => !this.#isShown(video));
  }

  get hasMore() {
    return this.#cursor !== undefined;
  }

  /** Changes the route. The list keeps its videos until `refresh` has loaded the new ones. Returns whether the route is a new one. */
  setPath(path) {
    if (path === this.#path) return false;
    this.#requests.abort();
    this.#requests = new AbortController();
    this.#path = path;
    this.#cursor = undefined;
    this.isOutdated = this.isLoaded;
    this.isLoading = false;
    this.#onChange();
    return true;
  }

  /** Loads the first page again, and keeps the later pages. Does nothing if `setPath` is called during the request. */
  async refresh() {
    const { signal } = this.#requests;
    this.#setFirstLoading(!this.isLoaded);
    const page = await this.#load().catch((error) => {
      if (signal.aborted) return undefined;
      // The user must not take the old videos for the videos of the new path.
      if (this.isOutdated) this.clear();
      throw error;
    }).finally(() => { if (!signal.aborted) this.#setFirstLoading(false); });
    if (signal.aborted) return;
    const { items, cursor } = page;
    const before = this.isOutdated ? [] : this.#videos;
    this.isOutdated = false;
    const last = before.findIndex(({ videoId }) => videoId === items.at(-1)?.videoId);
    // If the first page has no video that the list had before, then videos between the two are missing, so the later pages are dropped.
    const later = cursor !== undefined && last >= 0 ? without(before.slice(last + 1), items) : [];
    this.#videos = [...items, ...later];
    if (later.length === 0) this.#cursor = cursor;
    this.isLoaded = true;
    this.#onChange();
    if (this.shown.length === 0) await this.more();
  }

  /** Loads at least one more video that the list shows, unless there is none. */
  async more() {
    if (this.isLoading) return;
    const { signal } = this.#requests;
    this.isLoading = true;
    this.#onChange();
    const before = this.shown.length;
    try {
      for (let requests = 0; requests < MOST_REQUESTS && this.hasMore && this.shown.length < before + PAGE / 2; requests++) {
        const from = this.#cursor;
        const { items, cursor } = await this.#load(from);
        // A refresh or a new path during the request has changed the list.
        if (from !== this.#cursor) break;
        this.#videos.push(...without(items, this.#videos));
        this.#cursor = cursor;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (!signal.aborted) this.isLoading = false;
      this.#onChange();
    }
  }

  /** Loads one video again. */
  async refreshOne(videoId) {
    const before = this.#changes;
    const video = await this.#api('GET', `/streams/${videoId}`).catch((error) => {
      // Another window can delete the video.
      if (error.code !== 'not_found') throw error;
    });
    if (!this.#hasChanged(videoId, before)) this.replace(videoId, video);
  }

  /** Replaces a video, or removes it if `video` is undefined. A video without a poster keeps the poster that it has. */
  replace(videoId, video) {
    this.#changedAt.set(videoId, ++this.#changes);
    this.#videos = this.#videos.flatMap((each) => (each.videoId !== videoId ? [each] : video ? [{ ...(each.poster && { poster: each.poster }), ...video }] : []));
    this.#onChange();
  }

  clear() {
    this.#videos = [];
    this.#cursor = undefined;
    this.#changedAt.clear();
    this.isLoaded = false;
    this.isOutdated = false;
    this.#onChange();
  }

  #setFirstLoading(isFirstLoading) {
    if (this.isFirstLoading === isFirstLoading) return;
    this.isFirstLoading = isFirstLoading;
    this.#onChange();
  }

  /** Loads one page. A video that was replaced during the request stays as it is, because the response can be older. */
  async #load(cursor) {
    const before = this.#changes;
    const path = `${this.#path}limit=${PAGE}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await this.#api('GET', path, undefined, { signal: this.#requests.signal });
    const known = (videoId) => this.#videos.find((video) => video.videoId === videoId);
    return { ...page, items: page.items.map((item) => (this.#hasChanged(item.videoId, before) ? known(item.videoId) ?? item : item)) };
  }

  #hasChanged(videoId, before) {
    return this.#changedAt.get(videoId) > before;
  }
}

function without(videos, others) {
  const ids = new Set(others.map(({ videoId }) => videoId));
  return videos.filter(({ videoId }) => !ids.has(videoId));
}
