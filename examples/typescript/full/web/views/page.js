import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { lists } from './lists.js';
import { player } from './player.js';
import { uploads } from './uploads.js';

/** The maximum length of `return_to`, with the origin. */
const MAX_RETURN = 512;

/** The whole page below the heading. `actions` contains the functions that the controls call. */
export const page = (state, actions) => {
  const { message, announcer, signedIn, hasEnded, queue, editor, isDropTarget } = state;
  return html`
    <p id="message" role="status" aria-live="polite" .textContent=${message}></p>
    ${signedIn === false ? welcome(hasEnded, queue.isBusy, editor.isDirty) : nothing}
    ${signedIn ? player(state, actions) : nothing}
    ${signedIn || queue.isBusy ? uploads(state, actions) : nothing}
    ${signedIn ? lists(state, actions) : nothing}
    <div id="announcements" class="only-read-aloud" role="log" aria-live="polite" aria-label="Announcements">
      ${repeat(announcer.texts, ({ id }) => id, ({ text }) => html`<p>${text}</p>`)}
    </div>
    ${signedIn && isDropTarget ? html`<div class="drop" aria-hidden="true">Drop the videos here</div>` : nothing}`;
};

/** The controls in the header. */
export const account = ({ signedIn }, { signOut }) =>
  signedIn ? html`<button id="sign-out" class="quiet" @click=${signOut}>Sign out</button>` : nothing;

/** Unfinished work continues in this tab, so the user signs in in another tab. */
function welcome(hasEnded, isUploading, isEditing) {
  const { href, pathname, search } = location;
  const address = `/api/login?return_to=${encodeURIComponent(href.length > MAX_RETURN ? pathname : pathname + search)}`;
  const isBusy = isUploading || isEditing;
  const text = [
    isUploading && 'Your uploads are paused. They continue in this tab when you have signed in again.',
    isEditing && 'Your changes are not saved. The form opens again in this tab when you have signed in again.',
  ].filter(Boolean).join(' ') || 'Sign in to upload videos, and to watch videos of others.';
  return html`
    <section id="welcome" class="welcome">
      <h2 id="welcome-heading" tabindex="-1">${hasEnded ? 'Your session has ended' : 'Watch and upload videos'}</h2>
      <p>${text}</p>
      <a id="sign-in" class="button" href=${address} target=${isBusy ? '_blank' : nothing}>${isBusy ? 'Sign in in a new tab' : 'Sign in'}</a>
    </section>`;
}
