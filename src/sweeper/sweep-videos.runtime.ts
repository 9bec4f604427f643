import type { Context } from 'aws-lambda';
import { LATER, settle, SettlePorts, Wait } from './settle.runtime';
import { DUE_SHARDS, VideoRow } from '../contract/table';
import type { DuePosition, DueVideo, DueVideos } from '../runtime/rows/due-videos';
import { NewerFormat } from '../runtime/rows/read-row';

/** What a sweep works with. */
export interface SweepPorts extends SettlePorts {
  readonly due: DueVideos;
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
/** Of rows of a newer format. */
const IDS_LOGGED = 20;

/** Settles each due video, longest due first, until none is left or the function's time is over. */
export function sweepVideos(ports: SweepPorts): (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SweepReport> {
  return async (_, context) => {
    let [looked, failed, complete] = [0, 0, true];
    const newer: string[] = [];
    const now = ports.clock();
    for await (const video of longestDueFirst(ports.due, now)) {
      if (context.getRemainingTimeInMillis() < LEFT_MS) {
        complete = false;
        break;
      }
      looked++;
      const outcome = await look(video, now, ports);
      if (outcome !== 'done') failed++;
      if (outcome === 'newer format') newer.push(video.videoId);
    }
    if (newer.length > 0) {
      console.error({
        message: 'rows of a newer format left as they are: deploy the version that wrote them, or a newer one', count: newer.length, videoIds: newer.slice(0, IDS_LOGGED),
      });
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

/** Settles one video and moves its due time. If that fails, it is put off, so that it does not hold up the others. Nothing is written that was not read. */
async function look({ videoId }: DueVideo, now: Date, ports: SweepPorts): Promise<'done' | 'failed' | 'newer format'> {
  const { videos, due, clock } = ports;
  let row: VideoRow & DueVideo | undefined;
  const putOff = (read: VideoRow & DueVideo, { minutes, resubmits }: Wait) => due.moveDue(read, new Date(clock().getTime() + minutes * 60_000), resubmits);
  try {
    row = dueAt(now, await videos.find(videoId));
    if (!row) return 'done';
    const next = await settle(row, ports);
    if (next === 'never') await due.moveDue(row, undefined);
    else if (next !== 'settled') await putOff(row, next);
    return 'done';
  } catch (error) {
    if (error instanceof NewerFormat) return 'newer format';
    console.error({ message: 'video not settled', videoId, error: error instanceof Error ? error.stack : String(error) });
    if (row) await putOff(row, LATER).catch((again: unknown) => console.error({ message: 'video not put off', videoId, error: String(again) }));
    return 'failed';
  }
}

/** The row, if it is still due: the index lags behind. */
function dueAt(now: Date, row: VideoRow | undefined): VideoRow & DueVideo | undefined {
  return row?.dueAt !== undefined && row.dueAt <= now.toISOString() ? { ...row, dueAt: row.dueAt } : undefined;
}
