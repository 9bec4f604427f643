import type { Publication } from '../contract/table';
import { VIDEO_ID } from '../domain/video-id';
import type { OwnedPosition } from '../runtime/rows/video-lists';

/**
 * Cursors of lists. One carries a position and nothing else: whose rows may be read always comes from the request, so that a
 * cursor that was made up, or passed on to somebody else, opens nothing. Callers are not to look inside: the first byte is a version.
 */

const VERSION = 1;
const PUBLISHED = new RegExp(`^p(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)#(${VIDEO_ID})$`);
const OWNED = new RegExp(`^o(${VIDEO_ID})$`);

/** Builds the cursor of a list of published videos. */
export function publishedCursor({ publishedAt, videoId }: Publication): string {
  return pack(`p${publishedAt}#${videoId}`);
}

/** Reads one back; undefined when it is none of ours. */
export function parsePublishedCursor(cursor: string): Publication | undefined {
  const [, publishedAt, videoId] = PUBLISHED.exec(unpack(cursor) ?? '') ?? [];
  // The 31st of February has the right form too.
  const time = new Date(publishedAt ?? NaN);
  return !Number.isNaN(time.getTime()) && time.toISOString() === publishedAt ? { publishedAt, videoId } : undefined;
}

/** Builds the cursor of a list of an owner's videos. */
export function ownedCursor({ videoId }: OwnedPosition): string {
  return pack(`o${videoId}`);
}

/** Reads one back; undefined when it is none of ours. */
export function parseOwnedCursor(cursor: string): OwnedPosition | undefined {
  const videoId = OWNED.exec(unpack(cursor) ?? '')?.[1];
  return videoId === undefined ? undefined : { videoId };
}

function pack(text: string): string {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(text, 'latin1')]).toString('base64url');
}

function unpack(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // Node decodes anything, skipping what is not base64url: only what encodes to the same again is ours.
  if (bytes[0] !== VERSION || bytes.toString('base64url') !== cursor) return undefined;
  return bytes.toString('latin1', 1);
}
