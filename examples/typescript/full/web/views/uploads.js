import { html } from '../lit-html.js';

/** The form that uploads a file. */
export const uploads = ({ upload: { fileName, percent } }, { chooseFile, sendFile, cancelUpload }) => html`
  <section id="upload" class="card">
    <form id="upload-form" class="row" @submit=${sendFile}>
      <label class="file"><input id="file" type="file" accept="video/*" required @change=${chooseFile}><span id="file-name">${fileName ?? 'Choose a video…'}</span></label>
      <input id="title" type="text" maxlength="200" placeholder="Title" aria-label="Title">
      <button id="send" ?disabled=${percent !== undefined}>Upload</button>
    </form>
    <div id="upload-state" class="row" ?hidden=${percent === undefined}>
      <progress id="upload-progress" max="100" value=${percent ?? 0} aria-label="Upload"></progress><output id="upload-percent" for="file">${Math.floor(percent ?? 0)} %</output>
      <button id="cancel-upload" class="quiet" type="button" @click=${cancelUpload}>Cancel</button>
    </div>
  </section>`;
