/**
 * Delays between two polls of videos in progress, in seconds. The delays start short, because a short clip is ready soon. The last delay is the shortest
 * interval between two progress reports of MediaConvert.
 */
const PACE = [1, 2, 3, 5, 10];
/** The delay in seconds between two refreshes. Each refresh loads one of the lists, in turn. */
const LIST_SECONDS = 30;

/** Sends background requests at intervals, but not while the page is hidden. */
export class ProgressPoller {
  #look;
  #lists;
  #isMoving;
  #isHidden;
  #lookTimer;
  #listTimer;
  #isOn = false;
  #looks = 0;
  #listings = 0;

  /**
   * @param look - Refreshes the videos in progress with one request.
   * @param lists - For each list: a function that refreshes the list.
   * @param isMoving - Returns whether a video is in progress.
   * @param isHidden - Returns whether the page is hidden.
   */
  constructor({ look, lists, isMoving, isHidden }) {
    this.#look = look;
    this.#lists = lists;
    this.#isMoving = isMoving;
    this.#isHidden = isHidden;
  }

  /** Starts polling. Call `start` after a refresh of all lists. */
  start() {
    this.stop();
    this.#isOn = true;
    this.#looks = 0;
    this.#plan();
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#lookTimer);
    clearTimeout(this.#listTimer);
    this.#lookTimer = this.#listTimer = undefined;
  }

  /** Starts the timers that are not running. */
  #plan() {
    if (!this.#isOn || this.#isHidden()) return;
    // A refresh of a list before the timer fires may show that no video is in progress any more.
    const look = () => this.#isMoving() && this.#look();
    if (this.#isMoving()) this.#lookTimer ??= this.#after(PACE[Math.min(this.#looks++, PACE.length - 1)], look, () => { this.#lookTimer = undefined; });
    this.#listTimer ??= this.#after(LIST_SECONDS, this.#lists[this.#listings++ % this.#lists.length], () => { this.#listTimer = undefined; });
  }

  #after(seconds, work, done) {
    const timer = setTimeout(async () => {
      await work();
      // `stop` was called during the request, and `start` may have set new timers.
      if (timer !== this.#lookTimer && timer !== this.#listTimer) return;
      done();
      this.#plan();
    }, seconds * 1000);
    return timer;
  }
}
