import { atLeast, Check, differences, every, exactly, present } from './check';
import { handlersOf, storeOf, storesOf } from './handlers';
import { EVENT_SOURCE, VIDEO_EVENTS } from '../../../src/contract/events';
import { SOURCE_PREFIX } from '../../../src/domain/object-keys';
import { type CloudFormationTemplate, type Found, list, ofType, ours, plain, readable, references, waitsFor, withoutHash } from '../../toolkit/template';

const DAY_SECONDS = 86_400;

/** What is started by time: the sweeper repairs what events have missed. */
const STARTED: Record<string, string> = { 'VodSweeperSweepVideosFunction.Arn': 'rate(15 minutes)' };

/** What the service hears of, and who handles it. */
const HEARD: Record<string, object> = {
  'VodTranscodeSubmitQueue.Arn': {
    'source': ['aws.s3'], 'detail-type': ['Object Created'],
    'detail': { bucket: { name: ['{sources}'] }, object: { key: [{ prefix: SOURCE_PREFIX }] } },
  },
  'VodTranscodeRecordJobEventFunction.Arn': {
    'source': ['aws.mediaconvert'], 'detail-type': ['MediaConvert Job State Change'],
    'detail': { queue: ['VodTranscodeQueue.Arn'], status: ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] },
  },
};

/** The catalog's table, which its events are about. */
const tableOf = (template: CloudFormationTemplate): string => `${withoutHash(storeOf(template, 'table') ?? 'nothing')}.Arn`;

/** A rule of an app that hears of one type of this service's events: another service may send to the same bus. */
const hearsOfVideos = (template: CloudFormationTemplate, { properties: { EventPattern = {} } }: Pick<Found, 'properties'>): boolean => {
  const { source, 'detail-type': types = [], resources, ...more } = EventPattern;
  const isOfCatalog = String(source) === EVENT_SOURCE && list<string>(plain(resources)).join() === tableOf(template);
  return isOfCatalog && types.length === 1 && types[0] in VIDEO_EVENTS && Object.keys(more).length === 0;
};

/** Whether a rule is on a bus of a service: S3 and MediaConvert send to the default one. */
const isOfService = ({ properties }: Pick<Found, 'properties'>): boolean => properties.EventBusName !== undefined;

/** Each rule is on, hears exactly what its target is for, and keeps what it could not deliver. */
const rulesHearAndKeep: Check = (template) => {
  const rules = ours(template, 'AWS::Events::Rule');
  const heard = rules.filter((rule) => !hearsOfVideos(template, rule)).flatMap(({ properties }) => list(properties.Targets).map((target: any) => `${readable(target.Arn)}: ${properties.ScheduleExpression ?? JSON.stringify(plain(properties.EventPattern))}`));
  const sources = withoutHash(storeOf(template, 'sources') ?? 'nothing');
  return [
    ...exactly('rules', heard, [
      ...Object.entries(HEARD).map(([target, pattern]) => `${target}: ${JSON.stringify(pattern).replace('{sources}', sources)}`),
      ...Object.entries(STARTED).map(([target, schedule]) => `${target}: ${schedule}`),
    ]),
    ...rules.flatMap(({ id, properties }) => [
      ...properties.State === undefined || properties.State === 'ENABLED' ? [] : [`${id}: is ${properties.State}`],
      ...isOfService({ properties }) === hearsOfVideos(template, { properties }) ? [] : [`${id}: is on a bus that never has its events`],
      ...list(properties.Targets).flatMap((target: any) => differences(`${id} target`, target, {
        'DeadLetterConfig.Arn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue',
      })),
    ]),
  ];
};

/** EventBridge hears of a bucket's objects only when the bucket tells it. */
const sourceBucketTells: Check = (template) => storesOf(template, 'sources')
  .flatMap(({ id, properties }) => differences(id, properties, { 'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled': true }));

/** A function that EventBridge or S3 calls keeps the events on which it failed. */
const asynchronousFunctionsKeepFailures: Check = (template) => {
  const called = new Set(ours(template, 'AWS::Events::Rule').flatMap(({ properties }) => references(properties.Targets)));
  return handlersOf(template).filter(({ id }) => called.has(id)).flatMap(({ id, properties }) => differences(id, properties, {
    'DeadLetterConfig.TargetArn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue',
  }));
};

/** Whether a mapping reads the stream of the table, which may be the user's own. */
const isOfStream = ({ properties }: Found): boolean => properties.StartingPosition !== undefined;

/**
 * A queue hands each message to one function at a time, hides it for six times the function's timeout as Lambda advises, gives up after some tries and keeps
 * what failed for long enough to be looked at.
 */
const queuesFeedFunctions: Check = (template) => ours(template, 'AWS::Lambda::EventSourceMapping').filter((mapping) => !isOfStream(mapping)).flatMap(({ id, properties }) => {
  const [queueId] = references(properties.EventSourceArn);
  const [functionId] = references(properties.FunctionName);
  const queue = template.Resources[queueId]?.Properties;
  const timeout = template.Resources[functionId]?.Properties?.Timeout;
  return [
    // A claim's age is compared with a message's: batches would share one time.
    ...differences(id, properties, {
      BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: ({ MaximumConcurrency }: any) => MaximumConcurrency >= 2,
      Enabled: undefined,
    }),
    ...differences(queueId, queue, {
      'VisibilityTimeout': atLeast(6 * timeout),
      'RedrivePolicy.deadLetterTargetArn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue' && !references(arn).includes(queueId),
      'RedrivePolicy.maxReceiveCount': (count: number) => count >= 3 && count <= 10,
    }),
  ];
});

/** The arriving sources and the changes of videos have one mapping each. */
const eachSourceHasItsFunction: Check = (template) => exactly('event source mappings',
  ours(template, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => `${readable(properties.EventSourceArn)} feeds ${readable(properties.FunctionName)}`),
  [
    'VodTranscodeSubmitQueue.Arn feeds VodTranscodeSubmitJobFunction',
    `${withoutHash(storeOf(template, 'table') ?? 'nothing')}.StreamArn feeds VodCatalogEventsPublishEventsFunction`,
  ]);

/** The stream hands over every change of a video since the mapping was made, and sets aside what fails, with its content. */
const changesBecomeEvents: Check = (template) => ours(template, 'AWS::Lambda::EventSourceMapping').filter(isOfStream).flatMap(({ id, properties }) => differences(id, properties, {
  'StartingPosition': 'TRIM_HORIZON',
  'FilterCriteria.Filters': [{ Pattern: '{"dynamodb":{"Keys":{"sk":{"S":["video"]}}}}' }],
  'FunctionResponseTypes': ['ReportBatchItemFailures'],
  'BisectBatchOnFunctionError': true,
  // The changes of other videos go on beside a batch that fails.
  'ParallelizationFactor': atLeast(2),
  // By age, not by count: a service that is down for a minute must cost nothing.
  'MaximumRetryAttempts': undefined,
  'MaximumRecordAgeInSeconds': (age: number) => age >= 600 && age < DAY_SECONDS,
  'DestinationConfig.OnFailure.Destination': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::S3::Bucket',
  'Enabled': undefined,
}));

/** Each event says whose it is. */
const eventsNameTheirTable: Check = (template) => {
  const senders = handlersOf(template).filter(({ environment }) => environment.EVENT_BUS_NAME);
  return senders.flatMap(({ id, environment }) => differences(id, environment, { TABLE_ARN: (arn: unknown) => readable(arn) === tableOf(template) }));
};

/** When the service gets another bus, no event goes there before the rules are there and may start their targets. */
const rulesComeBeforeTheirEvents: Check = (template) => {
  const rules = ofType(template, 'AWS::Events::Rule').filter((rule) => hearsOfVideos(template, rule)).map(({ id }) => id);
  const permissions = ofType(template, 'AWS::Lambda::Permission')
    .filter(({ properties }) => references(properties.SourceArn).some((id) => rules.includes(id)));
  return handlersOf(template).filter(({ name }) => name === 'catalog/publish-events').flatMap((publisher) => {
    const before = waitsFor(template, publisher.id);
    return [...rules, ...permissions.map(({ id }) => id)].filter((id) => !before.has(id)).map((id) => `${publisher.id}: may send before ${id} is there`);
  });
};

/** Failed events are kept for long enough to be sent again, and not for ever. */
const failedEventsExpire: Check = (template) => ours(template, 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('VodCatalogEvents')).flatMap(({ id, properties }) => (
  differences(id, properties, {
    'LifecycleConfiguration.Rules.0.ExpirationInDays': (days: number) => days >= 30 && days <= 365, 'LifecycleConfiguration.Rules.0.Status': 'Enabled',
  })));

/** Without the queue of sources the sweeper submits nothing. */
const sweeperSubmitsAgain: Check = (template) => handlersOf(template).filter(({ name }) => name === 'sweeper/sweep-videos').flatMap(({ id, environment }) => (
  references(environment.SUBMIT_QUEUE_URL).some((queue) => queue.startsWith('VodTranscodeSubmitQueue')) ? [] : [`${id}: has not the submit queue`]));

export const EVENTS: Record<string, Check> = {
  'rules hear, and keep what they could not deliver': rulesHearAndKeep,
  'the source bucket tells EventBridge': sourceBucketTells,
  'functions called by events keep their failures': asynchronousFunctionsKeepFailures,
  'queues feed functions': queuesFeedFunctions,
  'sources and changes have their functions': eachSourceHasItsFunction,
  'changes become events': changesBecomeEvents,
  'events name their table': eventsNameTheirTable,
  'rules come before their events': rulesComeBeforeTheirEvents,
  'failed events expire': failedEventsExpire,
  'the sweeper submits again': sweeperSubmitsAgain,
  'queues keep messages for two weeks': every('AWS::SQS::Queue', { MessageRetentionPeriod: atLeast(14 * DAY_SECONDS) }),
  'jobs cost nothing while there are none': every('AWS::MediaConvert::Queue', { PricingPlan: 'ON_DEMAND' }),
  // MediaConvert demands a name, and nothing says that CloudFormation makes one up.
  'the queue of jobs has a name': every('AWS::MediaConvert::Queue', { Name: present }),
};
