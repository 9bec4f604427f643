import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { readableSize } from '../upload-queue/readable.js';
import { ACCEPT } from '../upload-queue/video-files.js';
import { uploadRow } from './upload-row.js';

/** The form that chooses files, the queue of uploads, and the uploads that were left unfinished. */
export const uploads = (state, actions) => html`
  <section id="upload" class="card" aria-label="Upload">
    ${state.signedIn ? form(state, actions) : nothing}
    ${state.queue.entries.length === 0 ? nothing : html`
      <ul id="queue" class="rows" aria-label="Uploads">${repeat(state.queue.entries, ({ id }) => id, (entry) => uploadRow(entry, actions))}</ul>`}
    ${state.signedIn ? unfinished(state, actions) : nothing}
  </section>`;

const form = ({ uploads: { chosen, continued, isSending, unfinished: files } }, { chooseFiles, openPicker, sendChosen, ...actions }) => html`
  <form id="upload-form" @submit=${sendChosen}>
    <div class="row">
      <label class="file"><input id="file" type="file" accept=${ACCEPT} multiple @click=${openPicker} @change=${chooseFiles}><span>Choose videos…</span></label>
      <p id="drop-hint" class="hint">or drop them on this page</p>
    </div>
    ${chosen.length === 0 ? nothing : html`
      <ul id="chosen" class="rows" aria-label="Chosen files">${repeat(chosen, ({ id }) => id, (each) => chosenRow(each, continued.get(each.id), files, actions))}</ul>
      <button id="send" aria-disabled=${isSending}>${chosen.length > 1 ? `Upload ${chosen.length} videos` : continued.size > 0 && !chosen[0].isNew ? 'Continue the upload' : 'Upload'}</button>`}
  </form>`;

/** @param video - The video of an unfinished upload whose file has the same name and size. */
const chosenRow = (each, video, files, { dismissChosen, sendAsNew }) => html`
  <li>
    <div class="what">
      <span class="title">${each.file.name}</span> <span class="about">${readableSize(each.file.size)}</span>
      ${video ? html`
        <label class="choice"><input type="checkbox" .checked=${!each.isNew} @change=${({ target }) => sendAsNew(each, !target.checked)}>
          <span>Continue the unfinished upload${title(video, each.file)} (${progress(video, files.of(video.videoId))})</span></label>` : nothing}
    </div>
    ${video && !each.isNew ? nothing : html`
      <input type="text" maxlength="200" placeholder="Title (optional)" aria-label=${`Title of ${each.file.name}`}
        .value=${each.title} @input=${({ target }) => { each.title = target.value; }}>`}
    <button class="quiet" type="button" aria-label=${`Remove ${each.file.name}`} @click=${() => dismissChosen(each)}>Remove</button>
  </li>`;

/** Sighted users see the name of the file next to the checkbox. */
const title = (video, { name }) => html`<span class=${video.title === name ? 'only-read-aloud' : ''}> of ${video.title}</span>`;

const readableTime = (time) => new Date(time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });

/** What the page knows about the file of an unfinished upload. */
const about = (video, file) => [file.fileName !== video.title && file.fileName, progress(video, file)].filter(Boolean).join(' · ');

function progress({ createdAt }, { size, uploadedBytes }) {
  const amount = size === undefined ? undefined : uploadedBytes === undefined ? readableSize(size) : `${Math.floor((100 * uploadedBytes) / size)} % of ${readableSize(size)} uploaded`;
  return [amount, `started ${readableTime(createdAt)}`].filter(Boolean).join(' · ');
}

function unfinished({ videos: { unfinished: list, inUpload }, uploads: { unfinished: files } }, { continueUpload, removeUpload, more }) {
  if (list.shown.length === 0) return list.isFirstLoading || list.isLoading ? html`<p id="unfinished-loading" class="hint">Looking for unfinished uploads…</p>` : nothing;
  return html`
    <h2 id="unfinished-heading">Unfinished uploads</h2>
    <p class="hint">An upload continues where it stopped. The browser may ask for the same file again.</p>
    <ul id="unfinished" class="rows" aria-labelledby="unfinished-heading">
      ${repeat(list.shown, ({ videoId }) => videoId, (video) => html`
        <li data-video-id=${video.videoId}>
          <div class="what"><span class="title">${video.title}</span> <span class="about">${about(video, files.of(video.videoId))}</span></div>
          ${inUpload.includes(video.videoId) ? html`<p class="hint">Another tab is uploading this file.</p>` : html`
            <button class="quiet" aria-label=${`Resume the upload of ${video.title}`} @click=${() => continueUpload(video)}>Resume</button>
            <button class="quiet" aria-label=${`Remove the upload of ${video.title}`} @click=${() => removeUpload(video)}>Remove</button>`}
        </li>`)}
    </ul>
    ${list.hasMore ? html`<button class="quiet more" aria-disabled=${list.isLoading} @click=${({ currentTarget }) => more(list, 'unfinished', currentTarget)}>More unfinished uploads</button>` : nothing}`;
}
