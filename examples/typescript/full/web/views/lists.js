import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { card } from './card.js';

const NO_OWN = 'Nothing yet: upload your first video.';
const NO_OTHERS = 'No videos of others yet. A video appears here as soon as somebody publishes it.';

/** The user's videos, and the videos of others. */
export const lists = ({ videos: { own, published, refusal } }, { more }) => html`
  <section id="lists">
    ${list({ id: 'own', heading: 'Yours', videos: own, empty: NO_OWN, moreLabel: 'More of your videos', more })}
    ${list({ id: 'published', heading: 'From others', videos: published, empty: refusal ?? NO_OTHERS, isRefused: refusal !== undefined, moreLabel: 'More videos of others', more })}
  </section>`;

function list({ id, heading, videos, empty, isRefused, moreLabel, more }) {
  const { shown, isLoaded, isLoading, hasMore } = videos;
  return html`
    <h2 id=${`${id}-heading`}>${heading}</h2>
    <ul id=${id} class="videos" aria-labelledby=${`${id}-heading`}>
      ${repeat(shown, ({ videoId }) => videoId, card)}
      ${shown.length === 0 && (isLoaded || isRefused) && !hasMore ? html`<li class="empty">${empty}</li>` : nothing}
    </ul>
    ${hasMore ? html`<button class="quiet more" aria-disabled=${isLoading} @click=${({ currentTarget }) => more(videos, id, currentTarget)}>${moreLabel}</button>` : nothing}`;
}
