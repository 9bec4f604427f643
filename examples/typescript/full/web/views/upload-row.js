import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { readableDuration, readableSize } from '../upload-queue/readable.js';

const PHASES = {
  queued: 'Waits for its turn', starting: 'Starting…', checking: 'Comparing the file with the uploaded part…', completing: 'Finishing: S3 is joining the parts of the file…', cancelling: 'Cancelling…',
};

/** One upload of the queue. */
export const uploadRow = (entry, actions) => html`
  <li data-phase=${entry.phase}>
    <div class="what">
      <span class="title">${entry.title}</span> <span class="about">${describe(entry)}</span>
      ${entry.phase === 'failed' ? nothing : html`<progress max="100" .value=${percentOf(entry)} aria-label=${`Upload of ${entry.title}`}></progress>`}
    </div>
    <div class="actions">${repeat(controls(entry, actions), ([label]) => label, ([label, name, act]) => html`<button class="quiet" type="button" aria-label=${`${name} ${entry.title}`} @click=${() => act(entry.id)}>${label}</button>`)}</div>
  </li>`;

/** The buttons of a row. A button keeps its place and its element, so that a second click on "Resume" never hits "Cancel". */
function controls({ phase, isOfSession, isFinal, needsFile }, { pause, resume, chooseAgain, cancel, dismiss }) {
  const stop = ['Cancel', 'Cancel the upload of', cancel];
  const again = needsFile ? ['Choose the file', 'Choose the file of', chooseAgain] : ['Try again', 'Try again to upload', resume];
  switch (phase) {
    case 'cancelling': return [];
    case 'failed': return [...(isFinal ? [] : [again]), ['Dismiss', 'Dismiss the upload of', dismiss]];
    case 'paused': return isOfSession ? [] : [stop, ['Resume', 'Resume the upload of', resume]];
    case 'uploading': case 'waiting': case 'checking': return [stop, ['Pause', 'Pause the upload of', pause]];
    default: return [stop];
  }
}

const percentOf = ({ loadedBytes, totalBytes }) => Math.floor((100 * loadedBytes) / totalBytes);

function describe(entry) {
  const { phase, message, isOfSession, waitsFor, bytesPerSecond, secondsLeft, retryAt } = entry;
  const percent = `${percentOf(entry)} % of ${readableSize(entry.totalBytes)}`;
  switch (phase) {
    case 'failed': return message;
    case 'paused': return isOfSession ? `${percent}. Continues after you sign in again` : `Paused at ${percent}`;
    case 'waiting': return `${percent}. ${waitsFor}: ${retryAt > Date.now() ? `trying again in ${readableDuration((retryAt - Date.now()) / 1000)}` : 'trying again now'}`;
    case 'uploading': return [
      percent,
      bytesPerSecond > 0 && `${readableSize(bytesPerSecond)}/s`,
      secondsLeft !== undefined && Number.isFinite(secondsLeft) && `${readableDuration(secondsLeft)} left`,
    ].filter(Boolean).join(' · ');
    default: return PHASES[phase];
  }
}
