import { html, nothing } from '../lit-html.js';
import { lists } from './lists.js';
import { player } from './player.js';
import { uploads } from './uploads.js';

/** The whole page below the heading. `actions` contains the functions that the controls call. */
export const page = (state, actions) => html`
  <p id="message" role="status" aria-live="polite" .textContent=${state.message}></p>
  ${state.signedIn === false ? welcome() : nothing}
  ${state.signedIn ? html`${player(state, actions)}${uploads(state, actions)}${lists(state, actions)}` : nothing}`;

/** The controls in the header. */
export const account = ({ signedIn }, { signOut }) =>
  signedIn ? html`<button id="sign-out" class="quiet" @click=${signOut}>Sign out</button>` : nothing;

const welcome = () => html`
  <section id="welcome" class="welcome">
    <h2>Watch and share videos</h2>
    <p>Sign in to upload a video and to watch videos of others.</p>
    <a id="sign-in" class="button" href=${`/api/login?return_to=${encodeURIComponent(location.pathname)}`}>Sign in</a>
  </section>`;
