import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { publishEvents } from '../../../src/catalog/events/publish-events.runtime';
import { sendEvents } from '../../../src/catalog/events/send-events.runtime';
import { storeFailedEventRecords } from '../../../src/catalog/events/store-failed-event-records.runtime';
import type { VideoRow } from '../../../src/contract/table';
import { captureLog } from '../../captured-log';
import { idOf, videoRow } from '../../runtime/rows/catalog-table';

const image = (row: Partial<VideoRow> & { videoId: string }) => marshall(videoRow(row), { removeUndefinedValues: true }) as NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/videos';

const ready = (n: number, given: Partial<VideoRow> = {}): DynamoDBRecord => ({
  eventID: `record-${n}`,
  eventName: 'MODIFY',
  dynamodb: {
    SequenceNumber: String(n),
    ApproximateCreationDateTime: 1_764_000_000 + n,
    OldImage: image({ videoId: idOf(n), status: 'processing' }),
    NewImage: image({ videoId: idOf(n), status: 'ready', version: 2, ...given }),
  },
});

describe('the publisher of events', () => {
  const eventBridge = mockClient(EventBridgeClient);
  const s3 = mockClient(S3Client);
  const publish = publishEvents({
    send: sendEvents(new EventBridgeClient({ region: 'eu-west-1' }), { busName: 'bus', tableArn: TABLE_ARN }), storeFailed: storeFailedEventRecords(() => new S3Client({}), 'failed'),
  });
  const taken = (count: number) => ({ FailedEntryCount: 0, Entries: Array.from({ length: count }, (_, n) => ({ EventId: String(n) })) });
  beforeEach(() => {
    captureLog();
    eventBridge.reset();
    s3.reset();
    s3.on(PutObjectCommand).resolves({});
    eventBridge.on(PutEventsCommand).callsFake(({ Entries }) => taken(Entries.length));
  });
  const sent = () => eventBridge.commandCalls(PutEventsCommand)
    .map(({ args: [{ input: { Entries = [] } }] }) => Entries.map(({ Detail }) => JSON.parse(Detail!).eventId));

  test('sends an event to the bus with the time of the change and the table as resource', async () => {
    expect(await publish({ Records: [ready(1)] })).toEqual({ batchItemFailures: [] });
    const [{ args: [{ input }] }] = eventBridge.commandCalls(PutEventsCommand);
    expect(input.Entries).toEqual([{
      EventBusName: 'bus', Source: 'serverless-vod', DetailType: 'video.ready', Time: new Date(1_764_000_001_000), Resources: [TABLE_ARN], Detail: expect.any(String),
    }]);
  });

  test('sends ten events per request in order, and skips changes without an event', async () => {
    const records = Array.from({ length: 12 }, (_, n) => ready(n));
    await publish({ Records: [...records, ready(99, { status: 'processing' })] });
    expect(sent().map(({ length }) => length)).toEqual([10, 2]);
    expect(sent().flat()).toEqual(records.map((_, n) => `${idOf(n)}:2:video.ready`));
  });

  test('sends no request if there are no events', async () => {
    expect(await publish({ Records: [ready(1, { status: 'processing' })] })).toEqual({ batchItemFailures: [] });
    expect(sent()).toEqual([]);
  });

  test('retries only the events that EventBridge rejected', async () => {
    eventBridge.on(PutEventsCommand).resolvesOnce({ FailedEntryCount: 1, Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException' }, { EventId: '3' }] })
      .callsFake(({ Entries }) => taken(Entries.length));
    expect(await publish({ Records: [1, 2, 3].map((n) => ready(n)) })).toEqual({ batchItemFailures: [] });
    expect(sent()).toEqual([[1, 2, 3].map((n) => `${idOf(n)}:2:video.ready`), [`${idOf(2)}:2:video.ready`]]);
  });

  test('returns a batch failure if EventBridge rejects the events at each try', async () => {
    eventBridge.on(PutEventsCommand).callsFake(({ Entries }) => ({ Entries: Entries.map(() => ({ ErrorCode: 'InternalFailure' })) }));
    expect(await publish({ Records: [ready(1), ready(2)] })).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(sent()).toHaveLength(4);
  });

  test('returns the first record whose event was not sent as a batch failure', async () => {
    const poison = `${idOf(13)}:2:video.ready`;
    eventBridge.on(PutEventsCommand).callsFake(({ Entries }) => ({
      Entries: Entries.map(({ Detail }: { Detail: string }) => (JSON.parse(Detail).eventId === poison ? { ErrorCode: 'InternalFailure' } : { EventId: '1' })),
    }));
    const records = Array.from({ length: 30 }, (_, n) => ready(n));
    expect(await publish({ Records: records })).toEqual({ batchItemFailures: [{ itemIdentifier: '13' }] });
    expect(sent().flat().filter((id) => id === `${idOf(0)}:2:video.ready`)).toHaveLength(1);
  });

  test('returns a batch failure if EventBridge cannot be reached', async () => {
    eventBridge.on(PutEventsCommand).rejects(new Error('no network'));
    expect(await publish({ Records: [ready(1), ready(2)] })).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
  });

  describe('with a record that cannot be read', () => {
    const NEWER = { videoId: idOf(2), schemaVersion: 99 };
    const newer = { ...ready(2), dynamodb: { ...ready(2).dynamodb, NewImage: image(NEWER) } };
    const others = [1, 3].map((n) => `${idOf(n)}:2:video.ready`);
    const objects = () => s3.commandCalls(PutObjectCommand)
      .map(({ args: [{ input: { Bucket, Key, Body } }] }) => ({ Bucket, Key, ...JSON.parse(Body as string) }));

    test.each<[string, DynamoDBRecord['dynamodb']]>([
      ['a row of a newer format', newer.dynamodb],
      ['no image', { SequenceNumber: '2', ApproximateCreationDateTime: 1 }],
      ['no time', { ...ready(2).dynamodb, ApproximateCreationDateTime: undefined }],
    ])('stores a record with %s in S3 and sends the events of all other records', async (_, dynamodb) => {
      const record = { ...ready(2), dynamodb };
      expect(await publish({ Records: [ready(1), record, ready(3)] })).toEqual({ batchItemFailures: [] });
      expect(sent().flat()).toEqual(others);
      expect(objects().map(({ payload }) => JSON.parse(payload))).toEqual([JSON.parse(JSON.stringify({ Records: [record] }))]);
    });

    test('stores all changes of the video in S3, in order, and sends the events of other videos', async () => {
      // Older versions of the library change a row without checking its format. This function returns such a change.
      const after = (n: number, NewImage?: typeof newer.dynamodb.NewImage) => ({
        ...ready(n), eventName: NewImage ? 'MODIFY' as const : 'REMOVE' as const, dynamodb: { ...ready(n).dynamodb, OldImage: image(NEWER), NewImage },
      });
      const [next, removed] = [after(4, image({ videoId: idOf(2), version: 3 })), after(5)];
      expect(await publish({ Records: [ready(1), newer, ready(3), next, removed] })).toEqual({ batchItemFailures: [] });
      expect(sent().flat()).toEqual(others);
      const [{ payload, ...object }, ...more] = objects();
      expect([object, more]).toEqual([{ Bucket: 'failed', Key: 'unreadable/2.json', requestContext: { condition: 'RecordNotReadable' } }, []]);
      expect(JSON.parse(payload)).toEqual(JSON.parse(JSON.stringify({ Records: [newer, next, removed] })));
    });

    test('returns the record as a batch failure if it cannot be stored in S3', async () => {
      s3.on(PutObjectCommand).rejects(new Error('no network'));
      expect(await publish({ Records: [ready(1), newer, ready(3)] })).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
      expect(sent().flat()).toEqual(others);
    });

    test('returns each failed record as a batch failure', async () => {
      s3.on(PutObjectCommand).rejects(new Error('no network'));
      eventBridge.on(PutEventsCommand).rejects(new Error('no network'));
      expect(await publish({ Records: [ready(1), newer] })).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '1' }] });
    });
  });
});
