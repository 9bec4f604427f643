import { createHash } from 'crypto';

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** The value of `Ref`. `attributes` contains the values of `Fn::GetAtt`. */
  readonly physicalId: string;
  readonly attributes: Record<string, string>;
  readonly properties: Record<string, any>;
}

/** The account and region of an environment-agnostic stack. */
export const ENVIRONMENT = { account: '123456789012', region: 'us-east-1' };

export type Names = Pick<Resource, 'physicalId' | 'attributes'>;

const { account, region } = ENVIRONMENT;
const HERE = `${region}:${account}`;
const cloudFrontFunction = (id: string): string => `arn:aws:cloudfront::${account}:function/${id}`;

const tableAnswers = (name: string): Record<string, string> => {
  const Arn = `arn:aws:dynamodb:${HERE}:table/${name}`;
  // The name of a DynamoDB stream is the time of its creation.
  return { Arn, StreamArn: `${Arn}/stream/2026-01-01T00:00:00.000` };
};

/** Resource types whose physical names are never used. */
const NAMELESS = [
  'ApiGateway::Authorizer', 'ApiGateway::Deployment', 'ApiGateway::GatewayResponse', 'ApiGateway::Method',
  'ApiGateway::Resource', 'CloudFront::KeyGroup', 'CloudFront::PublicKey', 'Cognito::ManagedLoginBranding',
  'Cognito::UserPoolClient', 'Cognito::UserPoolUserToGroupAttachment', 'IAM::Policy', 'Lambda::EventInvokeConfig', 'Lambda::EventSourceMapping',
  'Lambda::LayerVersion', 'Lambda::Permission', 'S3::BucketPolicy', 'SNS::TopicPolicy', 'SQS::QueuePolicy',
];

type Given = (property: string) => string | undefined;

/**
 * The property that can set the physical name, and a function that returns the values of `Fn::GetAtt`. The function also returns a value for `Ref` if `Ref` is
 * not the physical name.
 */
type Entry = [property?: string, answers?: (name: string, given: Given) => Record<string, string>];

/** The client secret of a user pool client is omitted, because a secret must not be in a template. */
const TYPES: Record<string, Entry> = {
  ...Object.fromEntries(NAMELESS.map((type) => [type, []])),
  'ApiGateway::RestApi': [undefined, (id) => ({ RootResourceId: `${id}root` })],
  'ApiGateway::Stage': ['StageName'],
  'CloudFront::Distribution': [undefined, (id) => ({ DomainName: `d${id}.cloudfront.net` })],
  'CloudFront::Function': [undefined, (id) => ({ Ref: cloudFrontFunction(id), FunctionARN: cloudFrontFunction(id) })],
  'CloudFront::OriginAccessControl': [undefined, (Id) => ({ Id })],
  'Cognito::UserPool': [undefined, (id) => ({
    Ref: `${region}_${id}`,
    Arn: `arn:aws:cognito-idp:${HERE}:userpool/${region}_${id}`,
    ProviderURL: `https://cognito-idp.${region}.amazonaws.com/${region}_${id}`,
  })],
  'Cognito::UserPoolDomain': ['Domain'],
  'Cognito::UserPoolGroup': ['GroupName'],
  'Cognito::UserPoolUser': ['Username'],
  'DynamoDB::GlobalTable': ['TableName', tableAnswers],
  'DynamoDB::Table': ['TableName', tableAnswers],
  'Events::EventBus': ['Name', (Name) => ({ Arn: `arn:aws:events:${HERE}:event-bus/${Name}`, Name })],
  'Events::Rule': ['Name', (name, given) => {
    const bus = given('EventBusName')?.split('/').at(-1) ?? 'default';
    const own = bus !== 'default';
    return { Ref: own ? `${bus}|${name}` : name, Arn: `arn:aws:events:${HERE}:rule/${own ? `${bus}/` : ''}${name}` };
  }],
  'IAM::ManagedPolicy': ['ManagedPolicyName', (name) => ({ Ref: `arn:aws:iam::${account}:policy/${name}` })],
  'IAM::Role': ['RoleName', (name) => ({ Arn: `arn:aws:iam::${account}:role/${name}` })],
  'KMS::Alias': ['AliasName'],
  'KMS::Key': [undefined, (id) => ({ KeyId: id, Arn: `arn:aws:kms:${HERE}:key/${id}` })],
  'Lambda::Function': ['FunctionName', (name) => ({ Arn: `arn:aws:lambda:${HERE}:function:${name}` })],
  'Logs::LogGroup': ['LogGroupName', (name) => ({ Arn: `arn:aws:logs:${HERE}:log-group:${name}:*` })],
  'MediaConvert::Queue': ['Name', (name) => ({ Arn: `arn:aws:mediaconvert:${HERE}:queues/${name}` })],
  'S3::Bucket': ['BucketName', (name) => {
    const Ref = name.toLowerCase();
    return { Ref, Arn: `arn:aws:s3:::${Ref}`, RegionalDomainName: `${Ref}.s3.${region}.amazonaws.com` };
  }],
  'SNS::Subscription': [undefined, (id, given) => ({ Ref: `${given('TopicArn')}:${id}` })],
  'SNS::Topic': ['TopicName', (TopicName) => {
    const TopicArn = `arn:aws:sns:${HERE}:${TopicName}`;
    return { Ref: TopicArn, TopicArn, TopicName };
  }],
  'SQS::Queue': ['QueueName', (name) => ({ Ref: `https://sqs.${region}.amazonaws.com/${account}/${name}`, Arn: `arn:aws:sqs:${HERE}:${name}` })],
  'SecretsManager::Secret': ['Name', (name) => ({ Ref: `arn:aws:secretsmanager:${HERE}:secret:${name}-${stable(name).slice(0, 6)}` })],
};

/** Derives an id that is the same in every run, so that data from earlier runs is found. */
export const stable = (of: string): string => createHash('sha256').update(of).digest('hex').slice(0, 32);

export const isCustom = (type: string): boolean => type.startsWith('Custom::');

/** As in CloudFormation, a resource that has no name in the template gets the name `Stack-LogicalId-HASH`. */
export function namesOf(stackName: string, logicalId: string, type: string, given: Given): Names {
  const entry = TYPES[type.replace('AWS::', '')];
  if (!entry) throw new Error(`${logicalId}: the local stack does not support the type ${type}`);
  const [property, answers] = entry;
  const id = stable(`${stackName}/${logicalId}`).slice(0, 14);
  const name = property ? given(property) ?? `${`${stackName}-${logicalId}`.slice(0, 48)}-${id.toUpperCase()}` : id;
  const { Ref: physicalId = name, ...attributes } = answers?.(name, given) ?? {};
  return { physicalId, attributes };
}
