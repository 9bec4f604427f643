import { html } from '../lit-html.js';

/** The player. Its `<video>` element is never created again, because the class `Player` controls this element. */
export const player = ({ watched, isStopped }, { closePlayer, playAgain }) => html`
  <section id="player" class="card" aria-labelledby="player-title" ?hidden=${!watched}>
    <video id="video" controls playsinline aria-label=${watched?.title ?? 'Video'}></video>
    <div class="row">
      <h2 id="player-title" class="title" title=${watched?.title}>${watched?.title}</h2>
      <p id="stopped" ?hidden=${!isStopped}>Playback stopped. Check your connection, and try again.</p>
      <button id="play-again" ?hidden=${!isStopped} aria-label=${`Try again to play ${watched?.title}`} @click=${playAgain}>Try again</button>
      <button id="close-player" class="quiet" aria-label=${`Close ${watched?.title}`} @click=${closePlayer}>Close</button>
    </div>
  </section>`;
