import { EventBridgeClient, PutEventsCommand, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { AwsEndpoint, startAwsEndpoint } from '../../../../local/aws-endpoint/aws-endpoint';
import { createEvents } from '../../../../local/services/events/events';
import { createPutEvents } from '../../../../local/services/events/put-events';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource, until } from '../../fakes';

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:taken`;
const BUS_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/vod`;
const DEFAULT_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`;
const ENTRY: PutEventsRequestEntry = { Source: 'serverless-vod', DetailType: 'video.ready', Detail: '{"videoId":"1"}', EventBusName: 'vod' };

const denied: string[] = [];
const access = fakeAccess(denied);
const logged: string[] = [];
const log = (line: string) => void logged.push(line);
let sent: any[];
let full = false;
let events: ReturnType<typeof createEvents>;
let awsEndpoint: AwsEndpoint;
let client: EventBridgeClient;

beforeAll(async () => {
  awsEndpoint = await startAwsEndpoint({ access, log });
  client = new EventBridgeClient({ region: REGION, endpoint: `http://127.0.0.1:${awsEndpoint.port}`, credentials: CREDENTIALS, maxAttempts: 1 });
});
afterAll(() => awsEndpoint.stop());
beforeEach(() => {
  [sent, full] = [[], false];
  for (const list of [denied, access.asked, logged]) list.length = 0;
  const rule = (name: string, properties: object) => resource('AWS::Events::Rule', name, {
    State: 'ENABLED', EventPattern: { source: ['serverless-vod'] }, Targets: [{ Id: 't', Arn: `${QUEUE}-${name}` }], ...properties,
  });
  const stack = fakeStack([
    resource('AWS::Events::EventBus', 'vod', { Name: 'vod', Description: 'of videos' }, BUS_ARN),
    rule('scheduled', { EventPattern: undefined, ScheduleExpression: 'rate(1 hour)' }),
    rule('named', { EventBusName: 'vod' }), rule('by-arn', { EventBusName: BUS_ARN }), rule('default', {}), rule('default-named', { EventBusName: 'default' }),
  ]);
  events = createEvents({
    stack, access, functions: { invoke: async () => ({ payload: null }) }, log,
    queues: { send: (arn, body) => void sent.push([arn.slice(QUEUE.length + 1), JSON.parse(body)]) },
  });
  events.start();
  const put: typeof events.put = (...event) => {
    if (full) throw new Error('ENOSPC: no space left on device');
    return events.put(...event);
  };
  awsEndpoint.register(createPutEvents({ ...events, put, log }).service);
});
afterEach(() => events.stop());

const putEvents = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

test('an event reaches only the rules of its bus', async () => {
  const { FailedEntryCount, Entries: [entry] = [] } = await putEvents({ ...ENTRY, Time: new Date('2026-01-02T03:04:05.678Z'), Resources: ['arn:of:a:video'] });
  expect([FailedEntryCount, entry.ErrorCode]).toEqual([0, undefined]);
  await until(() => sent.length === 2);
  const event = {
    'version': '0', 'id': entry.EventId, 'source': 'serverless-vod', 'detail-type': 'video.ready', 'detail': { videoId: '1' },
    'time': '2026-01-02T03:04:05Z', 'resources': ['arn:of:a:video'], 'region': REGION, 'account': ACCOUNT,
  };
  expect(sent).toEqual([['named', event], ['by-arn', event]]);
});

test('accepts the ARN of a bus, and uses the default bus without a name', async () => {
  await putEvents({ ...ENTRY, EventBusName: BUS_ARN }, { ...ENTRY, EventBusName: undefined });
  await until(() => sent.length === 4);
  expect(sent.map(([rule]) => rule).sort()).toEqual(['by-arn', 'default', 'default-named', 'named']);
  expect(access.asked.filter(({ action }) => action === 'events:PutEvents').map(({ resource: bus }) => bus)).toEqual([BUS_ARN, DEFAULT_ARN]);
});

test('requires events:PutEvents on the bus of each entry; otherwise puts no entry', async () => {
  denied.push('events:PutEvents');
  await expect(putEvents(ENTRY)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(access.asked).toEqual([{
    action: 'events:PutEvents', resource: BUS_ARN, context: { 'events:source': 'serverless-vod', 'events:detail-type': 'video.ready' },
  }]);
  expect(sent).toEqual([]);
});

test.each([
  ['no source', { Source: undefined }, 'InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.'],
  ['no detail type', { DetailType: '' }, 'InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.'],
  ['no detail', { Detail: undefined }, 'InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.'],
  ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a detail that is no object', { Detail: '[{}]' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a source of AWS', { Source: 'aws.s3' }, 'NotAuthorizedForSourceException', 'Not authorized for the source.'],
])('an entry with %s fails, and the other entries are put', async (_, change, ErrorCode, ErrorMessage) => {
  const { FailedEntryCount, Entries } = await putEvents({ ...ENTRY, ...change }, ENTRY);
  expect([FailedEntryCount, Entries]).toEqual([1, [{ ErrorCode, ErrorMessage }, { EventId: expect.any(String) }]]);
  await until(() => sent.length === 2);
});

test('accepts an event for a missing bus as AWS does, and logs it', async () => {
  expect(await putEvents({ ...ENTRY, EventBusName: 'other' })).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
  expect([sent, logged]).toEqual([[], ['PutEvents: there is no event bus other. The event video.ready is dropped, as in AWS']]);
});

test('an event that can\'t be stored fails its entry', async () => {
  full = true;
  expect(await putEvents(ENTRY)).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] });
  expect(logged).toEqual([expect.stringContaining('ENOSPC')]);
});

test.each<[string, PutEventsRequestEntry[], string]>([
  ['no entry', [], 'Member must have length from 1 to 10'],
  ['eleven entries', Array(11).fill(ENTRY), 'Member must have length from 1 to 10'],
  ['more than 1 MiB', Array(2).fill({ ...ENTRY, Detail: JSON.stringify({ a: 'x'.repeat(512 * 1024) }) }), 'Total size of the entries in the request is over the limit.'],
])('rejects a request with %s', async (_, entries, message) => {
  await expect(putEvents(...entries)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
  expect(sent).toEqual([]);
});

test('an unsigned request can fire a scheduled rule only', async () => {
  const call = (name: string, method = 'POST') => fetch(`http://127.0.0.1:${awsEndpoint.port}/`, { method, headers: { 'x-local-fire-rule': name } });
  const fired = await call('scheduled');
  expect([fired.status, await fired.json()]).toEqual([200, { EventId: expect.any(String) }]);
  await until(() => sent.length === 1);
  expect(sent).toMatchObject([['scheduled', { 'detail-type': 'Scheduled Event' }]]);
  const statuses = [await call('named'), await call('scheduled', 'GET')].map(({ status }) => status);
  expect([statuses, sent.length]).toEqual([[404, 403], 1]);
});

test('rejects a global endpoint', async () => {
  // For global endpoints, the SDK requires an additional package.
  const { service } = createPutEvents({ ...events, log });
  const request = { headers: { 'x-amz-target': 'AWSEvents.PutEvents' }, body: Buffer.from(JSON.stringify({ EndpointId: 'a.b', Entries: [ENTRY] })) };
  expect(() => service.needs(request as any)).toThrow('the local stack does not support EndpointId');
});
