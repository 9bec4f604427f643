import type { VideoStatus } from './video-status';

/**
 * A group of statuses, which is part of a key in the index `byOwnerStage`.
 *
 * `waiting`, `uploaded` and `processing` share a stage, because each change of the stage costs two write units of the index. Few videos have these statuses at
 * the same time, and a quota limits the videos with the status `waiting`.
 */
export type Stage = 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'open', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
