import { rememberPlayed } from '../service/played-videos.js';
import { Problem, ROLES } from '../service/request.js';

/** The delay between a failed renewal of the playback session and the next try. */
const RETRY_MS = 10_000;

/** Plays one video at a time, and renews the playback session while the player is open. */
export class Player {
  #api;
  #now;
  #element;
  #loadHls;
  #onProblem;
  #onStop;
  #hls;
  #timer;
  /** The ID of the video that is open or being opened. */
  #videoId;

  /**
   * @param api - Sends an API request.
   * @param now - Returns the current time of the service in milliseconds.
   * @param element - Returns the `<video>` element.
   * @param loadHls - Returns the class `Hls` of hls.js.
   * @param onProblem - Receives each error that the page shows to the user.
   * @param onStop - Is called when an error has ended the playback. The console shows the error.
   */
  constructor({ api, now, element, loadHls, onProblem, onStop }) {
    this.#api = api;
    this.#now = now;
    this.#element = element;
    this.#loadHls = loadHls;
    this.#onProblem = onProblem;
    this.#onStop = onStop;
  }

  /** Returns true if the video plays, or false if the player was closed or has opened another video in the meantime. */
  async open(videoId) {
    this.close();
    this.#videoId = videoId;
    const [session, Hls] = await Promise.all([this.#startPlayback(videoId), this.#loadHls()]);
    if (!session || this.#videoId !== videoId) return false;
    const element = this.#element();
    if (session.poster) element.poster = session.poster;
    if (Hls.isSupported()) {
      this.#hls = new Hls();
      this.#hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
        if (fatal) this.#stop(details);
      });
      this.#hls.loadSource(session.hls);
      this.#hls.attachMedia(element);
    } else {
      element.onerror = () => this.#stop(element.error?.message);
      element.src = session.hls;
    }
    // If the browser blocks autoplay, the user starts playback with the controls.
    element.play().catch(() => undefined);
    return true;
  }

  #stop(details) {
    console.error(`playback stopped: ${details}`);
    this.#onStop();
  }

  /** Starts a playback session. The browser stores the session's cookies, which authorize requests for media files. */
  async #startPlayback(videoId) {
    const session = await this.#api('POST', `/streams/${videoId}/playback`).catch((error) => { throw Problem.of(error, ROLES.watch); });
    rememberPlayed(session.hls);
    // The user closed the player or opened another video during the request.
    if (this.#videoId !== videoId) return undefined;
    const end = Date.parse(session.expiresAt);
    this.#renewIn(Math.max((end - this.#now()) * 0.8, RETRY_MS), videoId, end);
    return session;
  }

  #renewIn(milliseconds, videoId, end) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(videoId, end), milliseconds);
  }

  /** Renews the session. Reports an error only if the service rejects the renewal or the session has expired. */
  async #renew(videoId, end) {
    try {
      await this.#startPlayback(videoId);
    } catch (error) {
      if (this.#videoId !== videoId) return;
      const isFinal = error.isRefusal && error.status !== 429;
      if (isFinal || this.#now() >= end) this.#onProblem(error);
      else this.#renewIn(RETRY_MS, videoId, end);
    }
  }

  close() {
    this.#videoId = undefined;
    clearTimeout(this.#timer);
    this.#hls?.destroy();
    this.#hls = undefined;
    const element = this.#element();
    if (!element) return;
    element.onerror = null;
    element.removeAttribute('src');
    element.removeAttribute('poster');
    element.load();
  }
}
