import { retryProblem } from '../editing/error-messages.js';
import { ROLES } from '../service/request.js';
import { videosInUpload } from '../upload-queue/locks.js';
import { listPathsOf, queryOf } from './filter.js';
import { ProgressPoller } from './progress-poller.js';
import { VideoList } from './video-list.js';

/** A video with one of these statuses changes only if somebody acts. */
const SETTLED = ['ready', 'errored', 'held'];

/** The lists of the page. Videos in progress are polled often, and each list is refreshed from time to time. */
export class Videos {
  #api;
  #poller;
  /** A new object for each period between `start` and `stop`. */
  #life;
  #onUnfinished;
  /** IDs of videos that this page has uploaded. Their status stays `waiting` until the service receives the S3 event. */
  #sent = new Set();

  /** IDs of videos that this tab or another tab of the browser is uploading. */
  inUpload = [];
  /** The reason why the user cannot list the videos of others. */
  refusal;
  /** The filter of the own videos and of the videos of others. */
  filter = {};

  /**
   * @param userId - Returns the ID of the user.
   * @param isQueued - Returns whether this tab uploads the file of a video.
   * @param inBackground - Runs a background request, and shows its error.
   * @param onUnfinished - Receives the IDs of all videos whose upload is not complete, after the list was loaded.
   * @param onChange - Is called after each change of a list.
   */
  constructor({ api, userId, isQueued, inBackground, onUnfinished, onChange }) {
    this.#api = api;
    this.#onUnfinished = onUnfinished;
    // An upload that has not sent its whole file is no video yet.
    const isVideo = ({ videoId, status }) => status !== 'waiting' || this.#sent.has(videoId);
    const paths = listPathsOf(this.filter);
    this.own = new VideoList({ api, path: paths.own, isShown: isVideo, onChange });
    this.published = new VideoList({ api, path: paths.published, isShown: ({ owner }) => owner !== userId(), onChange });
    this.unfinished = new VideoList({ api, path: '/streams?owner=me&status=waiting&', isShown: (video) => !isVideo(video) && !isQueued(video.videoId), onChange });
    this.#poller = new ProgressPoller({
      look: () => inBackground(() => this.#refreshMoving()),
      lists: [() => this.own.refresh(), () => this.#refreshPublished(), () => this.refreshUnfinished()].map((refresh) => () => inBackground(refresh)),
      isMoving: () => this.#moving().length > 0,
      isHidden: () => document.hidden,
    });
  }

  /** Loads all lists, and then refreshes them until `stop` or `clear` is called. */
  async start() {
    const life = {};
    this.#life = life;
    try {
      await Promise.all([this.own.refresh(), this.refreshUnfinished(), this.#refreshPublished()]);
    } finally {
      if (life === this.#life) this.#poller.start();
    }
  }

  /**
   * Changes the filter. Returns a function that loads the lists that change with the filter, or undefined if the filter is the same. The function returns whether
   * the lists then show the videos for this filter.
   */
  setFilter(filter) {
    if (queryOf(filter) === queryOf(this.filter)) return undefined;
    this.filter = filter;
    const paths = listPathsOf(filter);
    const loads = [
      this.own.setPath(paths.own) && (() => this.own.refresh()),
      this.published.setPath(paths.published) && (() => this.#refreshPublished()),
    ].filter(Boolean);
    return async () => {
      await Promise.all(loads.map((load) => load()));
      if (this.filter !== filter) return false;
      if (this.#moving().length > 0) this.#poller.start();
      return true;
    };
  }

  stop() {
    this.#life = undefined;
    this.#poller.stop();
  }

  /** Stops, and removes everything that the next user must not see. */
  clear() {
    this.stop();
    this.#sent.clear();
    this.refusal = undefined;
    this.own.clear();
    this.unfinished.clear();
    this.published.clear();
  }

  /** Remembers that the whole file of a video is in S3. */
  markSent(videoId) {
    this.#sent.add(videoId);
  }

  /** Shows a video that an action of the user in this window or in another window has changed. */
  changed(video) {
    for (const list of [this.own, this.published]) list.replace(video.videoId, video);
    // A new attempt is polled often.
    if (this.#moving().length > 0) this.#poller.start();
  }

  /** Transcodes a failed video again. Returns the video. */
  async retry({ videoId, title }) {
    try {
      return await this.#api('POST', `/streams/${videoId}/retry`);
    } catch (error) {
      // Another window has perhaps retried or deleted the video.
      if (['wrong_status', 'not_found'].includes(error.code)) await this.own.refreshOne(videoId);
      throw retryProblem(error, title);
    }
  }

  async refreshUnfinished() {
    this.inUpload = await videosInUpload();
    await this.unfinished.refresh();
    const { shown, notShown, hasMore } = this.unfinished;
    if (!hasMore) this.#onUnfinished([...shown, ...notShown].map(({ videoId }) => videoId));
  }

  #moving() {
    return this.own.shown.filter(({ status }) => !SETTLED.includes(status));
  }

  async #refreshPublished() {
    // A user without the viewer role can watch only the user's own videos.
    await this.published.refresh().catch((error) => {
      if (error.code !== 'wrong_role') throw error;
      this.refusal = ROLES.watch.wrong_role;
      this.published.clear();
    });
  }

  /** Refreshes the videos in progress with one request. If several videos are in progress, it requests the list of videos. */
  async #refreshMoving() {
    const [{ videoId }, ...others] = this.#moving();
    await (others.length > 0 ? this.own.refresh() : this.own.refreshOne(videoId));
  }
}
