import { MAX_PARTS } from '../domain/upload-limits';

/** Pagination cursors of stored parts. A cursor contains only the number of the last part of a page. */
export function partCursor(partNumber: number): string {
  return `a${partNumber}`;
}

/** Returns the part number in a cursor, or undefined if the cursor is invalid. */
export function parsePartCursor(cursor: string): number | undefined {
  const partNumber = /^a([1-9]\d{0,4})$/.test(cursor) ? Number(cursor.slice(1)) : NaN;
  return partNumber <= MAX_PARTS ? partNumber : undefined;
}
