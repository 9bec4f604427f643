import { atLeast, Check, differences, every, exactly, oneOf, present } from './check';
import { handlersOf } from './handlers';
import { ENVIRONMENTS } from '../../../src/contract/environment';
import { routesOf } from '../../../src/contract/routes';
import type { FoundHandler } from '../../toolkit/functions';
import { ours, references } from '../../toolkit/template';

/** Each handler has the environment that it reads, and no other. What it works without (`NAME?`) may be there. */
const environmentsFit: Check = (template) => handlersOf(template).flatMap(({ id, name, environment }) => {
  const listed: readonly string[] = ENVIRONMENTS[name];
  return exactly(`${id} environment`, Object.keys(environment).filter((each) => !listed.includes(`${each}?`)), listed.filter((each) => !each.endsWith('?')));
});

/** What each name stands for: the type of the resource that its value refers to. `SERVICE_URL` is judged in address.ts. */
const STANDS_FOR: Record<string, string> = {
  // One of the user's own may be an AWS::DynamoDB::Table.
  TABLE_NAME: 'AWS::DynamoDB::GlobalTable', MEDIA_BUCKET: 'AWS::S3::Bucket', SOURCE_BUCKET: 'AWS::S3::Bucket', SOURCE_ADDRESS: 'AWS::S3::Bucket',
  QUEUE_ARN: 'AWS::MediaConvert::Queue', JOB_ROLE_ARN: 'AWS::IAM::Role', ISSUER: 'AWS::Cognito::UserPool',
  CLIENT_ID: 'AWS::Cognito::UserPoolClient', SECRET_ARN: 'AWS::SecretsManager::Secret', SUBMIT_QUEUE_URL: 'AWS::SQS::Queue',
};

const environmentsRefer: Check = (template) => handlersOf(template).flatMap(({ id, environment }) => Object.entries(environment)
  .filter(([name, value]) => STANDS_FOR[name] && !references(value).some((to) => template.Resources[to]?.Type.replace('DynamoDB::Table', 'DynamoDB::GlobalTable') === STANDS_FOR[name]))
  .map(([name]) => `${id}: ${name} is of no ${STANDS_FOR[name]}`));

/** Each function runs what we test, and writes structured logs to a group of its own. */
const functionsRun: Check = (template) => {
  const groups = handlersOf(template).map(({ properties }) => references(properties.LoggingConfig)[0]);
  return handlersOf(template).flatMap(({ id, properties }) => [
    ...differences(id, properties, {
      'Runtime': 'nodejs24.x', 'Architectures': ['arm64'], 'Handler': 'index.handler', 'Code.S3Bucket': present, 'Code.S3Key': present, 'Role': present,
      // Memory buys CPU, and with it the time of a cold start.
      'MemorySize': atLeast(512),
      // Lambda's own limit of 3 seconds is less than a cold start and two calls can take.
      'Timeout': atLeast(10),
      'LoggingConfig.LogFormat': 'JSON',
      'LoggingConfig.LogGroup': (group: unknown) => template.Resources[references(group)[0]]?.Type === 'AWS::Logs::LogGroup',
    }),
    ...groups.filter((group) => group === references(properties.LoggingConfig)[0]).length === 1 ? [] : [`${id}: shares its log group`],
  ]);
};

/** Options of functions hold for all of them. */
const optionsHoldForAll: Check = (template) => {
  const handlers = handlersOf(template);
  const alike = (found: { id: string; properties: Record<string, any> }[], ...names: string[]) => names.flatMap((name) => {
    const first = found.map(({ properties }) => properties[name]).find((value) => value !== undefined);
    return found.filter(({ properties }) => JSON.stringify(properties[name]) !== JSON.stringify(first)).map(({ id }) => `${id}: has not the ${name} of the others`);
  });
  const isReached = ({ name }: FoundHandler): boolean => routesOf(name).length > 0 || name === 'auth/authorize-token';
  return [
    ...alike(handlers, 'MemorySize', 'TracingConfig', 'VpcConfig', 'Layers', 'KmsKeyArn'),
    ...alike(handlers.filter(isReached), 'ReservedConcurrentExecutions'),
    ...alike(ours(template, 'AWS::Logs::LogGroup'), 'RetentionInDays'),
    ...alike(ours(template, 'AWS::IAM::Role'), 'PermissionsBoundary'),
    // Too few would send what they can't take to the dead-letter queue.
    ...handlers.filter((handler) => !isReached(handler) && handler.properties.ReservedConcurrentExecutions).map(({ id }) => `${id}: has its concurrency bounded`),
  ];
};

export const FUNCTIONS: Record<string, Check> = {
  'handlers have the environment that they read': environmentsFit,
  'environments refer to what their names say': environmentsRefer,
  'functions run what we test': functionsRun,
  'options of functions hold for all of them': optionsHoldForAll,
  'their security group lets nothing in, and all out': every('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: undefined, VpcId: present, SecurityGroupEgress: ([{ CidrIp, IpProtocol }]: any[]) => CidrIp === '0.0.0.0/0' && IpProtocol === '-1',
  }),
  'logs end': every('AWS::Logs::LogGroup', { RetentionInDays: oneOf(...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365]) }),
};
