const KEY = 'played-videos';
/** The maximum number of playback sessions that a sign-out accepts. */
const MAX = 16;

/**
 * Remembers the playback sessions that pages of this browser have started, so that a sign-out can delete their cookies. Scripts cannot see or delete these
 * cookies. The list is in `localStorage`, so it contains the sessions of all tabs and survives a reload.
 */
export function rememberPlayed(hls) {
  store([hls, ...played().filter((each) => each !== hls)].slice(0, MAX));
}

/** Returns the `hls` URLs of the most recent playback sessions. */
export function played() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

export function forgetPlayed() {
  store();
}

/** The browser can forbid the storage. The cookies then stay until they expire. */
function store(list) {
  try {
    if (list) localStorage.setItem(KEY, JSON.stringify(list));
    else localStorage.removeItem(KEY);
  } catch {
    // Without the list, everything else works.
  }
}
