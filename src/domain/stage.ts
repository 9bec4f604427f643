import type { VideoStatus } from './video-status';

/**
 * A group of statuses, which is part of a key in the index `byOwnerStage`.
 *
 * `waiting`, `uploaded` and `processing` share a stage, because each change of the stage costs two write units of the index. An owner has few videos with these
 * three statuses at the same time, so a list of the videos with one of the three statuses reads few rows with the other two.
 */
export type Stage = 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'open', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
