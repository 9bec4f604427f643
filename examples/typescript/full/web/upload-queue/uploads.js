import { Problem } from '../service/request.js';
import { Upload, UploadError } from '../upload/upload.js';
import { canPick, droppedFiles, fileOf, filesOf, pickFiles } from './file-picker.js';
import { refusalOf } from './limits.js';
import { videosInUpload } from './locks.js';
import { cancelQuestion, removeQuestion, signOutQuestion } from './questions.js';
import { UploadQueue } from './queue.js';
import { readableSize } from './readable.js';
import { StoredHandles } from './stored-handles.js';
import { UnfinishedFiles } from './unfinished-files.js';
import { ACCEPT } from './video-files.js';

/** The longest time that the page waits for the files of the unfinished uploads after the press of "Upload". */
const PATIENCE_MS = 3_000;

/** The chosen files, the queue, and the actions of the user on them. */
export class Uploads {
  #handles;
  #onChange;
  #attempt;
  #userId;
  #confirm;
  #limits;
  #lastId = 0;
  /** The user whose files the queue contains. */
  #owner;

  /** Files whose upload the user has not started. */
  chosen = [];
  /** Whether the page looks for unfinished uploads of the chosen files. */
  isSending = false;

  /**
   * @param attempt - Runs an action of the user, and shows its error.
   * @param confirm - Asks the user a question, and returns whether to proceed.
   * @param limits - The limits of the service (`limitsOf`).
   * @param refresh - Loads the unfinished uploads again.
   * @param refreshAll - Loads all lists again.
   * @param onSent - Receives a video whose whole file is in S3.
   */
  constructor({ api, userId, limits, attempt, confirm, refresh, refreshAll, onChange, onProblem, onSent }) {
    this.#onChange = onChange;
    this.#attempt = attempt;
    this.#userId = userId;
    this.#confirm = confirm;
    this.#limits = limits;
    this.#handles = new StoredHandles(() => this.#owner);
    this.unfinished = new UnfinishedFiles({ api, onChange, onReleased: refreshAll });
    /** Calls `work` before the queue removes a row. */
    const withFocus = (work) => (...given) => {
      // The page must not scroll to the file chooser while the user does something else.
      const isFocused = document.activeElement?.closest?.('#queue');
      work(...given);
      if (!isFocused) return;
      // The queue removes the row before the page is rendered.
      onChange();
      focusChooser();
    };
    this.queue = new UploadQueue({
      api, create: (options) => new Upload({ api: withFinalDefects(api), ...options }), handles: this.#handles, onChange, onProblem,
      onSent: withFocus(onSent), onReleased: withFocus(refreshAll),
    });
    this.actions = {
      chooseFiles: ({ target }) => void attempt(async () => this.#choose(filesOf(target))),
      openPicker: (event) => {
        if (!canPick()) return;
        event.preventDefault();
        void attempt(async () => this.#choose(await pickFiles({ multiple: true })));
      },
      sendChosen: (event) => {
        event.preventDefault();
        void attempt(() => this.#send());
      },
      dismissChosen: (entry) => {
        this.#setChosen(this.chosen.filter((each) => each !== entry));
        focusChooser();
      },
      sendAsNew: (entry, isNew) => this.#setChosen(this.chosen.map((each) => (each === entry ? { ...each, isNew } : each))),
      continueUpload: (video) => void attempt(() => this.#continue(video)),
      removeUpload: (video) => void attempt(async () => {
        if (!await confirm(removeQuestion({ ...this.unfinished.of(video.videoId), ...video }))) return;
        await this.queue.remove(video).finally(refresh);
        focusChooser();
      }),
      pause: (id) => this.queue.pause(id),
      resume: (id) => this.queue.resume(id),
      chooseAgain: (id) => void attempt(() => this.#chooseAgain(id)),
      cancel: (id) => void attempt(async () => {
        if (!await this.#mayCancel(id)) return;
        await this.queue.cancel(id).finally(focusChooser);
        await refresh();
      }),
      dismiss: (id) => void attempt(async () => {
        this.queue.dismiss(id);
        focusChooser();
        await refresh();
      }),
    };
  }

  /** Continues the uploads of the user who has signed in again. */
  start() {
    if (this.#owner !== this.#userId()) this.clear();
    this.#owner = this.#userId();
    this.queue.continue();
  }

  clear() {
    this.queue.clear();
    this.#setChosen([]);
  }

  /** Asks the user before a sign-out that interrupts uploads. Returns whether the user may be signed out. */
  async maySignOut() {
    const interrupted = this.queue.entries.filter(({ phase }) => phase !== 'failed');
    return interrupted.length === 0 || this.#confirm(signOutQuestion(interrupted));
  }

  /** Removes the stored handles of uploads that have ended. `unfinished` contains the IDs of the videos whose upload is not complete. */
  async forgetEnded(unfinished) {
    // Another tab can have started an upload after the list was loaded.
    await this.#handles.keepOnly([...unfinished, ...await videosInUpload()]);
  }

  /** Adds the files of a `drop` event. */
  drop({ dataTransfer }) {
    const dropped = droppedFiles(dataTransfer);
    void this.#attempt(async () => this.#choose(await dropped));
  }

  async #mayCancel(id) {
    const entry = this.queue.find(id);
    if (!entry?.hasSent) return true;
    if (!await this.#confirm(cancelQuestion(entry))) return false;
    if (!this.queue.find(id)) throw new Problem(`${entry.title}: this upload ended before you answered.`);
    return true;
  }

  #setChosen(chosen) {
    this.chosen = chosen;
    this.#onChange();
  }

  #choose(picked) {
    const { accepted = [], folders = [], empty = [] } = Object.groupBy(picked, ({ file, isFolder }) => (isFolder ? 'folders' : file.size === 0 ? 'empty' : 'accepted'));
    const refusals = accepted.map(({ file }) => refusalOf(file, this.#limits));
    this.#setChosen([...this.chosen, ...accepted.filter((_, index) => !refusals[index]).map((each) => ({ ...each, id: ++this.#lastId, title: '', isNew: false }))]);
    const refused = [[folders, 'a folder can\'t be uploaded'], [empty, 'an empty file can\'t be uploaded']].filter(([list]) => list.length > 0);
    const problems = [...refused.map(([list, reason]) => `${list.map(({ file }) => file.name).join(', ')}: ${reason}.`), ...refusals.filter(Boolean)];
    if (problems.length > 0) throw new Problem(problems.join('\n'));
  }

  /** The unfinished uploads that the chosen files continue, by the ID of the chosen file. Each upload is continued with one file. */
  get continued() {
    const taken = new Map();
    for (const { id, file } of this.chosen) {
      const video = this.unfinished.uploadsOf(file).find((each) => ![...taken.values()].includes(each));
      if (video) taken.set(id, video);
    }
    return taken;
  }

  async #send() {
    if (this.isSending) return;
    await this.#findUnfinished();
    const { continued } = this;
    const repeated = this.chosen.filter(({ id, file, handle, title, isNew }) => {
      const { videoId, title: known } = (!isNew && continued.get(id)) || {};
      return !this.queue.add({ file, handle, videoId, title: known ?? title.trim() });
    });
    this.#setChosen([]);
    focusChooser();
    if (repeated.length > 0) throw new Problem(`${repeated.map(({ file }) => file.name).join(', ')}: this upload is in the list already.`);
  }

  /** Waits for the files of the unfinished uploads. Fails if the user could not see before that a chosen file belongs to one of them. */
  async #findUnfinished() {
    const before = this.continued.size;
    this.#setSending(true);
    await Promise.race([this.unfinished.settled, new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); })]);
    this.#setSending(false);
    if (this.continued.size > before) throw new Problem('The upload of a chosen file is unfinished. Choose whether to continue it, and confirm again.');
  }

  #setSending(isSending) {
    this.isSending = isSending;
    this.#onChange();
  }

  /** Continues an unfinished upload with its stored file handle, or with a file that the user chooses. */
  async #continue(video) {
    const stored = await this.#handles.find(video.videoId);
    const picked = stored ? { handle: stored, file: await this.#read(stored, video) } : await chooseOne();
    this.#use(picked, () => this.queue.add({ ...picked, title: video.title, videoId: video.videoId }));
    focusLastRow();
  }

  /** Continues a failed upload with a file that the user chooses. */
  async #chooseAgain(id) {
    const picked = await chooseOne();
    this.#use(picked, () => this.queue.resumeWith(id, picked));
  }

  /** Gives a file to the queue. `add` returns false if the queue has the file already. */
  #use(picked, add) {
    if (!picked?.file) return;
    const { name, size } = picked.file;
    if (size === 0) throw new Problem(`${name}: an empty file can't be uploaded.`);
    if (!add()) throw new Problem(`${name} (${readableSize(size)}): this file is in the list already.`);
  }

  async #read(handle, { videoId }) {
    // `getFile` fails if the file was moved or deleted, or if the user closed the question for permission.
    const file = await fileOf(handle).catch(() => undefined);
    if (file) return file;
    await this.#handles.remove(videoId);
    throw new Problem(`The browser can't read ${handle.name}. Choose "Resume" again, and then choose the file.`);
  }
}

/** A `Problem` is an error of the service or the connection. Any other error is a defect of the page. It would occur again, so it ends the upload. */
function withFinalDefects(api) {
  return (...request) => api(...request).catch((error) => {
    if (error instanceof Problem || error instanceof UploadError || error.name === 'AbortError') throw error;
    throw new UploadError('program_error', error.message, { cause: error });
  });
}

async function chooseOne() {
  if (canPick()) return (await pickFiles({ multiple: false }))[0];
  const input = Object.assign(document.createElement('input'), { type: 'file', accept: ACCEPT });
  input.click();
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(filesOf(input)[0]));
    input.addEventListener('cancel', () => resolve(undefined));
  });
}

/** Moves the keyboard focus to a control, if the control that had the focus is gone. The default control is the file chooser. */
function focusChooser(control = () => undefined) {
  // The page is rendered in an earlier microtask.
  queueMicrotask(() => {
    if (document.activeElement === document.body) (control() ?? document.getElementById('file'))?.focus();
  });
}

const focusLastRow = () => focusChooser(() => document.querySelector('#queue > li:last-child .actions > :last-child'));
