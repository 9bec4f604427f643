/** The API accepts titles of at most 200 characters and tags of at most 64 characters. */
const MAX_TITLE = 200;
const MAX_TAG = 64;

/**
 * Returns the filter in the query of an address: `{ tag }`, `{ title }`, or `{}` for all videos. The API rejects requests with a tag and a title, so an address
 * with both has only the tag.
 */
export function filterOf(query) {
  const parameters = new URLSearchParams(query);
  const tag = parameters.get('tag')?.trim().slice(0, MAX_TAG);
  if (tag) return { tag };
  const title = parameters.get('title')?.slice(0, MAX_TITLE);
  return title?.trim() ? { title } : {};
}

/** Returns the query of the address for a filter. */
export function queryOf({ tag, title }) {
  if (tag !== undefined) return `?${new URLSearchParams({ tag })}`;
  return title?.trim() ? `?${new URLSearchParams({ title })}` : '';
}

/** Returns the routes that list the user's own videos and the videos of all users. The API searches titles only in the videos of one user. */
export function listPathsOf({ tag, title }) {
  const forTag = tag === undefined ? '' : `${new URLSearchParams({ tag })}&`;
  const forTitle = title === undefined ? '' : `${new URLSearchParams({ titlePrefix: title })}&`;
  return { own: `/streams?owner=me&${forTag}${forTitle}`, published: `/streams?${forTag}` };
}

/** Returns the announcement for users of screen readers after the lists have changed. */
export function resultOf({ filter, own, published, refusal }) {
  const inWords = ({ shown, hasMore }) => `${hasMore ? 'at least ' : ''}${shown.length || 'none'} found`;
  if (filter.title !== undefined) return `Your videos: ${inWords(own)}.`;
  if (filter.tag === undefined) return 'All videos are shown.';
  return `Videos with the tag ${filter.tag}. Yours: ${inWords(own)}.${refusal === undefined ? ` From others: ${inWords(published)}.` : ''}`;
}
