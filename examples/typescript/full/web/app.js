// The web page of the example. The page consists of JavaScript modules without a build step.
import { Player } from './player.js';
import { Problem, ROLES } from './request.js';
import { Session } from './session.js';
import { ProgressPoller } from './progress-poller.js';
import { uploadFile } from './upload.js';

const $ = (id) => document.getElementById(id);
const SETTLED = ['ready', 'errored'];
const CHOOSE = 'Choose a video…';
const ON_ITS_WAY = { waiting: 'Waiting for the upload', uploaded: 'Uploaded', processing: 'Processing', deleting: 'Being deleted' };
const EMPTY = { own: 'Nothing yet: upload your first video.', published: 'Nothing to watch yet.' };

/** The signed-in user's videos, from the last refresh. */
let ownVideos = [];
/** IDs of videos that this page has uploaded. The page polls these videos although their status is `waiting`. */
const sent = new Set();

const session = new Session({
  onStart() {
    show(true);
    void inBackground(list);
  },
  onEnd(problem) {
    show(false);
    if (problem) say(problem.message);
  },
  onTrouble: sayOfBackground,
  onRecovery: () => void inBackground(list),
});
const api = (...call) => session.api(...call);
const player = new Player({ api, now: () => session.now(), onProblem: sayOfPlayer });
const poller = new ProgressPoller({
  look: () => inBackground(refreshMoving),
  lists: [() => inBackground(refreshOwn), () => inBackground(refreshPublished)],
  isMoving: () => moving().length > 0,
  isHidden: () => document.hidden,
});

function show(signedIn) {
  $('welcome').hidden = signedIn;
  for (const id of ['sign-out', 'upload', 'lists']) $(id).hidden = !signedIn;
  if (signedIn) return;
  // The next user must not see the previous user's data.
  poller.stop();
  ownVideos = [];
  sent.clear();
  player.close();
  for (const id of ['own', 'published']) {
    $(id).replaceChildren();
    $(id).drawn = undefined;
  }
  $('upload-form').reset();
  nameFile();
  say();
}

function say(text = '') {
  $('message').textContent = text;
  delete $('message').dataset.ofBackground;
}

/** Shows the error of a background request, unless a message about the user's last action is visible. */
function sayOfBackground({ name, message }) {
  if (name === 'AbortError' || ($('message').textContent && !$('message').dataset.ofBackground)) return;
  say(message);
  $('message').dataset.ofBackground = true;
}

/** Shows a playback error until the user's next action. A successful background request does not remove the error. */
function sayOfPlayer({ name, message }) {
  if (name !== 'AbortError') say(message);
}

/** Runs an action of the user, and shows the error if the action fails. */
async function attempt(work) {
  say();
  try {
    await work();
  } catch (error) {
    // An AbortError means that the session ended during the request, so the page shows no error.
    if (error.name !== 'AbortError') say(error.message);
  }
}

/** Runs a background request. If the request fails, shows the error until a background request succeeds. */
async function inBackground(work) {
  try {
    await work();
    if ($('message').dataset.ofBackground) say();
  } catch (error) {
    sayOfBackground(error);
  }
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function card(video) {
  const item = document.createElement('li');
  item.dataset.videoId = video.videoId;
  item.dataset.status = video.status;
  item.append(tile(video), make('span', 'title', video.title), make('span', 'about', describe(video)));
  return item;
}

function tile(video) {
  if (video.status === 'ready') {
    const button = make('button', 'tile play', 'Play');
    button.addEventListener('click', () => attempt(() => player.open(video)));
    return button;
  }
  if (video.status !== 'processing' && video.status !== 'uploaded') return make('div', 'tile', ON_ITS_WAY[video.status] ?? 'Failed');
  const progress = document.createElement('progress');
  progress.max = 100;
  progress.ariaLabel = `Processing ${video.title}`;
  if (video.progress > 0) progress.value = video.progress;
  const box = make('div', 'tile', '');
  box.append(progress);
  return box;
}

function describe(video) {
  if (video.status === 'errored') return video.error?.message ?? 'Something went wrong';
  if (video.status === 'processing' && video.progress > 0) return `Processing, ${video.progress} %`;
  if (video.status !== 'ready') return `${ON_ITS_WAY[video.status]}…`;
  const seconds = Math.round(video.durationSeconds ?? 0);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [length, video.height && `${video.width}×${video.height}`, new Date(video.publishedAt).toLocaleDateString()].filter(Boolean).join(' · ');
}

function fill(list, videos, empty = EMPTY[list]) {
  // If an unchanged list were drawn again, its buttons would lose the keyboard focus.
  const drawn = JSON.stringify([videos, empty]);
  if ($(list).drawn === drawn) return;
  $(list).drawn = drawn;
  $(list).replaceChildren(...(videos.length > 0 ? videos.map(card) : [make('li', 'empty', empty)]));
}

/** Returns the videos whose status can change soon. */
function moving() {
  return ownVideos.filter(({ videoId, status }) => !SETTLED.includes(status) && (status !== 'waiting' || sent.has(videoId)));
}

function showOwn(videos) {
  ownVideos = videos;
  fill('own', ownVideos);
}

async function refreshOwn() {
  showOwn((await api('GET', '/streams?owner=me&limit=50')).items);
}

async function refreshPublished() {
  // A user without the viewer role can watch only the user's own videos.
  const { items, refusal } = await api('GET', '/streams?limit=50').catch((error) => {
    if (error.code !== 'wrong_role') throw error;
    return { items: [], refusal: ROLES.watch.wrong_role };
  });
  fill('published', items, refusal);
}

/** Refreshes the videos in progress with one request. If several videos are in progress, the request loads the list of the user's videos. */
async function refreshMoving() {
  const [{ videoId }, ...others] = moving();
  if (others.length > 0) {
    await refreshOwn();
  } else {
    const video = await api('GET', `/streams/${videoId}`).catch((error) => {
      // Another window can delete the video.
      if (error.code !== 'not_found') throw error;
    });
    showOwn(ownVideos.flatMap((each) => (each.videoId !== videoId ? [each] : video ? [video] : [])));
  }
  // When the video is no longer in progress, the list of published videos can contain the video.
  if (!moving().some((video) => video.videoId === videoId)) await refreshPublished();
}

/** Loads all lists, and starts polling. */
async function list() {
  try {
    await Promise.all([refreshOwn(), refreshPublished()]);
  } finally {
    if (session.isOn) poller.start();
  }
}

async function upload(file, title, cancelled) {
  if (file.size === 0) throw new Problem('This file is empty.');
  const signal = AbortSignal.any([session.signal, cancelled]);
  const plan = await api('POST', '/upload', {
    fileName: file.name, contentType: file.type || 'video/mp4', size: file.size, ...(title && { title }),
  }).catch((error) => { throw Problem.of(error, ROLES.upload); });
  try {
    await uploadFile({ plan, file, api, signal, onProgress: (loaded) => showUpload((100 * loaded) / file.size) });
    // The video's status is `waiting` until the service receives the S3 event.
    sent.add(plan.video.videoId);
  } finally {
    await inBackground(list);
  }
}

function showUpload(percent) {
  $('send').disabled = percent !== undefined;
  $('upload-state').hidden = percent === undefined;
  $('upload-progress').value = percent ?? 0;
  $('upload-percent').value = `${Math.floor(percent ?? 0)} %`;
}

function nameFile() {
  $('file-name').textContent = $('file').files[0]?.name ?? CHOOSE;
}

$('file').addEventListener('change', nameFile);
$('upload-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    showUpload(0);
    const cancel = new AbortController();
    $('cancel-upload').onclick = () => cancel.abort();
    try {
      await upload($('file').files[0], $('title').value.trim(), cancel.signal);
      $('upload-form').reset();
      nameFile();
    } finally {
      showUpload();
    }
  });
});
// player.js has another handler for this button, which closes the player. This handler removes the player's error message.
$('close-player').addEventListener('click', () => say());
$('sign-out').addEventListener('click', () => void attempt(() => session.signOut()));
// A hidden page does not poll. It loads all lists when it becomes visible again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) poller.stop();
  else if (session.isOn) void inBackground(list);
});

nameFile();
await session.renew();
