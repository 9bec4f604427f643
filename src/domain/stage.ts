import type { VideoStatus } from './video-status';

/**
 * A group of statuses, which is part of a key in the index `byOwnerStage`.
 *
 * `waiting`, `uploaded` and `processing` share a stage, because each change of the stage costs two write units of the index. An owner has few videos in this
 * stage at the same time. A list of the videos with one of these statuses therefore reads only a few rows with other statuses.
 */
export type Stage = 'open' | 'held' | 'ready' | 'errored' | 'deleting';

const STAGES: Readonly<Record<VideoStatus, Stage>> = {
  waiting: 'open', uploaded: 'open', processing: 'open', held: 'held', ready: 'ready', errored: 'errored', deleting: 'deleting',
};

export function stageOf(status: VideoStatus): Stage {
  return STAGES[status];
}
