import type { LocalCatalog } from './local-catalog';
import { readUnits } from './units';
import { publicationKey, VideoRow } from '../src/contract/table';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { quotasOf } from '../src/upload/upload-quotas';
import { idOf, videoRow } from '../test/runtime/rows/catalog-table';

const BOUND = 3;
/** Rows in the table. `ROWS=100000 npm run bench` takes a few minutes longer. */
const ROWS = Number(process.env.ROWS ?? 2000);
const LIMIT = 20;
const EMPTY_MONTHS = 24;
/** The number of open uploads of one owner: the default quota. */
const WAITING = quotasOf(undefined).openUploads;
const NOW = Date.UTC(2028, 10, 29);
const MINUTE = 60_000;

/**
 * Counts the reads for a page of a list. Each page needs one query of one index, and the same read units, wherever the page is in the list. Therefore, the
 * figures for a few thousand rows are also valid for 100,000 rows. Half of the videos are `EMPTY_MONTHS` months older than the other half, and one page
 * contains both old and new videos.
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
  const last = { limit: LIMIT, from: oldest };
  /** Lists with pages at several positions, and lists with one page. */
  const lists: Record<string, Record<string, () => Promise<{ rows: VideoRow[] }>>> = {
    'published': {
      'first page': () => videos.listPublished({ limit: LIMIT }),
      [`page across ${EMPTY_MONTHS} empty months`]: () => videos.listPublished({ limit: LIMIT, from: across }),
      'last page': () => videos.listPublished(last),
    },
    'owner': {
      'first page': () => videos.listOwned('ann', { limit: LIMIT }),
      'last page': () => videos.listOwned('ann', { limit: LIMIT, from: { videoId: idOf(2 * LIMIT + 1) } }),
    },
    'owner, status=ready': {
      'first page': () => videos.listOwned('ann', { limit: LIMIT, status: 'ready' }),
      'last page': () => videos.listOwned('ann', { limit: LIMIT, status: 'ready', from: { videoId: idOf(2 * LIMIT + 1) } }),
    },
    'owner, status=errored': { 'empty page': () => videos.listOwned('ann', { limit: LIMIT, status: 'errored' }) },
    [`owner, status=processing (the owner also has ${WAITING} waiting videos)`]: {
      'first page': () => videos.listOwned('eve', { limit: LIMIT, status: 'processing' }),
    },
  };
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  for (const [list, pages] of Object.entries(lists)) {
    const unitsOfPages = new Set<string>();
    for (const [page, read] of Object.entries(pages)) {
      const from = catalog.reads.length;
      const { rows: found } = await read();
      const reads = catalog.reads.slice(from);
      const queries = reads.filter(({ operation }) => operation === 'Query').length;
      const rowsRead = reads.flatMap(({ input: { RequestItems = {} } }) => Object.values<any>(RequestItems).flatMap(({ Keys }) => Keys)).length;
      const units = reads.reduce((sum, { operation, input, answer }) => sum + readUnits(operation, input, answer), 0);
      unitsOfPages.add(`${found.length} ${units}`);
      isWithinBound &&= queries <= BOUND;
      const counts = { 'rows on the page': found.length, 'rows read': rowsRead, 'read units': units, queries };
      rows[`${list}: ${page}`] = { 'rows in the table': ROWS, ...counts, 'bound': BOUND };
    }
    isWithinBound &&= unitsOfPages.size === 1;
  }
  return { rows, isWithinBound };
}
