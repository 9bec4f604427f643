import { GetObjectTaggingCommand, HeadObjectCommand, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { S3ObjectCreatedNotificationEventDetail, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { describe } from './describe-object.runtime';
import type { IngestSettings } from '../contract/ingest';
import type { ObjectVersion } from '../contract/table';
import { isMediaType, MAX_CONTENT_TYPE_LENGTH } from '../domain/media-type';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { objectRejection } from '../runtime/s3-errors';
import { requestJob, SubmitQueue } from '../transcode/request-job.runtime';

export interface IngestObjectsPorts extends SubmitQueue {
  readonly videos: Pick<VideoRepository, 'find' | 'findIngested' | 'createIngested'>;
  readonly s3: S3Client;
  /** Returns a video id that is sortable by time and cannot be guessed. */
  readonly newId: () => string;
  readonly settings: IngestSettings;
}

/** An S3 object, with the values from its event. `etag` has no quotes. */
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
 * S3 can send the event of an object more than once, but each object must become only one video. Therefore, one transaction creates the video and an item that
 * links the object to the video (`ingestKey`).
 */
async function ingest(body: string, ports: IngestObjectsPorts): Promise<void> {
  const { videos, settings } = ports;
  const object = readEvent(body);
  const { bucket, key, size } = object;
  if (!settings.sources.some((source) => source.bucket === bucket && key.startsWith(source.prefix))) throw new Error('the object matches no source of VodIngest: a source is a bucket and a key prefix');
  if (/(^|\/)\.{1,2}(\/|$)/.test(key)) throw new Error('the key contains the path segment "." or "..", which some programs resolve to another key');
  // The S3 console creates an empty object for each folder.
  if (size === 0 || key.endsWith('/')) return console.info({ message: 'ignored: a folder or an empty object', bucket, key });

  const existing = await videos.findIngested(object);
  if (existing === undefined) {
    const videoId = await create(object, ports);
    if (videoId !== undefined) await requestJob(ports, { videoId, attempt: 1 });
    return;
  }
  const row = await videos.find(existing);
  if (row?.status === 'uploaded' && row.claim === undefined) return requestJob(ports, { videoId: existing, attempt: 1 });
  console.info({ message: 'ignored: the object already has a video', bucket, key, videoId: existing });
}

/** Returns undefined if the object was deleted or replaced. If the object was replaced, S3 sends a separate event for the new object. */
async function create(object: CreatedObject, { videos, s3, newId, settings }: IngestObjectsPorts): Promise<string | undefined> {
  const { bucket, key, etag } = object;
  const { head, tags } = await read(s3, object) ?? {};
  if (!head || !tags) {
    console.warn({ message: 'ignored: the object was deleted or replaced', bucket, key });
    return undefined;
  }
  const videoId = newId();
  const { video, details } = describe({ key, metadata: head.Metadata?.vod, tags, fallbackName: videoId }, settings);
  const created = await videos.createIngested(object, {
    videoId,
    ...video,
    source: { bucket, key, etag, fileName: video.fileName, contentType: contentTypeOf(head), size: head.ContentLength! },
  }, details);
  console.info({ message: 'object ingested', bucket, key, videoId: created });
  return created;
}

interface ReadObject {
  readonly head: HeadObjectCommandOutput;
  readonly tags: Readonly<Record<string, string | undefined>>;
}

/** S3 has no `If-Match` for tags, so this function reads the tags first. If the tags belong to a newer object, the HeadObject request then fails. */
async function read(s3: S3Client, { bucket, key, etag }: CreatedObject): Promise<ReadObject | undefined> {
  const object = { Bucket: bucket, Key: key };
  try {
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(object), timeout());
    const head = await s3.send(new HeadObjectCommand({ ...object, IfMatch: `"${etag}"` }), timeout());
    return { head, tags: Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value])) };
  } catch (error) {
    const rejection = objectRejection(error);
    if (rejection === 'gone') return undefined;
    if (rejection === 'denied') throw new Error('S3 denied access. The policy of the bucket or of its KMS key must allow the function to read the object', { cause: error });
    throw error;
  }
}

/** S3 accepts any text as a content type, so this function replaces an invalid content type. */
function contentTypeOf({ ContentType = '' }: HeadObjectCommandOutput): string {
  return ContentType.length <= MAX_CONTENT_TYPE_LENGTH && isMediaType(ContentType) ? ContentType : 'application/octet-stream';
}

function timeout(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(REQUEST_MS) };
}

type Event = { readonly detail?: Partial<Omit<S3ObjectCreatedNotificationEventDetail, 'object'>> & { readonly object?: Partial<S3ObjectCreatedNotificationEventDetail['object']> } };

/** Throws if the message is not an event of a created object. */
function readEvent(body: string): CreatedObject {
  const { bucket, object } = (JSON.parse(body) as Event).detail ?? {};
  const { key, size, etag, 'version-id': id } = object ?? {};
  if (typeof bucket?.name !== 'string' || typeof key !== 'string' || typeof size !== 'number' || typeof etag !== 'string') {
    throw new Error('the message is not an "Object Created" event');
  }
  // S3 documents the version id `null` for objects in a bucket without versioning.
  return { bucket: bucket.name, key, size, etag, version: id && id !== 'null' ? id : etag };
}

function objectIn(body: string): string | undefined {
  try {
    const { bucket, key } = readEvent(body);
    return `s3://${bucket}/${key}`;
  } catch {
    return undefined;
  }
}
