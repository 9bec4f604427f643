// The web page of the example: JavaScript modules without a build step. README.md of this folder describes the modules.
import { Problem, ROLES } from './service/request.js';
import { Session } from './service/session.js';
import { render } from './lit-html.js';
import { Player } from './playback/player.js';
import { Messages } from './state/messages.js';
import { Router, watchPath } from './state/router.js';
import { Store } from './state/store.js';
import { Videos } from './state/videos.js';
import { uploadFile } from './upload.js';
import { account, page } from './views/page.js';

const $ = (id) => document.getElementById(id);

const session = new Session({
  onStart() {
    store.update({ signedIn: true });
    void messages.inBackground(() => videos.start());
    watch(router.videoId);
  },
  onEnd(problem) {
    // The next user must not see the previous user's data.
    videos.clear();
    player.close();
    $('upload-form')?.reset();
    store.update({ signedIn: false, watched: undefined, upload: {} });
    messages.say(problem?.message);
  },
  onTrouble: (error) => messages.reportOfBackground(error),
  onRecovery: () => void messages.inBackground(() => videos.start()),
});
const api = (...call) => session.api(...call);
const messages = new Messages((message) => store.update({ message }));
const videos = new Videos({ api, userId: () => session.userId, inBackground: (work) => messages.inBackground(work), onChange: () => store.update() });
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
  signOut: () => void messages.attempt(() => session.signOut()),
  more: (list) => void messages.attempt(() => list.more()),
  closePlayer: () => router.go('/'),
  chooseFile: ({ target }) => store.update({ upload: { ...store.state.upload, fileName: target.files[0]?.name } }),
  cancelUpload: () => cancel.abort(),
  sendFile(event) {
    event.preventDefault();
    void messages.attempt(async () => {
      cancel = new AbortController();
      showUpload(0);
      try {
        await upload($('file').files[0], $('title').value.trim(), cancel.signal);
        $('upload-form').reset();
        store.update({ upload: {} });
      } finally {
        showUpload();
      }
    });
  },
};
let cancel;

const store = new Store({ message: '', signedIn: undefined, videos, watched: undefined, upload: {} }, (state) => {
  render(account(state, actions), $('account'));
  render(page(state, actions), $('page'));
  document.title = state.watched ? `${state.watched.title} – Videos` : 'Videos';
});

/** Opens the player for the video in the address of the page, or closes the player. */
function watch(videoId) {
  if (!session.isOn) return;
  void messages.attempt(async () => {
    const before = store.state.watched?.videoId;
    if (videoId === before) return;
    player.close();
    store.update({ watched: undefined });
    if (videoId === undefined) return returnFocus(before);
    const [video, isOpen] = await Promise.all([videos.find(videoId) ?? api('GET', `/streams/${videoId}`), player.open(videoId)]);
    if (!isOpen) return;
    store.update({ watched: video });
    await Promise.resolve();
    $('player').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    $('video').focus({ preventScroll: true });
  });
}

/** Moves the keyboard focus back to the link that opened the player. */
function returnFocus(videoId) {
  document.querySelector(`a[href="${CSS.escape(watchPath(videoId))}"]`)?.focus();
}

async function upload(file, title, cancelled) {
  if (file.size === 0) throw new Problem('This file is empty.');
  const signal = AbortSignal.any([session.signal, cancelled]);
  const plan = await api('POST', '/upload', {
    fileName: file.name, contentType: file.type || 'video/mp4', size: file.size, ...(title && { title }),
  }).catch((error) => { throw Problem.of(error, ROLES.upload); });
  try {
    await uploadFile({ plan, file, api, signal, onProgress: (loaded) => showUpload((100 * loaded) / file.size) });
    videos.markSent(plan.video.videoId);
  } finally {
    await messages.inBackground(() => videos.start());
  }
}

function showUpload(percent) {
  store.update({ upload: { ...store.state.upload, percent } });
}

document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && store.state.watched && !document.fullscreenElement) router.go('/');
});
// A hidden page does not poll. It loads all lists when it becomes visible again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) videos.stop();
  else if (session.isOn) void messages.inBackground(() => videos.start());
});

store.update();
await session.renew();
