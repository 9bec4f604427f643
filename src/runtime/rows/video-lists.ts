import { setTimeout as delay } from 'timers/promises';
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { NewerFormat, readRow } from './read-row';
import { INDEXES, LISTED_FOR, parseListedAt, parseStageKey, Publication, publicationKey, stageKey, TableIndex, videoKey, VideoRow } from '../../contract/table';
import { stageOf } from '../../domain/stage';
import { isPresent, VideoStatus } from '../../domain/video-status';
import { isListed } from '../../domain/visibility';

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
  listPublished(page: { limit: number; from?: Publication }): Promise<Page<Publication>>;
  /** An owner's own in every status, newest first. */
  listOwned(owner: string, page: { limit: number; from?: OwnedPosition; status?: VideoStatus }): Promise<Page<OwnedPosition>>;
}

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
export function videoLists(tableName: string, documents: DynamoDBDocumentClient): VideoLists {
  /** The rows that still exist, by id. */
  async function rowsOf(videoIds: string[]): Promise<Map<string, VideoRow>> {
    const rows = new Map<string, VideoRow>();
    let keys: Record<string, unknown>[] = videoIds.map(videoKey);
    for (let idle = 0; keys.length > 0;) {
      const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
        // Consistent: indexes lag behind, rows must not, or one made private a moment ago would show.
        RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } },
      }));
      const found = Responses?.[tableName] ?? [];
      for (const row of readable(found)) rows.set(row.videoId, row);
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

  /** Keys of an index, newest first. Sort keys begin with `prefix`. */
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

  /** Ids of an owner's videos, of one stage if a status is given. */
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
      // One more than asked for tells whether there is a next page.
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
        // Rows that are being deleted, or in another status of the stage, are passed over: as many as were read before, so that a small page does not cost a
        // query for each.
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

/** Those that this version can read: a row of a newer format is left out of lists, and hides no other. */
function readable(stored: readonly Record<string, any>[]): VideoRow[] {
  return stored.flatMap((row) => {
    try {
      return readRow(row);
    } catch (error) {
      if (!(error instanceof NewerFormat)) throw error;
      console.error({ message: 'left out of a list', error: error.message });
      return [];
    }
  });
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
