import type { LocalCatalog } from './local-catalog';
import { readUnits } from './units';
import { derivedKeys } from '../src/contract/derived-rows';
import { publicationKey, VideoRow } from '../src/contract/table';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { idOf, videoRow } from '../test/runtime/rows/catalog-table';

/** The largest allowed number of queries for a page. */
const BOUND = 3;
const ROWS = Number(process.env.ROWS ?? 2000);
const LIMIT = 20;
const NOW = Date.UTC(2028, 10, 29);
const OWNER = 'searcher';
/** The benchmark of lists uses the lower ids of the same table. */
const FIRST = 10_000_000;

/**
 * Counts the reads for a page of a search. All videos have the same owner and the tag `common`. One of the videos also has the tag `rare`. The first page and
 * the last page of a list must need the same read units.
 */
export async function searchRows(catalog: LocalCatalog): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const publishedAt = (n: number) => new Date(NOW + n * 60_000).toISOString();
  const rowOf = (n: number): VideoRow => {
    const video = { videoId: idOf(FIRST + n), publishedAt: publishedAt(n) };
    const tags = n === Math.floor(ROWS / 3) ? ['common', 'rare'] : ['common'];
    return videoRow({ ...video, owner: OWNER, title: `Lecture ${String(n).padStart(8, '0')}`, tags, status: 'ready', ...publicationKey(video) });
  };
  const rows = Array.from({ length: ROWS }, (_, n) => rowOf(n));
  await catalog.put(rows);
  await catalog.put(rows.flatMap(derivedKeys));
  const videos = videoRepository(catalog.tableName);
  const positionOf = (n: number) => ({ videoId: idOf(FIRST + n), publishedAt: publishedAt(n), title: `lecture ${String(n).padStart(8, '0')}` });
  const page = { limit: LIMIT };
  const [newest, oldest] = [positionOf(ROWS), positionOf(LIMIT)];
  const [firstTitle, lastTitle] = [{ limit: LIMIT }, { limit: LIMIT, from: positionOf(ROWS - LIMIT - 1) }];
  const pages: Record<string, readonly (() => Promise<{ rows: VideoRow[] }>)[]> = {
    'tag, first and last page': [() => videos.listTagged('common', { ...page, from: newest }), () => videos.listTagged('common', { ...page, from: oldest })],
    'owner and tag, first and last page': [() => videos.listOwnedTagged(OWNER, 'common', page), () => videos.listOwnedTagged(OWNER, 'common', { ...page, from: oldest })],
    'owner and titlePrefix, first and last page': [() => videos.listTitled(OWNER, 'lect', firstTitle), () => videos.listTitled(OWNER, 'lect', lastTitle)],
    'a tag of one video': [() => videos.listTagged('rare', page)],
    'owner and a tag of one video': [() => videos.listOwnedTagged(OWNER, 'rare', page)],
    'owner and the title of one video': [() => videos.listTitled(OWNER, 'lecture 00000007', page)],
    'owner and a titlePrefix of no video': [() => videos.listTitled(OWNER, 'zzz', page)],
  };
  const table: Record<string, object> = {};
  let isWithinBound = true;
  for (const [name, reads] of Object.entries(pages)) {
    const measured = [];
    for (const read of reads) {
      const from = catalog.reads.length;
      const { rows: found } = await read();
      const sent = catalog.reads.slice(from);
      measured.push({
        rows: found.length,
        queries: sent.filter(({ operation }) => operation === 'Query').length,
        units: sent.reduce((sum, { operation, input, answer }) => sum + readUnits(operation, input, answer), 0),
      });
    }
    isWithinBound &&= measured.every(({ queries }) => queries <= BOUND) && new Set(measured.map(({ rows: count, units }) => `${count} ${units}`)).size === 1;
    table[name] = {
      'videos in the table': ROWS,
      'rows on the page': measured.map(({ rows: count }) => count).join(' and '),
      'read units': measured.map(({ units }) => units).join(' and '),
      'queries': Math.max(...measured.map(({ queries }) => queries)),
      'bound': BOUND,
    };
  }
  return { rows: table, isWithinBound };
}
