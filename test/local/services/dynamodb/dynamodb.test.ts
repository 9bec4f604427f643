import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { BatchGetCommand, BatchWriteCommand, DeleteCommand, GetCommand, PutCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ARN, globalTable, serve, Served, table as tableOf, TableName } from './videos-table';
import { startDynamoDb } from '../../../../local/services/dynamodb/dynamodb';
import { fakeStack, REGION } from '../../fakes';

const table = tableOf();
const stack = fakeStack([table]);
const Key = { pk: 'v1', sk: 'video' };

let served: Served;
async function start() {
  served = await serve(stack);
}
const stop = () => served.stop();
beforeAll(start);
afterAll(stop);

test('creates the template\'s table with its index, and keeps items between runs', async () => {
  await served.client.send(new PutCommand({ TableName, Item: { ...Key, owner: 'ann', title: 'Grüße' } }));
  await stop();
  await start();
  expect((await served.client.send(new GetCommand({ TableName, Key }))).Item).toEqual({ ...Key, owner: 'ann', title: 'Grüße' });
  const { Items } = await served.client.send(new QueryCommand({
    TableName, IndexName: 'byOwner', KeyConditionExpression: '#owner = :owner', ExpressionAttributeNames: { '#owner': 'owner' }, ExpressionAttributeValues: { ':owner': 'ann' },
  }));
  expect(Items).toEqual([{ ...Key, owner: 'ann' }]);
});

test('each request requires its action on the table, the index or each table', async () => {
  const { access, client } = served;
  access.asked.length = 0;
  await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [Key] } } }));
  await client.send(new QueryCommand({
    TableName, IndexName: 'byOwner', KeyConditionExpression: '#o = :o', ExpressionAttributeNames: { '#o': 'owner' }, ExpressionAttributeValues: { ':o': 'x' },
  }));
  await client.send(new GetCommand({ TableName: 'others', Key: { pk: 'a', sk: 'b' } })).catch(() => undefined);
  expect(access.asked).toEqual([
    { action: 'dynamodb:BatchGetItem', resource: ARN },
    { action: 'dynamodb:Query', resource: `${ARN}/index/byOwner` },
    { action: 'dynamodb:GetItem', resource: ARN.replace('videos', 'others') },
  ]);
});

test('a request for one item has the beginning of the partition key as a condition key', async () => {
  const { access, client } = served;
  access.asked.length = 0;
  await client.send(new PutCommand({ TableName, Item: { pk: 'tag#sea#side', sk: 'v1' } }));
  await client.send(new DeleteCommand({ TableName, Key: { pk: 'tag#sea#side', sk: 'v1' } }));
  const context = { 'dynamodb:LeadingKeys': ['tag#'] };
  expect(access.asked).toEqual([{ action: 'dynamodb:PutItem', resource: ARN, context }, { action: 'dynamodb:DeleteItem', resource: ARN, context }]);
});

test('deletes an item with its index entry; a scan returns the remaining items', async () => {
  const { client } = served;
  const other = { pk: 'v2', sk: 'video', owner: 'bob' };
  await client.send(new PutCommand({ TableName, Item: other }));
  const { Attributes } = await client.send(new DeleteCommand({ TableName, Key: { pk: 'v2', sk: 'video' }, ReturnValues: 'ALL_OLD' }));
  expect(Attributes).toEqual(other);
  expect((await client.send(new ScanCommand({ TableName }))).Items).toMatchObject([Key]);
  expect((await client.send(new ScanCommand({ TableName, IndexName: 'byOwner' }))).Items).toMatchObject([Key]);
});

test('a write whose condition fails changes nothing', async () => {
  const { client } = served;
  const update = (more: object) => new UpdateCommand({
    TableName, Key, UpdateExpression: 'SET title = :t', ConditionExpression: 'title = :t', ExpressionAttributeValues: { ':t': 'other' }, ...more,
  });
  for (const silent of [{}, { ReturnValuesOnConditionCheckFailure: 'NONE' }]) {
    await expect(client.send(update(silent))).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined, $metadata: { httpStatusCode: 400 } });
  }
  await expect(client.send(update({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }))).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { title: { S: 'Grüße' } } });
  expect((await client.send(new GetCommand({ TableName, Key }))).Item).toMatchObject({ title: 'Grüße' });
  expect((await client.send(new ScanCommand({ TableName }))).Count).toBe(1);
});

test('only one of several concurrent writes with the same condition succeeds', async () => {
  const claims = Array.from({ length: 20 }, (_, index) => served.client.send(new UpdateCommand({
    TableName, Key, UpdateExpression: 'SET claim = :c', ConditionExpression: 'attribute_not_exists(claim)', ExpressionAttributeValues: { ':c': index },
  })));
  const settled = await Promise.allSettled(claims);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('errors have DynamoDB\'s names', async () => {
  const { client } = served;
  await expect(client.send(new GetCommand({ TableName: 'others', Key: { pk: 'a' } }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(client.send(new PutCommand({ TableName: 'others', Item: { pk: 'a' } }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(client.send(new PutCommand({ TableName, Item: { pk: 'a' } }))).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(client.send(new UpdateCommand({ TableName, Key, UpdateExpression: 'SET' }))).rejects.toMatchObject({ name: 'ValidationException' });
});

test('rejects an item of more than 400 KB in UTF-8', async () => {
  const { client } = served;
  const textOf = (bytes: number) => 'é'.repeat((bytes - 'pkbigsk1text'.length) / 2);
  const big = { pk: 'big', sk: '1' };
  await client.send(new PutCommand({ TableName, Item: { ...big, text: textOf(400 * 1024) } }));
  await expect(client.send(new PutCommand({ TableName, Item: { ...big, text: textOf(400 * 1024 + 2) } })))
    .rejects.toMatchObject({ name: 'ValidationException', message: 'Item size has exceeded the maximum allowed size' });
  const change = { UpdateExpression: 'SET more = :more', ExpressionAttributeValues: { ':more': '1' } };
  await expect(client.send(new UpdateCommand({ TableName, Key: big, ...change })))
    .rejects.toMatchObject({ name: 'ValidationException', message: 'Item size to update has exceeded the maximum allowed size' });
  expect((await client.send(new GetCommand({ TableName, Key: big }))).Item).toEqual({ ...big, text: textOf(400 * 1024) });
  await client.send(new DeleteCommand({ TableName, Key: big }));
});

test('a test can make a write fail with a transaction conflict', async () => {
  const put = () => served.client.send(new PutCommand({ TableName, Item: { ...Key, title: 'Grüße' } }));
  served.dynamoDb.conflict(1);
  await expect(put()).rejects.toMatchObject({ name: 'TransactionConflictException', message: 'Transaction is ongoing for the item' });
  await put();
});

test('rejects unsupported operations by name', async () => {
  await expect(served.client.send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] } }))).rejects.toThrow('the local stack does not support dynamodb BatchWriteItem');
});

describe('a table with unsupported properties', () => {
  const starting = (it: ReturnType<typeof tableOf>) => startDynamoDb({ stack: fakeStack([it]) });

  test.each<[string, ReturnType<typeof tableOf>, string]>([
    ['time to live', tableOf({ TimeToLiveSpecification: { Enabled: true } }), 'TimeToLiveSpecification'],
    ['time to live of a global table', globalTable({ TimeToLiveSpecification: { Enabled: true } }), 'TimeToLiveSpecification'],
    ['a setting of a replica', globalTable({ Replicas: [{ Region: REGION, TableClass: 'STANDARD' }] }), 'TableClass'],
    ['a setting of a replica\'s index', globalTable({ Replicas: [{ Region: REGION, GlobalSecondaryIndexes: [{ IndexName: 'byOwner', ContributorInsightsSpecification: {} }] }] }), 'ContributorInsights'],
    ['a setting of the stream', globalTable({ StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES', ResourcePolicy: {} } }), 'ResourcePolicy'],
  ])('%s', async (_, it, name) => {
    await expect(starting(it)).rejects.toThrow(`videos: the local stack does not support ${name}`);
  });

  test('two replicas', async () => {
    await expect(starting(globalTable({ Replicas: [{ Region: REGION }, { Region: 'us-west-2' }] }))).rejects.toThrow('videos: the local stack supports only tables with one replica');
  });

  test('the only replica is in the stack\'s region, even if it names another region than the local one', async () => {
    const started = await starting(globalTable({ Replicas: [{ Region: 'us-west-2' }] }));
    await started.stop();
  });
});

test('rejects a table from an earlier run with other indexes than the template\'s', async () => {
  await stop();
  const [index] = table.properties.GlobalSecondaryIndexes;
  table.properties.GlobalSecondaryIndexes = [{ ...index, IndexName: 'byAuthor' }];
  await expect(startDynamoDb({ stack })).rejects.toThrow('videos: the keys or indexes of the table from an earlier run differ from the template. Start once with --reset');
  table.properties.GlobalSecondaryIndexes = [index];
  await start();
});

test('reports a damaged folder, and does not end the process', async () => {
  const broken = fakeStack([table]);
  mkdirSync(join(broken.dataFolder, 'dynamodb'));
  writeFileSync(join(broken.dataFolder, 'dynamodb', 'CURRENT'), '');
  await expect(startDynamoDb({ stack: broken })).rejects.toThrow(/dynamodb can't be opened: Corruption: .*Delete this folder to continue/);
});
