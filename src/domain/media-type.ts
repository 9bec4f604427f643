/** A name in a media type (RFC 6838, section 4.2). */
const NAME = '[A-Za-z0-9!#$&^_.+-]+';

/** Regular expression for a media type such as `video/mp4`, without parameters. */
export const MEDIA_TYPE = `${NAME}/${NAME}`;

const RANGE = new RegExp(`^${NAME}/(?:\\*|${NAME})$`);

/** Whether a text is a media type, or a whole family of them: `video/mp4`, or `video/*`. */
export function isMediaTypeRange(text: string): boolean {
  return RANGE.test(text);
}

/** Whether a media type is in one of the ranges. Media types are case-insensitive. */
export function isInRanges(mediaType: string, ranges: readonly string[]): boolean {
  const given = mediaType.toLowerCase();
  return ranges.map((range) => range.toLowerCase()).some((range) => (range.endsWith('/*') ? given.startsWith(range.slice(0, -1)) : given === range));
}
