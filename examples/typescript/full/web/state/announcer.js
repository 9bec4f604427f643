/** The number of announcements that stay in the page, so that a screen reader can finish them. */
const KEPT = 3;

const UPLOAD_WORDS = {
  uploading: ({ title }) => `Uploading ${title}.`,
  waiting: ({ title }) => `The upload of ${title} waits, and continues by itself.`,
  paused: ({ title, isOfSession }) => `The upload of ${title} is paused${isOfSession ? ' until you sign in again' : ''}.`,
  failed: ({ title, message }) => `The upload of ${title} failed: ${message}`,
};
const VIDEO_WORDS = {
  processing: ({ title }) => `Processing ${title}.`,
  held: ({ title }) => `${title} waits for a decision.`,
  ready: ({ title }) => `${title} is ready.`,
  errored: ({ title, error }) => `${title} can't be processed: ${error?.message ?? 'something went wrong'}`,
};

/** Tells users of screen readers when an upload or a video changes its state. Progress in percent is not announced, because it would interrupt all the time. */
export class Announcer {
  #lastId = 0;
  /** The last announced phase of each upload, by the ID of the entry. */
  #phases = new Map();
  /** The last known status of each video. */
  #statuses = new Map();

  /** The last announcements, each with an `id` and a `text`. */
  texts = [];

  /** Compares uploads and videos with the last call, and announces the differences. */
  follow(entries, videos) {
    for (const entry of entries) {
      if (!UPLOAD_WORDS[entry.phase] || this.#phases.get(entry.id) === entry.phase) continue;
      this.#phases.set(entry.id, entry.phase);
      this.say(UPLOAD_WORDS[entry.phase](entry));
    }
    for (const video of videos) {
      const before = this.#statuses.get(video.videoId);
      this.#statuses.set(video.videoId, video.status);
      // The first list of the page is no news.
      if (before !== undefined && before !== video.status && VIDEO_WORDS[video.status]) this.say(VIDEO_WORDS[video.status](video));
    }
  }

  /** Announces that a file is uploaded. The video may be ready before the page lists it for the first time. */
  uploaded({ videoId, title, status }) {
    this.#statuses.set(videoId, status);
    this.say(`${title} is uploaded.`);
  }

  /** Forgets the videos of a user. The uploads of the user can continue after the next sign-in. */
  clear() {
    this.#statuses.clear();
    this.texts = [];
  }

  /** Adds an announcement. The page shows it with the next change of its state. */
  say(text) {
    this.texts = [...this.texts, { id: ++this.#lastId, text }].slice(-KEPT);
  }
}
