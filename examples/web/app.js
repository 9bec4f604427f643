// The page of the example: plain modules, no build. The id token lives in memory only; the refresh token is a cookie that no script can read.
const $ = (id) => document.getElementById(id);
const SETTLED = ['ready', 'errored'];

let idToken;
let player;
let pollTimer;
let refreshTimer;

async function api(method, path, body) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { ...(idToken && { authorization: `Bearer ${idToken}` }), ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer?.detail ?? response.statusText), { status: response.status, code: answer?.code });
  return answer;
}

/** New tokens from the session's cookie, now and before each expiry. False when nobody is signed in. */
async function refreshSession() {
  try {
    const tokens = await api('POST', '/token');
    idToken = tokens.id_token;
    clearTimeout(refreshTimer);
    // A minute early, but never in a tight loop when tokens are short-lived.
    refreshTimer = setTimeout(() => void refreshSession(), Math.max(tokens.expires_in - 60, tokens.expires_in / 2, 1) * 1000);
    return true;
  } catch (error) {
    idToken = undefined;
    if (error.status >= 500) say(error.message);
    show(false);
    return false;
  }
}

function show(signedIn) {
  $('welcome').hidden = signedIn;
  for (const id of ['sign-out', 'upload', 'lists']) $(id).hidden = !signedIn;
  if (!signedIn) {
    clearTimeout(refreshTimer);
    clearTimeout(pollTimer);
    closePlayer();
  }
}

function say(text = '') {
  $('message').textContent = text;
}

function card(video) {
  const item = document.createElement('li');
  item.dataset.videoId = video.videoId;
  item.dataset.status = video.status;
  const line = (className, text) => {
    const element = document.createElement('span');
    element.className = className;
    element.textContent = text;
    item.append(element);
  };
  line('title', video.title);
  line('about', describe(video));
  if (video.status === 'processing' || video.status === 'uploaded') {
    const progress = document.createElement('progress');
    progress.max = 100;
    if (video.progress > 0) progress.value = video.progress;
    item.append(progress);
  }
  if (video.status === 'ready') {
    const button = document.createElement('button');
    button.textContent = 'Play';
    button.addEventListener('click', () => attempt(() => play(video)));
    item.append(button);
  }
  return item;
}

function describe(video) {
  if (video.status === 'errored') return video.error?.message ?? 'Something went wrong';
  if (video.status !== 'ready') return { waiting: 'Waiting for the upload', uploaded: 'Uploaded', processing: `Processing, ${video.progress} %`, deleting: 'Being deleted' }[video.status];
  const seconds = Math.round(video.durationSeconds ?? 0);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [length, video.height && `${video.width}×${video.height}`, new Date(video.publishedAt).toLocaleDateString()].filter(Boolean).join(' · ');
}

function fill(list, videos, empty) {
  const items = videos.map(card);
  if (items.length === 0) {
    const item = document.createElement('li');
    item.className = 'empty';
    item.textContent = empty;
    items.push(item);
  }
  $(list).replaceChildren(...items);
}

/** Lists what there is; again soon while something is still on its way, else not until something happens. */
async function list() {
  clearTimeout(pollTimer);
  if (!idToken) return;
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
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => { $('upload-progress').value = (100 * loaded) / total; });
    request.addEventListener('load', () => (request.status < 300 ? resolve() : reject(new Error(`The upload was refused (${request.status}).`))));
    request.addEventListener('error', () => reject(new Error('The upload was interrupted.')));
    request.send(file);
  });
}

async function play(video) {
  const { hls } = await api('POST', `/streams/${video.videoId}/playback`);
  closePlayer();
  $('player').hidden = false;
  $('player-title').textContent = video.title;
  const element = $('video');
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
  player?.destroy();
  player = undefined;
  $('video').removeAttribute('src');
  $('video').load();
  $('player').hidden = true;
}

/** Tells of an error instead of losing it; a session that has ended leads back to the sign-in. */
async function attempt(work) {
  say();
  try {
    await work();
  } catch (error) {
    if (error.status === 401) await refreshSession();
    say(error.message);
  }
}

$('file').addEventListener('change', () => { $('file-name').textContent = $('file').files[0]?.name ?? 'Choose a video…'; });
$('close-player').addEventListener('click', closePlayer);
$('upload-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    const [file] = $('file').files;
    $('send').disabled = true;
    $('upload-progress').value = 0;
    $('upload-progress').hidden = false;
    try {
      await upload(file, $('title').value.trim());
      $('upload-form').reset();
      $('file-name').textContent = 'Choose a video…';
    } finally {
      $('send').disabled = false;
      $('upload-progress').hidden = true;
    }
  });
});
$('sign-out').addEventListener('click', () => void attempt(async () => {
  const { logoutUrl } = await api('POST', '/token/revoke');
  location.assign(logoutUrl);
}));

if (await refreshSession()) {
  show(true);
  await attempt(list);
}
