/** Returns the ID of the video in the path of a page, or undefined for the start page. */
export function videoIdOf(pathname) {
  return /^\/watch\/([^/]+)$/.exec(pathname)?.[1];
}

export function watchPath(videoId) {
  return `/watch/${videoId}`;
}

/** The address of the page. Links within the page change the address without a reload, and the browser's back and forward buttons work. */
export class Router {
  #onChange;

  /** @param onChange - Receives the ID of the video to watch, or undefined. */
  constructor(onChange) {
    this.#onChange = onChange;
    window.addEventListener('popstate', () => this.#tell());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  get videoId() {
    return videoIdOf(location.pathname);
  }

  go(path) {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#tell();
  }

  #tell() {
    this.#onChange(this.videoId);
  }

  #follow(event) {
    const link = event.target.closest?.('a[href]');
    const isOther = event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    // The page does not handle links that open in a new tab, or links to other paths. The browser opens them.
    if (!link || isOther || link.target || link.origin !== location.origin) return;
    if (link.pathname !== '/' && !videoIdOf(link.pathname)) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}
