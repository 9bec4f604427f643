import { repeat } from '../directives/repeat.js';
import { html, nothing } from '../lit-html.js';
import { card } from './card.js';
import { filterBar, noneOfOthers, noneOfYours } from './filter.js';

const NO_OWN = 'Nothing yet: upload your first video.';
const NO_OTHERS = 'No videos of others yet. A video appears here as soon as somebody publishes it.';

/** The user's videos, and the videos of others. */
export const lists = (state, actions) => {
  const { videos: { own, published, refusal, filter }, editor, watched } = state;
  // The form for the video in the player is part of the player.
  const edited = editor.video?.videoId === watched?.videoId ? undefined : editor.video;
  const ownCard = (video) => card(video, { isOwn: true, isEdited: video.videoId === edited?.videoId, editor, actions });
  const otherCard = (video) => card(video, { isOwn: false });
  return html`
    <section id="lists">
      ${filterBar(state, actions)}
      ${list({ id: 'own', heading: 'Yours', videos: own, shown: withEdited(own.shown, edited), toCard: ownCard, empty: noneOfYours(filter) ?? NO_OWN, moreLabel: 'More of your videos' }, actions)}
      ${list({ id: 'published', heading: 'From others', videos: published, shown: published.shown, toCard: otherCard, empty: refusal ?? noneOfOthers(filter) ?? NO_OTHERS, isRefused: refusal !== undefined, moreLabel: 'More videos of others' }, actions)}
    </section>`;
};

/** The video in the form stays in the list after a search, or if another window has deleted the video: the user must not lose the text. */
const withEdited = (shown, edited) => (!edited || shown.some(({ videoId }) => videoId === edited.videoId) ? shown : [edited, ...shown]);

function list({ id, heading, videos, shown, toCard, empty, isRefused, moreLabel }, { more }) {
  const { isLoaded, isLoading, isOutdated, hasMore } = videos;
  const isEmpty = shown.length === 0 && (isLoaded || isRefused) && !hasMore && !isOutdated;
  return html`
    <h2 id=${`${id}-heading`}>${heading}</h2>
    <ul id=${id} class="videos" aria-labelledby=${`${id}-heading`} aria-busy=${isOutdated}>
      ${repeat(shown, ({ videoId }) => videoId, toCard)}
      ${isEmpty ? html`<li class="empty">${empty}</li>` : nothing}
    </ul>
    ${hasMore ? html`<button class="quiet more" aria-disabled=${isLoading} @click=${({ currentTarget }) => more(videos, id, currentTarget)}>${moreLabel}</button>` : nothing}`;
}
