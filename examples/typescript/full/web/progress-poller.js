/**
 * Delays between two polls of videos in progress, in seconds. Short at first, because a short clip is ready soon. Then 10 seconds, the shortest interval
 * in which MediaConvert reports progress.
 */
const PACE = [1, 2, 3, 5, 10];
/** The delay between two refreshes of a list, in seconds. The lists take turns. */
const LIST_SECONDS = 30;

/** Decides when the page sends background requests: never while the page is hidden. */
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
   * @param look refreshes the videos in progress, with one request; called only if there are any
   * @param lists functions that each refresh one list
   * @param isMoving returns whether any video is in progress
   * @param isHidden returns whether the page is hidden
   */
  constructor({ look, lists, isMoving, isHidden }) {
    this.#look = look;
    this.#lists = lists;
    this.#isMoving = isMoving;
    this.#isHidden = isHidden;
  }

  /** Starts polling. Call it after all lists were refreshed. */
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
    // By then, a list refresh may have shown that no video is in progress.
    const look = () => this.#isMoving() && this.#look();
    if (this.#isMoving()) this.#lookTimer ??= this.#after(PACE[Math.min(this.#looks++, PACE.length - 1)], look, () => { this.#lookTimer = undefined; });
    this.#listTimer ??= this.#after(LIST_SECONDS, this.#lists[this.#listings++ % this.#lists.length], () => { this.#listTimer = undefined; });
  }

  #after(seconds, work, done) {
    const timer = setTimeout(async () => {
      await work();
      // Polling was stopped meanwhile, and may have been started again.
      if (timer !== this.#lookTimer && timer !== this.#listTimer) return;
      done();
      this.#plan();
    }, seconds * 1000);
    return timer;
  }
}
