import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { AwsStub, mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { CatalogTable, catalogTable, idOf, videoRow } from './catalog-table';
import { Publication, publicationKey, VideoRow } from '../../../src/contract/table';
import type { VideoStatus } from '../../../src/domain/video-status';
import type { Page } from '../../../src/runtime/rows/row-pages';
import type { OwnedPosition } from '../../../src/runtime/rows/video-lists';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

const NOW = new Date('2028-03-15T12:00:00.000Z');

function published(n: number, publishedAt: string, given: Partial<VideoRow> = {}) {
  const videoId = idOf(n);
  return { videoId, status: 'ready' as const, publishedAt, ...publicationKey({ publishedAt, videoId }), ...given };
}

async function all<P>(read: (from?: P) => Promise<Page<P>>): Promise<Page<P>[]> {
  const pages: Page<P>[] = [];
  for (let from: P | undefined; pages.length < 300;) {
    const page = await read(from);
    pages.push(page);
    from = page.next;
    if (from === undefined) return pages;
  }
  throw new Error('the pages do not end');
}

const ids = (pages: Page<unknown>[]) => pages.flatMap(({ rows }) => rows.map(({ videoId }) => videoId));

describe('lists of videos', () => {
  let table: CatalogTable;
  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  const repository = () => videoRepository(table.tableName, { client: table.client, clock: () => NOW });

  describe('published videos', () => {
    // Two videos have the same time, two videos are close to the end of a year, and there are long gaps between videos.
    const newestFirst = [
      published(7, '2028-03-15T11:00:00.000Z'), published(6, '2028-03-15T11:00:00.000Z'), published(9, '2028-03-01T00:00:00.000Z'),
      published(2, '2028-01-01T00:00:00.000Z'), published(3, '2027-12-31T23:59:59.999Z'),
      published(1, '2026-11-30T00:00:00.000Z'),
    ];
    const expected = newestFirst.map(({ videoId }) => videoId);

    beforeAll(async () => {
      for (const row of newestFirst) await table.put(row);
      await table.put({ videoId: idOf(100), status: 'processing' });
      // The index is eventually consistent, so it can contain rows that are no longer published.
      await table.put(published(101, '2028-03-10T00:00:00.000Z', { visibility: 'private' }));
      await table.put(published(102, '2028-02-10T00:00:00.000Z', { status: 'deleting' }));
    });

    test('returns published videos newest first for any page size, and no cursor on the last page', async () => {
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (limit) => {
        const pages = await all((from?: Publication) => repository().listPublished({ limit, from }));
        expect(ids(pages)).toEqual(expected);
        for (const { rows } of pages) expect(rows.length).toBeLessThanOrEqual(limit);
      }), { numRuns: 6, examples: [[1], [3]] });
    });

    test('needs one query per page, even if there is a long gap between publications', async () => {
      let queries = 0;
      table.client.middlewareStack.add((next, context) => async (args) => {
        if (context.commandName === 'QueryCommand') queries++;
        return next(args);
      }, { step: 'initialize', name: 'count' });
      const { rows } = await repository().listPublished({ limit: 100 });
      expect(rows.map(({ videoId }) => videoId)).toEqual(expected);
      expect(queries).toBe(1);
      table.client.middlewareStack.remove('count');
    });

    test('skips a row of a newer format and lists the rows after it', async () => {
      const newer = published(500, '2028-03-05T00:00:00.000Z', { schemaVersion: 2 });
      await table.put(newer);
      const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
      expect(ids(await all((from?: Publication) => repository().listPublished({ limit: 1, from })))).toEqual(expected);
      const own = await all((from?: OwnedPosition) => repository().listOwned('owner', { limit: 1, status: 'ready', from }));
      expect(ids(own).sort()).toEqual([...expected, idOf(101)].sort());
      expect(error).toHaveBeenCalledWith({ message: 'row not listed', error: expect.stringContaining(newer.videoId) });
      await table.put({ ...newer, status: 'deleting' });
      error.mockRestore();
    });

    test('continues after a video that was deleted since the last page', async () => {
      const after = { publishedAt: '2028-02-01T00:00:00.000Z', videoId: idOf(555) };
      const { rows } = await repository().listPublished({ limit: 1, from: after });
      expect(rows.map(({ videoId }) => videoId)).toEqual([idOf(2)]);
    });
  });

  describe('videos of an owner', () => {
    const owner = 'ann';
    const count = 120;
    beforeAll(async () => {
      for (let n = 0; n < count; n++) {
        const status = n % 50 === 0 ? 'errored' : n % 7 === 0 ? 'deleting' : 'uploaded';
        await table.put({ videoId: idOf(10_000 + n), owner, status });
      }
      await table.put({ videoId: idOf(10_500), owner: 'bob' });
    });
    const own = (wanted: (n: number) => boolean) => Array.from({ length: count }, (_, i) => count - 1 - i).filter(wanted).map((n) => idOf(10_000 + n));
    const shown = (n: number) => n % 50 === 0 || n % 7 !== 0;

    test.each([7, 20, 100])('returns an owner\'s videos newest first in every status, with %i per page', async (limit) => {
      const pages = await all((from?: OwnedPosition) => repository().listOwned(owner, { limit, from }));
      expect(ids(pages)).toEqual(own(shown));
      // One page reads at most 100 rows, including rows that are being deleted.
      for (const { rows } of pages.slice(0, -1)) expect(rows).toHaveLength(Math.min(limit, own((n) => n >= 20 && shown(n)).length));
    });

    test('filters an owner\'s videos by status', async () => {
      const pages = await all((from?: OwnedPosition) => repository().listOwned(owner, { limit: 2, from, status: 'errored' }));
      expect(ids(pages)).toEqual(own((n) => n % 50 === 0));
      expect(pages[0].rows).toHaveLength(2);
    });

    test('does not list a video with an unknown status', async () => {
      for (const [n, status] of ['purging', 'ready'].entries()) await table.put({ videoId: idOf(700 + n), owner: 'zoe', status: status as VideoStatus });
      expect(ids(await all((from?: OwnedPosition) => repository().listOwned('zoe', { limit: 5, from })))).toEqual([idOf(701)]);
    });

    test('lists only videos of the owner, even with a cursor of another owner', async () => {
      const { rows } = await repository().listOwned('bob', { limit: 100, from: { videoId: idOf(10_600) } });
      expect(rows.map(({ videoId }) => videoId)).toEqual([idOf(10_500)]);
    });
  });

  describe('rows that were written before their size was limited', () => {
    /** Lambda's limit for a response, which contains the page as a JSON string. */
    const LAMBDA_BYTES = 6 * 1024 * 1024;
    const payload = ({ rows }: Page<unknown>) => Buffer.byteLength(JSON.stringify({ body: JSON.stringify({ items: rows }) }));
    const large = (filling: string) => ({ metadata: { [filling.repeat(1000)]: filling.repeat(379_000) } });

    // A quotation mark is escaped twice, so it needs four bytes.
    test.each([['letters', 'x', 22], ['quotes', '"', 8]])('lists rows with 380 KB of %s once each, in pages that fit into a response of Lambda', async (_, filling, count) => {
      const old = await catalogTable();
      for (let n = 0; n < count; n++) {
        await old.put(published(n, `2028-03-1${n % 10}T00:00:00.000Z`, { owner: 'ann', ...(n % 7 !== 3 && large(filling)), ...(n === 5 && { visibility: 'private' }) }));
      }
      const { listPublished, listOwned } = videoRepository(old.tableName, { client: old.client, clock: () => NOW });
      const lists = {
        published: await all((from?: Publication) => listPublished({ limit: 20, from })),
        owned: await all((from?: OwnedPosition) => listOwned('ann', { limit: 20, from })),
        ready: await all((from?: OwnedPosition) => listOwned('ann', { limit: 100, from, status: 'ready' })),
      };
      const byId = Array.from({ length: count }, (_each, n) => count - 1 - n);
      const byDay = byId.filter((n) => n !== 5).sort((a, b) => b % 10 - a % 10 || b - a);
      expect(ids(lists.published)).toEqual(byDay.map(idOf));
      expect([ids(lists.owned), ids(lists.ready)]).toEqual([byId.map(idOf), byId.map(idOf)]);
      for (const pages of Object.values(lists)) {
        for (const page of pages) expect(payload(page)).toBeLessThan(LAMBDA_BYTES);
        expect(pages.length).toBeLessThan(count / 2);
      }
      await old.close();
    }, 60_000);
  });

  describe('the cost of a page', () => {
    let documents: AwsStub<any, any, any>;
    beforeEach(() => { documents = mockClient(DynamoDBDocumentClient); });
    afterEach(() => documents.restore());

    test.each([
      ['a status that no row of its stage has', 'uploaded', 20, 4], ['every status', undefined, 20, 4], ['every status, one a page', undefined, 1, 8],
    ] as const)('reads at most 100 rows of an owner with many videos, for %s', async (_, status, limit, queries) => {
      documents.on(QueryCommand).callsFake(({ Limit, ExclusiveStartKey }) => {
        const from = ExclusiveStartKey ? parseInt(ExclusiveStartKey.pk.slice(-12), 16) : 5000;
        return { Items: Array.from({ length: Limit }, (_each, n) => idOf(from - 1 - n)).map((videoId) => ({ videoId, stageKey: `open#${videoId}` })), LastEvaluatedKey: {} };
      });
      let read = 0;
      documents.on(BatchGetCommand).callsFake(({ RequestItems: { videos: { Keys } } }) => {
        read += Keys.length;
        return { Responses: { videos: Keys.map(({ pk }: { pk: string }) => videoRow({ videoId: pk.slice('video#'.length), status: status ? 'processing' : 'deleting' })) } };
      });
      expect(await repository().listOwned('owner', { limit, status })).toEqual({ rows: [], next: { videoId: idOf(4900) } });
      expect(read).toBe(100);
      expect(documents.commandCalls(QueryCommand)).toHaveLength(queries);
    });
  });

  describe('when DynamoDB throttles', () => {
    let documents: AwsStub<any, any, any>;
    beforeEach(() => {
      documents = mockClient(DynamoDBDocumentClient);
      documents.on(QueryCommand).resolves({ Items: [3, 2, 1].map((n) => ({ videoId: idOf(n) })) });
    });
    afterEach(() => documents.restore());

    test('requests the unprocessed rows again and keeps the order', async () => {
      const key = { pk: `video#${idOf(3)}`, sk: 'video' };
      documents.on(BatchGetCommand)
        .resolvesOnce({ Responses: { videos: [1, 2].map((n) => videoRow({ videoId: idOf(n) })) }, UnprocessedKeys: { videos: { Keys: [key] } } })
        .resolves({ Responses: { videos: [videoRow({ videoId: idOf(3) })] } });
      const { rows } = await repository().listOwned('owner', { limit: 5 });
      expect(rows.map(({ videoId }) => videoId)).toEqual([3, 2, 1].map(idOf));
      expect(documents.commandCalls(BatchGetCommand)[1].args[0].input.RequestItems?.videos.Keys).toEqual([key]);
    });

    test('continues while each response contains rows, as with responses of the maximum size', async () => {
      documents.on(QueryCommand).resolves({ Items: Array.from({ length: 20 }, (_, n) => ({ videoId: idOf(20 - n) })) });
      documents.on(BatchGetCommand).callsFake(({ RequestItems: { videos: { Keys: [first, ...others] } } }) => ({
        Responses: { videos: [videoRow({ videoId: first.pk.slice('video#'.length) })] }, ...(others.length > 0 && { UnprocessedKeys: { videos: { Keys: others } } }),
      }));
      const { rows } = await repository().listOwned('owner', { limit: 20 });
      expect(rows.map(({ videoId }) => videoId)).toEqual(Array.from({ length: 20 }, (_, n) => idOf(20 - n)));
    });

    test('fails instead of returning an incomplete page', async () => {
      documents.on(BatchGetCommand).callsFake(({ RequestItems }) => ({ Responses: {}, UnprocessedKeys: RequestItems }));
      await expect(repository().listOwned('owner', { limit: 5 })).rejects.toThrow('did not process');
      expect(documents.commandCalls(BatchGetCommand)).toHaveLength(6);
    });
  });
});
