/**
 * Seconds between two looks at what is under way. Soon at first, since a short clip is ready soon; then as often as MediaConvert reports progress, which is
 * every 10 seconds at most.
 */
const PACE = [1, 2, 3, 5, 10];
/** Seconds between two lists, which take turns. */
const LIST_SECONDS = 30;

/** Decides when the page asks the service by itself: never while it is hidden. */
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
   * @param look refreshes what is under way, in one request; called only while something is
   * @param lists each refreshes one list
   * @param isMoving whether anything is under way
   * @param isHidden whether nobody sees the page
   */
  constructor({ look, lists, isMoving, isHidden }) {
    this.#look = look;
    this.#lists = lists;
    this.#isMoving = isMoving;
    this.#isHidden = isHidden;
  }

  /** Call it when all lists have just been refreshed. */
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

  /** Whatever is not planned yet. */
  #plan() {
    if (!this.#isOn || this.#isHidden()) return;
    // By then a list may have told that nothing is under way any more.
    const look = () => this.#isMoving() && this.#look();
    if (this.#isMoving()) this.#lookTimer ??= this.#after(PACE[Math.min(this.#looks++, PACE.length - 1)], look, () => { this.#lookTimer = undefined; });
    this.#listTimer ??= this.#after(LIST_SECONDS, this.#lists[this.#listings++ % this.#lists.length], () => { this.#listTimer = undefined; });
  }

  #after(seconds, work, done) {
    const timer = setTimeout(async () => {
      await work();
      // Stopped meanwhile, and perhaps started anew.
      if (timer !== this.#lookTimer && timer !== this.#listTimer) return;
      done();
      this.#plan();
    }, seconds * 1000);
    return timer;
  }
}
