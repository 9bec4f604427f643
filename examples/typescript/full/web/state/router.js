import { filterOf, queryOf } from './filter.js';

/** Returns the ID of the video in the path of a page, or undefined for the start page. */
export function videoIdOf(pathname) {
  return /^\/watch\/([^/]+)$/.exec(pathname)?.[1];
}

export function watchPath(videoId) {
  return `/watch/${videoId}`;
}

/** The address of the page. Links within the page change the address without a reload, and the browser's back and forward buttons work. */
export class Router {
  #onVideo;
  #onFilter;

  /**
   * @param onVideo - Receives the ID of the video to watch, or undefined.
   * @param onFilter - Is called when the filter may have changed.
   */
  constructor({ onVideo, onFilter }) {
    this.#onVideo = onVideo;
    this.#onFilter = onFilter;
    window.addEventListener('popstate', () => this.#tell());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  get videoId() {
    return videoIdOf(location.pathname);
  }

  get filter() {
    return filterOf(location.search);
  }

  /** Opens a video or the start page. */
  go(pathname, query = location.search) {
    const path = pathname + query;
    if (path !== location.pathname + location.search) history.pushState(null, '', path);
    this.#tell();
  }

  /** Changes the filter, and leaves the player as it is. Each letter of a search replaces the address, so that one press of "Back" ends the search. */
  setFilter(filter) {
    const path = location.pathname + queryOf(filter);
    if (path === location.pathname + location.search) return;
    const isSameSearch = this.filter.title !== undefined && filter.tag === undefined;
    if (isSameSearch) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.#onFilter();
  }

  #tell() {
    this.#onFilter();
    this.#onVideo(this.videoId);
  }

  #follow(event) {
    const link = event.target.closest?.('a[href]');
    const isOther = event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    // The page does not handle links that open in a new tab, or links to other paths. The browser opens them.
    if (!link || isOther || link.target || link.origin !== location.origin) return;
    if (link.pathname !== '/' && !videoIdOf(link.pathname)) return;
    event.preventDefault();
    if (link.search && link.pathname === location.pathname) this.setFilter(filterOf(link.search));
    // A video keeps the filter of the lists. The name of the page leads to all videos.
    else this.go(link.pathname, link.search || (link.pathname === '/' ? '' : location.search));
  }
}
