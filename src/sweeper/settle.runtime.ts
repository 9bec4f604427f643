import { LATER, NextLook, requestTimeout, SettlePorts, Wait } from './settle-ports.runtime';
import { settleSource } from './settle-source.runtime';
import { removeUpload, settleUpload } from './settle-upload.runtime';
import type { VideoRow } from '../contract/table';
import { CLAIM_SECONDS } from '../contract/transcode';
import type { VideoStatus } from '../domain/video-status';
import { lookUpJob } from '../transcode/look-up-job.runtime';
import { recordJobEnd, recordJobGone, recordNeverSubmitted } from '../transcode/record-job-end.runtime';
import { requestJob } from '../transcode/request-job.runtime';

/** The wait after a recent claim or change of the video, and after a failed request to MediaConvert. */
const SOON: Wait = { minutes: 15 };
/**
 * The number of hours that the sweeper waits after each repeated message to the submit queue. If no message leads to a MediaConvert job, the video becomes
 * `errored` 3 days and 8 hours after the upload.
 */
const RESUBMIT_HOURS: readonly number[] = [1, 2, 4, 8, 16, 24, 24];
type Settle = (row: VideoRow, ports: SettlePorts) => Promise<NextLook>;

/**
 * The action for a due video, by status.
 *
 * Add each action that depends on the time or repairs derived data to this map. Add its due time to DUE_MINUTES. Actions must be idempotent: an action can run
 * twice, or stop at any point and run again.
 */
const SETTLERS: Readonly<Record<VideoStatus, Settle>> = {
  waiting: settleUpload,
  uploaded: submitAgain,
  processing: checkJob,
  held: nothingIsDue,
  ready: settleReady,
  errored: removeExpired,
  // In this version of the library, a video gets the status `deleting` only if its upload is aborted.
  deleting: removeUpload,
};

export function settle(row: VideoRow, ports: SettlePorts): Promise<NextLook> {
  return (SETTLERS as Partial<typeof SETTLERS>)[row.status]?.(row, ports) ?? Promise.resolve(LATER);
}

async function nothingIsDue(): Promise<NextLook> {
  return 'never';
}

/** Publishes or unpublishes the video if necessary. Otherwise, acts on the source. If both are due, the next sweep acts on the source. */
async function settleReady(row: VideoRow, ports: SettlePorts): Promise<NextLook> {
  const recorded = await ports.videos.settlePublication(row);
  if (recorded === undefined) return settleSource(row, ports);
  console.info({ message: 'publication time reached', videoId: row.videoId, recorded });
  return 'settled';
}

async function removeExpired(row: VideoRow, ports: SettlePorts): Promise<NextLook> {
  return row.error?.code === 'upload_expired' ? removeUpload(row, ports) : 'never';
}

/**
 * Sends the submit message of a video again, because the video has no MediaConvert job yet.
 *
 * Repeated messages are harmless: a lock in the row (the claim) allows only one message to submit a job (docs/decisions/003). The wait grows after each
 * message, so that few messages accumulate while the submit function cannot run.
 */
async function submitAgain({ videoId, attempt, claim, resubmits = 0 }: VideoRow, { videos, clock, transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER;
  const staleBefore = before(clock(), CLAIM_SECONDS);
  if (claim?.attempt === attempt && claim.startedAt >= staleBefore.toISOString()) return SOON;
  if (resubmits >= RESUBMIT_HOURS.length) {
    console.error({ message: 'attempt ended: job never submitted', videoId, attempt, resubmits, recorded: await recordNeverSubmitted(videos, videoId, attempt, staleBefore) });
    return 'settled';
  }
  await requestJob(transcode, { videoId, attempt });
  console.warn({ message: 'resubmitted', videoId, attempt, times: resubmits + 1 });
  return { minutes: RESUBMIT_HOURS[resubmits] * 60, resubmits: resubmits + 1 };
}

/** Reads the state of a video's MediaConvert job, and records the result of an ended job. */
async function checkJob({ videoId, attempt, jobId, updatedAt }: VideoRow, { videos, clock, transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER;
  let state;
  try {
    state = jobId === undefined ? 'gone' : await lookUpJob(transcode.mediaConvert, jobId, requestTimeout().abortSignal);
  } catch (error) {
    console.error({ message: 'job state not readable', videoId, jobId, error: String(error) });
    return SOON;
  }
  if (state === 'running') return LATER;
  if (state === 'gone') {
    // MediaConvert is eventually consistent: it may not return a new job yet (docs/decisions/003).
    if (updatedAt >= before(clock(), CLAIM_SECONDS).toISOString()) return SOON;
    console.error({ message: 'job not found', videoId, attempt, jobId, recorded: await recordJobGone(videos, videoId, attempt) });
    return 'settled';
  }
  const { job, end } = state;
  if (job.videoId !== videoId || job.attempt !== attempt) throw new Error(`job ${jobId}: expected attempt ${attempt} of ${videoId}, got attempt ${job.attempt} of ${job.videoId}`);
  const { status, errorCode, errorMessage } = end;
  console.warn({ message: 'job ended, but its event did not arrive', videoId, attempt, jobId, status, errorCode, errorMessage, recorded: await recordJobEnd(videos, job, end) });
  return 'settled';
}

function before(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}
