import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { VISIBILITIES } from '../editing/fields.js';
import { watchPath } from '../state/router.js';
import { editForm } from './edit-form.js';
import { tagLinks } from './filter.js';

/** What the tile shows of a video that is neither ready nor in progress. */
const STATUS = { waiting: 'Waiting for processing', uploaded: 'Waiting for processing', held: 'Waiting for a decision', deleting: 'Being deleted' };
/** Errors of which the file is not the cause. */
const NOT_OF_THE_FILE = ['internal', 'source_unavailable', 'transcode_failed'];

/** The number of times that a failed poster is loaded again, for example after a lost connection, and the delay of the first time. */
const MOST_TRIES = 3;
const RETRY_MS = 10_000;

/** One video in a list. The owner of the video can edit and retry it. */
export const card = (video, { isOwn, isEdited, editor, actions }) => html`
  <li data-video-id=${video.videoId} data-status=${video.status} class=${isEdited ? 'edited' : nothing}>
    ${tile(video)}<span class="title" title=${video.title}>${video.title}</span><span class="about">${describe(video)}</span>
    ${tagLinks(video.tags)}
    ${isEdited ? editForm(editor, actions) : isOwn ? controls(video, editor, actions) : nothing}
  </li>`;

const controls = (video, editor, actions) => html`
  <div class="controls">
    ${video.status === 'deleting' ? nothing : editButton(video, editor, actions)}
    ${canRetry(video) ? html`<button class="quiet small" aria-label=${`Try again to process ${video.title}`} @click=${() => actions.retry(video)}>Try again</button>` : nothing}
  </div>`;

/** The attribute `data-edit` serves to return the keyboard focus to the button. */
export const editButton = (video, { opening }, { edit }) => html`
  <button class="quiet small" data-edit=${video.videoId} aria-label=${`Edit ${video.title}`} aria-disabled=${opening === video.videoId}
    @click=${({ currentTarget }) => edit(video, currentTarget)}>Edit</button>`;

/** Without its whole file, a video cannot be processed again. */
const canRetry = ({ status, error }) => status === 'errored' && error?.code !== 'upload_expired';

function tile(video) {
  const { videoId, status, title, progress, poster } = video;
  if (status === 'ready') return html`<a class="tile play" href=${watchPath(videoId)} aria-label=${`Play ${title}`}>${image(poster)}<span aria-hidden="true">Play</span></a>`;
  if (status !== 'processing') return html`<div class="tile">${STATUS[status] ?? 'Failed'}</div>`;
  // A progress bar without a value shows an animation.
  const bar = progress > 0
    ? html`<progress max="100" value=${progress} aria-label=${`Processing ${title}`}></progress>`
    : html`<progress aria-label=${`Processing ${title}`}></progress>`;
  return html`<div class="tile">${bar}</div>`;
}

/**
 * The poster. While the poster does not load, the tile shows only the word "Play". Each URL gets its own `<img>`, so that a new URL is shown even if the old one
 * failed.
 */
function image(poster) {
  return repeat(poster ? [poster] : [], (src) => src, (src) => html`<img src=${src} alt="" loading="lazy" width="640" height="360" @error=${hide} @load=${show}>`);
}

function hide({ target }) {
  target.hidden = true;
  const tries = Number(target.dataset.tries ?? 0) + 1;
  if (tries > MOST_TRIES) return;
  target.dataset.tries = tries;
  setTimeout(() => {
    if (!target.isConnected) return;
    // A browser does not load a lazy image that is hidden.
    target.loading = 'eager';
    target.src = target.src;
  }, RETRY_MS * tries);
}

function show({ target }) {
  target.hidden = false;
}

function describe(video) {
  // Everybody expects that a video is listed.
  return [state(video), video.visibility !== 'signed-in' && VISIBILITIES[video.visibility]?.[0]].filter(Boolean).join(' · ');
}

function state({ status, error, progress, durationSeconds = 0, width, height, createdAt, publishedAt }) {
  if (status === 'errored') return `${error?.message ?? 'something went wrong'}. ${adviceFor(error?.code)}`;
  if (status === 'processing') return progress > 0 ? `Processing, ${progress} %` : 'Processing…';
  if (status !== 'ready') return `Uploaded ${dateOf(createdAt)}`;
  const seconds = Math.round(durationSeconds);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [length, height && `${width}×${height}`, dateOf(publishedAt)].filter(Boolean).join(' · ');
}

function adviceFor(code) {
  if (code === 'upload_expired') return 'Upload the file again.';
  return NOT_OF_THE_FILE.includes(code) ? 'Try again, or upload the file again.' : 'Upload another file.';
}

const dateOf = (time) => new Date(time).toLocaleDateString();
