import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Context, DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from './events-of.runtime';
import { eventsOfRecord } from './read-record.runtime';
import type { SendEvents, TimedEvent } from './send-events.runtime';
import { videoKey, VideoRow } from '../../contract/table';
import { VIDEO_STATUSES } from '../../domain/video-status';
import { readRow } from '../../runtime/rows/read-row';

/**
 * The input of the function.
 *
 * `source` is `failed` for the failed event records, or `table` for the current state of every video. `after` is `next` of the previous response.
 */
export interface ResendRequest {
  readonly source?: unknown;
  readonly after?: unknown;
}

export interface ResendAnswer {
  readonly sent: number;
  /** Objects and rows that could not be read, or whose events EventBridge rejected permanently. They are kept. The log contains the key and the reason. */
  readonly failed: number;
  /** Position of the next page, absent after the last page. To continue, invoke the function again with this position as `after`. */
  readonly next?: string;
  /** A temporary error. `next` is then the start of the failed page, or absent for the first page. To retry, invoke the function again. */
  readonly error?: string;
}

export interface ResendEventsPorts {
  readonly send: SendEvents;
  readonly s3: S3Client;
  readonly documents: DynamoDBDocumentClient;
  readonly bucket: string;
  readonly tableName: string;
}

/** The function starts no further page if it has less remaining time than this. */
const LEFT_MS = 10_000;
const ROWS_AT_ONCE = 100;
const OBJECTS_AT_ONCE = 20;

interface Page {
  /** Events, each with the key of the object or row that contains it. */
  readonly events: ReadonlyMap<TimedEvent, string>;
  /** Keys of objects or rows that could not be read, or that contain a rejected event. */
  readonly failed: Set<string>;
  readonly next?: string;
  readonly settle?: () => Promise<void>;
}

/**
 * Returns the handler that sends events again, page by page.
 *
 * It stops if all pages are sent, if the function has little remaining time, or if a page fails. The next invocation sends the failed page again.
 */
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

/** Sends the events of a page. Returns the number of sent events. */
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
 * Reads a page of the failed events bucket. Lambda stores a failed batch of records as `payload` of an object.
 *
 * If a record cannot be read or sent, its object is kept. Each later invocation sends the other records of the object again, until all
 * records of the object can be sent.
 */
async function failedRecords({ s3, bucket }: ResendEventsPorts, after: string | undefined): Promise<Page> {
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: OBJECTS_AT_ONCE, StartAfter: after }));
  const keys = Contents.map(({ Key }) => Key!);
  const events = new Map<TimedEvent, string>();
  const failed = new Set<string>();
  for (const key of keys) {
    const fail = (error: unknown) => {
      failed.add(key);
      console.error({ message: 'failed event records not readable', key, error: error instanceof Error ? error.stack : String(error) });
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

/** Parses the records of an object. AWS documents `payload` both as an object and as a string. */
function recordsIn(text: string): DynamoDBRecord[] {
  const { payload } = JSON.parse(text) as { payload?: unknown };
  const { Records } = (typeof payload === 'string' ? JSON.parse(payload) : payload ?? {}) as { Records?: unknown };
  if (!Array.isArray(Records)) throw new Error('the object contains no records');
  return Records;
}

/** Reads a page of the table, with the event of each video's current status. A new consumer, or a consumer that lost events, needs these events. */
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
  // A row with the status of a newer version would otherwise cause `video.created`, which is the event of a waiting video.
  if (!VIDEO_STATUSES.includes(row.status)) throw new Error(`status: expected one of ${VIDEO_STATUSES.join(', ')}, got ${row.status}`);
  return { ...eventsOf(undefined, row).at(-1)!, time };
}

function parsePosition(text: string): { pk: string; sk: string } {
  const [pk, sk] = text.split(' ');
  return { pk, sk };
}
