// The web page of the example: JavaScript modules without a build step. README.md in this folder describes the modules.
import { render } from './lit-html.js';
import { Player } from './playback/player.js';
import { Session } from './service/session.js';
import { Messages } from './state/messages.js';
import { Router, watchPath } from './state/router.js';
import { Store } from './state/store.js';
import { Videos } from './state/videos.js';
import { Uploads } from './upload-queue/uploads.js';
import { confirm } from './views/confirmation.js';
import { account, page } from './views/page.js';

/** The ID of the video that is open or being opened. */
let requested;

const $ = (id) => document.getElementById(id);
const change = () => store.update();
const attempt = (work) => messages.attempt(work);
const loadLists = () => void messages.inBackground(() => videos.start());

const session = new Session({
  onStart() {
    store.update({ signedIn: true });
    uploads.start();
    loadLists();
    watch(router.videoId);
  },
  onEnd({ problem, isSignOut, isLeaving }) {
    // The next user must not see the previous user's data. If the session ended by itself, the uploads wait for the next sign-in of this user.
    videos.clear();
    player.close();
    if (isSignOut) uploads.clear();
    requested = undefined;
    // A click on "Sign in" during a sign-out would stop the redirect that ends the session at the sign-in pages.
    store.update({ signedIn: isLeaving ? undefined : false, watched: undefined });
    messages.say(problem?.message);
  },
  onTrouble: (error) => messages.reportOfBackground(error),
  onRecovery: loadLists,
});
const api = (...call) => session.api(...call);
const userId = () => session.userId;
const messages = new Messages((message) => store.update({ message }));
const uploads = new Uploads({
  api,
  userId,
  attempt,
  confirm,
  refresh: () => videos.refreshUnfinished(),
  onChange: change,
  onProblem: (error) => messages.report(error),
  onSent({ videoId }) {
    videos.markSent(videoId);
    loadLists();
  },
});
const videos = new Videos({
  api, userId, isQueued: (videoId) => uploads.queue.has(videoId), inBackground: (work) => messages.inBackground(work),
  onUnfinished: (videoIds) => void uploads.forgetEnded(videoIds), onChange: change,
});
const player = new Player({
  api,
  now: () => session.now(),
  element: () => $('video'),
  loadHls: async () => (await import('./hls.min.mjs')).default,
  onProblem: (error) => messages.report(error),
});
const router = new Router((videoId) => watch(videoId));

/** The controls of the page call these functions. */
const actions = {
  signOut: () => void attempt(async () => { if (await uploads.maySignOut()) await session.signOut(); }),
  more: (list) => void attempt(() => list.more()),
  closePlayer: () => router.go('/'),
  ...uploads.actions,
};

const store = new Store({ message: '', signedIn: undefined, watched: undefined, isDropTarget: false, videos, uploads, queue: uploads.queue }, (state) => {
  render(account(state, actions), $('account'));
  render(page(state, actions), $('page'));
  document.title = state.watched ? `${state.watched.title} – Videos` : 'Videos';
});

/** Opens the player for the video in the address of the page, or closes the player. */
function watch(videoId) {
  if (!session.isOn) return;
  void attempt(async () => {
    const before = requested;
    if (videoId === before) return;
    requested = videoId;
    player.close();
    store.update({ watched: undefined });
    if (videoId === undefined) {
      // The keyboard focus returns to the link that opened the player.
      document.querySelector(`a[href="${CSS.escape(watchPath(before))}"]`)?.focus();
      return;
    }
    const opening = Promise.all([videos.find(videoId) ?? api('GET', `/streams/${videoId}`), player.open(videoId)]);
    const [video, isOpen] = await opening.catch((error) => {
      if (requested === videoId) {
        requested = undefined;
        player.close();
      }
      throw error;
    });
    if (!isOpen || requested !== videoId) return;
    store.update({ watched: video });
    await Promise.resolve();
    $('player').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    $('video').focus({ preventScroll: true });
  });
}

document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && store.state.watched && !document.fullscreenElement) router.go('/');
});
// A hidden page does not poll. It loads all lists when it becomes visible again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) videos.stop();
  else if (session.isOn) loadLists();
});
// Without this handler, a dropped file would replace the page.
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    const isDropTarget = type === 'dragover' && event.dataTransfer.types.includes('Files');
    if (isDropTarget !== store.state.isDropTarget) store.update({ isDropTarget });
    if (type === 'drop' && session.isOn) uploads.drop(event);
  });
}
// The browser asks the user before it closes the page.
window.addEventListener('beforeunload', (event) => {
  if (uploads.queue.isBusy) event.preventDefault();
});

store.update();
await session.renew();
