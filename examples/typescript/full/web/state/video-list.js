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
  /** Counts the calls of `replace`. */
  #changes = 0;
  /** For each replaced video: the value of `#changes` after the last call of `replace`. */
  #changedAt = new Map();

  /** Whether the first page is loaded. */
  isLoaded = false;
  isLoading = false;
  /** Whether the first page is being loaded for the first time. */
  isFirstLoading = false;

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

  /** Loads the first page again, and keeps the later pages. */
  async refresh() {
    this.#setFirstLoading(!this.isLoaded);
    const { items, cursor } = await this.#load().finally(() => this.#setFirstLoading(false));
    const before = this.#videos;
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
    this.isLoading = true;
    this.#onChange();
    const before = this.shown.length;
    try {
      for (let requests = 0; requests < MOST_REQUESTS && this.hasMore && this.shown.length < before + PAGE / 2; requests++) {
        const from = this.#cursor;
        const { items, cursor } = await this.#load(from);
        // A refresh during the request has changed the list.
        if (from !== this.#cursor) break;
        this.#videos.push(...without(items, this.#videos));
        this.#cursor = cursor;
      }
    } finally {
      this.isLoading = false;
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
    const page = await this.#api('GET', `${this.#path}limit=${PAGE}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
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
