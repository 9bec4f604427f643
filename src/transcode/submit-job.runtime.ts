import { CreateJobCommand, MediaConvertClient, ProbeCommand, SearchJobsCommand } from '@aws-sdk/client-mediaconvert';
import type { Context, S3ObjectCreatedNotificationEventDetail, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { VideoRow } from '../contract/table';
import { CLAIM_SECONDS, TranscodeSettings, SubmitMessage } from '../contract/transcode';
import { internal, isFinal } from './job/job-errors';
import { jobMetadata, parseJobMetadata } from './job/job-metadata';
import { jobSettings } from './job/job-settings';
import { chooseRungs } from './job/ladder';
import { durationLimit } from './source/duration-limit';
import { parseSourceKey } from '../domain/object-keys';
import { isVideoId } from '../domain/video-id';
import { progressInterval } from './job/progress-interval';
import { s3Url } from './job/s3-url';
import { isProblem, readProbe } from './source/probe';
import type { Source } from './source/source';
import type { VideoError } from '../domain/video-status';
import type { VideoRepository } from '../runtime/rows/video-repository';

export interface SubmitJobPorts {
  readonly videos: VideoRepository;
  readonly client: MediaConvertClient;
  readonly clock: () => Date;
  readonly settings: TranscodeSettings;
  readonly mediaBucket: string;
  readonly queueArn: string;
  readonly jobRoleArn: string;
  /** The number of failed tries after which SQS moves a message to the dead-letter queue. */
  readonly maxReceives: number;
}

interface Submission extends SubmitJobPorts {
  readonly abortSignal: AbortSignal;
}

/** Requests to MediaConvert are aborted 10 seconds before the function's timeout, so that the function can record the end of the attempt. */
const CLOSING_MS = 10_000;

/** The maximum number of pages to search for the job of an attempt. A source has only one job per attempt, so few pages are enough. */
const SEARCH_PAGES = 5;

export function submitJobs(
  ports: SubmitJobPorts,
): (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse> {
  return async ({ Records }, context) => {
    const batchItemFailures = [];
    // The SDK has no default request timeout, so Lambda could stop the function before the function records the end of the attempt.
    const abortSignal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - CLOSING_MS));
    for (const record of Records) {
      try {
        await submit(record, { ...ports, abortSignal });
      } catch (error) {
        console.error({ message: 'job not submitted', messageId: record.messageId, error: error instanceof Error ? error.stack : String(error) });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

async function submit({ body, messageId, attributes }: SQSRecord, ports: Submission): Promise<void> {
  const { videos, clock } = ports;
  const wanted = readMessage(body);
  if ('key' in wanted) return console.warn({ message: 'ignored: not a source key', key: wanted.key });
  const { videoId, size } = wanted;

  // One write records the upload and claims the first attempt, which saves a write for each video.
  const isFirst = size !== undefined && await videos.markUploaded(videoId, size, messageId) === 'changed';
  const row = await findOpen(videoId, new Date(Number(attributes.SentTimestamp)), videos);
  if (!row || row.attempt < wanted.attempt) return console.warn({ message: 'ignored: no such video', ...wanted });
  const { attempt } = row;

  // The message id is the claim's token, so a redelivered message gets its earlier claim again.
  const claimed = isFirst ? row : await videos.claim(videoId, attempt, messageId, new Date(clock().getTime() - CLAIM_SECONDS * 1000));
  if (!claimed) return console.info({ message: 'ignored: the attempt has already started or ended', videoId, status: row.status });
  if (claimed.claim?.token !== messageId) throw new Error(`attempt ${attempt} of ${videoId} is claimed by another message`);

  let adopted: string | undefined;
  let outcome: string | VideoError;
  try {
    // An earlier invocation may have created a job for the attempt without recording the job. Then `row` contains the claim of the earlier invocation. A claim
    // by another message after the read of `row` is not stale yet, so the token check above has thrown an error.
    adopted = !isFirst && row.claim?.attempt === attempt ? await findJob(row, ports) : undefined;
    outcome = adopted ?? await createJob(row, messageId, ports);
  } catch (error) {
    if (Number(attributes.ApproximateReceiveCount) >= ports.maxReceives) {
      console.error({ message: 'attempt abandoned', videoId, attempt, recorded: await videos.abandon(videoId, attempt, messageId, internal()) });
    }
    throw error;
  }
  if (typeof outcome === 'string') {
    console.info({ message: adopted ? 'job adopted' : 'job created', videoId, attempt, jobId: outcome, recorded: await videos.recordJob(videoId, attempt, outcome) });
  } else {
    console.info({ message: 'source rejected', videoId, attempt, code: outcome.code, recorded: await videos.recordError(videoId, attempt, outcome) });
  }
}

/**
 * If the current attempt was abandoned before the message was sent, this function first starts the next attempt. For example, a redrive from the dead-letter
 * queue sends a new message. If the message was sent before the attempt was abandoned, no new attempt starts, because the new attempt would fail in the same
 * way.
 */
async function findOpen(videoId: string, sentAt: Date, videos: VideoRepository): Promise<VideoRow | undefined> {
  const row = await videos.find(videoId);
  if (!row?.claim?.abandoned || row.claim.attempt !== row.attempt || !(sentAt > new Date(row.updatedAt))) return row;
  await videos.reopen(videoId, row.attempt);
  return videos.find(videoId);
}

/**
 * The content of a message that requests a job for a video. The job is always for the current attempt of the video, even if `attempt` is an earlier attempt. If
 * the current attempt already has a job, the message is ignored.
 */
interface Upload {
  readonly videoId: string;
  readonly attempt: number;
  readonly size?: number;
}

/** Throws for an unknown message, so that SQS moves the message to the dead-letter queue. */
function readMessage(body: string): Upload | { readonly key: string } {
  const { videoId, attempt, detail } = JSON.parse(body) as Partial<SubmitMessage> & { detail?: Partial<S3ObjectCreatedNotificationEventDetail> };
  if (typeof videoId === 'string' && isVideoId(videoId) && Number.isInteger(attempt)) return { videoId, attempt: attempt! };
  const { key, size } = detail?.object ?? {};
  if (typeof key !== 'string' || typeof size !== 'number') throw new Error('the message is neither an "Object Created" event nor {videoId, attempt}');
  const source = parseSourceKey(key);
  return source ? { ...source, attempt: 1, size } : { key };
}

function sourceUrl({ source }: VideoRow): string {
  return s3Url(source.bucket, source.key);
}

async function findJob(row: VideoRow, { client, queueArn, abortSignal }: Submission): Promise<string | undefined> {
  let NextToken: string | undefined;
  for (let page = 0; page < SEARCH_PAGES; page++) {
    const found = await client.send(new SearchJobsCommand({ InputFile: sourceUrl(row), Queue: queueArn, Order: 'DESCENDING', MaxResults: 20, NextToken }), { abortSignal });
    const job = found.Jobs?.find(({ UserMetadata }) => {
      const metadata = parseJobMetadata(UserMetadata);
      return metadata?.videoId === row.videoId && metadata.attempt === row.attempt;
    });
    if (job?.Id) return job.Id;
    NextToken = found.NextToken;
    if (!NextToken) return undefined;
  }
  return undefined;
}

/** Returns the id of the job, or an error that a retry of the message cannot fix. Throws if a retry can succeed. */
async function createJob(row: VideoRow, token: string, ports: Submission): Promise<string | VideoError> {
  const { client, settings, mediaBucket, queueArn, jobRoleArn, abortSignal } = ports;
  const { videoId, attempt } = row;
  const { state } = row.source;
  if (state) return { code: 'source_unavailable', message: state === 'archived' ? 'the source file is archived' : 'the source file was deleted' };
  const input = sourceUrl(row);

  const source = await probe(input, ports);
  if (isProblem(source)) return source;
  const renderings = chooseRungs(source, settings.ladder);
  if (renderings.length === 0) return { code: 'transcode_failed', message: `the picture is too small: ${source.width} x ${source.height} pixels` };
  const limit = durationLimit(source.durationSeconds, settings.maxDurationSeconds);

  try {
    const { Job } = await client.send(new CreateJobCommand({
      // MediaConvert remembers the token for a minute, which makes retries of the SDK idempotent. After a minute, the claim prevents duplicate jobs.
      ClientRequestToken: token,
      Queue: queueArn,
      Role: jobRoleArn,
      Settings: jobSettings({ videoId, attempt, input, mediaBucket, source, renderings, clipSeconds: limit.clipSeconds }, settings),
      UserMetadata: jobMetadata(videoId, attempt, source, renderings, limit),
      StatusUpdateInterval: progressInterval(source.durationSeconds),
      // Accelerated transcoding is billed as Professional tier.
      AccelerationSettings: { Mode: 'DISABLED' },
    }), { abortSignal });
    if (!Job?.Id) throw new Error('the response of MediaConvert contains no job id');
    return Job.Id;
  } catch (error) {
    if (!isFinal(error)) throw error;
    // MediaConvert would reject the same settings again, so there is no retry.
    console.error({ message: 'job rejected', videoId, attempt, error: String(error) });
    return { code: 'transcode_failed', message: 'MediaConvert rejected the job' };
  }
}

async function probe(input: string, { client, settings, abortSignal }: Submission): Promise<Source | VideoError> {
  try {
    const { ProbeResults } = await client.send(new ProbeCommand({ InputFiles: [{ FileUrl: input }] }), { abortSignal });
    return readProbe(ProbeResults?.[0]?.Container, settings.maxDurationSeconds);
  } catch (error) {
    if (!isFinal(error)) throw error;
    console.warn({ message: 'source not readable', input, error: String(error) });
    return { code: 'corrupt', message: 'the file could not be read as a video' };
  }
}
