import type { VideoStatus } from './video-status';

/**
 * The number of minutes after which the sweeper checks a video, by status. One hour is longer than most transcodes, and longer than all retries of a message.
 * If a transcode takes longer, the sweeper postpones the check.
 *
 * `as before` keeps the previous due time, because a new due time would cost two write units of the index.
 */
export const DUE_MINUTES: Readonly<Record<VideoStatus, number | 'as before' | 'never'>> = {
  waiting: 'never', uploaded: 60, processing: 'as before', held: 'never', ready: 'never', errored: 'never', deleting: 'never',
};
