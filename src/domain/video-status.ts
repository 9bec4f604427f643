/** The statuses of a video: `waiting -> uploaded -> processing -> (held ->) ready | errored`. Every status can change to `deleting`. */
export const VIDEO_STATUSES = ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored', 'deleting'] as const;
export type VideoStatus = (typeof VIDEO_STATUSES)[number];

/** The statuses of videos that users can see. */
export const PRESENT_STATUSES: readonly VideoStatus[] = VIDEO_STATUSES.filter((status) => status !== 'deleting');

/** Users cannot see videos with a status that only a newer version of this library knows. */
export function isPresent(status: VideoStatus): boolean {
  return PRESENT_STATUSES.includes(status);
}

export const VIDEO_ERROR_CODES = [
  'not_a_video', 'too_large', 'too_long', 'corrupt', 'unsupported_codec', 'transcode_failed', 'upload_expired', 'source_unavailable', 'internal',
] as const;
export type VideoErrorCode = (typeof VIDEO_ERROR_CODES)[number];

/** The maximum number of attempts to transcode a video, because each attempt costs money. An operator can start further attempts with a redrive of messages. */
export const MAX_ATTEMPTS = 10;

/** Only the owner of the video and admins can see the error. */
export interface VideoError {
  readonly code: VideoErrorCode;
  readonly message: string;
}

/**
 * The statuses that can precede each status, within one attempt to transcode the video. All other changes are ignored, because they come from events that are
 * late, repeated or out of order. The next attempt starts with the status `uploaded`.
 */
export const ENTERED_FROM: Readonly<Record<VideoStatus, readonly VideoStatus[]>> = {
  waiting: [],
  uploaded: ['waiting'],
  processing: ['uploaded'],
  // No code sets this status yet.
  held: [],
  ready: ['uploaded', 'processing'],
  errored: ['waiting', 'uploaded', 'processing'],
  deleting: ['waiting', 'uploaded', 'processing', 'held', 'ready', 'errored'],
};
