import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import {
  aws_events as events, aws_events_targets as targets, aws_lambda as lambda, aws_sns as sns, aws_sns_subscriptions as subscriptions, aws_sqs as sqs, Stack,
} from 'aws-cdk-lib';
import { TemplateAccess } from '../../../../local/access/access';
import { createEvents } from '../../../../local/services/events/events';
import { createTopics } from '../../../../local/services/topics/topics';
import { AwsError, type InvokeResult } from '../../../../local/types';
import { fakeAccess, fakeStack, resource, until } from '../../fakes';
import { synthesized } from '../../template/stacks';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ready';
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:videos';
const DEAD = 'arn:aws:sqs:eu-west-1:123456789012:dead';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:tell';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const SIGNED = { SignatureVersion: '1', Signature: expect.any(String) };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Given { dataFolder?: string; denied?: string[]; answers?: InvokeResult[] }

function create(given: object[], { dataFolder, denied = [], answers = [] }: Given = {}, topicProperties: object = { DisplayName: 'Ready' }) {
  const access = fakeAccess(denied);
  const sent: [string, string][] = [];
  const invoked: [string, any, unknown][] = [];
  const stack = fakeStack([
    resource('AWS::SNS::Topic', TOPIC, topicProperties),
    ...given.map((properties, index) => resource('AWS::SNS::Subscription', `${TOPIC}:${index}`, { TopicArn: TOPIC, ...properties })),
  ]);
  const folder = dataFolder ?? stack.dataFolder;
  const topics = createTopics({
    stack: { ...stack, dataFolder: folder }, access, log: () => undefined, retryMilliseconds: 1,
    queues: { send: (...message) => void sent.push(message) },
    functions: { invoke: async (arn, payload, caller) => (invoked.push([arn, payload, caller]), answers.shift() ?? { payload: null }) },
  });
  stops.push(topics.stop);
  return { ...topics, access, sent, invoked, folder };
}

function start(...given: Parameters<typeof create>) {
  const topics = create(...given);
  topics.start();
  return topics;
}

test('a function gets the documented event, from SNS and the topic', async () => {
  const { send, invoked } = start([{ Protocol: 'lambda', Endpoint: FUNCTION }]);
  send(TOPIC, '{"a":1}');
  await until(() => invoked.length === 1);
  const Sns = {
    Type: 'Notification', MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/), TopicArn: TOPIC, Subject: null, Message: '{"a":1}', Timestamp: TIME, ...SIGNED,
    SigningCertUrl: expect.any(String), UnsubscribeUrl: expect.stringContaining(`${TOPIC}:0`), MessageAttributes: {},
  };
  expect(invoked).toEqual([[
    FUNCTION, { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: `${TOPIC}:0`, Sns }] },
    { kind: 'service', id: 'sns.amazonaws.com', context: { 'aws:SourceArn': TOPIC } },
  ]]);
});

test('queues get a notification or the raw message, if the queue\'s policy allows it', async () => {
  const { send, sent, access } = start([{ Protocol: 'sqs', Endpoint: QUEUE }, { Protocol: 'sqs', Endpoint: DEAD, RawMessageDelivery: true }]);
  send(TOPIC, 'any text');
  await until(() => sent.length === 2);
  expect(JSON.parse(sent[0][1])).toEqual({
    Type: 'Notification', MessageId: expect.any(String), TopicArn: TOPIC, Message: 'any text', Timestamp: TIME, ...SIGNED,
    SigningCertURL: expect.any(String), UnsubscribeURL: expect.any(String),
  });
  expect(sent[1]).toEqual([DEAD, 'any text']);
  expect(access.asked[0]).toEqual({ action: 'sqs:SendMessage', resource: QUEUE, context: { 'aws:SourceArn': TOPIC } });
});

test('supports subscriptions inside the topic resource', async () => {
  const { send, sent } = start([], {}, { Subscription: [{ Protocol: 'sqs', Endpoint: QUEUE }] });
  send(TOPIC, 'x');
  await until(() => sent.length === 1);
});

test('a message for a receiver outside the stack becomes a file that only its owner can read', () => {
  const { send, folder } = start([{ Protocol: 'email', Endpoint: 'ops@example.com' }, { Protocol: 'https', Endpoint: 'https://example.com/hook' }]);
  send(TOPIC, 'a video is ready');
  const files = readdirSync(join(folder, 'notifications')).map((name) => JSON.parse(readFileSync(join(folder, 'notifications', name), 'utf8')));
  const common = { topicArn: TOPIC, timestamp: TIME, message: 'a video is ready' };
  expect(files).toEqual([{ ...common, protocol: 'email', endpoint: 'ops@example.com' }, { ...common, protocol: 'https', endpoint: 'https://example.com/hook' }]);
});

test('a message that a subscriber rejects goes to its dead-letter queue', async () => {
  const { send, sent, invoked } = start(
    [{ Protocol: 'lambda', Endpoint: FUNCTION, RedrivePolicy: { deadLetterTargetArn: DEAD } }],
    { answers: Array(3).fill({ error: { errorType: 'Error', errorMessage: 'no' } }) },
  );
  send(TOPIC, 'x');
  await until(() => sent.length === 1);
  expect([invoked.length, sent[0][0]]).toEqual([3, DEAD]);
});

test.each([
  ['of the body that fits', { FilterPolicyScope: 'MessageBody', FilterPolicy: { detail: { size: [{ numeric: ['>', 1] }] } } }, 1],
  ['of the body that does not fit', { FilterPolicyScope: 'MessageBody', FilterPolicy: { detail: { size: [{ numeric: ['>', 5] }] } } }, 0],
  ['of attributes, of which a message has none', { FilterPolicy: { size: [2] } }, 0],
])('a filter policy %s', async (_, properties, count) => {
  const { send, sent } = start([{ Protocol: 'sqs', Endpoint: QUEUE, ...properties }, { Protocol: 'sqs', Endpoint: DEAD }]);
  send(TOPIC, '{"detail":{"size":2}}');
  await until(() => sent.some(([arn]) => arn === DEAD));
  expect(sent.filter(([arn]) => arn === QUEUE)).toHaveLength(count);
});

test('a filter policy on the body matches JSON messages only', async () => {
  const { send, sent } = start([{ Protocol: 'sqs', Endpoint: QUEUE, FilterPolicyScope: 'MessageBody', FilterPolicy: { a: [{ exists: false }] } }, { Protocol: 'sqs', Endpoint: DEAD }]);
  send(TOPIC, 'text');
  await until(() => sent.length > 0);
  expect(sent.map(([arn]) => arn)).toEqual([DEAD]);
});

test('a process that was killed loses no message', async () => {
  const given = [{ Protocol: 'lambda', Endpoint: FUNCTION }];
  const first = create(given);
  first.send(TOPIC, 'x');
  const second = start(given, { dataFolder: first.folder });
  await until(() => second.invoked.length === 1);
  await until(() => readdirSync(join(first.folder, 'topics')).length === 0);
  expect([first.invoked, existsSync(join(first.folder, 'notifications'))]).toEqual([[], false]);
});

test('rejects a message of more than 256 KiB', () => {
  expect(() => create([]).send(TOPIC, 'x'.repeat(256 * 1024 + 1))).toThrow(AwsError);
});

test.each<[object[], object, string]>([
  [[{ Protocol: 'firehose', Endpoint: 'arn' }], {}, 'does not support Protocol "firehose"'],
  [[{ Protocol: 'sqs', Endpoint: QUEUE, DeliveryPolicy: {} }], {}, 'does not support DeliveryPolicy'],
  [[{ Protocol: 'sqs', Endpoint: QUEUE, TopicArn: `${TOPIC}-other` }], {}, `the template has no topic ${TOPIC}-other`],
  [[], { KmsMasterKeyId: 'alias/aws/sns' }, 'does not support KmsMasterKeyId "alias/aws/sns"'],
  [[], { FifoTopic: true }, 'does not support FifoTopic true'],
])('%j of a topic with %j throws', (given, topic, message) => {
  expect(() => create(given, {}, topic)).toThrow(message);
});

test('delivers from a CDK rule through a topic to a function and a queue, with the CDK\'s policies', async () => {
  const build = (scope: Stack) => {
    const topic = new sns.Topic(scope, 'Topic', { displayName: 'Ready', enforceSSL: true });
    const tell = new lambda.Function(scope, 'Tell', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('x') });
    topic.addSubscription(new subscriptions.LambdaSubscription(tell));
    topic.addSubscription(new subscriptions.SqsSubscription(new sqs.Queue(scope, 'Queue'), { rawMessageDelivery: true }));
    topic.addSubscription(new subscriptions.EmailSubscription('ops@example.com'));
    const eventBus = new events.EventBus(scope, 'Bus', { eventBusName: 'vod' });
    new events.Rule(scope, 'Ready', { eventBus, eventPattern: { detailType: ['video.ready'] }, targets: [new targets.SnsTopic(topic)] });
  };
  const stack = await synthesized(build);
  const access = new TemplateAccess(stack, () => undefined);
  const sent: string[] = [];
  const callers: [string, unknown][] = [];
  const tools = {
    stack, access, log: () => undefined, queues: { send: (_: string, body: string) => void sent.push(JSON.parse(body).detail) },
    functions: {
      invoke: async (arn: string, _: unknown, caller: any) => {
        await access.require(caller, [{ action: 'lambda:InvokeFunction', resource: arn }]);
        callers.push([arn, caller.context]);
        return { payload: null };
      },
    },
  };
  const topics = createTopics(tools);
  const bus = createEvents({ ...tools, topics });
  stops.push(topics.stop, bus.stop);
  [topics, bus].forEach((part) => part.start());
  bus.put({ 'source': 'serverless-vod', 'detail-type': 'video.ready', 'detail': { videoId: '1' } }, 'vod');
  await until(() => sent.length + callers.length === 2);
  const [topicArn, functionArn] = ['AWS::SNS::Topic', 'AWS::Lambda::Function'].map((type) => stack.ofType(type)[0]).map(({ physicalId, attributes: { Arn } }) => Arn ?? physicalId);
  expect([sent, callers, access.refusals]).toEqual([[{ videoId: '1' }], [[functionArn, { 'aws:SourceArn': topicArn }]], []]);
  expect(readdirSync(join(stack.dataFolder, 'notifications'))).toHaveLength(1);
});

test('a topic whose policy allows no rule gets nothing', async () => {
  const stack = await synthesized((scope) => {
    const topic = new sns.Topic(scope, 'Topic');
    const rule = new events.Rule(scope, 'Ready', { eventPattern: { detailType: ['video.ready'] } });
    (rule.node.defaultChild as events.CfnRule).targets = [{ id: 't', arn: topic.topicArn }];
  });
  const access = new TemplateAccess(stack, () => undefined);
  const sent: string[] = [];
  const bus = createEvents({
    stack, access, log: () => undefined, queues: { send: () => undefined }, functions: { invoke: async () => ({ payload: null }) },
    topics: { action: 'sns:Publish', has: () => true, send: (arn) => void sent.push(arn) },
  });
  stops.push(bus.stop);
  bus.start();
  bus.put({ 'source': 'x', 'detail-type': 'video.ready', 'detail': {} });
  await until(() => access.refusals.length === 1);
  expect([sent, access.refusals]).toEqual([[], [{ principal: 'events.amazonaws.com', action: 'sns:Publish', resource: stack.ofType('AWS::SNS::Topic')[0].physicalId }]]);
});
