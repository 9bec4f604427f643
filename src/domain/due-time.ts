import type { VideoStatus } from './video-status';

/**
 * When the sweeper looks at a video that has entered a status: after so many minutes, at the time that was set before, or never.
 *
 * An hour is longer than a message is tried again, and most transcodes take less. A submitted job keeps the time of its upload, which saves two write units
 * of the index; the sweeper puts off what takes longer.
 */
export const DUE_MINUTES: Readonly<Record<VideoStatus, number | 'as before' | 'never'>> = {
  waiting: 'never', uploaded: 60, processing: 'as before', held: 'never', ready: 'never', errored: 'never', deleting: 'never',
};
