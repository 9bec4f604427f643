import type { VideoStatus } from './video-status';

/**
 * What an owner's videos are sorted by besides their creation. Statuses that a video soon leaves share one: each change of a stage costs two write units
 * of an index, and few videos are in such a status at a time. `waiting` is no such status: an upload that was given up stays there.
 */
export type Stage = 'waiting' | 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'waiting', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

/** The stage of a video with this status. */
export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
