import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { resendEvents, ResendRequest } from '../../../src/catalog/events/resend-events.runtime';
import { SendEvents, sendEvents, TimedEvent } from '../../../src/catalog/events/send-events.runtime';
import type { VideoRow } from '../../../src/contract/table';
import { captureLog } from '../../captured-log';
import { CatalogTable, catalogTable, idOf, videoRow } from '../../runtime/rows/catalog-table';

const change = (n: number) => ({
  eventID: `record-${n}`,
  eventName: 'MODIFY',
  dynamodb: {
    SequenceNumber: String(n),
    ApproximateCreationDateTime: 1_764_000_000,
    OldImage: marshall(videoRow({ videoId: idOf(n), status: 'processing' })),
    NewImage: marshall(videoRow({ videoId: idOf(n), status: 'ready', version: 2 })),
  },
});
const ids = (events: readonly TimedEvent[]) => events.map(({ detail }) => detail.eventId);

describe('events that are sent again', () => {
  let table: CatalogTable;
  let sent: TimedEvent[];
  let left: number;
  let logged: string[];
  const s3 = mockClient(S3Client);
  const objects = new Map<string, string>();
  const resend = (request: ResendRequest, send: SendEvents = async (events) => void sent.push(...events)) => resendEvents({
    send, s3: new S3Client({}), documents: DynamoDBDocumentClient.from(table.client), bucket: 'failed', tableName: table.tableName,
  })(request, { getRemainingTimeInMillis: () => left });

  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  beforeEach(() => {
    logged = captureLog();
    [sent, left] = [[], 60_000];
    objects.clear();
    s3.reset();
    s3.on(ListObjectsV2Command).callsFake(({ StartAfter = '', MaxKeys }) => {
      const keys = [...objects.keys()].sort().filter((key) => key > StartAfter);
      return { Contents: keys.slice(0, MaxKeys).map((Key) => ({ Key })), IsTruncated: keys.length > MaxKeys };
    });
    s3.on(GetObjectCommand).callsFake(({ Key }) => ({ Body: { transformToString: async () => objects.get(Key) } }));
    s3.on(DeleteObjectCommand).callsFake(({ Key }) => void objects.delete(Key));
  });

  describe('from the failed event records', () => {
    const put = (n: number, payload: unknown = JSON.stringify({ Records: [change(n)] })) => objects.set(`aws/lambda/${String(n).padStart(4, '0')}`, JSON.stringify({ version: '1.0', payload }));

    test('sends the events of all records and deletes the objects', async () => {
      for (let n = 0; n < 45; n++) put(n);
      expect(await resend({ source: 'failed' })).toEqual({ sent: 45, failed: 0 });
      expect(ids(sent)).toEqual(Array.from({ length: 45 }, (_, n) => `${idOf(n)}:2:video.ready`));
      expect(objects.size).toBe(0);
    });

    test('reads a payload that is an object instead of a string', async () => {
      put(1, { Records: [change(1)] });
      expect(await resend({ source: 'failed' })).toEqual({ sent: 1, failed: 0 });
    });

    test('keeps objects that cannot be read, and continues with the next object', async () => {
      for (const [n, payload] of [undefined, 'no JSON', '{}', JSON.stringify({ Records: [{}] })].entries()) put(n, payload);
      objects.set('aws/lambda/9998', 'no JSON');
      objects.set('aws/lambda/9999', JSON.stringify({ payload: JSON.stringify({ Records: [change(7)] }) }));
      put(0, null);
      expect(await resend({ source: 'failed' })).toEqual({ sent: 1, failed: 5 });
      expect([...objects.keys()]).not.toContain('aws/lambda/9999');
      expect(objects.size).toBe(5);
    });

    test('sends the other events of an object with an unreadable record, and keeps the object', async () => {
      const newer = { ...change(2), dynamodb: { ...change(2).dynamodb, NewImage: marshall(videoRow({ videoId: idOf(2), schemaVersion: 99 })) } };
      put(1, JSON.stringify({ Records: [change(1), newer, change(3)] }));
      expect(await resend({ source: 'failed' })).toEqual({ sent: 2, failed: 1 });
      expect(ids(sent)).toEqual([`${idOf(1)}:2:video.ready`, `${idOf(3)}:2:video.ready`]);
      expect(objects.size).toBe(1);
    });

    test('keeps the objects if sending fails, and returns the position of the failed page', async () => {
      for (let n = 0; n < 45; n++) put(n);
      const noBus = async () => { throw new Error('no bus'); };
      expect(await resend({ source: 'failed' }, noBus)).toEqual({ sent: 0, failed: 0, error: 'Error: no bus' });
      const oncePerCall = async (events: readonly TimedEvent[]) => {
        if (sent.length > 0) throw new Error('throttled');
        sent.push(...events);
      };
      const answer = await resend({ source: 'failed' }, oncePerCall);
      expect(answer).toEqual({ sent: 20, failed: 0, next: 'aws/lambda/0019', error: 'Error: throttled' });
      expect(objects.size).toBe(25);
      expect(await resend({ source: 'failed', after: answer.next })).toEqual({ sent: 25, failed: 0 });
      expect(new Set(ids(sent)).size).toBe(45);
    });

    test('keeps only the objects of permanently rejected events, and sends all other events once', async () => {
      for (const [n, records] of [[1, [change(1), change(2), change(3)]], [2, [change(4)]], [3, [change(5)]]] as const) put(n, { Records: records });
      const [bad, late] = [idOf(2), idOf(4)];
      let requests = 0;
      const taken: string[] = [];
      const send = sendEvents({
        send: async ({ input: { Entries } }: any) => ({
          Entries: (requests++, Entries).map(({ Detail }: any) => {
            if (Detail.includes(bad)) return { ErrorCode: 'MalformedDetail' };
            if (Detail.includes(late) && requests === 1) return { ErrorCode: 'ThrottlingException' };
            taken.push(JSON.parse(Detail).video.videoId);
            return { EventId: '1' };
          }),
        }),
      } as any, { busName: 'bus', tableArn: 'arn:table' });
      expect(await resend({ source: 'failed' }, send)).toEqual({ sent: 4, failed: 1 });
      expect(taken).toEqual([1, 3, 5, 4].map(idOf));
      expect([...objects.keys()]).toEqual(['aws/lambda/0001']);
      expect(requests).toBe(2);
      const refusal = { message: 'event rejected', eventId: `${bad}:2:video.ready`, code: 'MalformedDetail', from: 'aws/lambda/0001' };
      expect(logged).toContain(JSON.stringify([refusal]));
    });

    test('continues with the next invocation if the function runs out of time', async () => {
      for (let n = 0; n < 45; n++) put(n);
      left = 1000;
      const first = await resend({ source: 'failed' });
      expect(first).toEqual({ sent: 20, failed: 0, next: 'aws/lambda/0019' });
      left = 60_000;
      expect(await resend({ source: 'failed', after: first.next })).toEqual({ sent: 25, failed: 0 });
    });
  });

  describe('from the table', () => {
    beforeAll(async () => {
      for (let n = 0; n < 130; n++) await table.put({ videoId: idOf(n), status: n % 2 ? 'ready' : 'waiting', version: n + 1, updatedAt: '2026-11-22T10:00:00.000Z' });
      const documents = DynamoDBDocumentClient.from(table.client);
      await documents.send(new PutCommand({ TableName: table.tableName, Item: { pk: `video#${idOf(3)}`, sk: 'details', description: 'About it' } }));
      await documents.send(new PutCommand({ TableName: table.tableName, Item: { pk: 'quota#ann', sk: 'quota' } }));
      await table.put({ videoId: idOf(500), schemaVersion: 99 });
      await table.put({ videoId: idOf(501), updatedAt: undefined });
      await table.put({ videoId: idOf(502), status: 'archived' as VideoRow['status'] });
    });

    test('sends the event of each video\'s current status, in as many invocations as needed', async () => {
      left = 1000;
      let answer = await resend({ source: 'table' });
      let [calls, failed] = [1, answer.failed];
      for (; answer.next !== undefined; calls++) {
        answer = await resend({ source: 'table', after: answer.next });
        failed += answer.failed;
      }
      expect(calls).toBe(2);
      expect(failed).toBe(3);
      expect(ids(sent).sort()).toEqual(Array.from({ length: 130 }, (_, n) => `${idOf(n)}:${n + 1}:video.${n % 2 ? 'ready' : 'created'}`).sort());
      expect(sent[0].time).toEqual(new Date('2026-11-22T10:00:00.000Z'));
    });
  });

  test.each<[ResendRequest, string]>([
    [{}, 'source: expected "failed" or "table", got undefined'],
    [{ source: 'constructor' }, 'source: expected "failed" or "table", got "constructor"'],
    [{ source: 'table', after: 5 }, 'after: expected the value of "next" in the previous response, got 5'],
  ])('rejects the request %j', async (request, message) => {
    await expect(resend(request)).rejects.toThrow(message);
    expect(sent).toEqual([]);
  });
});
