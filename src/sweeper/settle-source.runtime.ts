import type { NextLook, SettlePorts, Wait } from './settle-ports.runtime';
import type { VideoRow } from '../contract/table';

/** By default, lifecycle rules do not move objects below this size (see "Transitioning objects using Amazon S3 Lifecycle" in the Amazon S3 User Guide). */
const MIN_ARCHIVED_BYTES = 128 * 1024;

/** The wait after S3 rejects the action. More frequent tries would fail too, because an operator must fix the cause. */
const TOMORROW: Wait = { minutes: 24 * 60 };

/**
 * Deletes or archives the source of a ready video. If the function crashes after the request to S3 and before the write of the row, the next sweep repeats the
 * request and the write. S3 accepts the repeated request. The write has a condition, so that the size is subtracted from the owner's usage only once.
 */
export async function settleSource(row: VideoRow, { videos, clock, sources }: SettlePorts): Promise<NextLook> {
  const { videoId, source } = row;
  const { dueAt, dueAction, state, bucket, key, size } = source;
  const isOurs = sources?.prefixes.some((each) => each.bucket === bucket && key.startsWith(each.prefix));
  if (!sources || !isOurs || dueAt === undefined || dueAction !== sources.action || state) return 'never';
  const early = Date.parse(dueAt) - clock().getTime();
  if (early > 0) return { minutes: early / 60_000 };
  const { objects, action } = sources;
  if (action === 'delete') {
    const outcome = await objects.delete(source);
    if (outcome === 'denied') {
      console.error({ message: 'source not deleted', videoId, outcome });
      return TOMORROW;
    }
    console.info({ message: 'source deleted', videoId, outcome, recorded: await videos.markSource(row, 'deleted') });
    return 'settled';
  }
  if (size < MIN_ARCHIVED_BYTES) return 'never';
  const outcome = await objects.archive(source);
  if (outcome === 'denied' || outcome === 'too_many_tags') {
    console.error({ message: 'source not archived', videoId, outcome });
    return TOMORROW;
  }
  const recorded = await videos.markSource(row, outcome === 'tagged' ? 'archived' : 'deleted');
  console.info({ message: 'source archived', videoId, outcome, recorded });
  return 'settled';
}
