import type { VideoStatus } from './video-status';

/**
 * A group of statuses, for the index of an owner's videos. `uploaded` and `processing` share a stage, because each change of the stage costs two write units of
 * the index and few videos are in these statuses at a time. `waiting` is a separate stage, because abandoned uploads remain in it.
 */
export type Stage = 'waiting' | 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'waiting', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
