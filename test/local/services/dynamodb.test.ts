import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, ScanCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Door, startDoor } from '../../../local/door/door';
import { startDynamoDb } from '../../../local/services/dynamodb';
import { Part } from '../../../local/types';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource } from '../fakes';

const TableName = 'videos';
const ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TableName}`;
const definition: Omit<CreateTableCommandInput, 'TableName'> = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
  AttributeDefinitions: ['pk', 'sk', 'owner'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [{
    IndexName: 'byOwner',
    KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    Projection: { ProjectionType: 'KEYS_ONLY' },
  }],
};
const table = resource('AWS::DynamoDB::Table', TableName, {
  ...definition, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, DeletionProtectionEnabled: true,
}, ARN);
const stack = fakeStack([table]);

const access = fakeAccess();
let database: Part;
let door: Door;
let client: DynamoDBDocumentClient;
async function start() {
  const started = await startDynamoDb({ stack });
  database = started;
  door = await startDoor({ access });
  door.register(started.service);
  const settings = { region: REGION, endpoint: `http://127.0.0.1:${door.port}`, credentials: CREDENTIALS, maxAttempts: 1 };
  client = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
}
async function stop() {
  client.destroy();
  await door.stop();
  await database.stop();
}
beforeAll(start);
afterAll(stop);

test('the template\'s table is there, with its index, and keeps its items between runs', async () => {
  await client.send(new PutCommand({ TableName, Item: { pk: 'v1', sk: 'video', owner: 'ann', title: 'Grüße' } }));
  await stop();
  await start();
  expect((await client.send(new GetCommand({ TableName, Key: { pk: 'v1', sk: 'video' } }))).Item).toEqual({ pk: 'v1', sk: 'video', owner: 'ann', title: 'Grüße' });
  const { Items } = await client.send(new QueryCommand({
    TableName, IndexName: 'byOwner', KeyConditionExpression: '#owner = :owner', ExpressionAttributeNames: { '#owner': 'owner' }, ExpressionAttributeValues: { ':owner': 'ann' },
  }));
  expect(Items).toEqual([{ pk: 'v1', sk: 'video', owner: 'ann' }]);
});

test('each request needs its action on the table, the index or each table', async () => {
  access.asked.length = 0;
  await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [{ pk: 'v1', sk: 'video' }] } } }));
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

test('what the handlers do not use is refused by name', async () => {
  await expect(client.send(new ScanCommand({ TableName }))).rejects.toThrow('dynamodb on one machine has no Scan');
  await expect(client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: { pk: 'a', sk: 'b' } } }] }))).rejects.toThrow('has no TransactWriteItems');
  const put = new PutCommand({ TableName, Item: { pk: 'a', sk: 'b' }, ConditionExpression: 'attribute_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  await expect(client.send(put)).rejects.toThrow('ReturnValuesOnConditionCheckFailure works in AWS only');
  table.properties.TimeToLiveSpecification = { AttributeName: 'ttl', Enabled: true };
  await stop();
  await expect(startDynamoDb({ stack })).rejects.toThrow('videos: this machine does not know TimeToLiveSpecification');
  delete table.properties.TimeToLiveSpecification;
  await start();
});

test('errors have their own names', async () => {
  const update = new UpdateCommand({
    TableName, Key: { pk: 'v1', sk: 'video' }, UpdateExpression: 'SET title = :t', ConditionExpression: 'title = :t', ExpressionAttributeValues: { ':t': 'other' },
  });
  await expect(client.send(update)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', $metadata: { httpStatusCode: 400 } });
  await expect(client.send(new GetCommand({ TableName: 'others', Key: { pk: 'a' } }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a table kept with other indexes than the template\'s is not used', async () => {
  await stop();
  const [index] = table.properties.GlobalSecondaryIndexes;
  table.properties.GlobalSecondaryIndexes = [{ ...index, IndexName: 'byAuthor' }];
  await expect(startDynamoDb({ stack })).rejects.toThrow('videos: the table kept from an earlier run has other keys or indexes than the template; start once with --reset');
  table.properties.GlobalSecondaryIndexes = [index];
  await start();
});

test('a folder that is damaged is told, and ends nothing', async () => {
  const broken = fakeStack([table]);
  mkdirSync(join(broken.dataFolder, 'dynamodb'));
  writeFileSync(join(broken.dataFolder, 'dynamodb', 'CURRENT'), '');
  await expect(startDynamoDb({ stack: broken })).rejects.toThrow(/dynamodb can't be opened: Corruption: .*Remove it to go on/);
});
