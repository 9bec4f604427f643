import { DeleteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { catalogTable, idOf } from './catalog-table';
import { publicationKey, videoKey, VideoRow } from '../../../src/contract/table';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

const NOW = new Date('2027-03-15T12:00:00.000Z');
const MONTHS = ['2027-03', '2027-02', '2026-11'];
const STATES = ['listed', 'private', 'deleting', 'gone'] as const;
type State = (typeof STATES)[number];
/** A quotation mark needs one byte in a row and four bytes in a response, so three of these rows fill a page. */
const LARGE = { metadata: { a: '"'.repeat(370_000) } };

const video = fc.record({
  month: fc.constantFrom(...MONTHS), day: fc.integer({ min: 1, max: 3 }), isLarge: fc.boolean(), state: fc.constantFrom<State>('listed', 'listed', ...STATES),
});
const edit = fc.record({ pick: fc.nat(), state: fc.constantFrom(...STATES.slice(1)) });

/** Rows are changed and created between two pages. A row that is unchanged must be listed exactly once, and a hidden row must never be listed. */
test.each(['published', 'owned', 'ready'] as const)('a list of %s videos omits and repeats no video if videos are edited between pages', async (list) => {
  await fc.assert(fc.asyncProperty(
    fc.array(video, { maxLength: 40 }), fc.constantFrom(1, 3, 24, 25, 26, 100), fc.array(edit, { maxLength: 20 }),
    async (videos, limit, edits) => {
      const table = await catalogTable();
      const documents = DynamoDBDocumentClient.from(table.client);
      const rows = new Map<string, Partial<VideoRow> & { videoId: string }>();
      const states = new Map<string, State>();
      const edited = new Set<string>();
      async function set(videoId: string, state: State) {
        states.set(videoId, state);
        if (state === 'gone') await documents.send(new DeleteCommand({ TableName: table.tableName, Key: videoKey(videoId) }));
        else await table.put({ ...rows.get(videoId)!, ...(state === 'private' && { visibility: state }), ...(state === 'deleting' && { status: state }) });
      }
      async function make(n: number, { month, day, isLarge, state }: { month: string; day: number; isLarge?: boolean; state: State }) {
        const videoId = idOf(n);
        const publishedAt = `${month}-0${day}T00:00:00.000Z`;
        rows.set(videoId, { videoId, owner: 'ann', status: 'ready', publishedAt, ...publicationKey({ publishedAt, videoId }), ...(isLarge && LARGE) });
        await set(videoId, state);
      }
      for (const [n, each] of videos.entries()) await make(n, each);

      const { listPublished, listOwned } = videoRepository(table.tableName, { client: table.client, clock: () => NOW });
      const seen: string[] = [];
      const isShown = (state: State) => state === 'listed' || (list !== 'published' && state === 'private');
      let from: any;
      let pages = 0;
      do {
        const page = await (list === 'published' ? listPublished({ limit, from })
          : listOwned('ann', { limit, from, ...(list === 'ready' && { status: 'ready' }) }));
        expect(page.rows.length).toBeLessThanOrEqual(limit);
        expect(page.rows.filter(({ videoId }) => !isShown(states.get(videoId)!))).toEqual([]);
        seen.push(...page.rows.map(({ videoId }) => videoId));
        from = page.next;
        const { pick, state } = edits[pages++] ?? {};
        expect(pages).toBeLessThan(100);
        if (pick === undefined || state === undefined) continue;
        const victim = [...rows.keys()][pick % (rows.size + 1)] ?? idOf(1000 + pages);
        edited.add(victim);
        if (rows.has(victim)) await set(victim, state);
        else await make(1000 + pages, { month: MONTHS[0], day: 9, state: 'listed' });
      } while (from !== undefined);

      expect(new Set(seen).size).toBe(seen.length);
      const untouched = [...states].filter(([videoId]) => !edited.has(videoId));
      expect(untouched.filter(([videoId, state]) => isShown(state) !== seen.includes(videoId))).toEqual([]);
      await table.close();
    },
  ), { numRuns: 8, examples: [[Array.from({ length: 12 }, () => ({ month: MONTHS[0], day: 1, isLarge: true, state: 'listed' as const })), 25, [{ pick: 0, state: 'gone' }]]] });
}, 60_000);
