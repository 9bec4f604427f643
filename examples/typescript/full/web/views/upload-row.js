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
    <div class="actions">${repeat(controls(entry, actions), ({ key }) => key, (control) => button(entry, control))}</div>
  </li>`;

const button = ({ id, title }, { label, name, act }) => html`<button class="quiet" type="button" aria-label=${`${name} ${title}`} aria-disabled=${!act} @click=${() => act?.(id)}>${label}</button>`;

/**
 * The buttons of a row. The buttons with the key `run` replace each other in one element, which keeps its place and the keyboard focus. A second click on "Resume"
 * thus never hits "Cancel". A button without `act` is disabled, and can have the focus.
 */
function controls({ phase, isOfSession, isFinal, needsFile }, { pause, resume, chooseAgain, cancel, dismiss }) {
  const stop = { key: 'stop', label: 'Cancel', name: 'Cancel the upload of', act: cancel };
  const leave = { key: 'leave', label: 'Dismiss', name: 'Dismiss the upload of', act: dismiss };
  const run = (label, name, act) => ({ key: 'run', label, name, act });
  const again = needsFile ? run('Choose the file', 'Choose the file of', chooseAgain) : run('Try again', 'Try again to upload', resume);
  switch (phase) {
    case 'cancelling': return [];
    case 'failed': return isFinal ? [leave] : [leave, again];
    case 'paused': return isOfSession ? [] : [stop, run('Resume', 'Resume the upload of', resume)];
    case 'uploading': case 'waiting': case 'checking': return [stop, run('Pause', 'Pause the upload of', pause)];
    default: return [stop, run('Pause', 'Pause the upload of')];
  }
}

/** An empty file has no bytes to divide by. */
const percentOf = ({ loadedBytes, totalBytes }) => Math.floor((100 * loadedBytes) / Math.max(totalBytes, 1));

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
