import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Page, PageOfRows, rowPages } from './row-pages';
import { INDEXES, LISTED_FOR, parseListedAt, parseStageKey, Publication, publicationKey, stageKey, TableIndex, videoKey } from '../../contract/table';
import { isOpen } from '../../domain/publication-times';
import { stageOf } from '../../domain/stage';
import { isPresent, VideoStatus } from '../../domain/video-status';
import { isListed } from '../../domain/visibility';

/** The last video of a page in an owner's list. The next page begins after this video. */
export interface OwnedPosition {
  readonly videoId: string;
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
/** Each list reads keys from an index, and then reads the rows from the table, because the indexes contain only keys. */
export function videoLists(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date): VideoLists {
  const { fill } = rowPages(tableName, documents);

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

  /**
   * Queries the ids of an owner's videos. With `status`, returns only the ids of videos in the stage that contains this status. A stage is a
   * group of statuses.
   */
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
      const now = clock();
      // The sweeper removes a key up to 15 minutes after `unpublishAt`. For a moment, the index can contain the old and the new key of a video.
      const done = await fill(page, found.slice(0, limit).map(({ videoId }) => videoId), (row, index) => (
        row.status === 'ready' && isListed(row.visibility) && row.listedAt === items[index].listedAt && isOpen(row, now)));
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
