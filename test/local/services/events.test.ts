import { compilePattern } from '../../../local/services/event-pattern';
import { createEvents } from '../../../local/services/events';
import { AwsError, BusEvent, InvokeResult } from '../../../local/types';
import { ACCOUNT, fakeAccess, fakeStack, REGION, resource, until } from '../fakes';

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:uploads`;
const DEAD = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:job-events`;
const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`;
const CREATED: BusEvent = {
  'source': 'aws.s3',
  'detail-type': 'Object Created',
  'resources': ['arn:aws:s3:::source'],
  'detail': { bucket: { name: 'source' }, object: { key: 'source/1/original', size: 10 } },
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const stop of stops.splice(0)) await stop();
});

function start(properties: object, { denied = [], answers = [] }: { denied?: string[]; answers?: (InvokeResult | Error)[] } = {}) {
  const sent: [string, string][] = [];
  const invoked: [string, any, unknown][] = [];
  const logged: string[] = [];
  const access = fakeAccess(denied);
  const { put, stop } = createEvents({
    stack: fakeStack([resource('AWS::Events::Rule', 'r', { State: 'ENABLED', ...properties }, RULE)]),
    access,
    queues: { send: async (arn, body) => void sent.push([arn, body]) },
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
  return { put, stop, sent, invoked, logged, access };
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
    expect(access.asked).toEqual([{ action: 'sqs:SendMessage', resource: QUEUE, context: { 'aws:SourceArn': RULE, 'aws:SourceAccount': ACCOUNT } }]);
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
    expect(invoked).toEqual([[FUNCTION, expect.objectContaining(CREATED), { service: 'events.amazonaws.com', sourceArn: RULE }]]);
  });

  const NO: InvokeResult = { error: { errorType: 'Error', errorMessage: 'no' } };
  test.each([
    ['tried again', [NO, NO, { payload: 1 }], undefined, 3, 0],
    ['given up after three tries', [NO, NO, NO, NO], undefined, 3, 1],
    ['given up at once when the rule says so', [NO, NO], { MaximumRetryAttempts: 0 }, 1, 1],
    ['given up at once without a permission', [new AwsError('AccessDeniedException', 'no', 403)], undefined, 1, 1],
  ])('a failing function is %s', async (_, answers, RetryPolicy, tries, dead) => {
    const { put, invoked, sent, stop } = start({ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, RetryPolicy, DeadLetterConfig: { Arn: DEAD } }] }, { answers: [...answers] });
    put(CREATED);
    await until(() => invoked.length === tries && sent.length === dead);
    await stop();
    expect([invoked.length, sent.map(([arn]) => arn)]).toEqual([tries, Array(dead).fill(DEAD)]);
  });

  test('a disabled rule does nothing', async () => {
    const { put, sent } = start({ State: 'DISABLED', EventPattern, Targets: [{ Id: 't', Arn: QUEUE }] });
    put(CREATED);
    await new Promise(setImmediate);
    expect(sent).toEqual([]);
  });

  test('a schedule', () => {
    jest.useFakeTimers();
    const { put, invoked } = start({ ScheduleExpression: 'rate(5 minutes)', Targets: [{ Id: 't', Arn: FUNCTION }] });
    put(CREATED);
    jest.advanceTimersByTime(11 * 60_000);
    expect(invoked).toHaveLength(2);
    expect(invoked[0][1]).toMatchObject({ 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'resources': [RULE], 'detail': {} });
  });

  test('a constant input in the event\'s place', async () => {
    const { put, invoked } = start({ EventPattern, Targets: [{ Id: 't', Arn: FUNCTION, Input: '{"sweep":true}' }] });
    put(CREATED);
    await until(() => invoked.length > 0);
    expect(invoked[0][1]).toEqual({ sweep: true });
  });

  test.each([
    [{ EventPattern: { source: [{ wildcard: 'a*' }] } }, "the operator 'wildcard' is not supported"],
    [{ EventPattern: { $or: [] } }, "the operator '$or' is not supported"],
    [{ ScheduleExpression: 'cron(0 1 * * ? *)' }, 'r: unsupported schedule cron(0 1 * * ? *)'],
    [{ Targets: [{ Id: 't', Arn: FUNCTION, InputTransformer: {} }] }, 'r: unsupported in a rule: InputTransformer'],
    [{ Targets: [{ Id: 't', Arn: FUNCTION, InputPath: '$.detail' }] }, 'r: unsupported in a rule: InputPath'],
    [{ EventBusName: 'mine' }, 'r: unsupported in a rule: mine'],
  ])('%j throws', (properties, message) => {
    expect(() => start(properties)).toThrow(message);
  });
});

describe('patterns', () => {
  test.each([
    [{ a: ['x', 'y'] }, { a: 'y' }, true],
    [{ a: ['x'] }, { a: 'xy' }, false],
    [{ a: [1, null, true] }, { a: null }, true],
    [{ a: [1] }, { a: '1' }, false],
    [{ a: ['x'], b: ['y'] }, { a: 'x' }, false],
    [{ a: ['x'] }, { a: ['w', 'x'] }, true],
    [{ a: { b: { c: ['x'] } } }, { a: { b: { c: 'x', d: 1 } } }, true],
    [{ a: { b: ['x'] } }, { a: [{ b: 'w' }, { b: 'x' }] }, true],
    [{ a: { b: ['x'] } }, {}, false],
    [{ a: [{ prefix: 'source/' }] }, { a: 'source/1' }, true],
    [{ a: [{ prefix: 'source/' }] }, { a: 'v/source/' }, false],
    [{ a: [{ suffix: '.mp4' }, 'x'] }, { a: '1.mp4' }, true],
    [{ a: [{ suffix: '.mp4' }] }, { a: '1.mp4.txt' }, false],
    [{ a: [{ 'equals-ignore-case': 'AbC' }] }, { a: 'aBc' }, true],
    [{ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'z' }, true],
    [{ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'y' }, false],
    [{ a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'xy' }, false],
    [{ a: [{ 'anything-but': 'x' }] }, {}, false],
    [{ a: [{ exists: true }] }, { a: null }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: { b: [{ exists: false }] } }, { a: {} }, true],
    [{ a: { b: [{ exists: false }] } }, {}, true],
    [{ a: [{ exists: false }] }, { a: 1 }, false],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 0 }, false],
    [{ a: [{ numeric: ['=', 3] }] }, { a: '3' }, false],
  ])('%j on %j is %s', (pattern, event, matches) => {
    expect(compilePattern(pattern)(event)).toBe(matches);
  });

  test('an unknown comparison throws', () => {
    expect(() => compilePattern({ a: [{ numeric: ['!=', 3] }] })).toThrow("'numeric !=' is not supported");
  });
});
