import { totalOf, sumOf, Units, writeUnits } from './units';
import type { Usage } from '../local/usage';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { catalogTable, idOf } from '../test/runtime/rows/catalog-table';
import { RESULT } from '../test/runtime/rows/repository-setting';

const FIVE = (letter: string) => Array.from({ length: 5 }, (_, n) => `${letter}${n}`);
/** The edits of a listed, ready video with five tags, each with the largest allowed number of write units. */
const EDITS = {
  'visibility of a video without tags': { edit: { visibility: 'unlisted' }, tags: [], bound: 2 },
  'case of the title': { edit: { title: 'A TITLE' }, tags: FIVE('a'), bound: 1 },
  'title': { edit: { title: 'Another title' }, tags: FIVE('a'), bound: 6 },
  'one tag of five': { edit: { tags: [...FIVE('a').slice(1), 'b'] }, tags: FIVE('a'), bound: 10 },
  'five new tags': { edit: { tags: FIVE('b') }, tags: [], bound: 22 },
  'owner': { edit: { owner: 'eve' }, tags: FIVE('a'), bound: 34 },
  'five tags in place of five other tags': { edit: { tags: FIVE('b') }, tags: FIVE('a'), bound: 42 },
} as const;

/** Counts the write units of edits. */
export async function editRows(): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const writes: (Usage & { kind: 'write' })[] = [];
  const table = await catalogTable((usage) => void (usage.kind === 'write' && writes.push(usage)));
  const videos = videoRepository(table.tableName, { client: table.client });
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  for (const [n, [name, { edit, tags, bound }]] of Object.entries(EDITS).entries()) {
    const videoId = idOf(n);
    const source = { bucket: 'b', key: videoId, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 };
    await videos.create({ videoId, owner: 'ann', title: 'A title', tags: [...tags], visibility: 'signed-in', source });
    await videos.markUploaded(videoId, 1);
    await videos.recordReady(videoId, 1, RESULT);
    const from = writes.length;
    await videos.edit((await videos.findWhole(videoId))!, { ...edit, ...('tags' in edit && { tags: [...edit.tags] }) } as object);
    const units: Units = sumOf(writes.slice(from).flatMap(({ changes, isTransaction }) => changes.map((change) => writeUnits(change, isTransaction))));
    isWithinBound &&= totalOf(units) <= bound;
    rows[name] = { ...units, 'write units': totalOf(units), bound };
  }
  await table.close();
  return { rows, isWithinBound };
}
