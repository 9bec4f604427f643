/** The statuses of a video. `waiting -> uploaded -> processing -> (held ->) ready | errored`; `deleting` from any. */
export const VIDEO_STATUSES = ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored', 'deleting'] as const;
export type VideoStatus = (typeof VIDEO_STATUSES)[number];

/** Whether users can see a video. False if it is being deleted, and for a status that a newer version wrote. */
export function isPresent(status: VideoStatus): boolean {
  return status !== 'deleting' && VIDEO_STATUSES.includes(status);
}

/** The reasons why a video is `errored`. */
export const VIDEO_ERROR_CODES = [
  'not_a_video', 'too_large', 'too_long', 'corrupt', 'unsupported_codec', 'transcode_failed', 'upload_expired', 'internal',
] as const;
export type VideoErrorCode = (typeof VIDEO_ERROR_CODES)[number];

/** The error of a video. Only its owner and admins can see it. */
export interface VideoError {
  readonly code: VideoErrorCode;
  readonly message: string;
}

/**
 * The allowed previous statuses of each status within one attempt. Any other transition is late, repeated or out of order, and is ignored. A retry starts the
 * next attempt at `uploaded`.
 */
export const ENTERED_FROM: Readonly<Record<VideoStatus, readonly VideoStatus[]>> = {
  waiting: [],
  uploaded: ['waiting'],
  processing: ['uploaded'],
  // No code of this version holds videos back yet.
  held: [],
  ready: ['uploaded', 'processing'],
  errored: ['waiting', 'uploaded', 'processing'],
  deleting: ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored'],
};
