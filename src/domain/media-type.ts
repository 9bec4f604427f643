/** The pattern of a type or subtype (RFC 6838, section 4.2). */
const NAME = '[A-Za-z0-9!#$&^_.+-]+';

/** The pattern of a media type without parameters, such as `video/mp4`. */
export const MEDIA_TYPE = `${NAME}/${NAME}`;

const RANGE = new RegExp(`^${NAME}/(?:\\*|${NAME})$`);

/** Whether a string is a media type, such as `video/mp4`, or a range, such as `video/*`. */
export function isMediaTypeRange(text: string): boolean {
  return RANGE.test(text);
}

/** Whether a media type matches at least one item of `ranges`, such as `video/*`. The comparison is case-insensitive. */
export function isInRanges(mediaType: string, ranges: readonly string[]): boolean {
  const given = mediaType.toLowerCase();
  return ranges.map((range) => range.toLowerCase()).some((range) => (range.endsWith('/*') ? given.startsWith(range.slice(0, -1)) : given === range));
}
