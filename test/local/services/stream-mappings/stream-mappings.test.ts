import { setTimeout as wait } from 'timers/promises';
import type { StreamRecord } from '../../../../local/services/dynamodb/streams';
import { createStreamMappings } from '../../../../local/services/stream-mappings/stream-mappings';
import { AwsError, InvokeResult } from '../../../../local/types';
import { fakeAccess, fakeStack, resource, ROLE, until } from '../../fakes';
import { STREAM_ARN } from '../dynamodb/videos-table';

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:events';
const BUCKET = 'arn:aws:s3:::failed';
const ERROR: InvokeResult = { error: { errorType: 'Error', errorMessage: 'no' } };
const DONE: InvokeResult = { payload: null };
const WHOLE = { BatchSize: 100, MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: BUCKET } } };

type Answer = (batch: StreamRecord[]) => InvokeResult | Promise<InvokeResult>;
interface Given { properties?: object; answer?: Answer; dataFolder?: string; records?: StreamRecord[]; denied?: string[]; now?: () => number; put?: () => void }

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A record of a stream; all of `v1` are of one shard. */
function record(pk: string, number: number, { sk = 'video', seconds = Math.floor(Date.now() / 1000) }: { sk?: string; seconds?: number } = {}): StreamRecord {
  return {
    eventID: `${number}`, eventName: 'MODIFY', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1', eventSourceARN: STREAM_ARN,
    dynamodb: {
      ApproximateCreationDateTime: seconds, Keys: { pk: { S: pk }, sk: { S: sk } }, NewImage: { number: { N: `${number}` } },
      SequenceNumber: `1${String(number).padStart(20, '0')}`, SizeBytes: 100, StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
const numbersOf = (batch: StreamRecord[]) => batch.map(({ eventID }) => Number(eventID));

/** A mapping of a stream of these records, which a test may add to. */
async function create({ properties = {}, answer = () => DONE, dataFolder, records = [], denied = [], now, put = () => undefined }: Given) {
  const mapping = resource('AWS::Lambda::EventSourceMapping', 'mapping', { EventSourceArn: STREAM_ARN, FunctionName: FUNCTION, StartingPosition: 'TRIM_HORIZON', ...properties });
  const stack = fakeStack([mapping, resource('AWS::Lambda::Function', 'events', { Role: ROLE }, FUNCTION)]);
  const access = fakeAccess(denied);
  const batches: StreamRecord[][] = [];
  const objects: { bucket: string; key: string; content: any }[] = [];
  const logged: string[] = [];
  const folder = dataFolder ?? stack.dataFolder;
  const mappings = await createStreamMappings({
    stack: { ...stack, dataFolder: folder }, access, retryMilliseconds: 1, now, log: (line) => logged.push(line),
    functions: {
      async invoke(arn, payload, caller) {
        expect([arn, caller]).toEqual([FUNCTION, undefined]);
        const { Records } = payload as { Records: StreamRecord[] };
        batches.push(Records);
        return answer(Records);
      },
    },
    streams: {
      read: async (_, after, limit) => records.filter(({ dynamodb }) => dynamodb.SequenceNumber > after).slice(0, limit),
      async waitFor(_, after, signal) {
        while (!records.some(({ dynamodb }) => dynamodb.SequenceNumber > after)) await wait(5, undefined, { signal });
      },
    },
    store: {
      async put(bucket, key, body) {
        put();
        objects.push({ bucket, key, content: JSON.parse(body.toString()) });
        return {} as any;
      },
    },
  });
  const stop = () => mappings.stop();
  stops.push(stop);
  return { start: () => mappings.start(), stop, access, batches, objects, logged, records, dataFolder: folder };
}

async function start(given: Given) {
  const mapping = await create(given);
  mapping.start();
  return mapping;
}
const ofOne = (...numbers: number[]) => numbers.map((number) => record('v1', number));

test('records reach the function in batches, as Lambda hands them over', async () => {
  const { batches, records, access } = await start({ properties: { BatchSize: 2 }, records: ofOne(1, 2, 3) });
  await until(() => batches.flat().length === 3);
  expect(batches.map(numbersOf)).toEqual([[1, 2], [3]]);
  expect(batches[0][0]).toEqual(records[0]);
  expect(access.asked).toEqual(['GetRecords', 'GetShardIterator', 'DescribeStream'].map((name) => ({ action: `dynamodb:${name}`, resource: STREAM_ARN })));
});

test('a batch waits for more as long as its window says, and no longer when it is full', async () => {
  const { batches, records } = await start({ properties: { BatchSize: 3, MaximumBatchingWindowInSeconds: 1 }, records: ofOne(1) });
  await wait(300);
  expect(batches).toEqual([]);
  records.push(...ofOne(2));
  await until(() => batches.length === 1);
  records.push(...ofOne(3, 4, 5));
  const since = Date.now();
  await until(() => batches.length === 2);
  expect(batches.map(numbersOf)).toEqual([[1, 2], [3, 4, 5]]);
  expect(Date.now() - since).toBeLessThan(500);
});

test.each([1, 10])('the changes of one item come in their order, those of others meanwhile, with a parallelization factor of %i', async (ParallelizationFactor) => {
  const pks = Array.from({ length: 20 }, (_, index) => `v${index}`);
  const records = Array.from({ length: 400 }, (_, index) => record(pks[index % 20], index));
  let [busy, most] = [0, 0];
  const items = new Set<string>();
  const { batches } = await start({
    properties: { BatchSize: 5, ParallelizationFactor },
    records,
    async answer(batch) {
      most = Math.max(most, ++busy);
      const own = new Set(batch.map(({ dynamodb: { Keys } }) => Keys.pk.S));
      expect([...own].filter((pk) => items.has(pk))).toEqual([]);
      own.forEach((pk) => items.add(pk));
      await wait(Math.random() * 5);
      own.forEach((pk) => items.delete(pk));
      busy--;
      return Math.random() < 0.2 ? ERROR : DONE;
    },
  });
  await until(() => new Set(batches.flat()).size === 400);
  for (const pk of pks) {
    const seen = numbersOf([...new Set(batches.flat().filter(({ dynamodb: { Keys } }) => Keys.pk.S === pk))]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  }
  expect(most).toBeGreaterThan(ParallelizationFactor === 1 ? 1 : 4);
  expect(most).toBeLessThanOrEqual(2 * ParallelizationFactor);
});

test('what a filter holds back is done with', async () => {
  const records = [record('v1', 1), record('v1', 2, { sk: 'details' }), record('v1', 3)];
  const Filters = ['video', 'owner'].map((sk) => ({ Pattern: JSON.stringify({ dynamodb: { Keys: { sk: { S: [sk] } } } }) }));
  const properties = { BatchSize: 1, FilterCriteria: { Filters } };
  const { batches, stop, dataFolder } = await start({ records, properties });
  await until(() => batches.length === 2);
  expect(batches.map(numbersOf)).toEqual([[1], [3]]);
  await stop();
  const later = await start({ records: [...records, record('v1', 4)], dataFolder });
  await until(() => later.batches.length === 1);
  expect(later.batches.map(numbersOf)).toEqual([[4]]);
});

describe('a function that fails', () => {
  const poison = (...numbers: number[]): Answer => (batch) => batch.some(({ eventID }) => numbers.includes(Number(eventID))) ? ERROR : DONE;

  test('gets the whole batch again, and after the last retry the records go to the bucket', async () => {
    const now = () => Date.UTC(2026, 10, 29, 8, 5, 3);
    const { batches, objects, access } = await start({ properties: WHOLE, records: ofOne(1, 2), answer: poison(2), now });
    await until(() => objects.length === 1);
    expect(batches.map(numbersOf)).toEqual([[1, 2], [1, 2], [1, 2]]);
    const [{ bucket, key, content }] = objects;
    expect(bucket).toBe('failed');
    expect(key).toMatch(/^aws\/lambda\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/shardId-0{19}[01]-[0-9a-f]{8}\/2026\/11\/29\/2026-11-29T08\.05\.03-[0-9a-f-]{36}$/);
    const arrival = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(content).toEqual({
      requestContext: { requestId: expect.any(String), functionArn: FUNCTION, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-11-29T08:05:03.000Z',
      DDBStreamBatchInfo: {
        shardId: key.split('/')[3], startSequenceNumber: '100000000000000000001', endSequenceNumber: '100000000000000000002',
        approximateArrivalOfFirstRecord: arrival, approximateArrivalOfLastRecord: arrival, batchSize: 2, streamArn: STREAM_ARN,
      },
      payload: JSON.stringify({ Records: batches[0] }),
    });
    const role = access.asked.filter(({ action }) => action.startsWith('s3:'));
    const uuid = key.split('/')[2];
    expect(role).toEqual([
      { action: 's3:ListBucket', resource: BUCKET },
      { action: 's3:PutObject', resource: `${BUCKET}/aws/lambda/${uuid}/` },
      { action: 's3:PutObject', resource: `${BUCKET}/${key}` },
    ]);
  });

  test('gets halves of the batch until the bad record is alone; splitting is no retry', async () => {
    const properties = { ...WHOLE, MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true };
    const { batches, objects, records } = await start({ properties, records: ofOne(1, 2, 3, 4), answer: poison(3) });
    await until(() => objects.length === 1);
    records.push(...ofOne(5));
    await until(() => batches.flat().some(({ eventID }) => eventID === '5'));
    expect(batches.map(numbersOf)).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4], [5]]);
    expect(JSON.parse(objects[0].content.payload).Records).toEqual([records[2]]);
  });

  test('gives up what is too old, and delivers what is not', async () => {
    let clock = Date.now();
    const at = (seconds: number) => ({ seconds: Math.floor(clock / 1000) + seconds });
    const { batches, objects } = await start({
      properties: { ...WHOLE, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: 60 }, now: () => clock,
      records: [record('v1', 1, at(-70)), record('v1', 2, at(-30)), record('v1', 3, at(0))],
      answer(batch) {
        if (batches.length === 2) clock += 40_000;
        return batch.length === 1 ? DONE : ERROR;
      },
    });
    await until(() => objects.length === 2 && batches.length === 3);
    expect(batches.map(numbersOf)).toEqual([[2, 3], [2, 3], [3]]);
    expect(objects.map(({ content }) => content)).toMatchObject([0, 2].map((approximateInvokeCount) => (
      { requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount }, DDBStreamBatchInfo: { batchSize: 1 } })));
    expect(objects[0].content).not.toHaveProperty('responseContext');
  });

  test('without limits gets its batch until it takes it', async () => {
    const { batches } = await start({ records: ofOne(1), answer: () => batches.length < 8 ? ERROR : DONE });
    await until(() => batches.length === 8);
  });

  test('its records are lost when the role may not write them, and stay when a disk is full', async () => {
    const faults = [new AwsError('AccessDenied', 'no', 403), new Error('ENOSPC')];
    const { batches, objects, logged, records } = await start({
      properties: { ...WHOLE, MaximumRetryAttempts: 0 }, records: ofOne(1), answer: poison(1, 2),
      put() {
        const fault = faults.shift();
        if (fault) throw fault;
      },
    });
    await until(() => logged.some((line) => line.includes('they are lost: AccessDenied')));
    records.push(...ofOne(2));
    await until(() => objects.length === 1);
    expect(batches.map(numbersOf)).toEqual([[1], [2], [2]]);
    expect(JSON.parse(objects[0].content.payload).Records).toEqual([records[1]]);
  });
});

describe('ReportBatchItemFailures', () => {
  const REPORT = { ...WHOLE, FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const report = (...places: number[]): Answer => (batch) => (
    { payload: { batchItemFailures: places.map((place) => ({ itemIdentifier: batch[place].dynamodb.SequenceNumber })) } });

  test('the first failed record and all after it come again', async () => {
    const answer: Answer = (batch) => batches.length === 1 ? report(3, 1)(batch) : DONE;
    const { batches } = await start({ properties: REPORT, records: ofOne(1, 2, 3, 4), answer });
    await until(() => batches.length === 2);
    expect(batches.map(numbersOf)).toEqual([[1, 2, 3, 4], [2, 3, 4]]);
  });

  test('it is no error of the function: nothing is split, and the object says so', async () => {
    const properties = { ...REPORT, BisectBatchOnFunctionError: true };
    const { batches, objects } = await start({ properties, records: ofOne(1, 2), answer: report(0) });
    await until(() => objects.length === 1);
    expect(batches.map(numbersOf)).toEqual([[1, 2], [1, 2], [1, 2]]);
    expect(objects[0].content.responseContext).toEqual({ statusCode: 200, executedVersion: '$LATEST' });
  });

  test.each([
    ['an empty id fails the whole batch', REPORT, { batchItemFailures: [{ itemIdentifier: '' }] }, 3],
    ['an unknown id, too', REPORT, { batchItemFailures: [{ itemIdentifier: '100000000000000000009' }] }, 3],
    ['an id by another name, too', REPORT, { batchItemFailures: [{ id: '100000000000000000001' }] }, 3],
    ['an empty list is a success', REPORT, { batchItemFailures: [] }, 1],
    ['no list is a success', REPORT, null, 1],
    ['without the type it is no failure', WHOLE, { batchItemFailures: [{ itemIdentifier: '' }] }, 1],
  ])('%s', async (_, properties, payload, times) => {
    const answer: Answer = ([{ eventID }]) => eventID === '1' ? { payload } : DONE;
    const { batches, records } = await start({ properties, records: ofOne(1, 2), answer });
    await until(() => batches.length === times);
    await wait(20);
    records.push(...ofOne(3));
    await until(() => numbersOf(batches.flat()).includes(3));
    expect(batches.map(numbersOf)).toEqual([...Array(times).fill([1, 2]), [3]]);
  });
});

describe('a process that was killed', () => {
  const never = new Promise<InvokeResult>(() => undefined);

  test('goes on behind the last batch that was taken; the one in work comes again', async () => {
    const records = ofOne(1, 2, 3);
    const first = await create({ properties: { BatchSize: 1 }, records, answer: ([{ eventID }]) => eventID === '1' ? DONE : never });
    first.start();
    await until(() => first.batches.length === 2);
    const second = await start({ properties: { BatchSize: 1 }, records, dataFolder: first.dataFolder });
    await until(() => second.batches.length === 2);
    expect(second.batches.map(numbersOf)).toEqual([[2], [3]]);
  });

  test('does not deliver again what was given up', async () => {
    const records = ofOne(1, 2);
    const first = await start({ properties: { ...WHOLE, BatchSize: 1, MaximumRetryAttempts: 0 }, records, answer: ([{ eventID }]) => eventID === '1' ? ERROR : never });
    await until(() => first.batches.length === 2);
    const second = await start({ records, dataFolder: first.dataFolder });
    await until(() => second.batches.length === 1);
    expect(second.batches.map(numbersOf)).toEqual([[2]]);
  });

  test('with another parallelization factor loses nothing of its slowest lane', async () => {
    const records = Array.from({ length: 10 }, (_, index) => record(`v${index}`, index));
    const first = await start({ properties: { BatchSize: 1 }, records, answer: ([{ eventID }]) => eventID === '1' ? never : DONE });
    // The other lane comes to its end.
    await until(() => numbersOf(first.batches.flat()).some((number) => number > 7));
    await wait(20);
    await first.stop();
    const second = await start({ records, dataFolder: first.dataFolder, properties: { ParallelizationFactor: 2 } });
    await until(() => numbersOf(second.batches.flat()).includes(1));
  });

  test('with another parallelization factor goes on where its slowest lane was', async () => {
    const records = [record('v0', 1), record('v1', 2), record('v2', 3), record('v3', 4), record('v4', 5)];
    const first = await start({ records });
    await until(() => first.batches.flat().length === 5);
    await wait(20);
    records.push(record('v0', 6));
    await until(() => first.batches.flat().length === 6);
    await first.stop();
    const second = await start({ records, dataFolder: first.dataFolder, properties: { ParallelizationFactor: 2 } });
    records.push(record('v0', 7));
    await until(() => numbersOf(second.batches.flat()).includes(7));
    expect(numbersOf(second.batches.flat()).filter((number) => number < 6)).toEqual([]);
  });
});

test('a function that ends after the stop has done nothing and failed nothing', async () => {
  let end: (result: InvokeResult) => void = () => undefined;
  const { batches, objects, stop, dataFolder, records } = await start({
    properties: { ...WHOLE, MaximumRetryAttempts: 0 }, records: ofOne(1), answer: () => new Promise((resolve) => { end = resolve; }),
  });
  await until(() => batches.length === 1);
  await stop();
  end(ERROR);
  await wait(20);
  expect(objects).toEqual([]);
  const second = await start({ records, dataFolder });
  await until(() => second.batches.length === 1);
});

test('a batch is no larger than a request may be', async () => {
  const large = (number: number) => {
    const it = record('v1', number);
    return { ...it, dynamodb: { ...it.dynamodb, NewImage: { text: { S: 'x'.repeat(1_000_000) } } } };
  };
  const { batches } = await start({ records: Array.from({ length: 8 }, (_, index) => large(index)) });
  await until(() => batches.flat().length === 8);
  expect(batches.map(({ length }) => length)).toEqual([6, 2]);
});

describe('what stops the start', () => {
  test.each<[string, Given, string]>([
    ['a role that may not read the stream', { denied: ['dynamodb:GetRecords'] }, `${ROLE} may not dynamodb:GetRecords on ${STREAM_ARN}`],
    ['a role that may not write failed records', { denied: ['s3:PutObject'], properties: WHOLE }, `${ROLE} may not s3:PutObject on ${BUCKET}/aws/lambda/`],
    ['a number that Lambda refuses', { properties: { MaximumRecordAgeInSeconds: 59 } }, 'mapping: MaximumRecordAgeInSeconds must be from 60 to 604800, got 59'],
    ['no starting position', { properties: { StartingPosition: undefined } }, 'mapping: a mapping of a stream needs a StartingPosition'],
    ['another starting position', { properties: { StartingPosition: 'LATEST' } }, 'this machine does not know StartingPosition "LATEST"'],
    ['another destination', { properties: { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:dead' } } } }, 'this machine knows buckets'],
    ['a filter with an unknown operator', { properties: { FilterCriteria: { Filters: [{ Pattern: '{"eventName":[{"contains":"REMOVE"}]}' }] } } }, 'event pattern: this machine does not know'],
    ['an unknown property', { properties: { TumblingWindowInSeconds: 5 } }, 'this machine does not know TumblingWindowInSeconds'],
    ['another source', { properties: { EventSourceArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s' } }, 'mapping: this machine does not know event sources of kinesis'],
  ])('%s', async (_, given, message) => {
    await expect(create(given)).rejects.toThrow(message);
  });
});
