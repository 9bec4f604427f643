import type { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { VideoRow } from '../contract/table';
import type { UploadMessage } from '../contract/transcode';
import type { VideoStatus } from '../domain/video-status';
import type { VideoRepository } from '../runtime/video-repository';
import { lookUpJob } from '../transcode/look-up-job.runtime';
import { recordJobEnd, recordJobGone } from '../transcode/record-job-end.runtime';

/** What a video is settled with. */
export interface SettlePorts {
  readonly videos: VideoRepository;
  /** @default - no transcoding: its videos are looked at later */
  readonly transcode?: { readonly sqs: SQSClient; readonly uploadsQueueUrl: string; readonly mediaConvert: MediaConvertClient };
}

/** When to look at a video again: after so many minutes, or never. `settled`: the write that moved the video on has set its due time, too. */
export type NextLook = number | 'never' | 'settled';

type Settle = (row: VideoRow, ports: SettlePorts) => Promise<NextLook>;

/** Most transcodes take less. */
export const LATER_MINUTES = 60;
/** For a service that does not answer. */
const SOON_MINUTES = 15;
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
  return (SETTLERS as Partial<typeof SETTLERS>)[row.status]?.(row, ports) ?? Promise.resolve(LATER_MINUTES);
}

async function nothingIsDue(): Promise<NextLook> {
  return 'never';
}

/** Its message is lost, or its submitter died too often. Of several messages one submits, by its claim (docs/decisions/003). */
async function submitAgain({ videoId, attempt }: VideoRow, { transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER_MINUTES;
  const message: UploadMessage = { videoId, attempt };
  await transcode.sqs.send(new SendMessageCommand({ QueueUrl: transcode.uploadsQueueUrl, MessageBody: JSON.stringify(message) }), patience());
  console.warn({ message: 'submitted again', videoId, attempt });
  return LATER_MINUTES;
}

/** Its job takes long, or the event of its end is lost. */
async function lookAtJob({ videoId, attempt, jobId }: VideoRow, { videos, transcode }: SettlePorts): Promise<NextLook> {
  if (!transcode) return LATER_MINUTES;
  let state;
  try {
    state = jobId === undefined ? 'gone' : await lookUpJob(transcode.mediaConvert, jobId, patience().abortSignal);
  } catch (error) {
    console.error({ message: 'MediaConvert does not tell of the job', videoId, jobId, error: String(error) });
    return SOON_MINUTES;
  }
  if (state === 'running') return LATER_MINUTES;
  if (state === 'gone') {
    console.error({ message: 'job not found', videoId, attempt, jobId, recorded: await recordJobGone(videos, videoId, attempt) });
    return 'settled';
  }
  const { job, end } = state;
  if (job.videoId !== videoId || job.attempt !== attempt) throw new Error(`the job ${jobId} is of attempt ${job.attempt} of ${job.videoId}`);
  const { status, errorCode, errorMessage } = end;
  console.warn({ message: 'job ended without an event', videoId, attempt, jobId, status, errorCode, errorMessage, recorded: await recordJobEnd(videos, job, end) });
  return 'settled';
}

function patience(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MS) };
}
