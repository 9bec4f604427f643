import { DeleteCommand, GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { ACCOUNT, fakeAccess, fakeStack, REGION, resource, ROLE, until } from './fakes';
import { globalTable, serve, TableName } from './services/dynamodb/videos-table';
import { createEvents } from '../../local/services/events/events';
import { createQueues } from '../../local/services/queues';
import type { AwsRequest, AwsService, Functions, InvokeResult, Part } from '../../local/types';
import { observedFunctions, observedService, observedStore, type Usage } from '../../local/usage';

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:uploads`;
let usages: Usage[];
const observe = (usage: Usage): void => void usages.push(usage);
beforeEach(() => {
  usages = [];
});

const functionsThat = (result: InvokeResult): Functions & Part => ({ invoke: async () => result, stop: async () => undefined });

test('reports an invocation with the memory of the function and its payload', async () => {
  const stack = fakeStack([resource('AWS::Lambda::Function', 'list', { MemorySize: 512 })]);
  await observedFunctions(functionsThat({ payload: null }), stack, observe).invoke('list', { a: 1 });
  expect(usages).toEqual([{ kind: 'invocation', functionName: 'list', memoryMegabytes: 512, milliseconds: expect.any(Number), payload: { a: 1 } }]);
});

test('reports requests to S3 by method, lists as LIST, and JSON protocols by operation', async () => {
  const service: AwsService = { name: 's3', needs: () => [], handle: async () => undefined, fail: () => undefined };
  const request = (method: string, query = '', headers = {}) => (
    { method, path: '/bucket/key', query: new URLSearchParams(query), headers, principal: { id: ROLE, kind: 'role' } }) as unknown as AwsRequest;
  const response = {} as never;
  for (const each of [request('PUT'), request('GET', 'list-type=2')]) await observedService(service, observe).handle(each, response);
  await observedService({ ...service, name: 'events' }, observe).handle(request('POST', '', { 'x-amz-target': 'AWSEvents.PutEvents' }), response);
  const common = { kind: 'request', caller: ROLE, path: '/bucket/key' };
  expect(usages).toEqual([
    { ...common, service: 's3', operation: 'PUT' },
    { ...common, service: 's3', operation: 'LIST' },
    { ...common, service: 'events', operation: 'PutEvents' },
  ]);
});

test('reports objects that a service puts into the store', async () => {
  const store = { put: async () => ({}) } as never;
  await observedStore(store, 'mediaconvert.amazonaws.com', observe).put('media', 'v/1.cmfv', Buffer.from('a'));
  expect(usages).toEqual([{ kind: 'request', service: 's3', operation: 'PUT', caller: 'mediaconvert.amazonaws.com', path: '/media/v/1.cmfv' }]);
});

describe('a queue', () => {
  async function operationsWith(result: InvokeResult, count: number): Promise<string[]> {
    const stack = fakeStack([
      resource('AWS::SQS::Queue', 'uploads', { VisibilityTimeout: 30 }, QUEUE),
      resource('AWS::Lambda::Function', 'submit', { Role: ROLE, Timeout: 1 }),
      resource('AWS::Lambda::EventSourceMapping', 'mapping', { EventSourceArn: QUEUE, FunctionName: 'submit', BatchSize: 1 }),
    ]);
    let calls = 0;
    const functions: Functions = { invoke: async () => (calls++, result) };
    const queues = await createQueues({ stack, access: fakeAccess(), functions, observe, log: () => undefined });
    queues.start();
    queues.send(QUEUE, 'a message');
    await until(() => calls === 1 && usages.length >= count);
    await queues.stop();
    return usages.map((usage) => usage.kind === 'request' ? usage.operation : usage.kind);
  }

  test('reports that a message is sent, received and deleted', async () => {
    expect(await operationsWith({ payload: null }, 3)).toEqual(['SendMessage', 'ReceiveMessage', 'DeleteMessageBatch']);
  });

  test('reports no deletion if the function fails', async () => {
    expect(await operationsWith({ error: { errorType: 'Error', errorMessage: 'no' } }, 2)).toEqual(['SendMessage', 'ReceiveMessage']);
  });
});

test('reports an event with its bus', () => {
  const events = createEvents({ stack: fakeStack([]), access: fakeAccess(), functions: functionsThat({ payload: null }), queues: { send: () => '' }, observe });
  events.put({ 'source': 'aws.s3', 'detail-type': 'Object Created', 'detail': {} });
  expect(usages).toEqual([{ kind: 'event', bus: 'default', source: 'aws.s3' }]);
});

describe('DynamoDB', () => {
  const key = { pk: 'a', sk: 'video' };
  const item = { pk: { S: 'a' }, sk: { S: 'video' } };

  test('reports reads, writes, rejected writes and each action of a transaction', async () => {
    const { client, stop } = await serve(fakeStack([globalTable()]), undefined, observe);
    await client.send(new PutCommand({ TableName, Item: key }));
    await client.send(new PutCommand({ TableName, Item: { ...key, owner: 'ann' }, ConditionExpression: 'attribute_not_exists(pk)' })).catch(() => undefined);
    await client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }));
    await client.send(new TransactWriteCommand({
      TransactItems: [
        { ConditionCheck: { TableName, Key: key, ConditionExpression: 'attribute_exists(pk)' } },
        { Put: { TableName, Item: { ...key, pk: 'b' } } },
      ],
    }));
    await client.send(new DeleteCommand({ TableName, Key: key }));
    await stop();
    expect(usages).toEqual([
      { kind: 'write', isTransaction: false, changes: [{ before: undefined, after: item }] },
      { kind: 'write', isTransaction: false, changes: [{ before: item, after: item }] },
      { kind: 'read', operation: 'GetItem', input: expect.objectContaining({ ConsistentRead: true }), answer: { Item: item } },
      { kind: 'write', isTransaction: true, changes: [{ before: item, after: item }, { before: undefined, after: { ...item, pk: { S: 'b' } } }] },
      { kind: 'write', isTransaction: false, changes: [{ before: item, after: undefined }] },
    ]);
  });
});
