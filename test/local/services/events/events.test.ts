import { readdirSync } from 'fs';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import type { FailureQueue } from '../../../../local/functions/failure-queues';
import { createBuses } from '../../../../local/services/events/buses';
import { createEvents } from '../../../../local/services/events/events';
import { AwsError, BusEvent, InvokeResult } from '../../../../local/types';
import { ACCOUNT, fakeAccess, fakeStack, REGION, resource, until } from '../../fakes';

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:uploads`;
const DEAD = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:job-events`;
const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`;
const RULE_ITSELF = { kind: 'service', id: 'events.amazonaws.com', context: { 'aws:SourceArn': RULE } };
const CREATED: BusEvent = {
  'source': 'aws.s3',
  'detail-type': 'Object Created',
  'resources': ['arn:aws:s3:::source'],
  'detail': { bucket: { name: 'source' }, object: { key: 'source/1/original', size: 10 } },
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Given { denied?: string[]; answers?: (InvokeResult | Error)[]; dataFolder?: string; faults?: Error[]; failureQueue?: FailureQueue }

function create(properties: object, { denied = [], answers = [], dataFolder, faults = [], failureQueue }: Given = {}) {
  const sent: [string, string][] = [];
  const invoked: [string, any, unknown][] = [];
  const logged: string[] = [];
  const access = fakeAccess(denied);
  const stack = fakeStack([resource('AWS::Events::Rule', 'r', { State: 'ENABLED', ...properties }, RULE)]);
  const { put, fire, startSchedules, start: begin, stop } = createEvents({
    stack: { ...stack, ...dataFolder && { dataFolder } },
    access,
    failureQueueOf: () => failureQueue,
    queues: {
      send(arn, body) {
        const fault = faults.shift();
        if (fault) throw fault;
        sent.push([arn, body]);
      },
    },
    functions: {
      async invoke(arn, payload, caller) {
        invoked.push([arn, payload, caller]);
        const answer = answers.shift() ?? { payload: null };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    log: (line) => logged.push(line),
    retryMilliseconds: 1,
  });
  stops.push(stop);
  return { put, fire, startSchedules, begin, stop, sent, invoked, logged, access, dataFolder: dataFolder ?? stack.dataFolder };
}

function start(...given: Parameters<typeof create>) {
  const events = create(...given);
  events.begin();
  return events;
}

describe('rules', () => {
  const EventPattern = { source: ['aws.s3'], detail: { bucket: { name: ['source'] } } };

  test('a queue gets the whole event if its policy allows it', async () => {
    const { put, sent, access } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] });
    put({ ...CREATED, detail: { bucket: { name: 'other' } } });
    put(CREATED);
    await until(() => sent.length > 0);
    expect(sent.map(([arn, body]) => [arn, JSON.parse(body)])).toEqual([[QUEUE, {
      ...CREATED, version: '0', id: expect.stringMatching(/^[0-9a-f-]{36}$/), time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/), region: REGION, account: ACCOUNT,
    }]]);
    expect(access.asked).toEqual([{ action: 'sqs:SendMessage', resource: QUEUE, context: RULE_ITSELF.context }]);
  });

  test('a queue whose policy denies the rule gets nothing', async () => {
    const { put, sent, logged } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] }, { denied: ['sqs:SendMessage'] });
    put(CREATED);
    await until(() => logged.length > 0);
    expect([sent, logged[0]]).toEqual([[], expect.stringContaining('is not authorized to perform sqs:SendMessage')]);
  });

  test('a function gets the event from events.amazonaws.com and the rule', async () => {
    const { put, invoked } = start({ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION }] });
    put(CREATED);
    await until(() => invoked.length > 0);
    expect(invoked).toEqual([[FUNCTION, expect.objectContaining(CREATED), RULE_ITSELF]]);
  });

  const NO: InvokeResult = { error: { errorType: 'Error', errorMessage: 'no' } };
  test.each([
    ['tried again', [NO, NO, { payload: 1 }], 3, 0],
    ['given up after three tries', [NO, NO, NO, NO], 3, 1],
    ['given up at once without a permission', [new AwsError('AccessDenied', 'no', 403)], 1, 1],
  ])('a failing function is %s', async (_, answers, tries, dead) => {
    const { put, invoked, sent, stop } = start({ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } }] }, { answers: [...answers] });
    put(CREATED);
    await until(() => invoked.length === tries && sent.length === dead);
    await stop();
    expect([invoked.length, sent.map(([arn]) => arn)]).toEqual([tries, Array(dead).fill(DEAD)]);
  });

  test('a failed event of a function with a destination goes to the destination, not to the target\'s dead-letter queue', async () => {
    const failureQueue = { arn: `${DEAD}-own`, roleArn: 'arn:aws:iam::123456789012:role/own' };
    const { put, sent, access } = start({ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } }] }, { answers: [NO, NO, NO], failureQueue });
    put(CREATED);
    await until(() => sent.length > 0);
    const [[arn, text]] = sent;
    expect([arn, JSON.parse(text)]).toEqual([failureQueue.arn, expect.objectContaining({
      requestContext: expect.objectContaining({ functionArn: `${FUNCTION}:$LATEST`, condition: 'RetriesExhausted', approximateInvokeCount: 3 }),
      requestPayload: expect.objectContaining(CREATED),
      responsePayload: NO.error,
    })]);
    expect(access.asked).toEqual([expect.objectContaining({ action: 'sqs:SendMessage', resource: failureQueue.arn })]);
  });

  test('logs an event that can\'t be sent to a dead-letter queue', async () => {
    const { put, logged } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }] }, { denied: ['sqs:SendMessage'] });
    put(CREATED);
    await until(() => logged.length === 2);
    expect(logged).toEqual([expect.stringContaining(`${RULE}: ${QUEUE}: AccessDenied`), expect.stringContaining(`${RULE}: ${DEAD}: AccessDenied`)]);
  });

  test('after a local fault, the event is retried until its target has received it', async () => {
    const faults = [1, 2].map(() => new Error('ENOSPC: no space left on device'));
    const { put, sent, logged, dataFolder } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }] }, { faults });
    put(CREATED);
    await until(() => sent.length > 0);
    expect([sent.map(([arn]) => arn), logged]).toEqual([[QUEUE], Array(2).fill(expect.stringContaining('ENOSPC'))]);
    await until(() => readdirSync(join(dataFolder, 'events')).length === 0);
  });

  test('later changes of the sender\'s objects do not affect a sent event', async () => {
    const { put, sent } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] });
    const detail = { bucket: { name: 'source' } };
    put({ ...CREATED, detail });
    detail.bucket.name = 'other';
    await until(() => sent.length > 0);
    expect(JSON.parse(sent[0][1]).detail).toEqual({ bucket: { name: 'source' } });
  });

  test.each([
    [{ EventPattern: { source: [{ contains: 'a' }] } }, 'the local stack does not support {"contains":"a"}'],
    [{}, 'r: a rule requires an EventPattern or a ScheduleExpression'],
    [{ EventPattern, RoleArn: 'arn' }, 'r: the local stack does not support RoleArn'],
    ...['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'rate(90 seconds)', 'cron(0 12 * * ?)', 'at(2026-01-01T00:00:00)'].map((ScheduleExpression): [object, string] => [
      { ScheduleExpression }, `r: ScheduleExpression: expected a form such as rate(1 minute), rate(5 minutes) or cron(0 12 * * ? *), got ${ScheduleExpression}`,
    ]),
    [{ EventPattern, State: 'DISABLED' }, 'r: the local stack does not support State'],
    [{ EventPattern, EventBusName: 'mine' }, 'r: the template has no event bus mine'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, SqsParameters: {} }] }, 'r: the local stack does not support SqsParameters'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, RetryPolicy: { MaximumRetryAttempts: 186 } }] }, 'r: MaximumRetryAttempts must be from 0 to 185, got 186'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, RetryPolicy: { Backoff: 1 } }] }, 'r: the local stack does not support Backoff'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: 'arn:aws:states:r:1:stateMachine:s' }] }, 'r: the local stack does not support the target arn:aws:states:r:1:stateMachine:s'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: 'arn:aws:sns:r:1:none' }] }, 'r: the template has no topic arn:aws:sns:r:1:none'],
  ])('%j throws', (properties, message) => {
    expect(() => start({ Targets: [], ...properties })).toThrow(message);
  });
});

describe('a rule with a schedule', () => {
  const Targets = [{ Id: 't', Arn: QUEUE }];
  const EVENT = { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'resources': [RULE], 'detail': {} };

  test('fires on request, with the documented event', async () => {
    const { fire, sent } = start({ ScheduleExpression: 'cron(0 12 * * ? *)', Targets });
    expect(fire('other')).toBeUndefined();
    const ids = [fire('r'), fire(RULE)];
    await until(() => sent.length === 2);
    expect(sent.map(([, body]) => JSON.parse(body))).toEqual(ids.map((id) => ({
      ...EVENT, id, version: '0', time: expect.any(String), region: REGION, account: ACCOUNT,
    })));
  });

  test('fires at its rate, and only once schedules are started', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    try {
      const { startSchedules, sent, stop } = start({ ScheduleExpression: 'rate(15 minutes)', Targets });
      jest.advanceTimersByTime(3_600_000);
      startSchedules();
      jest.advanceTimersByTime(31 * 60_000);
      await until(() => sent.length > 0);
      await stop();
      jest.advanceTimersByTime(3_600_000);
      await wait(20);
      expect(sent).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each(['cron(0 12 * * ? *)', 'rate(30 days)'])('%s never fires automatically, and a log line says so', (ScheduleExpression) => {
    const { startSchedules, logged } = start({ ScheduleExpression, Targets });
    startSchedules();
    expect(logged).toEqual(['r: the local stack does not support the schedule expression, so the rule never fires automatically. '
      + 'To fire the rule, send a request with the header x-local-fire-rule (docs/decisions/004)']);
  });

  test('is on the default bus, and also receives events if it has a pattern', async () => {
    expect(() => start({ ScheduleExpression: 'rate(1 hour)', EventBusName: 'mine' })).toThrow('r: the template has no event bus mine');
    const { put, fire, sent } = start({ ScheduleExpression: 'rate(1 hour)', EventPattern: { source: ['aws.s3'] }, Targets });
    put(CREATED);
    fire('r');
    await until(() => sent.length === 2);
    expect(sent.map(([, body]) => JSON.parse(body).source).sort()).toEqual(['aws.events', 'aws.s3']);
  });
});

test('a target gets the input that its rule defines', async () => {
  const { put, sent, invoked } = start({
    EventPattern: { source: ['aws.s3'] },
    Targets: [
      { Id: 'a', Arn: FUNCTION, InputPath: '$.detail.object', RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
      { Id: 'b', Arn: QUEUE, InputTransformer: { InputPathsMap: { key: '$.detail.object.key' }, InputTemplate: '"<key> is there"' } },
    ],
  });
  put(CREATED);
  await until(() => invoked.length + sent.length === 2);
  expect([invoked[0][1], sent[0][1]]).toEqual([CREATED.detail.object, '"source/1/original is there"']);
});

test('does not invoke a function with an input that is not JSON', async () => {
  const { put, sent, invoked } = start({
    EventPattern: { source: ['aws.s3'] },
    Targets: [{ Id: 'a', Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD }, InputTransformer: { InputPathsMap: { key: '$.detail.object.key' }, InputTemplate: '{"a":"<key>"}' } }],
  });
  put({ ...CREATED, detail: { object: { key: 'with "quotes"' } } });
  await until(() => sent.length === 1);
  expect([invoked, sent]).toEqual([[], [[DEAD, '{"a":"with "quotes""}']]]);
});

test('rejects a bus with properties other than name and description', () => {
  const bus = (properties: object) => () => createBuses(fakeStack([resource('AWS::Events::EventBus', 'vod', properties)]));
  expect(bus({ Name: 'vod', Description: 'of videos' })().has('vod')).toBe(true);
  expect(bus({ Name: 'vod', KmsKeyIdentifier: 'k' })).toThrow('vod: the local stack does not support KmsKeyIdentifier');
});

describe('a process that was killed', () => {
  const TO_QUEUE = { EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 't', Arn: QUEUE }] };
  const TO_FUNCTION = { EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 't', Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } }] };

  test('loses no event, and delivers nothing before the start', async () => {
    const first = create(TO_QUEUE);
    first.put(CREATED);
    const second = create(TO_QUEUE, { dataFolder: first.dataFolder });
    await wait(20);
    expect([first.sent, second.sent]).toEqual([[], []]);
    second.begin();
    await until(() => second.sent.length === 1);
    await until(() => readdirSync(join(first.dataFolder, 'events')).length === 0);
    expect(JSON.parse(second.sent[0][1])).toMatchObject(CREATED);
  });

  test('loses no event whose function was running or waiting for a retry', async () => {
    const NO: InvokeResult = { error: { errorType: 'Runtime.ExitError', errorMessage: 'killed' } };
    const first = start(TO_FUNCTION, { answers: [NO] });
    first.put(CREATED);
    await until(() => first.invoked.length === 1);
    await first.stop();
    const second = start(TO_FUNCTION, { dataFolder: first.dataFolder });
    await until(() => second.invoked.length === 1);
    await until(() => readdirSync(join(first.dataFolder, 'events')).length === 0);
    expect([second.invoked[0][1].id, first.sent]).toEqual([first.invoked[0][1].id, []]);
  });
});
