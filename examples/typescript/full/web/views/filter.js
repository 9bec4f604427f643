import { html, nothing } from '../lit-html.js';
import { queryOf } from '../state/filter.js';

/** The search field, the tag whose videos the lists show, and the button that shows all videos again. */
export const filterBar = ({ videos: { filter: { tag, title } }, search: { text } }, { search, submitSearch, clearFilter }) => html`
  <form class="row filter" role="search" @submit=${submitSearch}>
    <label for="search">Search your videos</label>
    <input id="search" type="search" maxlength="200" autocomplete="off" placeholder="Beginning of a title" .value=${text} @input=${({ target }) => search(target.value)}>
    ${tag === undefined ? nothing : html`<p id="filter-tag">Videos with the tag <q>${tag}</q></p>`}
    ${tag === undefined && title === undefined ? nothing : html`<button id="clear-filter" type="button" class="quiet" @click=${clearFilter}>Show all videos</button>`}
  </form>`;

/** The tags of a video. Each tag is a link to the videos with this tag, and the player stays open. */
export const tagLinks = (tags = []) => (tags.length === 0 ? nothing : html`
  <p class="tags">${tags.map((tag) => html`<a href=${queryOf({ tag })} aria-label=${`Videos with the tag ${tag}`}>${tag}</a> `)}</p>`);

/** Returns the text of an empty list of the user's own videos, or undefined without a filter. */
export function noneOfYours({ tag, title }) {
  if (tag !== undefined) return html`<span>None of your videos has the tag <q>${tag}</q>.</span>`;
  if (title !== undefined) return html`<span>No title of your videos begins with <q>${title}</q>.</span>`;
  return undefined;
}

/** Returns the text of an empty list of videos of others, or undefined if the list shows all videos. */
export const noneOfOthers = ({ tag }) => (tag === undefined ? undefined : html`<span>No video of others has the tag <q>${tag}</q>.</span>`);
