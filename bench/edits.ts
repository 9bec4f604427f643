import { totalOf, sumOf, Units, writeUnits } from './units';
import type { Usage } from '../local/usage';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { catalogTable, idOf } from '../test/runtime/rows/catalog-table';
import { RESULT } from '../test/runtime/rows/repository-setting';

const FIVE = (letter: string) => Array.from({ length: 5 }, (_, n) => `${letter}${n}`);
/** Edits of a listed, ready video with `tags`. `bound` is the largest allowed number of write units. */
const EDITS = {
  'visibility of a video without tags': { edit: { visibility: 'unlisted' }, tags: [], bound: 2 },
  'case of the title': { edit: { title: 'A TITLE' }, tags: FIVE('a'), bound: 1 },
  'title': { edit: { title: 'Another title' }, tags: FIVE('a'), bound: 6 },
  'one tag of five': { edit: { tags: [...FIVE('a').slice(1), 'b'] }, tags: FIVE('a'), bound: 10 },
  'five new tags': { edit: { tags: FIVE('b') }, tags: [], bound: 22 },
  'owner': { edit: { owner: 'eve' }, tags: FIVE('a'), bound: 34 },
  'five tags in place of five other tags': { edit: { tags: FIVE('b') }, tags: FIVE('a'), bound: 42 },
} as const;

/** Retries of a failed video with five tags. The first upload of an owner on a day costs more, so the owner has already uploaded a video on this day. */
const RETRIES = { 'of the owner': { uploadsPerDay: 25, bound: 7 }, 'of an admin': { uploadsPerDay: undefined, bound: 4 } } as const;

/** Counts the write units of edits and retries. */
export async function editRows(): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const writes: (Usage & { kind: 'write' })[] = [];
  const table = await catalogTable((usage) => void (usage.kind === 'write' && writes.push(usage)));
  const videos = videoRepository(table.tableName, { client: table.client });
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  let made = 0;
  async function upload(tags: readonly string[]): Promise<string> {
    const videoId = idOf(made++);
    const source = { bucket: 'b', key: videoId, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 };
    await videos.create({ videoId, owner: 'ann', title: 'A title', tags: [...tags], visibility: 'signed-in', source });
    await videos.markUploaded(videoId, 1);
    return videoId;
  }
  async function measure(name: string, bound: number, act: () => Promise<unknown>): Promise<void> {
    const from = writes.length;
    if (await act() === undefined) throw new Error(`${name}: nothing was written`);
    const units: Units = sumOf(writes.slice(from).flatMap(({ changes, isTransaction }) => changes.map((change) => writeUnits(change, isTransaction))));
    isWithinBound &&= totalOf(units) <= bound;
    rows[name] = { ...units, 'write units': totalOf(units), bound };
  }
  for (const [name, { edit, tags, bound }] of Object.entries(EDITS)) {
    const videoId = await upload(tags);
    await videos.recordReady(videoId, 1, RESULT);
    const whole = (await videos.findWhole(videoId))!;
    await measure(name, bound, () => videos.edit(whole, { ...edit, ...('tags' in edit && { tags: [...edit.tags] }) } as object));
  }
  for (const [name, { uploadsPerDay, bound }] of Object.entries(RETRIES)) {
    const videoId = await upload(FIVE('a'));
    await videos.recordJob(videoId, 1, 'job');
    await videos.recordError(videoId, 1, { code: 'transcode_failed', message: 'no' });
    const row = (await videos.find(videoId))!;
    await measure(`retry ${name}`, bound, () => videos.retry(row, uploadsPerDay));
  }
  await table.close();
  return { rows, isWithinBound };
}
