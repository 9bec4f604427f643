import { setTimeout as delay } from 'timers/promises';
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { NewerFormat, readRow } from './read-row';
import { INDEXES, LISTED_FOR, parseListedAt, parseStageKey, Publication, publicationKey, stageKey, TableIndex, videoKey, VideoRow } from '../../contract/table';
import { stageOf } from '../../domain/stage';
import { isPresent, VideoStatus } from '../../domain/video-status';
import { isListed } from '../../domain/visibility';

/** The last video of a page in an owner's list. The next page begins after this video. */
export interface OwnedPosition {
  readonly videoId: string;
}

export interface Page<Position> {
  readonly rows: VideoRow[];
  readonly next?: Position;
}

/** Paginated lists of rows. A page ends at `limit` rows, at the maximum size of a response, or at the maximum number of rows to read. */
export interface VideoLists {
  /** Returns the ready videos that all viewers can list, newest first. */
  listPublished(page: { limit: number; from?: Publication }): Promise<Page<Publication>>;
  /** Returns the videos of an owner, newest first. With `status`, returns only the videos that have this status. */
  listOwned(owner: string, page: { limit: number; from?: OwnedPosition; status?: VideoStatus }): Promise<Page<OwnedPosition>>;
}

/** Maximum number of rows to read for one page of an owner's list, including rows that are not added to the page. */
const ROWS_A_PAGE = 100;
/** Rows per BatchGetItem request. 25 rows of the maximum size (400 KB) fit into DynamoDB's maximum response (16 MB). */
const ROWS_AT_ONCE = 25;
/** Maximum size of the rows in a page. Lambda limits a response to 6 MB, so at least 1 MB is left for other data. */
const PAGE_BYTES = 5 * 1024 * 1024;
/** The maximum number of consecutive requests that return no row because DynamoDB throttles the reads. The wait before the next request doubles each time. */
const IDLE_TRIES = 6;
const FIRST_WAIT_MS = 25;

/** Each list reads keys from an index, and then reads the rows from the table, because the indexes contain only keys. */
export function videoLists(tableName: string, documents: DynamoDBDocumentClient): VideoLists {
  /** Returns the existing rows of the given videos, by id. */
  async function rowsOf(videoIds: string[]): Promise<Map<string, VideoRow>> {
    const rows = new Map<string, VideoRow>();
    let keys: Record<string, unknown>[] = videoIds.map(videoKey);
    for (let idle = 0; keys.length > 0;) {
      const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
        // Indexes are eventually consistent. A consistent read of the row excludes a video that became private a moment ago.
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
   * always processed, so that a large row cannot block the list.
   */
  async function fill(page: PageOfRows, videoIds: string[], isWanted: (row: VideoRow) => boolean): Promise<number> {
    for (let done = 0; done < videoIds.length; done += ROWS_AT_ONCE) {
      const batch = videoIds.slice(done, done + ROWS_AT_ONCE);
      const rows = await rowsOf(batch);
      for (const [index, videoId] of batch.entries()) {
        const row = rows.get(videoId);
        if (row && isWanted(row) && !page.add(row)) return done + index;
      }
      if (page.isFull) return done + batch.length;
    }
    return videoIds.length;
  }

  /** Queries the keys of an index, newest first. If `prefix` is given, returns only items whose sort key begins with `prefix`. */
  async function newestFirst(
    { name, partition, sort }: TableIndex, value: string, limit: number, { after, prefix }: { after?: Record<string, unknown>; prefix?: string },
  ): Promise<{ items: Record<string, string>[]; more: boolean }> {
    const { Items = [], LastEvaluatedKey } = await documents.send(new QueryCommand({
      TableName: tableName,
      IndexName: name,
      KeyConditionExpression: `#partition = :partition${prefix === undefined ? '' : ' AND begins_with(#sort, :prefix)'}`,
      ExpressionAttributeNames: { '#partition': partition, ...(prefix !== undefined && { '#sort': sort }) },
      ExpressionAttributeValues: { ':partition': value, ...(prefix !== undefined && { ':prefix': prefix }) },
      ScanIndexForward: false,
      Limit: limit,
      ExclusiveStartKey: after,
    }));
    return { items: Items, more: LastEvaluatedKey !== undefined };
  }

  /** Queries the ids of an owner's videos. If `status` is given, returns the videos in the stage of this status. A stage is a group of statuses. */
  async function idsOf(owner: string, status: VideoStatus | undefined, limit: number, after: string | undefined): Promise<{ ids: string[]; more: boolean }> {
    const stage = status && stageOf(status);
    const key = (videoId: string) => (stage ? { stageKey: stageKey(stage, videoId) } : { videoId });
    const { items, more } = await newestFirst(stage ? INDEXES.byOwnerStage : INDEXES.byOwner, owner, limit, {
      after: after === undefined ? undefined : { ...videoKey(after), owner, ...key(after) },
      prefix: stage && stageKey(stage, ''),
    });
    return { ids: items.map((item) => (stage ? parseStageKey(item.stageKey) : item.videoId)), more };
  }

  return {
    async listPublished({ limit, from }) {
      const after = from && { ...videoKey(from.videoId), ...publicationKey(from) };
      // One additional key shows whether there is a next page.
      const { items } = await newestFirst(INDEXES.byPublication, LISTED_FOR, limit + 1, { after });
      const found = items.map(({ listedAt }) => parseListedAt(listedAt));
      const page = new PageOfRows(limit);
      const done = await fill(page, found.slice(0, limit).map(({ videoId }) => videoId), ({ status, visibility }) => status === 'ready' && isListed(visibility));
      return { rows: page.rows, next: done < found.length ? found[done - 1] : undefined };
    },

    async listOwned(owner, { limit, from, status }) {
      let position = from;
      const page = new PageOfRows(limit);
      for (let left = ROWS_A_PAGE; left > 0;) {
        // `fill` skips videos that are being deleted, and videos without the requested status. If `fill` skips many videos, many small queries would be slow.
        // Therefore, each query reads at least as many keys as all earlier queries together.
        const size = Math.min(left, Math.max(limit - page.rows.length, ROWS_A_PAGE - left));
        const { ids, more } = await idsOf(owner, status, size + 1, position?.videoId);
        const here = ids.slice(0, size);
        const done = await fill(page, here, (row) => isPresent(row.status) && (status === undefined || row.status === status));
        if (done > 0) position = { videoId: here[done - 1] };
        if (done < here.length) break;
        if (ids.length <= size && !more) position = undefined;
        if (!position || page.isFull) break;
        left -= here.length;
      }
      return { rows: page.rows, next: position };
    },
  };
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

class PageOfRows {
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
