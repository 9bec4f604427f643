import type { VideoStatus } from './video-status';

/**
 * The minutes after which the sweeper checks a video that has entered a status. `as before` keeps the due time that is set already.
 *
 * One hour is longer than messages are retried and longer than most transcodes. `processing` keeps the due time of `uploaded`, which saves two write units of
 * the index. The sweeper postpones videos whose transcode takes longer.
 */
export const DUE_MINUTES: Readonly<Record<VideoStatus, number | 'as before' | 'never'>> = {
  waiting: 'never', uploaded: 60, processing: 'as before', held: 'never', ready: 'never', errored: 'never', deleting: 'never',
};
