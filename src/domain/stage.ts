import type { VideoStatus } from './video-status';

/**
 * A group of statuses, which is part of a key in the index `byOwnerStage`. `uploaded` and `processing` share a stage, because each change of the stage costs
 * two write units of the index. `waiting` has a separate stage, so that lists of the stage `open` do not read abandoned uploads.
 */
export type Stage = 'waiting' | 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'waiting', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
