import { setTimeout as wait } from 'timers/promises';
import { BUCKET, create, DONE, ERROR, type Given, numbersOf, ofOne, record, start, WHOLE } from './mapping';
import { InvokeResult } from '../../../../local/types';
import { ROLE, until } from '../../fakes';
import { STREAM_ARN } from '../dynamodb/videos-table';

test('records reach the function in batches, in Lambda\'s format', async () => {
  const { batches, records, access } = await start({ properties: { BatchSize: 2 }, records: ofOne(1, 2, 3) });
  await until(() => batches.flat().length === 3);
  expect(batches.map(numbersOf)).toEqual([[1, 2], [3]]);
  expect(batches[0][0]).toEqual(records[0]);
  expect(access.asked).toEqual([
    ...['GetRecords', 'GetShardIterator', 'DescribeStream'].map((name) => ({ action: `dynamodb:${name}`, resource: STREAM_ARN })),
    { action: 'dynamodb:ListStreams', resource: '*' },
  ]);
});

test('a batch waits for its batching window, or until it is full', async () => {
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

test.each([1, 10])('delivers the changes of one item in order, and other items at the same time, with a parallelization factor of %i', async (ParallelizationFactor) => {
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

test('filtered-out records are not read again', async () => {
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

describe('a process that was killed', () => {
  const never = new Promise<InvokeResult>(() => undefined);

  test('continues after the last processed batch; the batch in progress is delivered again', async () => {
    const records = ofOne(1, 2, 3);
    const first = await create({ properties: { BatchSize: 1 }, records, answer: ([{ eventID }]) => eventID === '1' ? DONE : never });
    first.start();
    await until(() => first.batches.length === 2);
    const second = await start({ properties: { BatchSize: 1 }, records, dataFolder: first.dataFolder });
    await until(() => second.batches.length === 2);
    expect(second.batches.map(numbersOf)).toEqual([[2], [3]]);
  });

  test('does not deliver discarded records again', async () => {
    const records = ofOne(1, 2);
    const first = await start({ properties: { ...WHOLE, BatchSize: 1, MaximumRetryAttempts: 0 }, records, answer: ([{ eventID }]) => eventID === '1' ? ERROR : never });
    await until(() => first.batches.length === 2);
    const second = await start({ records, dataFolder: first.dataFolder });
    await until(() => second.batches.length === 1);
    expect(second.batches.map(numbersOf)).toEqual([[2]]);
  });

  test('with another parallelization factor loses no record of its slowest lane', async () => {
    const records = Array.from({ length: 10 }, (_, index) => record(`v${index}`, index));
    const first = await start({ properties: { BatchSize: 1 }, records, answer: ([{ eventID }]) => eventID === '1' ? never : DONE });
    // While one batch hangs, the parallel batches reach the end of the stream.
    await until(() => numbersOf(first.batches.flat()).some((number) => number > 7));
    await wait(20);
    await first.stop();
    const second = await start({ records, dataFolder: first.dataFolder, properties: { ParallelizationFactor: 2 } });
    await until(() => numbersOf(second.batches.flat()).includes(1));
  });

  test('with another parallelization factor continues at the position of its slowest lane', async () => {
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

test('a function that ends after the stop changes no position and counts no failure', async () => {
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

test('limits a batch to the maximum request size', async () => {
  const large = (number: number) => {
    const it = record('v1', number);
    return { ...it, dynamodb: { ...it.dynamodb, NewImage: { text: { S: 'x'.repeat(1_000_000) } } } };
  };
  const { batches } = await start({ records: Array.from({ length: 8 }, (_, index) => large(index)) });
  await until(() => batches.flat().length === 8);
  expect(batches.map(({ length }) => length)).toEqual([6, 2]);
});

describe('the start fails for', () => {
  test.each<[string, Given, string]>([
    ['a role that may not read the stream', { denied: ['dynamodb:GetRecords'] }, `${ROLE} is not authorized to perform dynamodb:GetRecords on ${STREAM_ARN}`],
    ['a role that may not write failed records', { denied: ['s3:PutObject'], properties: WHOLE }, `${ROLE} is not authorized to perform s3:PutObject on ${BUCKET}/aws/lambda/`],
    ['a number that Lambda refuses', { properties: { MaximumRecordAgeInSeconds: 59 } }, 'mapping: MaximumRecordAgeInSeconds must be from 60 to 604800, got 59'],
    ['no starting position', { properties: { StartingPosition: undefined } }, 'mapping: a mapping of a stream requires a StartingPosition'],
    ['another starting position', { properties: { StartingPosition: 'LATEST' } }, 'the local stack does not support StartingPosition "LATEST"'],
    ['another destination', { properties: { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:dead' } } } }, 'the local stack supports only a bucket'],
    ['a filter with an unknown operator', { properties: { FilterCriteria: { Filters: [{ Pattern: '{"eventName":[{"contains":"REMOVE"}]}' }] } } }, 'event pattern: the local stack does not support'],
    ['an unknown property', { properties: { TumblingWindowInSeconds: 5 } }, 'the local stack does not support TumblingWindowInSeconds'],
    ['another source', { properties: { EventSourceArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s' } }, 'mapping: the local stack does not support event sources of kinesis'],
  ])('%s', async (_, given, message) => {
    await expect(create(given)).rejects.toThrow(message);
  });
});

test('a stream without records is not read again until a record arrives', async () => {
  const { batches, reads, records } = await start({});
  await wait(50);
  const { length } = reads;
  await wait(100);
  expect(reads).toHaveLength(length);
  records.push(...ofOne(1));
  await until(() => batches.length === 1);
});
