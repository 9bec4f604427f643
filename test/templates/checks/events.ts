import { atLeast, Check, differences, every, exactly, present } from './check';
import { handlersOf, storeOf, storesOf } from './handlers';
import { EVENT_SOURCE, VIDEO_EVENTS } from '../../../src/contract/events';
import { INGEST_PREFIX, SOURCE_PREFIX } from '../../../src/domain/object-keys';
import { type CloudFormationTemplate, type Found, list, ofType, ours, plain, readable, references, waitsFor, withoutHash } from '../../toolkit/template';

const DAY_SECONDS = 86_400;

const SCHEDULED: Record<string, string> = { 'VodSweeperSweepVideosFunction.Arn': 'rate(15 minutes)' };

const PATTERNS: Record<string, object> = {
  'VodTranscodeSubmitQueue.Arn': {
    'source': ['aws.s3'], 'detail-type': ['Object Created'],
    'detail': { bucket: { name: ['{sources}'] }, object: { key: [{ prefix: SOURCE_PREFIX }] } },
  },
  'VodTranscodeRecordJobEventFunction.Arn': {
    'source': ['aws.mediaconvert'], 'detail-type': ['MediaConvert Job State Change'],
    'detail': { queue: ['VodTranscodeQueue.Arn'], status: ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] },
  },
};

const INGEST_PATTERNS: Record<string, object> = {
  'VodIngestQueue.Arn': {
    'source': ['aws.s3'], 'detail-type': ['Object Created'],
    'detail': { bucket: { name: ['{sources}'] }, object: { key: [{ prefix: INGEST_PREFIX }] } },
  },
};

const hasIngest = (template: CloudFormationTemplate): boolean => handlersOf(template).some(({ name }) => name === 'ingest/ingest-objects');

const tableOf = (template: CloudFormationTemplate): string => `${withoutHash(storeOf(template, 'table') ?? 'nothing')}.Arn`;

/** The pattern contains the ARN of the table, so it matches no event of another service on the bus. */
const matchesVideoEvents = (template: CloudFormationTemplate, { properties: { EventPattern = {} } }: Pick<Found, 'properties'>): boolean => {
  const { source, 'detail-type': types = [], resources, ...more } = EventPattern;
  const isOfCatalog = String(source) === EVENT_SOURCE && list<string>(plain(resources)).join() === tableOf(template);
  return isOfCatalog && types.length === 1 && types[0] in VIDEO_EVENTS && Object.keys(more).length === 0;
};

/** S3 and MediaConvert send their events to the default bus. */
const isOnCustomBus = ({ properties }: Pick<Found, 'properties'>): boolean => properties.EventBusName !== undefined;

const rulesMatchAndKeep: Check = (template) => {
  const rules = ours(template, 'AWS::Events::Rule');
  const heard = rules.filter((rule) => !matchesVideoEvents(template, rule)).flatMap(({ properties }) => list(properties.Targets).map((target: any) => `${readable(target.Arn)}: ${properties.ScheduleExpression ?? JSON.stringify(plain(properties.EventPattern))}`));
  const sources = withoutHash(storeOf(template, 'sources') ?? 'nothing');
  return [
    ...exactly('rules', heard, [
      ...Object.entries({ ...PATTERNS, ...hasIngest(template) && INGEST_PATTERNS }).map(([target, pattern]) => `${target}: ${JSON.stringify(pattern).replace('{sources}', sources)}`),
      ...Object.entries(SCHEDULED).map(([target, schedule]) => `${target}: ${schedule}`),
    ]),
    ...rules.flatMap(({ id, properties }) => [
      ...properties.State === undefined || properties.State === 'ENABLED' ? [] : [`${id}: State is ${properties.State}`],
      ...isOnCustomBus({ properties }) === matchesVideoEvents(template, { properties }) ? [] : [`${id}: is on a bus that never receives its events`],
      ...list(properties.Targets).flatMap((target: any) => differences(`${id} target`, target, {
        'DeadLetterConfig.Arn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue',
      })),
    ]),
  ];
};

/** S3 sends events to EventBridge only if the bucket's configuration enables it. */
const sourceBucketSendsEvents: Check = (template) => storesOf(template, 'sources')
  .flatMap(({ id, properties }) => differences(id, properties, { 'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled': true }));

const asynchronousFunctionsKeepFailures: Check = (template) => {
  const called = new Set(ours(template, 'AWS::Events::Rule').flatMap(({ properties }) => references(properties.Targets)));
  return handlersOf(template).filter(({ id }) => called.has(id)).flatMap(({ id, properties }) => differences(id, properties, {
    'DeadLetterConfig.TargetArn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue',
  }));
};

const isOfStream = ({ properties }: Found): boolean => properties.StartingPosition !== undefined;

/** The visibility timeout of a queue is six times the function's timeout, as AWS Lambda's documentation recommends. */
const queuesFeedFunctions: Check = (template) => ours(template, 'AWS::Lambda::EventSourceMapping').filter((mapping) => !isOfStream(mapping)).flatMap(({ id, properties }) => {
  const [queueId] = references(properties.EventSourceArn);
  const [functionId] = references(properties.FunctionName);
  const queue = template.Resources[queueId]?.Properties;
  const timeout = template.Resources[functionId]?.Properties?.Timeout;
  return [
    ...differences(id, properties, {
      // The submit function compares the age of a claim with the age of a message, so a batch must have one message.
      BatchSize: functionId.startsWith('VodIngest') ? 10 : 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: ({ MaximumConcurrency }: any) => MaximumConcurrency >= 2,
      Enabled: undefined,
    }),
    ...differences(queueId, queue, {
      'VisibilityTimeout': atLeast(6 * timeout),
      'RedrivePolicy.deadLetterTargetArn': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SQS::Queue' && !references(arn).includes(queueId),
      'RedrivePolicy.maxReceiveCount': (count: number) => count >= 3 && count <= 10,
    }),
  ];
});

const eachSourceHasItsFunction: Check = (template) => exactly('event source mappings',
  ours(template, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => `${readable(properties.EventSourceArn)} feeds ${readable(properties.FunctionName)}`),
  [
    'VodTranscodeSubmitQueue.Arn feeds VodTranscodeSubmitJobFunction',
    ...hasIngest(template) ? ['VodIngestQueue.Arn feeds VodIngestIngestObjectsFunction'] : [],
    `${withoutHash(storeOf(template, 'table') ?? 'nothing')}.StreamArn feeds VodCatalogEventsPublishEventsFunction`,
  ]);

const changesBecomeEvents: Check = (template) => ours(template, 'AWS::Lambda::EventSourceMapping').filter(isOfStream).flatMap(({ id, properties }) => differences(id, properties, {
  'StartingPosition': 'TRIM_HORIZON',
  'FilterCriteria.Filters': [{ Pattern: '{"dynamodb":{"Keys":{"sk":{"S":["video"]}}}}' }],
  'FunctionResponseTypes': ['ReportBatchItemFailures'],
  'BisectBatchOnFunctionError': true,
  // While a batch fails, Lambda continues to send changes of other videos.
  'ParallelizationFactor': atLeast(2),
  // Lambda retries a record until its maximum age. If the number of retries had a limit, Lambda could give up after EventBridge was unavailable for one minute.
  'MaximumRetryAttempts': undefined,
  'MaximumRecordAgeInSeconds': (age: number) => age >= 600 && age < DAY_SECONDS,
  'DestinationConfig.OnFailure.Destination': (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::S3::Bucket',
  'Enabled': undefined,
}));

const eventsNameTheirTable: Check = (template) => {
  const senders = handlersOf(template).filter(({ environment }) => environment.EVENT_BUS_NAME);
  return senders.flatMap(({ id, environment }) => differences(id, environment, { TABLE_ARN: (arn: unknown) => readable(arn) === tableOf(template) }));
};

/** If the bus changes, `publish-events` sends no event before the new rules and permissions exist. */
const publisherDependsOnItsRules: Check = (template) => {
  const rules = ofType(template, 'AWS::Events::Rule').filter((rule) => matchesVideoEvents(template, rule)).map(({ id }) => id);
  const permissions = ofType(template, 'AWS::Lambda::Permission')
    .filter(({ properties }) => references(properties.SourceArn).some((id) => rules.includes(id)));
  return handlersOf(template).filter(({ name }) => name === 'catalog/publish-events').flatMap((publisher) => {
    const before = waitsFor(template, publisher.id);
    return [...rules, ...permissions.map(({ id }) => id)].filter((id) => !before.has(id)).map((id) => `${publisher.id}: can send before ${id} exists`);
  });
};

const failedEventsExpire: Check = (template) => ours(template, 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('VodCatalogEvents')).flatMap(({ id, properties }) => (
  differences(id, properties, {
    'LifecycleConfiguration.Rules.0.ExpirationInDays': (days: number) => days >= 30 && days <= 365, 'LifecycleConfiguration.Rules.0.Status': 'Enabled',
  })));

const sweeperSubmitsAgain: Check = (template) => handlersOf(template).filter(({ name }) => name === 'sweeper/sweep-videos').flatMap(({ id, environment }) => (
  references(environment.SUBMIT_QUEUE_URL).some((queue) => queue.startsWith('VodTranscodeSubmitQueue')) ? [] : [`${id}: SUBMIT_QUEUE_URL is not the submit queue`]));

export const EVENTS: Record<string, Check> = {
  'rules match their events and have a dead-letter queue': rulesMatchAndKeep,
  'the source bucket sends events to EventBridge': sourceBucketSendsEvents,
  'functions that events invoke have a dead-letter queue': asynchronousFunctionsKeepFailures,
  'queues feed functions': queuesFeedFunctions,
  'each queue and the stream have one mapping': eachSourceHasItsFunction,
  'changes become events': changesBecomeEvents,
  'events name their table': eventsNameTheirTable,
  'the publisher depends on its rules': publisherDependsOnItsRules,
  'failed events expire': failedEventsExpire,
  'the sweeper submits again': sweeperSubmitsAgain,
  'queues keep messages for two weeks': every('AWS::SQS::Queue', { MessageRetentionPeriod: atLeast(14 * DAY_SECONDS) }),
  'the MediaConvert queue is on demand': every('AWS::MediaConvert::Queue', { PricingPlan: 'ON_DEMAND' }),
  // MediaConvert requires a queue name. AWS does not document that CloudFormation generates a queue name.
  'the MediaConvert queue has a name': every('AWS::MediaConvert::Queue', { Name: present }),
};
