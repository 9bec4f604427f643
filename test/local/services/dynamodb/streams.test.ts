import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { globalTable, serve, Served, STREAM_ARN, table, TableName } from './videos-table';
import { fakeStack, REGION } from '../../fakes';

const Key = { pk: 'v1', sk: 'video' };
const KEYS = { pk: { S: 'v1' }, sk: { S: 'video' } };
const image = (more: object) => ({ ...KEYS, ...more });

let served: Served;
afterEach(() => served.stop());
const put = (more: object = {}) => served.client.send(new PutCommand({ TableName, Item: { ...Key, ...more } }));
const update = (UpdateExpression: string, ExpressionAttributeValues: Record<string, unknown>) =>
  served.client.send(new UpdateCommand({ TableName, Key, UpdateExpression, ExpressionAttributeValues }));
const remove = () => served.client.send(new DeleteCommand({ TableName, Key }));
const names = async () => (await served.records()).map(({ eventName }) => eventName);

test('each change creates one record in Lambda\'s format', async () => {
  served = await serve();
  await put({ title: 'a' });
  await update('SET title = :t', { ':t': 'b' });
  await remove();
  const records = await served.records();
  expect(records.map(({ eventName, dynamodb: { OldImage, NewImage } }) => [eventName, OldImage, NewImage])).toEqual([
    ['INSERT', undefined, image({ title: { S: 'a' } })],
    ['MODIFY', image({ title: { S: 'a' } }), image({ title: { S: 'b' } })],
    ['REMOVE', image({ title: { S: 'b' } }), undefined],
  ]);
  const [first, second] = records;
  expect(first).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: expect.any(Number),
      Keys: KEYS,
      NewImage: image({ title: { S: 'a' } }),
      SequenceNumber: expect.stringMatching(/^\d{21}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: STREAM_ARN,
  });
  expect(second.dynamodb.SequenceNumber > first.dynamodb.SequenceNumber).toBe(true);
});

test('a write that changes nothing or fails creates no record', async () => {
  served = await serve();
  const tags = new Set(['x', 'y']);
  await put({ title: 'a', tags });
  await put({ title: 'a', tags: new Set(['y', 'x']) });
  await update('SET title = :t', { ':t': 'a' });
  await served.client.send(new DeleteCommand({ TableName, Key: { pk: 'none', sk: 'video' } }));
  await expect(served.client.send(new DeleteCommand({ TableName, Key, ConditionExpression: 'attribute_not_exists(pk)' }))).rejects.toThrow('conditional');
  expect(await names()).toEqual(['INSERT']);
});

test('keeps records for 24 hours, and uses no sequence number twice', async () => {
  let clock = Date.now();
  const stack = fakeStack([globalTable()]);
  served = await serve(stack, () => clock);
  await put();
  const [{ dynamodb: { SequenceNumber: first } }] = await served.records();
  await served.stop();
  clock += 24 * 3_600_000;
  served = await serve(stack, () => clock);
  expect(await names()).toEqual(['INSERT']);
  await served.stop();
  clock += 2000;
  served = await serve(stack, () => clock);
  expect(await names()).toEqual([]);
  await remove();
  const [{ eventName, dynamodb: { SequenceNumber: second } }] = await served.records();
  expect([eventName, second > first]).toEqual(['REMOVE', true]);
});

test.each([
  ['KEYS_ONLY', {}], ['NEW_IMAGE', { NewImage: image({ n: { N: '2' } }) }], ['OLD_IMAGE', { OldImage: image({ n: { N: '1' } }) }],
])('a stream of %s contains the images of its view type', async (StreamViewType, images) => {
  served = await serve(fakeStack([table({ StreamSpecification: { StreamViewType } })]));
  await put({ n: 1 });
  await put({ n: 2 });
  const { Keys, OldImage, NewImage } = (await served.records())[1].dynamodb;
  expect(JSON.parse(JSON.stringify({ Keys, OldImage, NewImage }))).toEqual({ Keys: KEYS, ...images });
});

test('reports that a table has no stream', async () => {
  served = await serve(fakeStack([table()]));
  await put();
  await expect(served.records()).rejects.toThrow(`the template has no table with the stream ${STREAM_ARN}`);
});
