import { nextPublicationTime, PublicationTimes } from './publication-times';
import type { VideoStatus } from './video-status';

/**
 * For each status, the number of minutes after which the sweeper checks a video with this status. If a video already has a due time, a new status does not
 * change the due time, because each change costs two write units of the index. The first due time is therefore one hour after the client requested the upload
 * (`POST /upload`). If no action is necessary at the first check, the sweeper changes the due time to the time of the next action.
 *
 * `never` removes the due time. Exception: a ready video gets a due time if the sweeper will delete or archive its source, or if a publication time is in the
 * future.
 */
export const DUE_MINUTES: Readonly<Record<VideoStatus, number | 'never'>> = {
  waiting: 60, uploaded: 60, processing: 60, held: 'never', ready: 'never', errored: 'never', deleting: 60,
};

/**
 * Returns the due time of a row: the earliest time at which the sweeper must act. Publication times count only if the video is ready, because viewers cannot
 * find or watch a video that is not ready.
 *
 * @param other the earliest due time for another reason: the check of the status, or the action on the source
 */
export function dueTime({ status, ...times }: PublicationTimes & { readonly status: VideoStatus }, other: Date | undefined, now: Date): Date | undefined {
  const next = status === 'ready' ? nextPublicationTime(times, now) : undefined;
  return next && (!other || next < other) ? next : other;
}
