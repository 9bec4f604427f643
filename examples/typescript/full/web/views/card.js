import { html, nothing } from '../lit-html.js';
import { watchPath } from '../state/router.js';

const STATUS = { waiting: 'Uploaded', uploaded: 'Uploaded', processing: 'Processing', held: 'Waiting for a decision', deleting: 'Being deleted' };

/** One video in a list. */
export const card = (video) => html`
  <li data-video-id=${video.videoId} data-status=${video.status}>
    ${tile(video)}<span class="title">${video.title}</span><span class="about">${describe(video)}</span>
  </li>`;

function tile(video) {
  const { videoId, status, title, progress, poster } = video;
  if (status === 'ready') return html`<a class="tile play" href=${watchPath(videoId)} aria-label=${`Play ${title}`}>${image(poster)}<span aria-hidden="true">Play</span></a>`;
  if (status !== 'processing' && status !== 'uploaded') return html`<div class="tile">${STATUS[status] ?? 'Failed'}</div>`;
  // A progress bar without a value shows an animation.
  const bar = progress > 0
    ? html`<progress max="100" value=${progress} aria-label=${`Processing ${title}`}></progress>`
    : html`<progress aria-label=${`Processing ${title}`}></progress>`;
  return html`<div class="tile">${bar}</div>`;
}

/** The poster. If the poster does not load, the tile shows only the word "Play". */
function image(poster) {
  return poster ? html`<img src=${poster} alt="" loading="lazy" width="640" height="360" @error=${({ target }) => { target.hidden = true; }}>` : nothing;
}

function describe({ status, error, progress, durationSeconds = 0, width, height, publishedAt }) {
  if (status === 'errored') return error?.message ?? 'Something went wrong';
  if (status === 'processing' && progress > 0) return `Processing, ${progress} %`;
  if (status !== 'ready') return `${STATUS[status] ?? status}…`;
  const seconds = Math.round(durationSeconds);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [length, height && `${width}×${height}`, new Date(publishedAt).toLocaleDateString()].filter(Boolean).join(' · ');
}
