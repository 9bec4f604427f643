import { setTimeout as delay } from 'timers/promises';
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { HttpProblem } from './http-problem';
import { FIRST_MONTH, INDEXES, videoKey, VideoRow } from '../contract/table';
import { OwnedPosition, ownedCursor, parseOwnedCursor, parsePublishedCursor, publishedCursor, PublishedPosition } from '../domain/cursor';
import { monthBefore, monthOf } from '../domain/months';
import { isPresent, VideoStatus } from '../domain/video-status';

export interface Page {
  readonly rows: VideoRow[];
  readonly cursor?: string;
}

/** The catalog's rows, page by page. */
export interface VideoLists {
  /** Listed and ready ones, newest first. */
  listPublished(page: { limit: number; cursor?: string }): Promise<Page>;
  /** An owner's own in every status, newest first. */
  listOwned(owner: string, page: { limit: number; cursor?: string; status?: VideoStatus }): Promise<Page>;
}

/** Queries that one page may cost. When they are spent the page is short, or empty, and its cursor leads on. */
const QUERIES_A_PAGE = 12;
/** What BatchGetItem takes at once. */
const BATCH = 100;
/** DynamoDB leaves keys of a batch out when it is short of capacity; each new try waits twice as long. */
const BATCH_TRIES = 6;
const FIRST_WAIT_MS = 25;

/** Pages of the table: keys from an index, which projects nothing else, then their rows. */
export function videoLists(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date): VideoLists {
  /** In the order of the ids. Whoever is gone by now is left out. */
  async function rowsOf(videoIds: string[]): Promise<VideoRow[]> {
    const rows = new Map<string, VideoRow>();
    let keys: Record<string, unknown>[] = videoIds.map(videoKey);
    for (let tries = 0; keys.length > 0; tries++) {
      if (tries === BATCH_TRIES) throw new Error(`DynamoDB left ${keys.length} keys of a batch unprocessed`);
      if (tries > 0) await delay(FIRST_WAIT_MS * 2 ** (tries - 1));
      const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({
        // Consistent: indexes lag behind, rows must not, or one made private a moment ago would show.
        RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } },
      }));
      for (const row of (Responses?.[tableName] ?? []) as VideoRow[]) rows.set(row.videoId, row);
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return videoIds.map((videoId) => rows.get(videoId)).filter((row) => row !== undefined);
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
    async listPublished({ limit, cursor }): Promise<Page> {
      const thisMonth = monthOf(clock());
      let position: PublishedPosition | undefined = cursor === undefined ? { month: thisMonth } : parsePublishedCursor(cursor);
      if (!position || (cursor !== undefined && (position.month < FIRST_MONTH || position.month > thisMonth))) throw invalidCursor();
      const found: Required<PublishedPosition>['after'][] = [];
      // One more than asked for tells whether there is a next page.
      for (let queries = 0; position && found.length <= limit && queries < QUERIES_A_PAGE; queries++) {
        const { month, after }: PublishedPosition = position;
        const { items, more } = await newestFirst(INDEXES.byPublication, month, limit + 1 - found.length, after && {
          ...videoKey(after.videoId), listedMonth: month, listedAt: `${after.publishedAt}#${after.videoId}`,
        });
        const here = items.map(({ listedAt }) => {
          const [publishedAt, videoId] = listedAt.split('#');
          return { publishedAt, videoId };
        });
        found.push(...here);
        const last = here.at(-1);
        if (more && last) position = { month, after: last };
        else position = month > FIRST_MONTH ? { month: monthBefore(month) } : undefined;
      }
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const next = found.length > limit && last ? { month: last.publishedAt.slice(0, 7), after: last } : position;
      const rows = await rowsOf(page.map(({ videoId }) => videoId));
      return {
        rows: rows.filter(({ status, visibility }) => status === 'ready' && visibility === 'signed-in'),
        ...(next && { cursor: publishedCursor(next) }),
      };
    },

    async listOwned(owner, { limit, cursor, status }): Promise<Page> {
      let position: OwnedPosition | undefined = cursor === undefined ? undefined : parseOwnedCursor(cursor);
      if (cursor !== undefined && !position) throw invalidCursor();
      // The index does not know the status: with a filter most rows may be passed over, so they are read a batch at a time.
      const size = status === undefined ? limit : BATCH;
      const wanted: VideoRow[] = [];
      for (let queries = 0; queries < QUERIES_A_PAGE; queries++) {
        const { items, more } = await newestFirst(INDEXES.byOwner, owner, size + 1, position && {
          ...videoKey(position.videoId), owner, videoId: position.videoId,
        });
        const here = items.slice(0, size);
        const rows = await rowsOf(here.map(({ videoId }) => videoId));
        wanted.push(...rows.filter((row) => isPresent(row.status) && (status === undefined || row.status === status)));
        const last = here.at(-1);
        position = (items.length > size || more) && last ? { videoId: last.videoId } : undefined;
        if (wanted.length > limit) position = { videoId: wanted[limit - 1].videoId };
        if (!position || wanted.length >= limit) break;
      }
      return { rows: wanted.slice(0, limit), ...(position && { cursor: ownedCursor(position) }) };
    },
  };
}

function invalidCursor(): HttpProblem {
  return new HttpProblem('invalid_cursor', 'begin again without a cursor');
}
