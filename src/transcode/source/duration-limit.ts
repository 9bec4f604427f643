import { readableDuration } from '../../domain/readable';
import type { VideoError } from '../../domain/video-status';

export interface DurationLimit {
  /** Seconds of the source that the job reads, or undefined for the whole source. */
  readonly clipSeconds?: number;
  /** If the output of the job lasts at least this many seconds, the source is too long. */
  readonly tooLongFrom: number;
}

/** "Specify an input clip duration that is less than 12 hours long" (MediaConvert User Guide, "Specifying input files and input clips"). */
const MAX_CLIP_SECONDS = 12 * 3600 - 1;

/**
 * The job reads 10 % more than the maximum duration, because the clip can end early. The clip ends at a timecode, and timecodes count frames at an integer
 * rate. For example, at 30.4 frames per second, a timecode counts 30 frames as one second, so its seconds are shorter than real seconds.
 */
const CLIP_MARGIN = 1.1;

/** A transcoded video can be slightly longer than the duration that its source file states, for example by one audio frame. */
const TOLERANCE_SECONDS = 1;

/**
 * If the source file states no duration, the job reads only slightly more than the maximum duration, to limit the cost. A stated duration can be wrong, so the
 * duration of the transcoded video is always checked.
 */
export function durationLimit(statedSeconds: number | undefined, maxSeconds: number): DurationLimit {
  if (statedSeconds !== undefined) return { tooLongFrom: maxSeconds + TOLERANCE_SECONDS };
  const clipSeconds = Math.min(Math.ceil(maxSeconds * CLIP_MARGIN), MAX_CLIP_SECONDS);
  return { clipSeconds, tooLongFrom: Math.min(maxSeconds, Math.floor(clipSeconds / CLIP_MARGIN)) };
}

export function statedTooLong(seconds: number, maxSeconds: number): VideoError {
  return { code: 'too_long', message: `the video is ${readableDuration(Math.ceil(seconds))} long, at most ${readableDuration(maxSeconds)} is allowed` };
}

export const FOUND_TOO_LONG: VideoError = { code: 'too_long', message: 'the transcoded video is longer than the maximum duration' };
