import { Problem, ROLES } from './request.js';

/** How soon to try again when a session was not renewed. */
const RETRY_MS = 10_000;

const $ = (id) => document.getElementById(id);

/** Plays one video at a time, in a playback session that is renewed for as long as the player is open. */
export class Player {
  #api;
  #now;
  #onProblem;
  #hls;
  #timer;
  /** The video that is open, or about to be. */
  #videoId;

  /**
   * @param api asks the API
   * @param now the service's own time in milliseconds
   * @param onProblem is told of what the person has to know
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
    // A browser may refuse to start by itself; then the controls do.
    await element.play().catch(() => undefined);
  }

  /** The session's cookies open the media, so nothing else is to be done. */
  async #startPlayback(videoId) {
    const session = await this.#api('POST', `/streams/${videoId}/playback`).catch((error) => { throw Problem.of(error, ROLES.watch); });
    // Closed meanwhile, or another one was opened.
    if (this.#videoId !== videoId) return undefined;
    const end = Date.parse(session.expiresAt);
    this.#renewIn(Math.max((end - this.#now()) * 0.8, RETRY_MS), videoId, end);
    return session;
  }

  #renewIn(milliseconds, videoId, end) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(videoId, end), milliseconds);
  }

  /** Nobody has to know of a renewal that failed while the session still lasts, unless the service refuses it. */
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
