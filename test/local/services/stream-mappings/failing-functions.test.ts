import { setTimeout as wait } from 'timers/promises';
import { type Answer, BUCKET, DONE, ERROR, FUNCTION, numbersOf, ofOne, record, start, WHOLE } from './mapping';
import { AwsError } from '../../../../local/types';
import { until } from '../../fakes';
import { STREAM_ARN } from '../dynamodb/videos-table';

describe('a function that fails', () => {
  const poison = (...numbers: number[]): Answer => (batch) => batch.some(({ eventID }) => numbers.includes(Number(eventID))) ? ERROR : DONE;

  test('gets the whole batch again; after the last retry the records are stored in the bucket', async () => {
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

  test('gets halves of the batch until the bad record is alone; splitting does not count as a retry', async () => {
    const properties = { ...WHOLE, MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true };
    const { batches, objects, records } = await start({ properties, records: ofOne(1, 2, 3, 4), answer: poison(3) });
    await until(() => objects.length === 1);
    records.push(...ofOne(5));
    await until(() => batches.flat().some(({ eventID }) => eventID === '5'));
    expect(batches.map(numbersOf)).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4], [5]]);
    expect(JSON.parse(objects[0].content.payload).Records).toEqual([records[2]]);
  });

  test('discards records that are too old, and delivers the others', async () => {
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

  test('delivers younger records before an old record, if the clock was set back in between', async () => {
    const now = Math.floor(Date.now() / 1000);
    const records = [now, now - 4000, now].map((seconds, index) => record('v1', index + 1, { seconds }));
    const { batches, objects } = await start({ properties: { ...WHOLE, MaximumRecordAgeInSeconds: 3600 }, records });
    await until(() => batches.length > 0);
    expect([batches.map(numbersOf), objects]).toEqual([[[1, 2, 3]], []]);
  });

  test('a function without retry limits gets its batch until it succeeds', async () => {
    const { batches } = await start({ records: ofOne(1), answer: () => batches.length < 8 ? ERROR : DONE });
    await until(() => batches.length === 8);
  });

  test('its records are lost if the role is not allowed to write them, and are kept if the disk is full', async () => {
    const faults = [new AwsError('AccessDenied', 'no', 403), new Error('ENOSPC')];
    const { batches, objects, logged, records } = await start({
      properties: { ...WHOLE, MaximumRetryAttempts: 0 }, records: ofOne(1), answer: poison(1, 2),
      put() {
        const fault = faults.shift();
        if (fault) throw fault;
      },
    });
    await until(() => logged.some((line) => line.includes('cannot store the failed event records, so they are lost: AccessDenied')));
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

  test('the first failed record and all records after it are delivered again', async () => {
    const answer: Answer = (batch) => batches.length === 1 ? report(3, 1)(batch) : DONE;
    const { batches } = await start({ properties: REPORT, records: ofOne(1, 2, 3, 4), answer });
    await until(() => batches.length === 2);
    expect(batches.map(numbersOf)).toEqual([[1, 2, 3, 4], [2, 3, 4]]);
  });

  test('a partial failure is not a function error: the batch is not split, and the stored object shows the condition', async () => {
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
