/** The fields that the form contains, with their names for the user. */
export const FIELDS = { title: 'Title', description: 'Description', tags: 'Tags', visibility: 'Visibility' };

/** The visibilities of a video in words: the name, and who can watch the video. */
export const VISIBILITIES = {
  'signed-in': ['Listed', 'all viewers find and watch the video'],
  'unlisted': ['Unlisted', 'viewers need the address of the video'],
  'private': ['Private', 'only you and admins'],
};

/** Returns the texts of the form for a video. The form contains one tag per line, because a tag can contain a comma. */
export const draftOf = ({ title, description = '', tags = [], visibility }) => ({ title, description, tags: tags.join('\n'), visibility });

/** Returns the values of the API for the texts of the form. */
export const valuesOf = ({ title, description, tags, visibility }) => ({ title: title.trim(), description, tags: tagsOf(tags), visibility });

/** Returns the names of the fields in which two forms differ. */
export function differences(one, other) {
  const [left, right] = [valuesOf(one), valuesOf(other)];
  return Object.keys(FIELDS).filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
}

function tagsOf(lines) {
  return [...new Set(lines.split('\n').map((tag) => tag.trim()).filter(Boolean))];
}
