import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Context, DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from './events-of.runtime';
import { eventsOfRecord } from './read-record.runtime';
import type { SendEvents, TimedEvent } from './send-events.runtime';
import { videoKey, VideoRow } from '../../contract/table';
import { VIDEO_STATUSES } from '../../domain/video-status';
import { readRow } from '../../runtime/rows/read-row';

/** What a person asks for: the changes that could not be handled, or the present state of every video. `after` is `next` of the answer before. */
export interface ResendRequest {
  readonly source?: unknown;
  readonly after?: unknown;
}

/** `next` is there as long as there is more: call again with it as `after`. */
export interface ResendAnswer {
  readonly sent: number;
  /** Objects and rows that could not be read, or whose events EventBridge will never take. They stay where they are; the log says which, and why. */
  readonly failed: number;
  readonly next?: string;
  /** What failed for a reason that may pass. `next` is where the page that failed begins, or absent for the first page: call again. */
  readonly error?: string;
}

export interface ResendEventsPorts {
  readonly send: SendEvents;
  readonly s3: S3Client;
  readonly documents: DynamoDBDocumentClient;
  readonly bucket: string;
  readonly tableName: string;
}

/** When less of the function's time than this is left, the next call goes on. */
const LEFT_MS = 10_000;
const ROWS_AT_ONCE = 100;
const OBJECTS_AT_ONCE = 20;

interface Page {
  /** Each with what it was read from: the key of an object or row. */
  readonly events: ReadonlyMap<TimedEvent, string>;
  /** What could not be read. Whatever has an event that is refused comes to it. */
  readonly failed: Set<string>;
  readonly next?: string;
  /** Called when the events are sent. */
  readonly settle?: () => Promise<void>;
}

/** Sends events once more, page by page, until all are sent, the function's time is over, or a page fails. That one is sent again by the next call. */
export function resendEvents(ports: ResendEventsPorts): (request: ResendRequest, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<ResendAnswer> {
  const pages: Readonly<Record<string, (after: string | undefined) => Promise<Page>>> = {
    failed: (after) => failedRecords(ports, after),
    table: (after) => presentStates(ports, after),
  };
  return async ({ source, after }, context) => {
    if (typeof source !== 'string' || !Object.hasOwn(pages, source)) throw new Error(`source: expected "failed" or "table", got ${JSON.stringify(source)}`);
    if (after !== undefined && typeof after !== 'string') throw new Error(`after: expected the text "next" of the answer before, got ${JSON.stringify(after)}`);
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

/** How many events were sent. */
async function sendPage({ events, failed, settle }: Page, { send }: ResendEventsPorts): Promise<number> {
  let refused = 0;
  await send([...events.keys()], (event, code) => {
    refused++;
    const from = events.get(event)!;
    failed.add(from);
    console.error({ message: 'event refused', eventId: event.detail.eventId, code, from });
  });
  await settle?.();
  return events.size - refused;
}

/**
 * The records that Lambda could not get rid of: only in S3 does it keep the batch itself, as `payload`. One that can't be read or sent keeps its object, and
 * does not hold back those beside it: they are sent by each call until all of the object can be.
 */
async function failedRecords({ s3, bucket }: ResendEventsPorts, after: string | undefined): Promise<Page> {
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: OBJECTS_AT_ONCE, StartAfter: after }));
  const keys = Contents.map(({ Key }) => Key!);
  const events = new Map<TimedEvent, string>();
  const failed = new Set<string>();
  for (const key of keys) {
    const fail = (error: unknown) => {
      failed.add(key);
      console.error({ message: 'failed records not readable', key, error: error instanceof Error ? error.stack : String(error) });
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

/** AWS's guide shows `payload` both as an object and as text. */
function recordsIn(text: string): DynamoDBRecord[] {
  const { payload } = JSON.parse(text) as { payload?: unknown };
  const { Records } = (typeof payload === 'string' ? JSON.parse(payload) : payload ?? {}) as { Records?: unknown };
  if (!Array.isArray(Records)) throw new Error('the object has no records');
  return Records;
}

/** As if each video had just entered its status: what a consumer that is new, or has lost events, needs to know. */
async function presentStates({ documents, tableName }: ResendEventsPorts, after: string | undefined): Promise<Page> {
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
      events.set(presentState(readRow(item)), item.pk);
    } catch (error) {
      failed.add(item.pk);
      console.error({ message: 'row not readable', row: item.pk, error: String(error) });
    }
  }
  return { events, failed, next: LastEvaluatedKey && `${LastEvaluatedKey.pk} ${LastEvaluatedKey.sk}` };
}

/** The event of the status that a video has. */
function presentState(row: VideoRow): TimedEvent {
  const time = new Date(row.updatedAt);
  if (Number.isNaN(time.getTime())) throw new Error(`updatedAt: expected a time, got ${row.updatedAt}`);
  // `video.created` is about a video that waits, not about one in a status of a newer version.
  if (!VIDEO_STATUSES.includes(row.status)) throw new Error(`status: this version knows ${VIDEO_STATUSES.join(', ')}, got ${row.status}`);
  return { ...eventsOf(undefined, row).at(-1)!, time };
}

function parsePosition(text: string): { pk: string; sk: string } {
  const [pk, sk] = text.split(' ');
  return { pk, sk };
}
