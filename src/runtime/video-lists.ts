import { setTimeout as delay } from 'timers/promises';
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { FIRST_MONTH, INDEXES, parseListedAt, Publication, publicationKey, videoKey, VideoRow } from '../contract/table';
import { monthBefore, monthOf } from '../domain/months';
import { isPresent, VideoStatus } from '../domain/video-status';
import { isListed } from '../domain/visibility';

/** Where the list of published videos goes on: after one of them, or at the newest of a month. */
export type PublishedPosition =
  | { readonly month: string; readonly after?: undefined }
  | { readonly month: string; readonly after: Publication };

/** Where the list of an owner's videos goes on: after this one. */
export interface OwnedPosition {
  readonly videoId: string;
}

export interface Page<Position> {
  readonly rows: VideoRow[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Position;
}

/** The catalog's rows, page by page. A page ends at `limit` rows, at the bytes that one answer may have, or when it has cost enough. */
export interface VideoLists {
  /** Listed and ready ones, newest first. */
  listPublished(page: { limit: number; from?: PublishedPosition }): Promise<Page<PublishedPosition>>;
  /** An owner's own in every status, newest first. */
  listOwned(owner: string, page: { limit: number; from?: OwnedPosition; status?: VideoStatus }): Promise<Page<OwnedPosition>>;
}

/** Queries that one page may cost. When they are spent the page is short, or empty, and the next one goes on. */
const QUERIES_A_PAGE = 12;
/** Rows that one page of an owner's list may read, whatever status they have. */
const ROWS_A_PAGE = 100;
/** At DynamoDB's largest, 400 KB each, they stay below the 16 MB that BatchGetItem answers at most. */
const ROWS_AT_ONCE = 25;
/** Lambda answers 6 MB at most. What is left is for what an answer has besides its rows. */
const PAGE_BYTES = 5 * 1024 * 1024;
/** DynamoDB leaves keys of a batch out when it is short of capacity. These tries may bring nothing, each waiting twice as long. */
const IDLE_TRIES = 6;
const FIRST_WAIT_MS = 25;

/** Pages of the table: keys from an index, which projects nothing else, then their rows. */
export function videoLists(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date): VideoLists {
  /** The rows that still exist, by id. */
  async function rowsOf(videoIds: string[]): Promise<Map<string, VideoRow>> {
    const rows = new Map<string, VideoRow>();
    let keys: Record<string, unknown>[] = videoIds.map(videoKey);
    for (let idle = 0; keys.length > 0;) {
      const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
        // Consistent: indexes lag behind, rows must not, or one made private a moment ago would show.
        RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } },
      }));
      const found = (Responses?.[tableName] ?? []) as VideoRow[];
      for (const row of found) rows.set(row.videoId, row);
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
      idle = found.length > 0 ? 0 : idle + 1;
      if (keys.length > 0 && idle === IDLE_TRIES) throw new Error(`DynamoDB left ${keys.length} keys of a batch unprocessed`);
      if (keys.length > 0) await delay(FIRST_WAIT_MS * 2 ** idle);
    }
    return rows;
  }

  /** Adds the wanted rows of these ids to the page until it is full. Returns how many ids are dealt with: at least one, if the page was empty. */
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

  async function newestFirst(
    index: { name: string; partition: string }, value: string, limit: number, after?: Record<string, unknown>,
  ): Promise<{ items: Record<string, string>[]; more: boolean }> {
    const { Items = [], LastEvaluatedKey } = await documents.send(new QueryCommand({
      TableName: tableName,
      IndexName: index.name,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': index.partition },
      ExpressionAttributeValues: { ':partition': value },
      ScanIndexForward: false,
      Limit: limit,
      ExclusiveStartKey: after,
    }));
    return { items: Items, more: LastEvaluatedKey !== undefined };
  }

  return {
    async listPublished({ limit, from }) {
      let position: PublishedPosition | undefined = from ?? { month: monthOf(clock()) };
      const found: Publication[] = [];
      // One more than asked for tells whether there is a next page.
      for (let queries = 0; position && found.length <= limit && queries < QUERIES_A_PAGE; queries++) {
        const { month, after }: PublishedPosition = position;
        const { items, more } = await newestFirst(INDEXES.byPublication, month, limit + 1 - found.length, after && {
          ...videoKey(after.videoId), ...publicationKey(after),
        });
        const here = items.map(({ listedAt }) => parseListedAt(listedAt));
        found.push(...here);
        const last = here.at(-1);
        if (more && last) position = { month, after: last };
        else position = month > FIRST_MONTH ? { month: monthBefore(month) } : undefined;
      }
      const page = new PageOfRows(limit);
      const done = await fill(page, found.slice(0, limit).map(({ videoId }) => videoId), ({ status, visibility }) => status === 'ready' && isListed(visibility));
      const last = found[done - 1];
      const next = done < found.length ? { month: publicationKey(last).listedMonth, after: last } : position;
      return { rows: page.rows, next };
    },

    async listOwned(owner, { limit, from, status }) {
      let position = from;
      const page = new PageOfRows(limit);
      for (let left = ROWS_A_PAGE; left > 0;) {
        // The index does not know the status: with a filter most rows may be passed over, so all that may be read are asked for at once. Without one, rows
        // that are being deleted are passed over: as many as were read before, so that a small page does not cost a query for each.
        const size = status === undefined ? Math.min(left, Math.max(limit - page.rows.length, ROWS_A_PAGE - left)) : left;
        const { items, more } = await newestFirst(INDEXES.byOwner, owner, size + 1, position && {
          ...videoKey(position.videoId), owner, videoId: position.videoId,
        });
        const here = items.slice(0, size).map(({ videoId }) => videoId);
        const done = await fill(page, here, (row) => isPresent(row.status) && (status === undefined || row.status === status));
        if (done > 0) position = { videoId: here[done - 1] };
        if (done < here.length) break;
        if (items.length <= size && !more) position = undefined;
        if (!position || page.isFull) break;
        left -= here.length;
      }
      return { rows: page.rows, next: position };
    },
  };
}

/** Rows for one answer: no more than were asked for, and no more bytes than an answer may have. The first row always fits. */
class PageOfRows {
  readonly rows: VideoRow[] = [];
  private bytes = 0;

  constructor(private readonly limit: number) {}

  get isFull(): boolean {
    return this.rows.length >= this.limit;
  }

  /** False when the row must wait for the next page. */
  add(row: VideoRow): boolean {
    // A handler's answer is JSON within JSON, which escapes twice.
    const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(row)));
    if (this.isFull || (this.rows.length > 0 && this.bytes + bytes > PAGE_BYTES)) return false;
    this.bytes += bytes;
    this.rows.push(row);
    return true;
  }
}
