import { sumOf, totalOf, Units, writeUnits } from './units';
import type { Usage } from '../local/usage';
import { videoRepository } from '../src/runtime/rows/video-repository';
import { catalogTable, idOf } from '../test/runtime/rows/catalog-table';
import { RESULT } from '../test/runtime/rows/repository-setting';

const HOUR = 3_600_000;
const TAGS = Array.from({ length: 5 }, (_, n) => `tag ${n}`);
/** For each write, two limits of the number of write units: for a listed video without tags, and for a listed video with five tags. */
const BOUNDS = {
  'create': [9, 19],
  'ready before publishAt': [5, 5],
  'publishAt is reached': [3, 14],
  'edit of unpublishAt': [2, 2],
  'unpublishAt is reached': [3, 14],
} as const;

/** Counts the write units of a video with publication times. */
export async function publicationWrites(): Promise<{ rows: Record<string, object>; isWithinBound: boolean }> {
  const writes: (Usage & { kind: 'write' })[] = [];
  const table = await catalogTable((usage) => void (usage.kind === 'write' && writes.push(usage)));
  const rows: Record<string, object> = {};
  let isWithinBound = true;
  for (const [column, tags] of [[], TAGS].entries()) {
    const videoId = idOf(column);
    let now = Date.parse('2027-01-01T00:00:00Z');
    const after = (hours: number) => new Date(now + hours * HOUR).toISOString();
    const videos = videoRepository(table.tableName, { client: table.client, clock: () => new Date(now) });
    const source = { bucket: 'b', key: videoId, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 };
    const count = async (name: keyof typeof BOUNDS, write: () => Promise<unknown>) => {
      writes.length = 0;
      await write();
      const units: Units = sumOf(writes.flatMap(({ changes, isTransaction }) => changes.map((change) => writeUnits(change, isTransaction))));
      const bound = BOUNDS[name][column];
      isWithinBound &&= totalOf(units) <= bound;
      rows[`${name}, ${tags.length} tags`] = { ...units, 'write units': totalOf(units), bound };
    };
    // This upload is not counted, because the first upload of an owner on a day costs more.
    await videos.create({ videoId: idOf(100 + column), owner: 'ann', title: 'A title', tags: [], visibility: 'private', source });
    await count('create', () => videos.create({ videoId, owner: 'ann', title: 'A title', tags, visibility: 'signed-in', publishAt: after(2), source }));
    await videos.markUploaded(videoId, 1);
    await videos.recordJob(videoId, 1, 'job');
    await count('ready before publishAt', () => videos.recordReady(videoId, 1, RESULT));
    now += 3 * HOUR;
    await count('publishAt is reached', async () => videos.settlePublication((await videos.find(videoId))!));
    await count('edit of unpublishAt', async () => videos.edit((await videos.findWhole(videoId))!, { unpublishAt: after(1) }));
    now += 2 * HOUR;
    await count('unpublishAt is reached', async () => videos.settlePublication((await videos.find(videoId))!));
  }
  await table.close();
  return { rows, isWithinBound };
}
