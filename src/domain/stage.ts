import type { VideoStatus } from './video-status';

/**
 * A group of statuses, which is part of a key in the index `byOwnerStage`.
 *
 * `uploaded` and `processing` share a stage, because each change of the stage costs two write units of the index. `waiting` does not share this stage, because
 * many abandoned uploads can have this status, and a list of the shared stage would read them all.
 */
export type Stage = 'waiting' | 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'waiting', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
