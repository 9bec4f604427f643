import { GetObjectTaggingCommand, HeadObjectCommand, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { S3ObjectCreatedNotificationEventDetail, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { describe } from './describe-object.runtime';
import type { IngestSettings } from '../contract/ingest';
import type { ObjectVersion } from '../contract/table';
import type { SubmitMessage } from '../contract/transcode';
import type { VideoRepository } from '../runtime/rows/video-repository';

export interface IngestObjectsPorts {
  readonly videos: Pick<VideoRepository, 'find' | 'findIngested' | 'createIngested'>;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly submitQueueUrl: string;
  /** Returns a video id that is sortable by time and cannot be guessed. */
  readonly newId: () => string;
  readonly settings: IngestSettings;
}

/** An object of S3, as its event describes it. `etag` has no quotes. */
interface CreatedObject extends ObjectVersion {
  readonly etag: string;
  readonly size: number;
}

/** The SDK has no default request timeout. */
const REQUEST_MS = 5_000;

/** If a message fails, SQS delivers it again, and finally moves it to the dead-letter queue. */
export function ingestObjects(ports: IngestObjectsPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async ({ Records }) => {
    const failures = await Promise.all(Records.map(async ({ body, messageId }) => {
      try {
        await ingest(body, ports);
        return [];
      } catch (error) {
        console.error({ message: 'object not ingested', messageId, object: objectIn(body), error: error instanceof Error ? error.stack : String(error) });
        return [{ itemIdentifier: messageId }];
      }
    }));
    return { batchItemFailures: failures.flat() };
  };
}

/**
 * S3 can send the event of an object more than once. Therefore the transaction that creates the video also stores the id of the video under the key of the
 * object, and only the first event of an object creates a video.
 */
async function ingest(body: string, ports: IngestObjectsPorts): Promise<void> {
  const { videos, settings } = ports;
  const object = readEvent(body);
  const { bucket, key, size } = object;
  if (!settings.sources.some((source) => source.bucket === bucket && key.startsWith(source.prefix))) throw new Error('the object is not in a bucket of the ingest, or its key does not begin with a prefix of the ingest');
  // The S3 console creates an empty object for each folder.
  if (size === 0 || key.endsWith('/')) return console.info({ message: 'ignored: a folder or an empty object', bucket, key });

  const existing = await videos.findIngested(object);
  if (existing === undefined) {
    const videoId = await create(object, ports);
    if (videoId !== undefined) await submit(videoId, ports);
    return;
  }
  const row = await videos.find(existing);
  if (row?.status === 'uploaded' && row.claim === undefined) return submit(existing, ports);
  console.info({ message: 'ignored: the object already has a video', bucket, key, videoId: existing });
}

/** Returns undefined if the object was deleted or replaced. If a new object replaced it, S3 sends a separate event for the new object. */
async function create(object: CreatedObject, { videos, s3, newId, settings }: IngestObjectsPorts): Promise<string | undefined> {
  const { bucket, key, etag } = object;
  const head = await headOf(s3, object);
  if (!head) {
    console.warn({ message: 'ignored: the object was deleted or replaced', bucket, key });
    return undefined;
  }
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }), timeout());
  const tags = Object.fromEntries((TagSet ?? []).map(({ Key, Value }) => [Key, Value]));
  const videoId = newId();
  const { video, details } = describe({ key, metadata: head.Metadata?.vod, tags, fallbackName: videoId }, settings);
  const created = await videos.createIngested(object, {
    videoId,
    ...video,
    source: { bucket, key, etag, fileName: video.fileName, contentType: head.ContentType ?? 'application/octet-stream', size: head.ContentLength! },
  }, details);
  console.info({ message: 'object ingested', bucket, key, videoId: created });
  return created;
}

async function headOf(s3: S3Client, { bucket, key, etag }: CreatedObject): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, IfMatch: `"${etag}"` }), timeout());
  } catch (error) {
    const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404 || status === 412) return undefined;
    // Without the permission `s3:ListBucket`, S3 also returns 403 for a missing object (see "HeadObject" in the Amazon S3 API Reference).
    if (status === 403) throw new Error('S3 denied access. Either the object was deleted, or the policy of its bucket or KMS key does not allow the function to read it', { cause: error });
    throw error;
  }
}

async function submit(videoId: string, { sqs, submitQueueUrl }: IngestObjectsPorts): Promise<void> {
  const message: SubmitMessage = { videoId, attempt: 1 };
  await sqs.send(new SendMessageCommand({ QueueUrl: submitQueueUrl, MessageBody: JSON.stringify(message) }), timeout());
}

function timeout(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(REQUEST_MS) };
}

type Event = { readonly detail?: Partial<Omit<S3ObjectCreatedNotificationEventDetail, 'object'>> & { readonly object?: Partial<S3ObjectCreatedNotificationEventDetail['object']> } };

/** Throws for an unknown message. */
function readEvent(body: string): CreatedObject {
  const { bucket, object } = (JSON.parse(body) as Event).detail ?? {};
  const { key, size, etag, 'version-id': version } = object ?? {};
  if (typeof bucket?.name !== 'string' || typeof key !== 'string' || typeof size !== 'number' || typeof etag !== 'string') {
    throw new Error('the message is not an "Object Created" event');
  }
  return { bucket: bucket.name, key, size, etag, version: version ?? etag };
}

function objectIn(body: string): string | undefined {
  try {
    const { bucket, key } = readEvent(body);
    return `s3://${bucket}/${key}`;
  } catch {
    return undefined;
  }
}
