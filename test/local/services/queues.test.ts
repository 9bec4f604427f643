import { mkdirSync, readdirSync, rmSync } from 'fs';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import { createQueues, Queues } from '../../../local/services/queues';
import { Functions, InvokeResult } from '../../../local/types';
import { ACCOUNT, fakeAccess, fakeStack, REGION, resource, ROLE, until } from '../fakes';

const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
const queue = (name: string, properties: object = {}) => resource('AWS::SQS::Queue', `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`, properties, arnOf(name));
const mapping = (source: string, FunctionName: string, properties: object = {}) => resource('AWS::Lambda::EventSourceMapping', `mapping-${source}`, {
  EventSourceArn: arnOf(source), FunctionName, BatchSize: 1, ...properties,
});
const RESOURCES = [
  ...['submit', 'bury'].map((name) => resource('AWS::Lambda::Function', name, { Role: ROLE, Timeout: 1 })),
  queue('uploads', { VisibilityTimeout: 1, MessageRetentionPeriod: 1_209_600, RedrivePolicy: { deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 }, SqsManagedSseEnabled: true }),
  queue('dead'),
];
const ERROR: InvokeResult = { error: { errorType: 'Error', errorMessage: 'no' } };

const access = fakeAccess();
let queues: Queues;
let received: Record<string, any>[];
let buried: string[];
afterEach(async () => {
  await queues.stop();
});

async function start(answer: (records: Record<string, any>[]) => InvokeResult | Promise<InvokeResult>, properties: object = {}) {
  [received, buried] = [[], []];
  const functions: Functions = {
    async invoke(arn, payload, caller) {
      expect(caller).toBeUndefined();
      const { Records } = payload as { Records: Record<string, any>[] };
      if (arn === 'submit') received.push(...Records);
      else buried.push(...Records.map(({ body }) => body));
      return arn === 'submit' ? answer(Records) : { payload: null };
    },
  };
  const stack = fakeStack([...RESOURCES, mapping('uploads', 'submit', properties), mapping('dead', 'bury')]);
  queues = await createQueues({ stack, access, functions, log: () => undefined });
  queues.start();
  return stack.dataFolder;
}
const send = (...bodies: string[]) => bodies.forEach((body) => queues.send(arnOf('uploads'), body));
const bodies = () => received.map(({ body }) => body).sort();

test('a message reaches the function at once, in Lambda\'s format', async () => {
  await start(() => ({ payload: null }));
  send('{"a":1}');
  await until(() => received.length === 1);
  expect(received).toEqual([{
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
  expect(access.asked.slice(0, 3)).toEqual(['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((name) => ({ action: `sqs:${name}`, resource: arnOf('uploads') })));
});

test('deletes processed messages; failed messages are received again after the visibility timeout and end in the dead-letter queue', async () => {
  await start(([{ body }]) => body === 'bad' ? ERROR : { payload: null });
  send('good', 'bad');
  await until(() => buried.length === 1);
  expect([buried, bodies()]).toEqual([['bad'], ['bad', 'bad', 'good']]);
  expect(received.filter(({ body }) => body === 'bad').map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['1', '2']);
});

test('a message that was received again and deleted stays deleted when its first function fails later', async () => {
  const slow = async (): Promise<InvokeResult> => {
    await wait(1500);
    return ERROR;
  };
  await start(() => received.length === 1 ? slow() : { payload: null });
  send('once more');
  await until(() => received.length === 2);
  await wait(2500);
  expect(received).toHaveLength(2);
});

test('a temporarily full disk does not stop polling and loses no message', async () => {
  const folder = join(await start(() => {
    if (received.length > 2) return { payload: null };
    rmSync(folder, { recursive: true });
    setTimeout(() => mkdirSync(folder), 20);
    return ERROR;
  }), 'queues', 'uploads');
  // Each of the two pollers receives a message, but cannot store that the message failed.
  send('first', 'second');
  await until(() => received.length === 4);
  expect(bodies()).toEqual(['first', 'first', 'second', 'second']);
});

describe('ReportBatchItemFailures', () => {
  const REPORT = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

  test('only failed messages are received again', async () => {
    const failed = (records: Record<string, any>[]) => records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId }));
    await start((records) => ({ payload: { batchItemFailures: failed(records) } }), { ...REPORT, BatchSize: 5 });
    send('good', 'bad', 'fine');
    await until(() => buried.length === 1);
    expect([buried, bodies()]).toEqual([['bad'], ['bad', 'bad', 'fine', 'good']]);
  });

  test.each([['without the type it is no failure', {}, 1], ['with it, an empty id fails the whole batch', REPORT, 2]])('%s', async (_, properties, tries) => {
    await start(([{ body }]) => body === 'bad' ? ERROR : { payload: { batchItemFailures: [{ itemIdentifier: '' }] } }, properties);
    send('x', 'bad');
    await until(() => buried.length === tries);
    expect(bodies()).toEqual(['bad', 'bad', ...Array(tries).fill('x')]);
  });
});

describe('a process that was killed', () => {
  /** Simulates a kill: starts a run without stopping the previous run. */
  async function run(folder: string, mappings: ReturnType<typeof resource>[], answer: () => Promise<InvokeResult>) {
    const seen: string[] = [];
    queues = await createQueues({
      stack: { ...fakeStack([...RESOURCES, ...mappings]), dataFolder: folder }, access, log: () => undefined,
      functions: { invoke: (_, payload) => (seen.push(...(payload as any).Records.map(({ body }: { body: string }) => body)), answer()) },
    });
    return { queues, seen };
  }
  const never = () => new Promise<InvokeResult>(() => undefined);
  const dataFolder = () => fakeStack([]).dataFolder;

  test.each([['waiting', false], ['with its function', true]])('loses no message that was %s', async (_, polling) => {
    const folder = dataFolder();
    const first = await run(folder, [mapping('uploads', 'submit')], never);
    if (polling) first.queues.start();
    first.queues.send(arnOf('uploads'), 'kept');
    if (polling) await until(() => first.seen.length === 1);
    const second = await run(folder, [mapping('uploads', 'submit')], async () => ({ payload: null }));
    second.queues.start();
    await until(() => second.seen.length === 1);
    const third = await run(folder, [mapping('uploads', 'submit')], never);
    third.queues.start();
    expect([second.seen, third.seen]).toEqual([['kept'], []]);
  });

  test('loses no message of a dead-letter queue', async () => {
    const folder = dataFolder();
    const first = await run(folder, [mapping('uploads', 'submit')], async () => ERROR);
    first.queues.start();
    first.queues.send(arnOf('uploads'), 'bad');
    await until(() => readdirSync(join(folder, 'queues', 'dead')).length === 1);
    expect([first.seen, readdirSync(join(folder, 'queues', 'uploads'))]).toEqual([['bad', 'bad'], []]);
    const second = await run(folder, [mapping('dead', 'bury')], async () => ({ payload: null }));
    second.queues.start();
    await until(() => second.seen.length === 1);
    expect(second.seen).toEqual(['bad']);
  });
});

test('rejects a message that SQS would reject', async () => {
  await start(() => ({ payload: null }));
  expect(() => send('x'.repeat(1024 * 1024 + 1))).toThrow('Message must be shorter than 1048576 bytes.');
  expect(() => queues.send(arnOf('none'), 'x')).toThrow('The specified queue does not exist');
});

describe('the start fails for', () => {
  const starting = (extra: ReturnType<typeof resource>, rights = access) => createQueues({
    stack: fakeStack([...RESOURCES, extra]), access: rights, functions: { invoke: async () => ({ payload: null }) },
  });
  beforeEach(() => start(() => ({ payload: null })));

  test('a role that is not allowed to read the queue', async () => {
    await expect(starting(mapping('uploads', 'submit'), fakeAccess(['sqs:DeleteMessage']))).rejects.toThrow(`${ROLE} is not authorized to perform sqs:DeleteMessage on ${arnOf('uploads')}`);
  });

  test('a queue whose visibility timeout is shorter than its function\'s timeout', async () => {
    const slow = resource('AWS::Lambda::Function', 'slow', { Role: ROLE, Timeout: 31 });
    const from = (name: string) => createQueues({
      stack: fakeStack([...RESOURCES, slow, mapping(name, 'slow')]), access, functions: { invoke: async () => ({ payload: null }) },
    });
    for (const [name, seconds] of [['uploads', 1], ['dead', 30]] as const) {
      await expect(from(name)).rejects.toThrow(`Queue visibility timeout: ${seconds} seconds is less than Function timeout: 31 seconds`);
    }
  });

  test('unsupported settings', async () => {
    await expect(starting(mapping('uploads', 'submit', { FilterCriteria: {} }))).rejects.toThrow('the local stack does not support FilterCriteria');
    await expect(starting(queue('odd', { FifoQueue: true }))).rejects.toThrow('the local stack does not support FifoQueue');
  });
});
