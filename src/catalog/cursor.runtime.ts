import { FIRST_MONTH } from '../contract/table';
import { MONTH, monthOf } from '../domain/months';
import { VIDEO_ID } from '../domain/video-id';
import type { OwnedPosition, PublishedPosition } from '../runtime/video-lists';

/**
 * Cursors of lists. One carries a position and nothing else: whose rows may be read always comes from the request, so that a
 * cursor that was made up, or passed on to somebody else, opens nothing. Callers are not to look inside: the first byte is a version.
 */

const VERSION = 1;
const PUBLISHED = new RegExp(`^p(${MONTH})(?:(-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)#(${VIDEO_ID}))?$`);
const OWNED = new RegExp(`^o(${VIDEO_ID})$`);

/** Builds the cursor of a list of published videos. */
export function publishedCursor({ month, after }: PublishedPosition): string {
  return pack(after ? `p${after.publishedAt}#${after.videoId}` : `p${month}`);
}

/** Reads one back; undefined when it is none of ours, or of a month without videos: before the first one, or in the future. */
export function parsePublishedCursor(cursor: string, now: Date): PublishedPosition | undefined {
  const [, month, rest, videoId] = PUBLISHED.exec(unpack(cursor) ?? '') ?? [];
  if (month === undefined || month < FIRST_MONTH || month > monthOf(now)) return undefined;
  if (rest === undefined) return { month };
  const publishedAt = month + rest;
  // The 31st of February has the right form too.
  const time = new Date(publishedAt);
  return !Number.isNaN(time.getTime()) && time.toISOString() === publishedAt ? { month, after: { publishedAt, videoId } } : undefined;
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
