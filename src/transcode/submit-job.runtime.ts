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

/** What the submitter works with. */
export interface SubmitJobPorts {
  readonly videos: VideoRepository;
  readonly client: MediaConvertClient;
  readonly clock: () => Date;
  readonly settings: TranscodeSettings;
  readonly mediaBucket: string;
  readonly queueArn: string;
  readonly jobRoleArn: string;
  /** How often a message is received before it goes to the dead-letter queue. */
  readonly maxReceives: number;
}

/** One invocation's. */
interface Submission extends SubmitJobPorts {
  readonly abortSignal: AbortSignal;
}

/** What is left of the function's time once MediaConvert has not answered: to write down that the attempt has ended. */
const CLOSING_MS = 10_000;

/** How far back a search goes: a source is the input of one job an attempt. */
const SEARCH_PAGES = 5;

/** Submits the one job of each video whose source has arrived. Messages that must be tried again come back as failures of the batch. */
export function submitJobs(
  ports: SubmitJobPorts,
): (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse> {
  return async ({ Records }, context) => {
    const batchItemFailures = [];
    // The SDK waits for an answer without end, and a function that Lambda ends can't give up its attempt.
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
  const wanted = readUpload(body);
  if ('key' in wanted) return console.warn({ message: 'ignored: not the key of a source', key: wanted.key });
  const { videoId, size } = wanted;

  if (size !== undefined) await videos.markUploaded(videoId, size);
  const row = await findOpen(videoId, new Date(Number(attributes.SentTimestamp)), videos);
  if (!row || row.attempt < wanted.attempt) return console.warn({ message: 'ignored: no such video', ...wanted });
  const { attempt } = row;

  // The message's id is the token: a message that comes again finds its own claim.
  const claimed = await videos.claim(videoId, attempt, messageId, new Date(clock().getTime() - CLAIM_SECONDS * 1000));
  if (!claimed) return console.info({ message: 'nothing to do', videoId, status: row.status });
  if (claimed.claim?.token !== messageId) throw new Error(`attempt ${attempt} of ${videoId} is being submitted by somebody else`);

  let adopted: string | undefined;
  let outcome: string | VideoError;
  try {
    // Whoever held this attempt before, we included, may have created its job and died before it was written down. A claim can't have come
    // and died between our read and our own claim: that takes longer than this function may run.
    adopted = row.claim?.attempt === attempt ? await findJob(row, ports) : undefined;
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
    console.info({ message: 'source refused', videoId, attempt, code: outcome.code, recorded: await videos.recordError(videoId, attempt, outcome) });
  }
}

/**
 * The video's row, at the next attempt if the last one was abandoned before the message was sent: a person moved it back from the dead-letter queue, which
 * makes a new message of it. An older one only waited behind the message whose attempt was abandoned, and would fail as that one did.
 */
async function findOpen(videoId: string, sentAt: Date, videos: VideoRepository): Promise<VideoRow | undefined> {
  const row = await videos.find(videoId);
  if (!row?.claim?.abandoned || row.claim.attempt !== row.attempt || !(sentAt > new Date(row.updatedAt))) return row;
  await videos.reopen(videoId, row.attempt);
  return videos.find(videoId);
}

/** What a message asks for: a job for this attempt of a video, or for a later one that has none. */
interface Upload {
  readonly videoId: string;
  readonly attempt: number;
  /** What S3 has, where the message is S3's. */
  readonly size?: number;
}

/** Reads S3's event, or an SubmitMessage. Any other message throws, and ends in the dead-letter queue. */
function readUpload(body: string): Upload | { readonly key: string } {
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

/** The attempt's job, if somebody created it. */
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

/** The new job's id, or why there can be none. What is not about the source throws: the message comes again. */
async function createJob(row: VideoRow, token: string, ports: Submission): Promise<string | VideoError> {
  const { client, settings, mediaBucket, queueArn, jobRoleArn, abortSignal } = ports;
  const { videoId, attempt } = row;
  const input = sourceUrl(row);

  const source = await probe(input, ports);
  if (isProblem(source)) return source;
  const renderings = chooseRungs(source, settings.ladder);
  if (renderings.length === 0) return { code: 'transcode_failed', message: `a picture of ${source.width} x ${source.height} is too small` };
  const limit = durationLimit(source.durationSeconds, settings.maxDurationSeconds);

  try {
    const { Job } = await client.send(new CreateJobCommand({
      // Good for a minute: it covers the SDK's own repetitions, the claim covers the rest.
      ClientRequestToken: token,
      Queue: queueArn,
      Role: jobRoleArn,
      Settings: jobSettings({ videoId, attempt, input, mediaBucket, source, renderings, clipSeconds: limit.clipSeconds }, settings),
      UserMetadata: jobMetadata(videoId, attempt, source, renderings, limit),
      StatusUpdateInterval: progressInterval(source.durationSeconds),
      // Accelerated jobs are billed as Professional.
      AccelerationSettings: { Mode: 'DISABLED' },
    }), { abortSignal });
    if (!Job?.Id) throw new Error('MediaConvert answered without a job');
    return Job.Id;
  } catch (error) {
    if (!isFinal(error)) throw error;
    // The same settings would be refused again. The message says which, so it goes to the log.
    console.error({ message: 'job refused', videoId, attempt, error: String(error) });
    return { code: 'transcode_failed', message: 'MediaConvert refused the job' };
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
