import { html, nothing } from '../lit-html.js';
import { editButton } from './card.js';
import { editForm } from './edit-form.js';
import { tagLinks } from './filter.js';

/** The player. Its `<video>` element is never created again, because the class `Player` controls this element. */
export const player = ({ watched, isStopped, editor, userId }, actions) => html`
  <section id="player" class="card" aria-labelledby="player-title" ?hidden=${!watched}>
    <video id="video" controls playsinline aria-label=${watched?.title ?? 'Video'}></video>
    <div class="row">
      <h2 id="player-title" class="title" title=${watched?.title}>${watched?.title}</h2>
      <p id="stopped" ?hidden=${!isStopped}>Playback stopped. Check your connection, and try again.</p>
      <button id="play-again" ?hidden=${!isStopped} aria-label=${`Try again to play ${watched?.title}`} @click=${actions.playAgain}>Try again</button>
      ${watched?.owner === userId && watched.videoId !== editor.video?.videoId ? editButton(watched, editor, actions) : nothing}
      <button id="close-player" class="quiet" aria-label=${`Close ${watched?.title}`} @click=${actions.closePlayer}>Close</button>
    </div>
    ${watched?.description ? html`<p class="description">${watched.description}</p>` : nothing}
    ${tagLinks(watched?.tags)}
    ${watched && watched.videoId === editor.video?.videoId ? editForm(editor, actions) : nothing}
  </section>`;
