import { html } from '../lit-html.js';

/** The player. Its `<video>` element is never created again, because the class `Player` controls this element. */
export const player = ({ watched }, { closePlayer }) => html`
  <section id="player" class="card" aria-labelledby="player-title" ?hidden=${!watched}>
    <video id="video" controls playsinline aria-label=${watched?.title ?? 'Video'}></video>
    <div class="row">
      <h2 id="player-title">${watched?.title}</h2>
      <button id="close-player" class="quiet" aria-label=${`Close ${watched?.title}`} @click=${closePlayer}>Close</button>
    </div>
  </section>`;
