// The web page of the example: JavaScript modules without a build step. README.md in this folder describes the modules.
import { render } from './lit-html.js';
import { Editor } from './editing/editor.js';
import { Player } from './playback/player.js';
import { Session } from './service/session.js';
import { Announcer } from './state/announcer.js';
import { resultOf } from './state/filter.js';
import { PageMessage } from './state/page-message.js';
import { Router, watchPath } from './state/router.js';
import { Search } from './state/search.js';
import { Store } from './state/store.js';
import { Videos } from './state/videos.js';
import { limitsOf } from './upload-queue/limits.js';
import { Uploads } from './upload-queue/uploads.js';
import { confirm } from './views/confirmation.js';
import { focusEditButton, focusFirstNew, focusIfLost } from './views/focus.js';
import { account, page } from './views/page.js';

/** The ID of the video that is open or being opened. */
let requested;

const $ = (id) => document.getElementById(id);
const change = () => {
  announcer.follow(uploads.queue.entries, videos.own.shown);
  uploads.unfinished.follow(videos.unfinished.shown, videos.inUpload);
  store.update();
};
/** Resolves when the page shows the last change. */
const rendered = () => Promise.resolve();
const attempt = (work) => messages.attempt(work);
const loadLists = () => void messages.inBackground(() => videos.start());

const session = new Session({
  onStart() {
    store.update({ signedIn: true, userId: session.userId });
    uploads.start();
    editor.start();
    loadLists();
    watch(router.videoId);
  },
  onEnd({ problem, isSignOut, isLeaving }) {
    // The next user must not see the previous user's data. If the session ended by itself, the uploads and the edit form wait for the next sign-in of this user.
    const hadSession = store.state.signedIn;
    videos.clear();
    player.close();
    if (isSignOut) {
      uploads.clear();
      editor.clear();
    }
    requested = undefined;
    announcer.clear();
    // A click on "Sign in" during a sign-out would stop the redirect that ends the session at the sign-in pages.
    store.update({ signedIn: isLeaving ? undefined : false, hasEnded: problem !== undefined, watched: undefined, isStopped: false });
    messages.say();
    if (problem) announcer.say(problem.message);
    if (hadSession && !isLeaving) void rendered().then(() => focusIfLost('welcome-heading'));
  },
  onTrouble: (error) => messages.reportOfBackground(error),
  onRecovery: loadLists,
});
const announcer = new Announcer();
const api = (...call) => session.api(...call);
const userId = () => session.userId;
const messages = new PageMessage((message) => store.update({ message }));
const uploads = new Uploads({
  api,
  userId,
  limits: limitsOf(document),
  attempt,
  confirm,
  refresh: () => videos.refreshUnfinished(),
  // Another tab can end an upload after the end of the session.
  refreshAll: () => { if (session.isOn) loadLists(); },
  onChange: change,
  onProblem: (error) => messages.report(error),
  onSent(video) {
    videos.markSent(video.videoId);
    announcer.uploaded(video);
    loadLists();
  },
});
const videos = new Videos({
  api, userId, isQueued: (videoId) => uploads.queue.has(videoId), inBackground: (work) => messages.inBackground(work),
  onUnfinished: (videoIds) => void uploads.forgetEnded(videoIds), onChange: change,
});
const editor = new Editor({
  api,
  userId,
  mayDiscard: ({ title }) => confirm({
    question: `Discard your changes of ${title}?`, consequence: 'The text in the form is not saved.', keep: 'Keep editing', proceed: 'Discard the changes',
  }),
  onChange: () => store.update(),
  onSaved: showChanged,
  async onFocus({ id, videoId, place }) {
    store.update();
    await rendered();
    if (id) document.getElementById(id)?.focus();
    else focusEditButton(videoId, place);
  },
});
const player = new Player({
  api,
  now: () => session.now(),
  element: () => $('video'),
  loadHls: async () => (await import('./hls.min.mjs')).default,
  onProblem: (error) => messages.report(error),
  onStop() {
    announcer.say('Playback stopped.');
    store.update({ isStopped: true });
  },
});
/** Windows of other browsers see a change when they refresh their lists. */
const otherWindows = new BroadcastChannel('vod-videos');
otherWindows.addEventListener('message', ({ data: { userId: sender, video } }) => {
  if (sender === session.userId) receiveChanged(video);
});
const router = new Router({ onVideo: watch, onFilter: showFilter });
const search = new Search((title) => {
  // Without a text, the filter of a tag stays.
  if (title.trim() || router.filter.tag === undefined) router.setFilter({ title });
});

/** The controls of the page call these functions. */
const actions = {
  signOut: () => void attempt(async () => { if (await uploads.maySignOut() && await editor.mayClose()) await session.signOut(); }),
  more: (list, listId, button) => void attempt(async () => {
    const before = new Set(list.shown.map(({ videoId }) => videoId));
    await list.more();
    await rendered();
    focusFirstNew(listId, (videoId) => !before.has(videoId), button);
  }),
  playAgain() {
    // The button disappears, so the focus moves to the video.
    $('video').focus();
    watch(router.videoId);
  },
  closePlayer: () => router.go('/'),
  search(text) {
    search.type(text);
    store.update();
  },
  submitSearch(event) {
    event.preventDefault();
    search.submit();
  },
  clearFilter() {
    search.show();
    router.setFilter({});
    // The button disappears.
    $('search').focus();
  },
  edit: (video, button) => void attempt(() => editor.open(video, button.closest('#player') ? 'player' : 'own')),
  changeField: (name, text) => editor.change(name, text),
  saveEdit(event) {
    event.preventDefault();
    void attempt(() => editor.save());
  },
  cancelEdit: () => editor.cancel(),
  useTheirs: (name) => editor.useTheirs(name),
  retry: (video) => void attempt(async () => {
    showChanged(await videos.retry(video));
    announcer.say(`${video.title} is processed again.`);
    await rendered();
    // The button disappears.
    if (document.activeElement === document.body) focusEditButton(video.videoId, 'own');
  }),
  ...uploads.actions,
};

const store = new Store({ message: '', signedIn: undefined, hasEnded: false, watched: undefined, isStopped: false, isDropTarget: false, announcer, videos, search, uploads, queue: uploads.queue, editor }, (state) => {
  render(account(state, actions), $('account'));
  render(page(state, actions), $('page'));
  document.title = state.watched ? `${state.watched.title} – Videos` : 'Videos';
});

/** Shows a video that the user has changed, in all windows of this browser. */
function showChanged(video) {
  receiveChanged(video);
  otherWindows.postMessage({ userId: session.userId, video });
}

function receiveChanged(video) {
  videos.changed(video);
  if (store.state.watched?.videoId === video.videoId) store.update({ watched: video });
}

/** Shows the lists for the filter in the address of the page. */
function showFilter() {
  const load = videos.setFilter(router.filter);
  if (!load) return;
  search.show(router.filter.title);
  store.update();
  if (!session.isOn) return;
  void attempt(async () => {
    if (!await load()) return;
    announcer.say(resultOf(videos));
    store.update();
  });
}

/** Opens the player for the video in the address of the page, or closes the player. */
function watch(videoId) {
  if (!session.isOn) return;
  void attempt(async () => {
    const before = requested;
    const isRetry = videoId === before;
    if (isRetry && !store.state.isStopped) return;
    requested = videoId;
    player.close();
    store.update({ isStopped: false, ...(!isRetry && { watched: undefined }) });
    if (videoId === undefined) {
      // The keyboard focus returns to the link that opened the player.
      document.querySelector(`a[href="${CSS.escape(watchPath(before))}"]`)?.focus();
      return;
    }
    // The lists contain no descriptions.
    const opening = Promise.all([api('GET', `/streams/${videoId}`), player.open(videoId)]);
    const [video, isOpen] = await opening.catch((error) => {
      if (requested === videoId) {
        if (isRetry) store.update({ isStopped: true });
        else requested = undefined;
        player.close();
      }
      throw error;
    });
    if (!isOpen || requested !== videoId) return;
    store.update({ watched: video });
    await rendered();
    $('player').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    $('video').focus({ preventScroll: true });
  });
}

document.addEventListener('keydown', ({ key, isComposing, target }) => {
  // In a text field, Escape ends the input of the user. In a dialog, Escape closes the dialog.
  if (key !== 'Escape' || isComposing || target.closest('input[type=text], input[type=search], textarea, dialog') || document.fullscreenElement) return;
  if (store.state.watched) router.go('/');
});
// A hidden page does not poll. It loads all lists when it becomes visible again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) videos.stop();
  else if (session.isOn) loadLists();
});
// Without these handlers, a dropped file would replace the page.
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    const hasFiles = event.dataTransfer.types.includes('Files');
    // The browser inserts dropped text into a text field.
    if (!hasFiles && event.target.closest?.('input[type=text], input[type=search], textarea')) return;
    event.preventDefault();
    const isDropTarget = type === 'dragover' && hasFiles;
    if (isDropTarget !== store.state.isDropTarget) store.update({ isDropTarget });
    if (type === 'drop' && hasFiles && session.isOn) uploads.drop(event);
  });
}
// The browser asks the user before it closes the page.
window.addEventListener('beforeunload', (event) => {
  if (uploads.queue.isBusy || editor.isDirty) event.preventDefault();
});

store.update();
showFilter();
await session.renew();
