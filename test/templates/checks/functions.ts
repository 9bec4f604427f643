import { atLeast, Check, differences, every, exactly, oneOf, present } from './check';
import { handlersOf } from './handlers';
import { ENVIRONMENTS } from '../../../src/contract/environment';
import { routesOf } from '../../../src/contract/routes';
import type { FoundHandler } from '../../toolkit/functions';
import { ours, references } from '../../toolkit/template';

/** Optional variables (`NAME?`) can be missing. */
const environmentsFit: Check = (template) => handlersOf(template).flatMap(({ id, name, environment }) => {
  const listed: readonly string[] = ENVIRONMENTS[name];
  return exactly(`${id} environment`, Object.keys(environment).filter((each) => !listed.includes(`${each}?`)), listed.filter((each) => !each.endsWith('?')));
});

/** The sweeper also runs without uploads, so its variables for uploads are optional. */
const sweeperKnowsUploads: Check = (template) => {
  const handlers = handlersOf(template);
  const uploads = handlers.find(({ name }) => name === 'upload/manage-uploads');
  return handlers.filter(({ name }) => uploads && name === 'sweeper/sweep-videos').flatMap(({ id, environment }) => differences(id, environment, {
    SOURCE_BUCKET: (bucket: unknown) => JSON.stringify(bucket) === JSON.stringify(uploads!.environment.SOURCE_BUCKET), UPLOAD_EXPIRY: present,
  }));
};

/**
 * `record-job-event` stores the time at which a source is due. The sweeper archives or deletes the source at that time. Both handlers need the same settings.
 */
const sourceLifecycleIsKnown: Check = (template) => {
  const handlers = handlersOf(template).filter(({ name }) => name === 'transcode/record-job-event' || name === 'sweeper/sweep-videos');
  const lifecycle = handlers.map(({ environment }) => environment.SOURCE_LIFECYCLE).find((settings) => settings !== undefined);
  const hasIngest = handlersOf(template).some(({ name }) => name === 'ingest/ingest-objects');
  return handlers.flatMap(({ id, name, environment }) => differences(id, environment, {
    SOURCE_LIFECYCLE: lifecycle,
    INGEST_SOURCES: name === 'sweeper/sweep-videos' && lifecycle !== undefined && hasIngest ? present : undefined,
  }));
};

/** Poster URLs and playback cookies are signed with the same keys. */
const postersAreSigned: Check = (template) => {
  const playback = handlersOf(template).find(({ name }) => name === 'delivery/start-playback');
  return handlersOf(template).filter(({ name }) => playback && name === 'catalog/read-videos')
    .flatMap(({ id, environment }) => differences(id, environment, { SIGNING_KEYS: playback!.environment.SIGNING_KEYS }));
};

/** The resource type to which the value of an environment variable must refer. address.ts checks `SERVICE_URL`. */
const REFERENCED_TYPES: Record<string, string> = {
  // The type of an existing table can also be AWS::DynamoDB::Table.
  TABLE_NAME: 'AWS::DynamoDB::GlobalTable', MEDIA_BUCKET: 'AWS::S3::Bucket', SOURCE_BUCKET: 'AWS::S3::Bucket', SOURCE_ADDRESS: 'AWS::S3::Bucket',
  QUEUE_ARN: 'AWS::MediaConvert::Queue', JOB_ROLE_ARN: 'AWS::IAM::Role', ISSUER: 'AWS::Cognito::UserPool',
  CLIENT_ID: 'AWS::Cognito::UserPoolClient', SECRET_ARN: 'AWS::SecretsManager::Secret', SUBMIT_QUEUE_URL: 'AWS::SQS::Queue',
};

const environmentsRefer: Check = (template) => handlersOf(template).flatMap(({ id, environment }) => Object.entries(environment)
  .filter(([name, value]) => REFERENCED_TYPES[name] && !references(value).some((to) => template.Resources[to]?.Type.replace('DynamoDB::Table', 'DynamoDB::GlobalTable') === REFERENCED_TYPES[name]))
  .map(([name]) => `${id}: ${name} refers to no ${REFERENCED_TYPES[name]}`));

const functionsRun: Check = (template) => {
  const groups = handlersOf(template).map(({ properties }) => references(properties.LoggingConfig)[0]);
  return handlersOf(template).flatMap(({ id, properties }) => [
    ...differences(id, properties, {
      'Runtime': 'nodejs24.x', 'Architectures': ['arm64'], 'Handler': 'index.handler', 'Code.S3Bucket': present, 'Code.S3Key': present, 'Role': present,
      // More memory gives more CPU, which shortens cold starts.
      'MemorySize': atLeast(512),
      // A cold start and two requests can take longer than Lambda's default timeout of 3 seconds.
      'Timeout': atLeast(10),
      'LoggingConfig.LogFormat': 'JSON',
      'LoggingConfig.LogGroup': (group: unknown) => template.Resources[references(group)[0]]?.Type === 'AWS::Logs::LogGroup',
    }),
    ...groups.filter((group) => group === references(properties.LoggingConfig)[0]).length === 1 ? [] : [`${id}: shares its log group`],
  ]);
};

const optionsApplyToAll: Check = (template) => {
  const handlers = handlersOf(template);
  const alike = (found: { id: string; properties: Record<string, any> }[], ...names: string[]) => names.flatMap((name) => {
    const first = found.map(({ properties }) => properties[name]).find((value) => value !== undefined);
    return found.filter(({ properties }) => JSON.stringify(properties[name]) !== JSON.stringify(first)).map(({ id }) => `${id}: ${name} differs from that of the other resources`);
  });
  const isReached = ({ name }: FoundHandler): boolean => routesOf(name).length > 0 || name === 'auth/authorize-token';
  return [
    ...alike(handlers, 'MemorySize', 'TracingConfig', 'VpcConfig', 'Layers', 'KmsKeyArn'),
    ...alike(handlers.filter(isReached), 'ReservedConcurrentExecutions'),
    ...alike(ours(template, 'AWS::Logs::LogGroup'), 'RetentionInDays'),
    ...alike(ours(template, 'AWS::IAM::Role'), 'PermissionsBoundary'),
    // A function that serves no requests must not have a concurrency limit. Otherwise, Lambda would reject some messages. After several rejections, the queue
    // would move these messages to the dead-letter queue.
    ...handlers.filter((handler) => !isReached(handler) && handler.properties.ReservedConcurrentExecutions).map(({ id }) => `${id}: has reserved concurrency, expected none`),
  ];
};

export const FUNCTIONS: Record<string, Check> = {
  'handlers have the variables that they read': environmentsFit,
  'the sweeper has the variables for uploads': sweeperKnowsUploads,
  'posters are signed with the keys of the playback': postersAreSigned,
  'the sweeper and the transcode have the same source lifecycle': sourceLifecycleIsKnown,
  'variables refer to resources of the right type': environmentsRefer,
  'functions have the tested runtime': functionsRun,
  'options of functions apply to all functions': optionsApplyToAll,
  'the security group of functions allows no inbound and all outbound traffic': every('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: undefined, VpcId: present, SecurityGroupEgress: ([{ CidrIp, IpProtocol }]: any[]) => CidrIp === '0.0.0.0/0' && IpProtocol === '-1',
  }),
  'logs expire': every('AWS::Logs::LogGroup', { RetentionInDays: oneOf(...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365]) }),
};
