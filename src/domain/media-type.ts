/** The pattern of a type or subtype (RFC 6838, section 4.2). */
const NAME = '[A-Za-z0-9!#$&^_.+-]+';

export const MEDIA_TYPE = `${NAME}/${NAME}`;

/** In characters. */
export const MAX_CONTENT_TYPE_LENGTH = 127;

const WHOLE = new RegExp(`^${MEDIA_TYPE}$`);

export function isMediaType(text: string): boolean {
  return WHOLE.test(text);
}

const RANGE = new RegExp(`^${NAME}/(?:\\*|${NAME})$`);

export function isMediaTypeRange(text: string): boolean {
  return RANGE.test(text);
}

export function isInRanges(mediaType: string, ranges: readonly string[]): boolean {
  const given = mediaType.toLowerCase();
  return ranges.map((range) => range.toLowerCase()).some((range) => (range.endsWith('/*') ? given.startsWith(range.slice(0, -1)) : given === range));
}
