import type { Publication } from '../contract/table';
import { VIDEO_ID } from '../domain/video-id';
import type { OwnedPosition } from '../runtime/rows/video-lists';

/**
 * A cursor contains only a position in a list. The query and the caller's token determine which rows the caller can read, so a forged cursor gives no access to
 * other rows.
 */

const VERSION = 1;
const PUBLISHED = new RegExp(`^p(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)#(${VIDEO_ID})$`);
const OWNED = new RegExp(`^o(${VIDEO_ID})$`);

export function publishedCursor({ publishedAt, videoId }: Publication): string {
  return pack(`p${publishedAt}#${videoId}`);
}

export function parsePublishedCursor(cursor: string): Publication | undefined {
  const [, publishedAt, videoId] = PUBLISHED.exec(unpack(cursor) ?? '') ?? [];
  // The pattern also matches impossible dates, such as February 31.
  const time = new Date(publishedAt ?? NaN);
  return !Number.isNaN(time.getTime()) && time.toISOString() === publishedAt ? { publishedAt, videoId } : undefined;
}

export function ownedCursor({ videoId }: OwnedPosition): string {
  return pack(`o${videoId}`);
}

export function parseOwnedCursor(cursor: string): OwnedPosition | undefined {
  const videoId = OWNED.exec(unpack(cursor) ?? '')?.[1];
  return videoId === undefined ? undefined : { videoId };
}

function pack(text: string): string {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(text, 'latin1')]).toString('base64url');
}

function unpack(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // Node.js ignores invalid base64url characters. The comparison rejects a cursor with such characters.
  if (bytes[0] !== VERSION || bytes.toString('base64url') !== cursor) return undefined;
  return bytes.toString('latin1', 1);
}
