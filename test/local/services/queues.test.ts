import { Queues, startQueues } from '../../../local/services/queues';
import { Functions, InvokeResult } from '../../../local/types';
import { ACCOUNT, fakeAccess, fakeStack, REGION, resource, ROLE, until } from '../fakes';

const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
const queue = (name: string, properties: object = {}) => resource('AWS::SQS::Queue', `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`, properties, arnOf(name));
const mapping = (source: string, properties: object = {}) => resource('AWS::Lambda::EventSourceMapping', `mapping-${source}`, {
  EventSourceArn: arnOf(source), FunctionName: 'submit', BatchSize: 5, ...properties,
});
const RESOURCES = [
  resource('AWS::Lambda::Function', 'submit', { Role: ROLE }),
  queue('uploads', { VisibilityTimeout: 1, MessageRetentionPeriod: 1_209_600, RedrivePolicy: { deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 }, SqsManagedSseEnabled: true }),
  queue('dead'),
];

const access = fakeAccess();
let queues: Queues;
let events: { Records: Record<string, any>[] }[];
afterEach(async () => {
  await queues.stop();
});

async function start(answer: (records: Record<string, any>[]) => InvokeResult, properties: object = {}) {
  events = [];
  const functions: Functions = {
    async invoke(_arn, payload, caller) {
      expect(caller).toBeUndefined();
      const event = payload as { Records: Record<string, any>[] };
      events.push(event);
      return answer(event.Records);
    },
  };
  queues = await startQueues({ stack: fakeStack([...RESOURCES, mapping('uploads', properties)]), access, functions, log: () => undefined });
}

/** What a client of SQS asks, as it leaves the SDK's serializer. */
async function ask(operation: string, input: object): Promise<any> {
  const answer = { writeHead: () => answer, end: (text: string) => body = text } as any;
  let body = '';
  const request: any = { headers: { 'host': '127.0.0.1:1', 'x-amz-target': `AmazonSQS.${operation}` }, body: Buffer.from(JSON.stringify(input)) };
  expect(queues.service.needs(request)).toHaveLength(1);
  await queues.service.handle(request, answer);
  return JSON.parse(body);
}
const left = async (name: string) => {
  const { Attributes } = await ask('GetQueueAttributes', { QueueUrl: `http://127.0.0.1:1/${ACCOUNT}/${name}`, AttributeNames: ['All'] });
  return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
};

test('a message reaches the function at once, in Lambda\'s form, and is gone after its success', async () => {
  await start(() => ({ payload: null }));
  await queues.send(arnOf('uploads'), '{"a":1}');
  await until(() => events.length === 1);
  expect(events[0].Records).toEqual([{
    messageId: expect.any(String),
    receiptHandle: expect.any(String),
    body: '{"a":1}',
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/), SenderId: expect.any(String), ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/) },
    messageAttributes: {},
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: 'aws:sqs',
    eventSourceARN: arnOf('uploads'),
    awsRegion: REGION,
  }]);
  await until(async () => await left('uploads') === 0);
  expect(access.asked.slice(0, 3)).toEqual(['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((name) => ({ action: `sqs:${name}`, resource: arnOf('uploads') })));
});

test('what fails comes back after its visibility timeout and ends in the dead-letter queue', async () => {
  await start(() => ({ error: { errorType: 'Error', errorMessage: 'no' } }));
  await queues.send(arnOf('uploads'), 'x');
  await until(() => events.length === 2);
  expect(events.map(({ Records }) => Records[0].attributes.ApproximateReceiveCount)).toEqual(['1', '2']);
  await until(async () => await left('dead') === 1);
  expect([await left('dead'), await left('uploads'), events.length]).toEqual([1, 0, 2]);
});

describe('ReportBatchItemFailures', () => {
  const REPORT = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const failing = (ids: (records: Record<string, any>[]) => object) => (records: Record<string, any>[]): InvokeResult => ({ payload: ids(records) });

  test('only what failed comes back', async () => {
    await start(failing((records) => ({ batchItemFailures: records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId })) })), REPORT);
    await Promise.all(['good', 'bad', 'fine'].map((body) => queues.send(arnOf('uploads'), body)));
    await until(async () => await left('dead') === 1);
    const bodies = events.flatMap(({ Records }) => Records.map(({ body }) => body)).sort();
    expect(bodies).toEqual(['bad', 'bad', 'fine', 'good']);
  });

  test.each([['without the type it is no failure', {}, 1], ['with it, an empty id fails the whole batch', REPORT, 2]])('%s', async (_, properties, tries) => {
    await start(() => ({ payload: { batchItemFailures: [{ itemIdentifier: '' }] } }), properties);
    await queues.send(arnOf('uploads'), 'x');
    await until(async () => await left('uploads') === 0);
    expect(events).toHaveLength(tries);
  });
});

test('a client sees the stack\'s own account and addresses at the door', async () => {
  await start(() => ({ payload: null }));
  expect(await ask('GetQueueUrl', { QueueName: 'uploads' })).toEqual({ QueueUrl: `http://127.0.0.1:1/${ACCOUNT}/uploads` });
  const { Attributes } = await ask('GetQueueAttributes', { QueueUrl: RESOURCES[1].physicalId, AttributeNames: ['All'] });
  expect(Attributes).toMatchObject({ QueueArn: arnOf('uploads'), VisibilityTimeout: '1', MessageRetentionPeriod: '1209600' });
  expect(JSON.parse(Attributes.RedrivePolicy)).toEqual({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 });
});

test('each request needs its action on its queue', async () => {
  await start(() => ({ payload: null }));
  const needs = (operation: string, input: object) => {
    const request: any = { headers: { 'x-amz-target': `AmazonSQS.${operation}` }, body: Buffer.from(JSON.stringify(input)) };
    return queues.service.needs(request);
  };
  expect(needs('SendMessageBatch', { QueueUrl: RESOURCES[2].physicalId })).toEqual([{ action: 'sqs:SendMessage', resource: arnOf('dead') }]);
  expect(needs('GetQueueUrl', { QueueName: 'dead' })).toEqual([{ action: 'sqs:GetQueueUrl', resource: arnOf('dead') }]);
  expect(needs('ListQueues', {})).toEqual([{ action: 'sqs:ListQueues', resource: '*' }]);
});

describe('what stops the start', () => {
  const starting = (extra: ReturnType<typeof resource>, rights = access) => startQueues({
    stack: fakeStack([...RESOURCES, extra]), access: rights, functions: { invoke: async () => ({ payload: null }) },
  });
  beforeEach(() => start(() => ({ payload: null })));

  test('a role that may not read the queue', async () => {
    await expect(starting(mapping('uploads'), fakeAccess(['sqs:DeleteMessage']))).rejects.toThrow(`${ROLE} may not sqs:DeleteMessage on ${arnOf('uploads')}`);
  });

  test('what is not supported', async () => {
    await expect(starting(mapping('uploads', { FilterCriteria: {} }))).rejects.toThrow('unsupported event source mapping arn:aws:sqs:eu-west-1:123456789012:uploads FilterCriteria');
    await expect(starting(queue('odd', { FifoQueue: true }))).rejects.toThrow('unsupported in a queue: FifoQueue');
  });
});
