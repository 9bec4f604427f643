import type { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { VideoRow } from '../contract/table';
import { CLAIM_SECONDS, SubmitMessage } from '../contract/transcode';
import type { VideoStatus } from '../domain/video-status';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { lookUpJob } from '../transcode/look-up-job.runtime';
import { recordJobEnd, recordJobGone, recordNeverSubmitted } from '../transcode/record-job-end.runtime';

/** What a video is settled with. */
export interface SettlePorts {
  readonly videos: VideoRepository;
  readonly clock: () => Date;
  /** @default - no transcoding: its videos are looked at later */
  readonly transcode?: { readonly sqs: SQSClient; readonly submitQueueUrl: string; readonly mediaConvert: MediaConvertClient };
}

/** How long to leave a video alone. */
export interface Wait {
  readonly minutes: number;
  /** How often a job was asked for by now, where that has changed. */
  readonly resubmits?: number;
}

/** When to look at a video again. `settled`: the write that moved the video on has set its due time, too. */
export type NextLook = Wait | 'never' | 'settled';

type Settle = (row: VideoRow, ports: SettlePorts) => Promise<NextLook>;

/** Most transcodes take less. */
export const LATER: Wait = { minutes: 60 };
/** For what has just been done, and a service that does not answer. */
const SOON: Wait = { minutes: 15 };
/** How long to wait after each message for a job. If none brings one, the video is given up: three days and eight hours after its upload. */
const RESUBMIT_HOURS: readonly number[] = [1, 2, 4, 8, 16, 24, 24];
/** The SDK waits for an answer without end, and one video must not use up the time of all. */
const CALL_MS = 10_000;

/**
 * What a sweep does with a due video, by status. Whatever is to happen to videos at a time belongs here: in the settler of the status in which it is due, and
 * with a due time in DUE_MINUTES. The repair of what is derived from rows belongs here, too. Each may run twice, or die anywhere and run again.
 */
const SETTLERS: Readonly<Record<VideoStatus, Settle>> = {
  waiting: nothingIsDue,
  uploaded: submitAgain,
  processing: lookAtJob,
  held: nothingIsDue,
  ready: nothingIsDue,
  errored: nothingIsDue,
  deleting: nothingIsDue,
};

/** Does what is due for a video. */
export function settle(row: VideoRow, ports: SettlePorts): Promise<NextLook> {
  return (SETTLERS as Partial<typeof SETTLERS>)[row.status]?.(row, ports) ?? Promise.resolve(LATER);
}

async function nothingIsDue(): Promise<NextLook> {
  return 'never';
}

/**
 * Its message is lost, waits, or its submitter died too often. Of several messages one submits, by its claim (docs/decisions/003). Messages pile up where
 * nobody takes them, so each waits longer than the one before.
 */
async function submitAgain({ videoId, attempt, claim, resubmits = 0 }: VideoRow, { videos, clock, transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER;
  const staleBefore = before(clock(), CLAIM_SECONDS);
  if (claim?.attempt === attempt && claim.startedAt >= staleBefore.toISOString()) return SOON;
  if (resubmits >= RESUBMIT_HOURS.length) {
    console.error({ message: 'given up: nobody submits it', videoId, attempt, resubmits, recorded: await recordNeverSubmitted(videos, videoId, attempt, staleBefore) });
    return 'settled';
  }
  const message: SubmitMessage = { videoId, attempt };
  await transcode.sqs.send(new SendMessageCommand({ QueueUrl: transcode.submitQueueUrl, MessageBody: JSON.stringify(message) }), patience());
  console.warn({ message: 'submitted again', videoId, attempt, times: resubmits + 1 });
  return { minutes: RESUBMIT_HOURS[resubmits] * 60, resubmits: resubmits + 1 };
}

/** Its job takes long, or the event of its end is lost. */
async function lookAtJob({ videoId, attempt, jobId, updatedAt }: VideoRow, { videos, clock, transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER;
  let state;
  try {
    state = jobId === undefined ? 'gone' : await lookUpJob(transcode.mediaConvert, jobId, patience().abortSignal);
  } catch (error) {
    console.error({ message: 'MediaConvert does not tell of the job', videoId, jobId, error: String(error) });
    return SOON;
  }
  if (state === 'running') return LATER;
  if (state === 'gone') {
    // MediaConvert may not show yet what it has just made: the margin of a search (docs/decisions/003).
    if (updatedAt >= before(clock(), CLAIM_SECONDS).toISOString()) return SOON;
    console.error({ message: 'job not found', videoId, attempt, jobId, recorded: await recordJobGone(videos, videoId, attempt) });
    return 'settled';
  }
  const { job, end } = state;
  if (job.videoId !== videoId || job.attempt !== attempt) throw new Error(`the job ${jobId} is of attempt ${job.attempt} of ${job.videoId}`);
  const { status, errorCode, errorMessage } = end;
  console.warn({ message: 'job ended without an event', videoId, attempt, jobId, status, errorCode, errorMessage, recorded: await recordJobEnd(videos, job, end) });
  return 'settled';
}

function before(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}

function patience(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MS) };
}
