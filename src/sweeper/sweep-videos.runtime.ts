import type { Context } from 'aws-lambda';
import { LATER, SettlePorts, Wait } from './settle-ports.runtime';
import { settle } from './settle.runtime';
import { NewerFormat } from '../contract/read-row';
import { DUE_SHARDS, VideoRow } from '../contract/table';
import { dueTime } from '../domain/due-time';
import type { DuePosition, DueVideo, DueVideos } from '../runtime/rows/due-videos';

export interface SweepPorts extends SettlePorts {
  readonly due: DueVideos;
}

export interface SweepReport {
  /** Number of due videos that the sweep processed. */
  readonly looked: number;
  /** Number of processed videos for which the action failed. */
  readonly failed: number;
  /** False if the sweep ran out of time. The next sweep then processes the remaining videos. */
  readonly complete: boolean;
}

/** The sweep starts no action if the function has less than this time left, because the function must be able to finish each action. */
const LEFT_MS = 30_000;
const KEYS_AT_ONCE = 50;
const IDS_LOGGED = 20;

/** Returns the handler that processes due videos in the order of their due times, until the function has too little time left. */
export function sweepVideos(ports: SweepPorts): (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SweepReport> {
  return async (_, context) => {
    let [looked, failed, complete] = [0, 0, true];
    const newer: string[] = [];
    const now = ports.clock();
    for await (const video of earliestFirst(ports.due, now)) {
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
        message: 'ignored rows of a newer format: deploy the version of serverless-vod that wrote these rows, or a newer version', count: newer.length, videoIds: newer.slice(0, IDS_LOGGED),
      });
    }
    const report = { looked, failed, complete };
    console.info({ message: 'swept', ...report });
    return report;
  };
}

/**
 * Yields the due videos of all index partitions in the order of their due times. Therefore, a sweep that ends early omits only the
 * videos with the latest due times.
 */
async function* earliestFirst(due: DueVideos, until: Date): AsyncGenerator<DueVideo> {
  const read = async (shard: string, from?: DuePosition) => ({ shard, ...await due.listDue(shard, until, { limit: KEYS_AT_ONCE, from }) });
  let pages = await Promise.all(DUE_SHARDS.map((shard) => read(shard)));
  for (;;) {
    pages = await Promise.all(pages.map((page) => (page.due.length === 0 && page.next ? read(page.shard, page.next) : page)));
    const first = pages.filter((page) => page.due.length > 0).sort((a, b) => (a.due[0].dueAt < b.due[0].dueAt ? -1 : 1))[0];
    if (first) yield first.due.shift()!;
    else if (!pages.some(({ next }) => next)) return;
  }
}

/**
 * Performs the action of one due video and updates its due time. If the action fails, postpones the due time, so that the video does not delay the other
 * videos.
 */
async function look({ videoId }: DueVideo, now: Date, ports: SweepPorts): Promise<'done' | 'failed' | 'newer format'> {
  const { videos, due, clock } = ports;
  let row: VideoRow & DueVideo | undefined;
  const postpone = (read: VideoRow & DueVideo, wait: Wait | 'never') => {
    const time = clock();
    if (wait === 'never') return due.moveDue(read, dueTime(read, undefined, time));
    return due.moveDue(read, dueTime(read, new Date(time.getTime() + wait.minutes * 60_000), time), wait.resubmits);
  };
  try {
    row = dueAt(now, await videos.find(videoId));
    if (!row) return 'done';
    const next = await settle(row, ports);
    if (next !== 'settled') await postpone(row, next);
    return 'done';
  } catch (error) {
    if (error instanceof NewerFormat) return 'newer format';
    console.error({ message: 'video not settled', videoId, error: error instanceof Error ? error.stack : String(error) });
    if (row) await postpone(row, LATER).catch((again: unknown) => console.error({ message: 'video not postponed', videoId, error: String(again) }));
    return 'failed';
  }
}

/** Returns the row if it is still due. The index is eventually consistent, so an index entry can be outdated. */
function dueAt(now: Date, row: VideoRow | undefined): VideoRow & DueVideo | undefined {
  return row?.dueAt !== undefined && row.dueAt <= now.toISOString() ? { ...row, dueAt: row.dueAt } : undefined;
}
