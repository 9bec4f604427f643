import type { Context } from 'aws-lambda';
import { LATER_MINUTES, settle, SettlePorts } from './settle.runtime';
import { DUE_SHARDS, VideoRow } from '../contract/table';
import type { DuePosition, DueVideo, DueVideos } from '../runtime/due-videos';

/** What a sweep works with. */
export interface SweepPorts extends SettlePorts {
  readonly due: DueVideos;
  readonly clock: () => Date;
}

/** What a sweep did. */
export interface SweepReport {
  /** Videos that were due. */
  readonly looked: number;
  /** Those of them that could not be settled. The log says why. */
  readonly failed: number;
  /** False if its time was over before all due videos had been looked at: the next sweep goes on, since the others are still due. */
  readonly complete: boolean;
}

/** When less of the function's time than this is left, the next sweep goes on: longer than one video may take. */
const LEFT_MS = 30_000;
const KEYS_AT_ONCE = 50;

/** Settles each due video, longest due first, until none is left or the function's time is over. */
export function sweepVideos(ports: SweepPorts): (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SweepReport> {
  return async (_, context) => {
    let [looked, failed, complete] = [0, 0, true];
    const now = ports.clock();
    for await (const video of longestDueFirst(ports.due, now)) {
      if (context.getRemainingTimeInMillis() < LEFT_MS) {
        complete = false;
        break;
      }
      looked++;
      if (!await look(video, now, ports)) failed++;
    }
    const report = { looked, failed, complete };
    console.info({ message: 'swept', ...report });
    return report;
  };
}

/** All due videos. The partitions are merged: when time is short, none of them starves. */
async function* longestDueFirst(due: DueVideos, until: Date): AsyncGenerator<DueVideo> {
  const read = async (shard: string, from?: DuePosition) => ({ shard, ...await due.listDue(shard, until, { limit: KEYS_AT_ONCE, from }) });
  let pages = await Promise.all(DUE_SHARDS.map((shard) => read(shard)));
  for (;;) {
    pages = await Promise.all(pages.map((page) => (page.due.length === 0 && page.next ? read(page.shard, page.next) : page)));
    const first = pages.filter((page) => page.due.length > 0).sort((a, b) => (a.due[0].dueAt < b.due[0].dueAt ? -1 : 1))[0];
    if (first) yield first.due.shift()!;
    else if (!pages.some(({ next }) => next)) return;
  }
}

/** Settles one video and moves its due time. False if that failed: it is put off, so that it does not hold up the others. */
async function look(video: DueVideo, now: Date, ports: SweepPorts): Promise<boolean> {
  const { videos, due, clock } = ports;
  const inMinutes = (minutes: number) => new Date(clock().getTime() + minutes * 60_000);
  let row: VideoRow | undefined;
  try {
    row = await videos.find(video.videoId);
    // The index lags behind.
    if (row?.dueAt === undefined || row.dueAt > now.toISOString()) return true;
    const next = await settle(row, ports);
    if (next !== 'settled') await due.moveDue({ videoId: row.videoId, dueAt: row.dueAt }, row.version, next === 'never' ? undefined : inMinutes(next));
    return true;
  } catch (error) {
    console.error({ message: 'video not settled', videoId: video.videoId, error: error instanceof Error ? error.stack : String(error) });
    await due.moveDue({ ...video, ...row }, row?.version, inMinutes(LATER_MINUTES))
      .catch((again: unknown) => console.error({ message: 'video not put off', videoId: video.videoId, error: String(again) }));
    return false;
  }
}
