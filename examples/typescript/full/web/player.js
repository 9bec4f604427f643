import { rememberPlayed } from './played-videos.js';
import { Problem, ROLES } from './request.js';

/** The delay between a failed renewal of the playback session and the next try. */
const RETRY_MS = 10_000;

const $ = (id) => document.getElementById(id);

/** Plays one video at a time, and renews the playback session while the player is open. */
export class Player {
  #api;
  #now;
  #onProblem;
  #hls;
  #timer;
  /** The ID of the video that is open or being opened. */
  #videoId;

  /**
   * @param api - Sends an API request.
   * @param now - Returns the current time of the service in milliseconds.
   * @param onProblem - Receives each error that the page shows to the user.
   */
  constructor({ api, now, onProblem }) {
    this.#api = api;
    this.#now = now;
    this.#onProblem = onProblem;
    $('close-player').addEventListener('click', () => this.close());
  }

  async open(video) {
    this.close();
    this.#videoId = video.videoId;
    const session = await this.#startPlayback(video.videoId);
    if (!session) return;
    $('player').hidden = false;
    $('player-title').textContent = video.title;
    const element = $('video');
    if (session.poster) element.poster = session.poster;
    if (window.Hls?.isSupported()) {
      this.#hls = new window.Hls();
      this.#hls.on(window.Hls.Events.ERROR, (_event, { fatal, details }) => {
        if (fatal) this.#onProblem(new Problem(`Playback stopped. Please try again. (${details})`));
      });
      this.#hls.loadSource(session.hls);
      this.#hls.attachMedia(element);
    } else {
      element.src = session.hls;
    }
    $('player').scrollIntoView({ behavior: 'smooth' });
    // If the browser blocks autoplay, the user starts playback with the controls.
    await element.play().catch(() => undefined);
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
    $('video').removeAttribute('src');
    $('video').removeAttribute('poster');
    $('video').load();
    $('player').hidden = true;
  }
}
