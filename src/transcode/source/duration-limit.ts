import { readableDuration } from '../../domain/readable';
import type { VideoError } from '../../domain/video-status';

/** How a job keeps to the longest duration that a source may have. */
export interface DurationLimit {
  /** Seconds of the source that the job reads; undefined: all of it. */
  readonly clipSeconds?: number;
  /** Seconds from which a result shows that its source is too long. */
  readonly tooLongFrom: number;
}

/** "Specify an input clip duration that is less than 12 hours long" (MediaConvert User Guide, "Specifying input files and input clips"). */
const MAX_CLIP_SECONDS = 12 * 3600 - 1;

/** Timecodes count frames at a whole rate, so at 30.4 frames a second they run ahead of the clock. A cut this much later is never short of the limit. */
const CLIP_MARGIN = 1.1;

/** A result may outlast what its source states, by a frame of sound for example. */
const TOLERANCE_SECONDS = 1;

/**
 * The limit of one job. A source that states no duration is cut soon after the longest one, so that its cost has a bound, and the length of the result
 * tells whether it was cut. The duration that a source states may be wrong, so its result is checked as well.
 */
export function durationLimit(statedSeconds: number | undefined, maxSeconds: number): DurationLimit {
  if (statedSeconds !== undefined) return { tooLongFrom: maxSeconds + TOLERANCE_SECONDS };
  const clipSeconds = Math.min(Math.ceil(maxSeconds * CLIP_MARGIN), MAX_CLIP_SECONDS);
  return { clipSeconds, tooLongFrom: Math.min(maxSeconds, Math.floor(clipSeconds / CLIP_MARGIN)) };
}

/** A source that states a duration above the limit. */
export function statedTooLong(seconds: number, maxSeconds: number): VideoError {
  return { code: 'too_long', message: `the video takes ${readableDuration(Math.ceil(seconds))}; at most ${readableDuration(maxSeconds)} are allowed` };
}

/** A source that turned out to be too long while it was transcoded. */
export const FOUND_TOO_LONG: VideoError = { code: 'too_long', message: 'the video is longer than is allowed, although the file does not say so' };
