import { FOLDED_BYTES, parseTitleSort, TitlePosition, titleSort } from '../contract/derived-rows';
import type { Publication } from '../contract/table';
import { VIDEO_ID } from '../domain/video-id';
import type { OwnedPosition } from '../runtime/rows/video-lists';

/**
 * A cursor contains only a position in a list. The query and the caller's token determine which rows the caller can read, so a forged cursor gives no access to
 * other rows.
 */

const VERSION = 1;
const PUBLISHED = new RegExp(`^[pt](\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)#(${VIDEO_ID})$`);
const OWNED = new RegExp(`^[ou](${VIDEO_ID})$`);
const TITLED = new RegExp(`^n[^\\p{Control}]+\\t${VIDEO_ID}$`, 'u');

/** Converts positions in one kind of list to cursors and back. A cursor of another kind of list is not valid. */
export interface Cursors<Position> {
  of(position: Position): string;
  /** Returns undefined if the cursor is not valid for the list. */
  parse(cursor: string): Position | undefined;
}

/** The kind of a list. A decoded cursor contains the version, the kind and the position. */
type Kind = 'p' | 't' | 'o' | 'u' | 'n';

function publications(kind: Kind): Cursors<Publication> {
  return {
    of: ({ publishedAt, videoId }) => pack(`${kind}${publishedAt}#${videoId}`),
    parse(cursor) {
      const [, publishedAt, videoId] = PUBLISHED.exec(unpack(cursor, kind) ?? '') ?? [];
      // The pattern also matches impossible dates, such as February 31.
      const time = new Date(publishedAt ?? NaN);
      return !Number.isNaN(time.getTime()) && time.toISOString() === publishedAt ? { publishedAt, videoId } : undefined;
    },
  };
}

function ids(kind: Kind): Cursors<OwnedPosition> {
  return {
    of: ({ videoId }) => pack(`${kind}${videoId}`),
    parse(cursor) {
      const videoId = OWNED.exec(unpack(cursor, kind) ?? '')?.[1];
      return videoId === undefined ? undefined : { videoId };
    },
  };
}

export const publishedCursors = publications('p');
export const taggedCursors = publications('t');
export const ownedCursors = ids('o');
export const ownedTaggedCursors = ids('u');

/** A valid position begins with `prefix`, a folded text, because DynamoDB rejects a start key outside the key range of a query. */
export function titledCursors(prefix: string): Cursors<TitlePosition> {
  return {
    of: (position) => pack(`n${titleSort(position)}`),
    parse(cursor) {
      const text = unpack(cursor, 'n');
      if (text === undefined || !TITLED.test(text)) return undefined;
      const position = parseTitleSort(text.slice(1));
      return position.title.startsWith(prefix) && Buffer.byteLength(position.title) <= FOLDED_BYTES ? position : undefined;
    },
  };
}

function pack(text: string): string {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(text)]).toString('base64url');
}

function unpack(cursor: string, kind: Kind): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.toString('utf8', 1);
  // Node.js ignores invalid base64url characters, and replaces invalid UTF-8. The comparison with `pack(text)` rejects cursors that contain either.
  return bytes[0] === VERSION && text.startsWith(kind) && pack(text) === cursor ? text : undefined;
}
