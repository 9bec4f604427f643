import type { VideoStatus } from './video-status';

/**
 * The number of minutes after which the sweeper checks a video, by status. `as before` keeps the previous due time.
 *
 * One hour is longer than most transcodes, and longer than the time in which messages are retried. If a transcode takes longer, the sweeper postpones the
 * check. When a video becomes `processing`, its due time stays the same, because a new due time would cost two write units of the index.
 */
export const DUE_MINUTES: Readonly<Record<VideoStatus, number | 'as before' | 'never'>> = {
  waiting: 'never', uploaded: 60, processing: 'as before', held: 'never', ready: 'never', errored: 'never', deleting: 'never',
};
