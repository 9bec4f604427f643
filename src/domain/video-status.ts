/** Where a video stands. `waiting -> uploaded -> processing -> (held ->) ready | errored`; `deleting` from any. */
export const VIDEO_STATUSES = ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored', 'deleting'] as const;
export type VideoStatus = (typeof VIDEO_STATUSES)[number];

/** False for a video that is being deleted, and for a status that this version does not know: nobody sees such a video. */
export function isPresent(status: VideoStatus): boolean {
  return status !== 'deleting' && VIDEO_STATUSES.includes(status);
}

/** Why a video is `errored`. */
export const VIDEO_ERROR_CODES = [
  'not_a_video', 'too_large', 'too_long', 'corrupt', 'unsupported_codec', 'transcode_failed', 'upload_expired', 'internal',
] as const;
export type VideoErrorCode = (typeof VIDEO_ERROR_CODES)[number];

/** The error of a video, as its owner and admins see it. */
export interface VideoError {
  readonly code: VideoErrorCode;
  readonly message: string;
}

/**
 * The statuses from which each status may be entered within one attempt. Everything that is not listed is late,
 * repeated or out of order, and changes nothing. A retry is the next attempt, at `uploaded`.
 */
export const ENTERED_FROM: Readonly<Record<VideoStatus, readonly VideoStatus[]>> = {
  waiting: [],
  uploaded: ['waiting'],
  processing: ['uploaded'],
  // Nothing holds a video back yet.
  held: [],
  ready: ['uploaded', 'processing'],
  errored: ['waiting', 'uploaded', 'processing'],
  deleting: ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored'],
};
