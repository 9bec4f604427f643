import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Context, DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from './events-of.runtime';
import { eventsOfRecord } from './read-record.runtime';
import type { SendEvents, TimedEvent } from './send-events.runtime';
import { readRow } from '../../contract/read-row';
import { videoKey, VideoRow } from '../../contract/table';
import { VIDEO_STATUSES } from '../../domain/video-status';

/**
 * If `source` is `failed`, the function sends events for the records in the failed events bucket. If `source` is `table`, the function sends one event for each
 * video: the event of its current status. `after` is the value of `next` in the previous response.
 */
export interface ResendRequest {
  readonly source?: unknown;
  readonly after?: unknown;
}

export interface ResendAnswer {
  readonly sent: number;
  /**
   * The number of failed objects and rows. An object or row fails if the function cannot read it, or if EventBridge permanently rejects one of its events.
   * Failed objects stay in the bucket.
   */
  readonly failed: number;
  /** Position of the next page, absent after the last page. */
  readonly next?: string;
  /** A temporary error. To retry, invoke the function again, and pass the value of `next` as `after`. If the first page fails, `next` is absent. */
  readonly error?: string;
}

export interface ResendEventsPorts {
  readonly send: SendEvents;
  readonly s3: S3Client;
  readonly documents: DynamoDBDocumentClient;
  readonly bucket: string;
  readonly tableName: string;
}

/** The function starts a new page only if the invocation has at least this much time left. */
const LEFT_MS = 10_000;
const ROWS_AT_ONCE = 100;
const OBJECTS_AT_ONCE = 20;

interface Page {
  /** For each event: the key of the object or row from which the event was read. */
  readonly events: ReadonlyMap<TimedEvent, string>;
  /** Keys of the failed objects and rows. */
  readonly failed: Set<string>;
  readonly next?: string;
  readonly settle?: () => Promise<void>;
}

/** Stops after the last page, after a failed page, or if the function has little time left. */
export function resendEvents(ports: ResendEventsPorts): (request: ResendRequest, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<ResendAnswer> {
  const pages: Readonly<Record<string, (after: string | undefined) => Promise<Page>>> = {
    failed: (after) => failedRecords(ports, after),
    table: (after) => currentStates(ports, after),
  };
  return async ({ source, after }, context) => {
    if (typeof source !== 'string' || !Object.hasOwn(pages, source)) throw new Error(`source: expected "failed" or "table", got ${JSON.stringify(source)}`);
    if (after !== undefined && typeof after !== 'string') throw new Error(`after: expected the value of "next" in the previous response, got ${JSON.stringify(after)}`);
    let [sent, failed, next] = [0, 0, after];
    const answer = () => ({ sent, failed, ...(next !== undefined && { next }) });
    do {
      try {
        const page = await pages[source](next);
        sent += await sendPage(page, ports);
        failed += page.failed.size;
        next = page.next;
      } catch (error) {
        console.error({ message: 'page not sent', source, after: next, error: error instanceof Error ? error.stack : String(error) });
        return { ...answer(), error: String(error) };
      }
    } while (next !== undefined && context.getRemainingTimeInMillis() > LEFT_MS);
    return answer();
  };
}

async function sendPage({ events, failed, settle }: Page, { send }: ResendEventsPorts): Promise<number> {
  let rejected = 0;
  await send([...events.keys()], (event, code) => {
    rejected++;
    const from = events.get(event)!;
    failed.add(from);
    console.error({ message: 'event rejected', eventId: event.detail.eventId, code, from });
  });
  await settle?.();
  return events.size - rejected;
}

/**
 * An object is deleted only after all of its records were sent. If one record of an object cannot be sent, the object stays in the bucket. Every later
 * invocation then sends the other records of this object again.
 */
async function failedRecords({ s3, bucket }: ResendEventsPorts, after: string | undefined): Promise<Page> {
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: OBJECTS_AT_ONCE, StartAfter: after }));
  const keys = Contents.map(({ Key }) => Key!);
  const events = new Map<TimedEvent, string>();
  const failed = new Set<string>();
  for (const key of keys) {
    const fail = (error: unknown) => {
      failed.add(key);
      console.error({ message: 'cannot read an object of the failed events bucket', key, error: error instanceof Error ? error.stack : String(error) });
    };
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      for (const record of recordsIn(await Body!.transformToString())) {
        try {
          for (const event of eventsOfRecord(record)) events.set(event, key);
        } catch (error) {
          fail(error);
        }
      }
    } catch (error) {
      fail(error);
    }
  }
  return {
    events,
    failed,
    next: IsTruncated ? keys.at(-1) : undefined,
    settle: async () => {
      for (const Key of keys.filter((key) => !failed.has(key))) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    },
  };
}

/** `payload` can be an object or a string, because AWS's documentation describes both forms. */
function recordsIn(text: string): DynamoDBRecord[] {
  const { payload } = JSON.parse(text) as { payload?: unknown };
  const { Records } = (typeof payload === 'string' ? JSON.parse(payload) : payload ?? {}) as { Records?: unknown };
  if (!Array.isArray(Records)) throw new Error('the object has no array "Records" in its payload');
  return Records;
}

/**
 * Returns one event for each video, with the current status of the video. An app needs these events if the app has just started to receive events, or has lost
 * events.
 */
async function currentStates({ documents, tableName }: ResendEventsPorts, after: string | undefined): Promise<Page> {
  const { Items = [], LastEvaluatedKey } = await documents.send(new ScanCommand({
    TableName: tableName,
    Limit: ROWS_AT_ONCE,
    ConsistentRead: true,
    ExclusiveStartKey: after === undefined ? undefined : parsePosition(after),
    FilterExpression: 'sk = :video',
    ExpressionAttributeValues: { ':video': videoKey('').sk },
  }));
  const events = new Map<TimedEvent, string>();
  const failed = new Set<string>();
  for (const item of Items) {
    try {
      events.set(currentState(readRow(item)), item.pk);
    } catch (error) {
      failed.add(item.pk);
      console.error({ message: 'row not readable', row: item.pk, error: String(error) });
    }
  }
  return { events, failed, next: LastEvaluatedKey && `${LastEvaluatedKey.pk} ${LastEvaluatedKey.sk}` };
}

function currentState(row: VideoRow): TimedEvent {
  const time = new Date(row.updatedAt);
  if (Number.isNaN(time.getTime())) throw new Error(`updatedAt: expected a time, got ${row.updatedAt}`);
  // For an unknown status, `eventsOf` would return `video.created`, which is the event of a waiting video.
  if (!VIDEO_STATUSES.includes(row.status)) throw new Error(`status: expected one of ${VIDEO_STATUSES.join(', ')}, got ${row.status}`);
  return { ...eventsOf(undefined, row).at(-1)!, time };
}

function parsePosition(text: string): { pk: string; sk: string } {
  const [pk, sk] = text.split(' ');
  return { pk, sk };
}
