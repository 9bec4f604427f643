import { DeleteCommand, PutCommand, ScanCommand, TransactWriteCommand, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { ARN, serve, Served, TableName } from './videos-table';

let served: Served;
let clock = Date.now();
const start = async (stack = served?.stack) => {
  served = await serve(stack, () => clock);
};
beforeAll(() => start());
afterAll(() => served.stop());

type Items = NonNullable<TransactWriteCommandInput['TransactItems']>;
const key = (pk: string) => ({ pk, sk: 'video' });
const put = (pk: string, more: object = {}) => ({ Put: { TableName, Item: { ...key(pk), owner: 'ann' }, ...more } });
const transact = (TransactItems: Items, more: object = {}) => served.client.send(new TransactWriteCommand({ TransactItems, ...more }));
const stored = async () => (await served.client.send(new ScanCommand({ TableName }))).Items!.sort((a, b) => a.pk.localeCompare(b.pk));
const indexed = async () => (await served.client.send(new ScanCommand({ TableName, IndexName: 'byOwner' }))).Count;
beforeEach(async () => {
  for (const { pk, sk } of await stored()) await served.client.send(new DeleteCommand({ TableName, Key: { pk, sk } }));
  await served.client.send(new PutCommand({ TableName, Item: { ...key('old'), count: 1 } }));
});

test('writes all four actions atomically, with one record for each change', async () => {
  for (const pk of ['gone', 'checked']) await served.client.send(new PutCommand({ TableName, Item: key(pk) }));
  const after = (await served.records()).at(-1)!.dynamodb.SequenceNumber;
  await transact([
    put('new'),
    { Update: { TableName, Key: key('old'), UpdateExpression: 'ADD #c :one', ExpressionAttributeNames: { '#c': 'count' }, ExpressionAttributeValues: { ':one': 1 } } },
    { Delete: { TableName, Key: key('gone') } },
    { ConditionCheck: { TableName, Key: key('checked'), ConditionExpression: 'attribute_exists(pk)' } },
  ]);
  expect(await stored()).toEqual([key('checked'), { ...key('new'), owner: 'ann' }, { ...key('old'), count: 2 }]);
  expect(await indexed()).toBe(1);
  expect((await served.records(after)).map(({ eventName, dynamodb }) => [eventName, dynamodb.Keys.pk.S])).toEqual([['INSERT', 'new'], ['MODIFY', 'old'], ['REMOVE', 'gone']]);
});

test('a failed condition cancels all actions, and the reasons are in the order of the actions', async () => {
  await served.client.send(new PutCommand({ TableName, Item: key('silent') }));
  const before = await served.records();
  const canceled = transact([
    put('new'),
    put('old', { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    { ConditionCheck: { TableName, Key: key('silent'), ConditionExpression: 'attribute_not_exists(pk)' } },
    { Put: { TableName, Item: { ...key('typed'), owner: 1 } } },
  ]);
  await expect(canceled).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]',
    CancellationReasons: [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { pk: { S: 'old' }, sk: { S: 'video' }, count: { N: '1' } } },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      { Code: 'ValidationError', Message: expect.stringContaining('Type mismatch for Index Key owner') },
    ],
  });
  expect((await canceled.catch((error) => error)).CancellationReasons[2]).not.toHaveProperty('Item');
  expect(await stored()).toEqual([{ ...key('old'), count: 1 }, key('silent')]);
  expect(await indexed()).toBe(0);
  expect(await served.records()).toEqual(before);
});

test('concurrent transactions on a counter lose no step', async () => {
  const step = (pk: string) => transact([
    put(pk, { ConditionExpression: 'attribute_not_exists(pk)' }),
    { Update: { TableName, Key: key('old'), UpdateExpression: 'SET #c = #c + :one', ExpressionAttributeNames: { '#c': 'count' }, ExpressionAttributeValues: { ':one': 1 } } },
  ]);
  const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => step(`at-once-${index % 10}`)));
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect((await stored()).at(-1)).toEqual({ ...key('old'), count: 11 });
});

describe('a token', () => {
  const increment: Items = [{ Update: { TableName, Key: key('old'), UpdateExpression: 'ADD #c :one', ExpressionAttributeNames: { '#c': 'count' }, ExpressionAttributeValues: { ':one': 1 } } }];
  const count = async () => (await stored()).find(({ pk }) => pk === 'old')!.count;

  test('makes an equal request idempotent for 10 minutes, also across restarts', async () => {
    await transact(increment, { ClientRequestToken: 'one' });
    await transact(increment, { ClientRequestToken: 'one' });
    expect(await count()).toBe(2);
    await expect(transact([put('x')], { ClientRequestToken: 'one' })).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
    await served.stop();
    await start();
    clock += 599_000;
    await transact(increment, { ClientRequestToken: 'one' });
    expect(await count()).toBe(2);
    clock += 1000;
    await transact(increment, { ClientRequestToken: 'one' });
    expect(await count()).toBe(3);
  });

  test('accepts the token of a cancelled request again', async () => {
    const once = () => transact([put('later', { ConditionExpression: 'attribute_exists(pk)' })], { ClientRequestToken: 'two' });
    await expect(once()).rejects.toThrow('ConditionalCheckFailed');
    await served.client.send(new PutCommand({ TableName, Item: key('later') }));
    await once();
    expect(await stored()).toContainEqual({ ...key('later'), owner: 'ann' });
  });
});

test('each action requires its permission, and the transaction requires no other', async () => {
  served.access.asked.length = 0;
  await transact([
    put('a'), put('b'), { Delete: { TableName, Key: key('c') } },
    { Update: { TableName, Key: key('d'), UpdateExpression: 'REMOVE x' } },
    { ConditionCheck: { TableName, Key: key('e'), ConditionExpression: 'attribute_not_exists(pk)' } },
  ]);
  expect(served.access.asked).toEqual([['PutItem', 'a'], ['PutItem', 'b'], ['DeleteItem', 'c'], ['UpdateItem', 'd'], ['ConditionCheckItem', 'e']].map(([name, partition]) => (
    { action: `dynamodb:${name}`, resource: ARN, context: { 'dynamodb:EnclosingOperation': 'TransactWriteItems', 'dynamodb:LeadingKeys': [partition] } })));
});

test('conflicts occur only if a test requests them', async () => {
  served.dynamoDb.conflict(1);
  await expect(transact([put('a'), put('b')])).rejects.toMatchObject({ CancellationReasons: [{ Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' }, { Code: 'None' }] });
  await transact([put('a'), put('b')]);
});

describe('that is invalid for any table', () => {
  test.each<[string, Items, object]>([
    ['no action', [], {}],
    ['more than 100 actions', Array.from({ length: 101 }, (_, index) => put(`v${index}`)), {}],
    ['two actions on one item', [put('a'), { Delete: { TableName, Key: key('a') } }], {}],
    ['an item of two kinds', [{ ...put('a'), Delete: { TableName, Key: key('b') } }], {}],
    ['a check without a condition', [{ ConditionCheck: { TableName, Key: key('a'), ConditionExpression: undefined } }], {}],
    ['a table of another region', [{ Put: { TableName: ARN.replace(/eu-west-1/, 'us-east-1'), Item: key('a') } }], {}],
    ['a condition with an error', [put('a', { ConditionExpression: 'title =' })], {}],
    ['a token that is too long', [put('a')], { ClientRequestToken: 'x'.repeat(37) }],
    ['more than 4 MiB', Array.from({ length: 11 }, (_, index) => put(`v${index}`, { Item: { ...key(`v${index}`), text: 'x'.repeat(400_000) } })), {}],
    ['more than 4 MiB of UTF-8', Array.from({ length: 11 }, (_, index) => put(`v${index}`, { Item: { ...key(`v${index}`), text: 'é'.repeat(200_000) } })), {}],
    ['capacity units, which are not counted here', [put('a')], { ReturnConsumedCapacity: 'TOTAL' }],
  ])('%s', async (_, items, more) => {
    await expect(transact(items, more)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await stored()).toEqual([{ ...key('old'), count: 1 }]);
  });

  test('an action on a missing table', async () => {
    await expect(transact([put('a'), { Delete: { TableName: 'others', Key: key('b') } }])).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await stored()).toEqual([{ ...key('old'), count: 1 }]);
  });
});
