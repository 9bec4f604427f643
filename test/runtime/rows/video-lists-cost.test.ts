import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import { CatalogTable, catalogTable, idOf, videoRow } from './catalog-table';
import { isPresent, VIDEO_STATUSES, VideoStatus } from '../../../src/domain/video-status';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

/** The number of one owner's videos in each status. Many videos are finished. A quota limits the videos with the status `waiting`. */
const COUNTS: { readonly [status in VideoStatus]?: number } = { ready: 1000, errored: 1000, waiting: 10, uploaded: 1, processing: 1 };
const AT_ONCE = 100;
const LIMIT = 20;

describe('a page of an owner with 1,000 ready, 1,000 errored, 10 waiting and 2 transcoding videos', () => {
  let table: CatalogTable;
  /** The numbers of queries, returned index entries and returned rows. */
  let read: { queries: number; entries: number; rows: number };

  beforeAll(async () => {
    table = await catalogTable();
    const documents = DynamoDBDocumentClient.from(table.client);
    const statuses = Object.entries(COUNTS).flatMap(([status, count]) => Array<VideoStatus>(count).fill(status as VideoStatus));
    // Consecutive ids have different statuses.
    const puts = statuses.map((status, n) => ({ Put: { TableName: table.tableName, Item: videoRow({ videoId: idOf((n * 7) % statuses.length), status }) } }));
    for (let n = 0; n < puts.length; n += AT_ONCE) await documents.send(new TransactWriteCommand({ TransactItems: puts.slice(n, n + AT_ONCE) }));
    const counter: InitializeMiddleware<any, any> = (next, { commandName }) => async (args) => {
      const { output, ...others } = await next(args);
      if (commandName === 'QueryCommand') read = { ...read, queries: read.queries + 1, entries: read.entries + output.ScannedCount };
      if (commandName === 'BatchGetItemCommand') read = { ...read, rows: read.rows + output.Responses[table.tableName].length };
      return { output, ...others };
    };
    table.client.middlewareStack.add(counter, { step: 'initialize', priority: 'low' });
  });
  afterAll(() => table.close());

  test.each(VIDEO_STATUSES.filter(isPresent))('reads only slightly more rows than it returns: status=%s', async (status) => {
    read = { queries: 0, entries: 0, rows: 0 };
    const { rows } = await videoRepository(table.tableName, { client: table.client }).listOwned('owner', { limit: LIMIT, status });
    expect(rows).toHaveLength(Math.min(LIMIT, COUNTS[status] ?? 0));
    expect(rows.every((row) => row.status === status)).toBe(true);
    // The three statuses of unfinished videos share an index partition, so a list of one of these statuses reads the videos of all three. A list reads one more
    // entry than fits on the page, to find out whether a next page exists.
    const expected = ['waiting', 'uploaded', 'processing'].includes(status) ? 12 : rows.length;
    expect(read).toEqual({ queries: 1, rows: expected, entries: expected + (expected === LIMIT ? 1 : 0) });
  });
});
