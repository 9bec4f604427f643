import type { LocalCatalog } from './local-catalog';
import { readUnits } from './units';
import { publicationKey } from '../src/contract/table';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { quotasOf } from '../src/upload/upload-quotas';
import { idOf, videoRow } from '../test/runtime/rows/catalog-table';

const BOUND = 3;
/** Rows in the table. With `ROWS=100000`, the benchmark takes 1 or 2 minutes longer. */
const ROWS = Number(process.env.ROWS ?? 2000);
const LIMIT = 20;
const EMPTY_MONTHS = 24;
/** The number of open uploads of one owner: the default quota. */
const WAITING = quotasOf(undefined).openUploads;
const NOW = Date.UTC(2028, 10, 29);
const MINUTE = 60_000;

/**
 * Counts the reads for a page of a list. Each page needs one query of one index, wherever the page is in the list. Therefore, the figures for a few thousand
 * rows are also valid for 100,000 rows. Half of the videos are `EMPTY_MONTHS` months older than the other half, and one page contains both old and new videos.
 */
export async function listRows(catalog: LocalCatalog): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const gap = new Date(NOW);
  gap.setUTCMonth(gap.getUTCMonth() - EMPTY_MONTHS);
  const publishedAt = (n: number) => new Date((n < ROWS / 2 ? gap.getTime() : NOW) - (ROWS - n) * MINUTE).toISOString();
  await catalog.put(Array.from({ length: ROWS }, (_, n) => {
    const video = { videoId: idOf(n), publishedAt: publishedAt(n) };
    return videoRow({ ...video, owner: n % 2 ? 'ann' : 'bob', status: 'ready', ...publicationKey(video) });
  }));
  await catalog.put(Array.from({ length: WAITING + 1 }, (_, n) => (
    videoRow({ videoId: idOf(ROWS + n), owner: 'eve', status: n === 0 ? 'processing' : 'waiting' }))));
  const videos = videoRepository(catalog.tableName);
  const across = { videoId: idOf(ROWS / 2 + 5), publishedAt: publishedAt(ROWS / 2 + 5) };
  const oldest = { videoId: idOf(LIMIT), publishedAt: publishedAt(LIMIT) };
  const pages = {
    'the newest': () => videos.listPublished({ limit: LIMIT }),
    [`across ${EMPTY_MONTHS} empty months`]: () => videos.listPublished({ limit: LIMIT, from: across }),
    'the oldest': () => videos.listPublished({ limit: LIMIT, from: oldest }),
    'of one owner': () => videos.listOwned('ann', { limit: LIMIT }),
    'of one owner, status=ready': () => videos.listOwned('ann', { limit: LIMIT, status: 'ready' }),
    'of one owner, status=errored': () => videos.listOwned('ann', { limit: LIMIT, status: 'errored' }),
    [`of one owner, status=processing (the owner also has ${WAITING} waiting videos)`]: () => videos.listOwned('eve', { limit: LIMIT, status: 'processing' }),
  };
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  for (const [name, read] of Object.entries(pages)) {
    const from = catalog.reads.length;
    const page = await read();
    const reads = catalog.reads.slice(from);
    const queries = reads.filter(({ operation }) => operation === 'Query').length;
    const rowsRead = reads.flatMap(({ input: { RequestItems = {} } }) => Object.values<any>(RequestItems).flatMap(({ Keys }) => Keys)).length;
    const units = reads.reduce((sum, { operation, input, answer }) => sum + readUnits(operation, input, answer), 0);
    isWithinBound &&= queries <= BOUND;
    rows[name] = { 'rows in the table': ROWS, 'rows on the page': page.rows.length, 'rows read': rowsRead, 'read units': units, queries, 'bound': BOUND };
  }
  return { rows, isWithinBound };
}
