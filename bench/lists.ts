import type { LocalCatalog } from './local-catalog';
import { publicationKey } from '../src/contract/table';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { idOf, videoRow } from '../test/runtime/rows/catalog-table';

/** Queries that one page may take. */
const BOUND = 3;
/** `ROWS=100000 npm run bench` counts at that many; a minute or two. */
const ROWS = Number(process.env.ROWS ?? 2000);
const LIMIT = 20;
const EMPTY_MONTHS = 24;
/** Uploads of one owner that never came. */
const ABANDONED = 1000;
const NOW = Date.UTC(2028, 10, 29);
const MINUTE = 60_000;

/**
 * What a page costs. It is one query of one index whatever lies before and behind it, so the figures at a few thousand rows are those at 100,000. Half of the
 * videos are older than the empty months, and a page stands across them.
 */
export async function listRows(catalog: LocalCatalog): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const gap = new Date(NOW);
  gap.setUTCMonth(gap.getUTCMonth() - EMPTY_MONTHS);
  const publishedAt = (n: number) => new Date((n < ROWS / 2 ? gap.getTime() : NOW) - (ROWS - n) * MINUTE).toISOString();
  await catalog.put(Array.from({ length: ROWS }, (_, n) => {
    const video = { videoId: idOf(n), publishedAt: publishedAt(n) };
    return videoRow({ ...video, owner: n % 2 ? 'ann' : 'bob', status: 'ready', ...publicationKey(video) });
  }));
  await catalog.put(Array.from({ length: ABANDONED + 1 }, (_, n) => (
    videoRow({ videoId: idOf(ROWS + n), owner: 'eve', status: n === 0 ? 'processing' : 'waiting' }))));
  const videos = videoRepository(catalog.tableName);
  const across = { videoId: idOf(ROWS / 2 + 5), publishedAt: publishedAt(ROWS / 2 + 5) };
  const oldest = { videoId: idOf(LIMIT), publishedAt: publishedAt(LIMIT) };
  const pages = {
    'the newest': () => videos.listPublished({ limit: LIMIT }),
    [`across ${EMPTY_MONTHS} empty months`]: () => videos.listPublished({ limit: LIMIT, from: across }),
    'the oldest': () => videos.listPublished({ limit: LIMIT, from: oldest }),
    'an owner\'s own': () => videos.listOwned('ann', { limit: LIMIT }),
    'an owner\'s own, status=ready': () => videos.listOwned('ann', { limit: LIMIT, status: 'ready' }),
    'an owner\'s own, status=errored': () => videos.listOwned('ann', { limit: LIMIT, status: 'errored' }),
    [`an owner's own, status=processing, beside ${ABANDONED} that wait`]: () => videos.listOwned('eve', { limit: LIMIT, status: 'processing' }),
  };
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  for (const [name, read] of Object.entries(pages)) {
    const from = catalog.operations.length;
    const page = await read();
    const operations = catalog.operations.slice(from);
    const queries = operations.filter((operation) => operation.name === 'Query').length;
    const rowsRead = operations.flatMap(({ input: { RequestItems = {} } }) => Object.values<any>(RequestItems).flatMap(({ Keys }) => Keys)).length;
    isWithinBound &&= queries <= BOUND;
    rows[name] = { 'rows in the table': ROWS, 'rows on the page': page.rows.length, 'rows read': rowsRead, queries, 'bound': BOUND };
  }
  return { rows, isWithinBound };
}
