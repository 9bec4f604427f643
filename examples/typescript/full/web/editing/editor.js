import { explainEdit } from './error-messages.js';
import { differences, draftOf, FIELDS, valuesOf } from './fields.js';

/** The maximum number of tries of a save that meets edits of fields that the form does not contain. */
const TRIES = 3;

/** The form that edits one video. It keeps the text of the user until the service has stored the text, or until the user closes the form. */
export class Editor {
  #api;
  #userId;
  #mayDiscard;
  #onChange;
  #onSaved;
  #onFocus;
  /** The user whose text the form contains. */
  #owner;
  /** The ID of the list or of the player whose button has opened the form. */
  #place;

  /** The video as it was read, with its ETag. Undefined while the form is closed. */
  video;
  /** The texts of the form, by field. */
  draft;
  /** The ID of the video that the form loads. */
  opening;
  isSaving = false;
  /** A message for each invalid field. */
  errors = {};
  /** The reason why the last save failed. */
  problem = '';
  /** What another window or another person has changed since the form was opened: `name` of the field, `before`, `now`, and whether the user also changed the field (`isMine`). */
  changes = [];

  /**
   * @param userId - Returns the ID of the user.
   * @param mayDiscard - Asks the user whether the page may discard the text of the form.
   * @param onSaved - Receives the video after each edit.
   * @param onFocus - Moves the keyboard focus: to the control with the ID `id`, or to the button in `place` that edits the video `videoId`.
   */
  constructor({ api, userId, mayDiscard, onChange, onSaved, onFocus }) {
    this.#api = api;
    this.#userId = userId;
    this.#mayDiscard = mayDiscard;
    this.#onChange = onChange;
    this.#onSaved = onSaved;
    this.#onFocus = onFocus;
  }

  /** Whether the form contains text that is not saved. */
  get isDirty() {
    return this.video !== undefined && differences(this.draft, draftOf(this.video)).length > 0;
  }

  /** Opens the form for a video. The lists contain no descriptions, and no ETags. */
  async open({ videoId }, place) {
    if (this.video?.videoId !== videoId) {
      this.opening = videoId;
      this.#onChange();
      try {
        const video = await this.#api('GET', `/streams/${videoId}`);
        // The user has chosen another video in the meantime.
        if (this.opening !== videoId || !await this.mayClose()) return;
        this.#begin(video);
        this.#owner = this.#userId();
      } finally {
        if (this.opening === videoId) this.opening = undefined;
        this.#onChange();
      }
    }
    this.#place = place;
    this.#onFocus({ id: 'edit-title' });
  }

  /** Asks the user whether the page may discard text that is not saved. */
  async mayClose() {
    return !this.isDirty || this.#mayDiscard(this.video);
  }

  cancel() {
    // The service may already have stored the text.
    if (!this.isSaving) this.close();
  }

  change(name, text) {
    this.draft = { ...this.draft, [name]: text };
    this.errors = { ...this.errors, [name]: undefined };
    this.#onChange();
  }

  /** Sends the changed fields. */
  async save() {
    if (this.isSaving) return;
    const edited = this.video;
    Object.assign(this, { isSaving: true, errors: {}, problem: '' });
    this.#onChange();
    try {
      await this.#send(TRIES);
    } catch (error) {
      // After an AbortError, the user has signed out, or continues after the next sign-in.
      if (edited.videoId === this.video?.videoId && error.name !== 'AbortError') this.#explain(error);
    } finally {
      this.isSaving = false;
      this.#onChange();
    }
  }

  async #send(tries) {
    const { video, draft } = this;
    const values = valuesOf(draft);
    const changed = differences(draft, draftOf(video));
    if (changed.length === 0) return this.close();
    const path = `/streams/${video.videoId}`;
    try {
      const saved = await this.#api('PATCH', path, Object.fromEntries(changed.map((name) => [name, values[name]])), { etag: video.etag });
      return this.#end(saved, draft);
    } catch (error) {
      if (error.code !== 'edit_conflict') throw error;
      this.#compare(await this.#api('GET', path));
    }
    // The service has this text already, for example because the response to the first request was lost.
    if (!this.isDirty) return this.#end(this.video, this.draft);
    if (this.changes.length === 0 && tries > 1) return this.#send(tries - 1);
    return this.#onFocus({ id: 'edit-conflict' });
  }

  /** Compares the form with a newer version of the video. Fields that the user has not changed get the new texts. */
  #compare(newer) {
    const [before, now] = [draftOf(this.video), draftOf(newer)];
    const mine = differences(this.draft, before);
    const theirs = differences(before, now);
    for (const name of theirs) if (!mine.includes(name)) this.draft = { ...this.draft, [name]: now[name] };
    const open = differences(this.draft, now);
    this.changes = theirs
      .map((name) => ({ name, before: before[name], now: now[name], isMine: mine.includes(name) }))
      .filter(({ name, isMine }) => !isMine || open.includes(name));
    this.video = newer;
  }

  /** Replaces the user's text of one field by the text of the other window. */
  useTheirs(name) {
    this.changes = this.changes.map((change) => (change.name === name ? { ...change, isMine: false } : change));
    this.change(name, this.changes.find((change) => change.name === name).now);
    this.#onFocus({ id: `edit-${name}` });
  }

  /** Ends a save. The form stays open if the user has changed the text during the request. */
  #end(saved, sent) {
    this.#onSaved(saved);
    if (this.video?.videoId !== saved.videoId) return;
    if (this.draft === sent) this.close();
    else Object.assign(this, { video: saved, changes: [] });
  }

  #explain(error) {
    Object.assign(this, explainEdit(error, this.draft));
    const invalid = Object.keys(FIELDS).find((name) => this.errors[name]);
    this.#onFocus({ id: invalid ? `edit-${invalid}` : 'edit-problem' });
  }

  /** Closes the form, and returns the keyboard focus to the button that opened it. */
  close() {
    const { videoId } = this.video;
    this.#begin(undefined);
    this.#onChange();
    this.#onFocus({ videoId, place: this.#place });
  }

  /** Keeps the text for the user who has signed in again, but not for another user. */
  start() {
    if (this.#owner !== this.#userId()) this.clear();
  }

  clear() {
    this.opening = undefined;
    this.#begin(undefined);
  }

  #begin(video) {
    Object.assign(this, { video, draft: video && draftOf(video), errors: {}, problem: '', changes: [] });
  }
}
