import { html, nothing } from '../lit-html.js';
import { lists } from './lists.js';
import { player } from './player.js';
import { uploads } from './uploads.js';

/** The whole page below the heading. `actions` contains the functions that the controls call. */
export const page = (state, actions) => {
  const { message, signedIn, queue, isDropTarget } = state;
  return html`
    <p id="message" role="status" aria-live="polite" .textContent=${message}></p>
    ${signedIn === false ? welcome(queue.isBusy) : nothing}
    ${signedIn ? player(state, actions) : nothing}
    ${signedIn || queue.isBusy ? uploads(state, actions) : nothing}
    ${signedIn ? lists(state, actions) : nothing}
    ${signedIn && isDropTarget ? html`<div class="drop" aria-hidden="true">Drop the videos here</div>` : nothing}`;
};

/** The controls in the header. */
export const account = ({ signedIn }, { signOut }) =>
  signedIn ? html`<button id="sign-out" class="quiet" @click=${signOut}>Sign out</button>` : nothing;

function welcome(isBusy) {
  const address = `/api/login?return_to=${encodeURIComponent(location.pathname)}`;
  return html`
    <section id="welcome" class="welcome">
      <h2>Watch and share videos</h2>
      <p>${isBusy ? 'Your uploads are paused. Sign in again in a new tab, and they continue in this tab.' : 'Sign in to upload a video and to watch videos of others.'}</p>
      <a id="sign-in" class="button" href=${address} target=${isBusy ? '_blank' : nothing}>Sign in</a>
    </section>`;
}
