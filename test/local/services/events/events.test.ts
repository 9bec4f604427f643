import { readdirSync } from 'fs';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
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

interface Given { denied?: string[]; answers?: (InvokeResult | Error)[]; dataFolder?: string; faults?: Error[] }

function create(properties: object, { denied = [], answers = [], dataFolder, faults = [] }: Given = {}) {
  const sent: [string, string][] = [];
  const invoked: [string, any, unknown][] = [];
  const logged: string[] = [];
  const access = fakeAccess(denied);
  const stack = fakeStack([resource('AWS::Events::Rule', 'r', { State: 'ENABLED', ...properties }, RULE)]);
  const { put, start: begin, stop } = createEvents({
    stack: { ...stack, ...dataFolder && { dataFolder } },
    access,
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
  return { put, begin, stop, sent, invoked, logged, access, dataFolder: dataFolder ?? stack.dataFolder };
}

function start(...given: Parameters<typeof create>) {
  const events = create(...given);
  events.begin();
  return events;
}

describe('rules', () => {
  const EventPattern = { source: ['aws.s3'], detail: { bucket: { name: ['source'] } } };

  test('a queue gets the whole envelope, after its policy was asked', async () => {
    const { put, sent, access } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] });
    put({ ...CREATED, detail: { bucket: { name: 'other' } } });
    put(CREATED);
    await until(() => sent.length > 0);
    expect(sent.map(([arn, body]) => [arn, JSON.parse(body)])).toEqual([[QUEUE, {
      ...CREATED, version: '0', id: expect.stringMatching(/^[0-9a-f-]{36}$/), time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/), region: REGION, account: ACCOUNT,
    }]]);
    expect(access.asked).toEqual([{ action: 'sqs:SendMessage', resource: QUEUE, context: RULE_ITSELF.context }]);
  });

  test('a queue whose policy says no gets nothing', async () => {
    const { put, sent, logged } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] }, { denied: ['sqs:SendMessage'] });
    put(CREATED);
    await until(() => logged.length > 0);
    expect([sent, logged[0]]).toEqual([[], expect.stringContaining('may not sqs:SendMessage')]);
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

  test('an event that reaches no dead-letter queue either is told', async () => {
    const { put, logged } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }] }, { denied: ['sqs:SendMessage'] });
    put(CREATED);
    await until(() => logged.length === 2);
    expect(logged).toEqual([expect.stringContaining(`${RULE}: ${QUEUE}: AccessDenied`), expect.stringContaining(`${RULE}: ${DEAD}: AccessDenied`)]);
  });

  test('a fault of this machine is no answer: the event stays until its target has it', async () => {
    const faults = [1, 2].map(() => new Error('ENOSPC: no space left on device'));
    const { put, sent, logged, dataFolder } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }] }, { faults });
    put(CREATED);
    await until(() => sent.length > 0);
    expect([sent.map(([arn]) => arn), logged]).toEqual([[QUEUE], Array(2).fill(expect.stringContaining('ENOSPC'))]);
    await until(() => readdirSync(join(dataFolder, 'events')).length === 0);
  });

  test('what the sender does to its objects afterwards is its own', async () => {
    const { put, sent } = start({ EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] });
    const detail = { bucket: { name: 'source' } };
    put({ ...CREATED, detail });
    detail.bucket.name = 'other';
    await until(() => sent.length > 0);
    expect(JSON.parse(sent[0][1]).detail).toEqual({ bucket: { name: 'source' } });
  });

  test.each([
    [{ EventPattern: { source: [{ contains: 'a' }] } }, 'this machine does not know {"contains":"a"}'],
    [{ ScheduleExpression: 'rate(5 minutes)' }, 'r: this machine does not know ScheduleExpression'],
    [{ EventPattern, State: 'DISABLED' }, 'r: this machine does not know State'],
    [{ EventPattern, EventBusName: 'mine' }, 'r: the template has no event bus mine'],
    [{ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, InputPath: '$.detail' }] }, 'r: this machine does not know InputPath'],
  ])('%j throws', (properties, message) => {
    expect(() => start({ Targets: [], ...properties })).toThrow(message);
  });
});

test('a bus has a name and a description, and nothing else', () => {
  const bus = (properties: object) => () => createBuses(fakeStack([resource('AWS::Events::EventBus', 'vod', properties)]));
  expect(bus({ Name: 'vod', Description: 'of videos' })().has('vod')).toBe(true);
  expect(bus({ Name: 'vod', KmsKeyIdentifier: 'k' })).toThrow('vod: this machine does not know KmsKeyIdentifier');
});

describe('a process that was killed', () => {
  const TO_QUEUE = { EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 't', Arn: QUEUE }] };
  const TO_FUNCTION = { EventPattern: { source: ['aws.s3'] }, Targets: [{ Id: 't', Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } }] };

  test('loses no event that was put, and delivers nothing before it is started', async () => {
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

  test('loses no event whose function was running, or was to be asked again', async () => {
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
