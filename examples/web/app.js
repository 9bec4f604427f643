// The page of the example: plain modules, no build. The id token lives in memory only; the refresh token is a cookie that no script can read.
const $ = (id) => document.getElementById(id);
const SETTLED = ['ready', 'errored'];
const CHOOSE = 'Choose a video…';
const ON_ITS_WAY = { waiting: 'Waiting for the upload', uploaded: 'Uploaded', processing: 'Processing', deleting: 'Being deleted' };

let idToken;
let player;
let pollTimer;
let refreshTimer;
let playbackTimer;

async function request(method, path, body) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { ...(idToken && { authorization: `Bearer ${idToken}` }), ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer?.detail ?? response.statusText), { status: response.status, code: answer?.code });
  return answer;
}

/** A request as the signed-in user. A token that ran out unnoticed, as when the machine slept, is renewed once. */
async function api(...call) {
  try {
    return await request(...call);
  } catch (error) {
    if (error.status !== 401) throw error;
    if (!await refreshSession()) throw new Error('Your session has ended. Please sign in again.');
    return request(...call);
  }
}

/** New tokens from the session's cookie, now and before each expiry. False when nobody is signed in. */
async function refreshSession() {
  clearTimeout(refreshTimer);
  try {
    const tokens = await request('POST', '/token');
    idToken = tokens.id_token;
    // A minute early, but never in a tight loop when tokens are short-lived.
    refreshTimer = setTimeout(() => void refreshSession(), Math.max(tokens.expires_in - 60, tokens.expires_in / 2, 1) * 1000);
    return true;
  } catch (error) {
    const isOver = error.status < 500;
    if (!isOver) {
      say(`The service does not answer: ${error.message}`);
      // Whoever is signed in stays so: the connection may come back before the token ends.
      if (idToken) refreshTimer = setTimeout(() => void refreshSession(), 20_000);
    }
    if (isOver) idToken = undefined;
    if (!idToken) show(false);
    return false;
  }
}

function show(signedIn) {
  $('welcome').hidden = signedIn;
  for (const id of ['sign-out', 'upload', 'lists']) $(id).hidden = !signedIn;
  if (!signedIn) {
    clearTimeout(pollTimer);
    closePlayer();
  }
}

function say(text = '') {
  $('message').textContent = text;
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
    button.addEventListener('click', () => attempt(() => play(video)));
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

function fill(list, videos, empty) {
  // What has not changed stays in place: a button keeps its focus.
  const drawn = JSON.stringify(videos);
  if ($(list).drawn === drawn) return;
  $(list).drawn = drawn;
  $(list).replaceChildren(...(videos.length > 0 ? videos.map(card) : [make('li', 'empty', empty)]));
}

/** Lists what there is; again soon while something is still on its way, else not until something happens. */
async function list() {
  clearTimeout(pollTimer);
  const [own, published] = await Promise.all([api('GET', '/streams?owner=me&limit=50'), api('GET', '/streams?limit=50')]);
  fill('own', own.items, 'Nothing yet: upload your first video.');
  fill('published', published.items, 'Nothing to watch yet.');
  if (own.items.some(({ status }) => !SETTLED.includes(status) && status !== 'waiting')) pollTimer = setTimeout(() => attempt(list), document.hidden ? 10_000 : 1_500);
}

async function upload(file, title) {
  const plan = await api('POST', '/upload', {
    fileName: file.name, contentType: file.type || 'video/mp4', size: file.size, ...(title && { title }),
  });
  await send(plan.upload, file);
  // S3 tells the service of the upload by itself, a moment later.
  for (let tries = 0; tries < 20; tries++) {
    await list();
    if (document.querySelector(`#own [data-video-id="${plan.video.videoId}"]:not([data-status=waiting])`)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** XMLHttpRequest, because fetch tells nothing of an upload's progress. */
function send({ method, url, headers }, file) {
  return new Promise((resolve, reject) => {
    const put = new XMLHttpRequest();
    put.open(method, url);
    for (const [name, value] of Object.entries(headers)) put.setRequestHeader(name, value);
    put.upload.addEventListener('progress', ({ loaded, total }) => showUpload((100 * loaded) / total));
    put.addEventListener('load', () => (put.status < 300 ? resolve() : reject(new Error(`The upload was refused (${put.status}).`))));
    put.addEventListener('error', () => reject(new Error('The upload was interrupted.')));
    put.send(file);
  });
}

function showUpload(percent) {
  $('send').disabled = percent !== undefined;
  $('upload-state').hidden = percent === undefined;
  $('upload-progress').value = percent ?? 0;
  $('upload-percent').value = `${Math.floor(percent ?? 0)} %`;
}

/** Starts a playback session, and renews it while the player is open. Its cookies open the media, so nothing else is to be done. */
async function startPlayback({ videoId }) {
  const session = await api('POST', `/streams/${videoId}/playback`);
  clearTimeout(playbackTimer);
  const left = Date.parse(session.expiresAt) - Date.now();
  playbackTimer = setTimeout(() => attempt(() => startPlayback({ videoId })), Math.max(left * 0.8, 10_000));
  return session;
}

async function play(video) {
  closePlayer();
  const { hls, poster } = await startPlayback(video);
  $('player').hidden = false;
  $('player-title').textContent = video.title;
  const element = $('video');
  if (poster) element.poster = poster;
  if (window.Hls?.isSupported()) {
    player = new window.Hls();
    player.on(window.Hls.Events.ERROR, (_event, data) => { if (data.fatal) say(`Playback failed: ${data.details}`); });
    player.loadSource(hls);
    player.attachMedia(element);
  } else {
    element.src = hls;
  }
  $('player').scrollIntoView({ behavior: 'smooth' });
  // A browser may refuse to start by itself; then the controls do.
  await element.play().catch(() => undefined);
}

function closePlayer() {
  clearTimeout(playbackTimer);
  player?.destroy();
  player = undefined;
  $('video').removeAttribute('src');
  $('video').removeAttribute('poster');
  $('video').load();
  $('player').hidden = true;
}

/** Tells of an error instead of losing it. */
async function attempt(work) {
  say();
  try {
    await work();
  } catch (error) {
    say(error.message);
  }
}

function nameFile() {
  $('file-name').textContent = $('file').files[0]?.name ?? CHOOSE;
}

$('file').addEventListener('change', nameFile);
$('close-player').addEventListener('click', closePlayer);
$('upload-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    showUpload(0);
    try {
      await upload($('file').files[0], $('title').value.trim());
      $('upload-form').reset();
      nameFile();
    } finally {
      showUpload();
    }
  });
});
$('sign-out').addEventListener('click', () => void attempt(async () => {
  const { logoutUrl } = await request('POST', '/token/revoke');
  location.assign(logoutUrl);
}));

nameFile();
if (await refreshSession()) {
  show(true);
  await attempt(list);
}
