import { setTimeout as delay } from 'timers/promises';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NewerFormat, readRow } from '../../contract/read-row';
import { videoKey, VideoRow } from '../../contract/table';

export interface Page<Position> {
  readonly rows: VideoRow[];
  readonly next?: Position;
}

/** Rows per BatchGetItem request. 25 rows of the maximum size (400 KB) fit into DynamoDB's maximum response (16 MB). */
const ROWS_AT_ONCE = 25;
/** Maximum size of the rows in a page. Lambda limits a response to 6 MB, so at least 1 MB is left for other data. */
const PAGE_BYTES = 5 * 1024 * 1024;
/** The maximum number of consecutive requests that return no row because DynamoDB throttles the reads. The wait before the next request doubles each time. */
const IDLE_TRIES = 6;
const FIRST_WAIT_MS = 25;

/** Reads rows for the pages of lists. A page is full at its maximum number of rows, or at the maximum size of a response. */
export function rowPages(tableName: string, documents: DynamoDBDocumentClient) {
  /** Returns the existing rows of the given videos, by id. */
  async function rowsOf(videoIds: string[]): Promise<Map<string, VideoRow>> {
    const rows = new Map<string, VideoRow>();
    // DynamoDB rejects a batch that contains a key twice. A query during an edit can return the old and the new key of a video.
    let keys: Record<string, unknown>[] = [...new Set(videoIds)].map(videoKey);
    for (let idle = 0; keys.length > 0;) {
      const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
        // Keys of a list can be outdated. A consistent read of the row excludes a video that became private a moment ago.
        RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } },
      }));
      const found = Responses?.[tableName] ?? [];
      for (const row of readable(found)) rows.set(row.videoId, row);
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
      idle = found.length > 0 ? 0 : idle + 1;
      if (keys.length > 0 && idle === IDLE_TRIES) throw new Error(`DynamoDB did not process ${keys.length} keys of a batch: the last ${IDLE_TRIES} tries returned no rows`);
      if (keys.length > 0) await delay(FIRST_WAIT_MS * 2 ** idle);
    }
    return rows;
  }

  /**
   * Adds rows that `isWanted` accepts, until the page is full. Returns the number of processed ids. If the page was empty before the call, the first id is
   * always processed, so that a large row cannot block the list. `isWanted` receives a row and the index of its id in `videoIds`.
   */
  async function fill(page: PageOfRows, videoIds: string[], isWanted: (row: VideoRow, index: number) => boolean): Promise<number> {
    for (let done = 0; done < videoIds.length; done += ROWS_AT_ONCE) {
      const batch = videoIds.slice(done, done + ROWS_AT_ONCE);
      const rows = await rowsOf(batch);
      for (const [index, videoId] of batch.entries()) {
        const row = rows.get(videoId);
        if (row && isWanted(row, done + index) && !page.add(row)) return done + index;
      }
      if (page.isFull) return done + batch.length;
    }
    return videoIds.length;
  }

  return { fill };
}

/** Omits rows of a newer format, so that a page with such a row still contains its other rows. Each omitted row is logged. */
function readable(stored: readonly Record<string, any>[]): VideoRow[] {
  return stored.flatMap((row) => {
    try {
      return readRow(row);
    } catch (error) {
      if (!(error instanceof NewerFormat)) throw error;
      console.error({ message: 'row not listed', error: error.message });
      return [];
    }
  });
}

export class PageOfRows {
  readonly rows: VideoRow[] = [];
  private bytes = 0;

  constructor(private readonly limit: number) {}

  get isFull(): boolean {
    return this.rows.length >= this.limit;
  }

  /** Adds a row, or returns false if the page is full. The first row of a page can have any size. */
  add(row: VideoRow): boolean {
    // The body is JSON text in a JSON response of Lambda, so characters are escaped twice.
    const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(row)));
    if (this.isFull || (this.rows.length > 0 && this.bytes + bytes > PAGE_BYTES)) return false;
    this.bytes += bytes;
    this.rows.push(row);
    return true;
  }
}
