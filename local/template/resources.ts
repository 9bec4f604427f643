import { createHash } from 'crypto';

/** One resource of the synthesized template, its intrinsics resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` answers, and what `Fn::GetAtt` answers by attribute name. */
  readonly physicalId: string;
  readonly attributes: Record<string, string>;
  readonly properties: Record<string, any>;
}

/** The account and region that stand for whatever an environment-agnostic stack will be deployed to. */
export const ENVIRONMENT = { account: '123456789012', region: 'us-east-1' };

/** What the template's other resources may know of a resource. */
export type Names = Pick<Resource, 'physicalId' | 'attributes'>;

const { account, region } = ENVIRONMENT;
const HERE = `${region}:${account}`;
const cloudFrontFunction = (id: string): string => `arn:aws:cloudfront::${account}:function/${id}`;

const tableAnswers = (name: string): Record<string, string> => {
  const Arn = `arn:aws:dynamodb:${HERE}:table/${name}`;
  // A stream's name is the time when it was made.
  return { Arn, StreamArn: `${Arn}/stream/2026-01-01T00:00:00.000` };
};

/** Types whose names mean nothing to anyone. */
const NAMELESS = [
  'ApiGateway::Authorizer', 'ApiGateway::Deployment', 'ApiGateway::GatewayResponse', 'ApiGateway::Method',
  'ApiGateway::Resource', 'CloudFront::KeyGroup', 'CloudFront::PublicKey', 'Cognito::ManagedLoginBranding',
  'Cognito::UserPoolClient', 'Cognito::UserPoolUserToGroupAttachment', 'IAM::Policy', 'Lambda::EventInvokeConfig', 'Lambda::EventSourceMapping',
  'Lambda::LayerVersion', 'Lambda::Permission', 'S3::BucketPolicy', 'SNS::TopicPolicy', 'SQS::QueuePolicy',
];

/** The value of a property, if the template has it. */
type Given = (property: string) => string | undefined;

/** The property that may give a name; from the name, what `Fn::GetAtt` answers, and `Ref` where that is not the name itself. */
type Entry = [property?: string, answers?: (name: string, given: Given) => Record<string, string>];

/** The one table of types: what is not here is not in a template that runs in the local stack. A client's secret is left out on purpose. */
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
    // A bus by its name or its ARN.
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

/** Letters and digits that are the same on every run, so that data is found again. */
export const stable = (of: string): string => createHash('sha256').update(of).digest('hex').slice(0, 32);

/** Whether a function of the stack, not the table, answers for the type. */
export const isCustom = (type: string): boolean => type.startsWith('Custom::');

/** The names that the table has for a resource: `Stack-LogicalId-HASH`, as CloudFormation would, if the template names it not. */
export function namesOf(stackName: string, logicalId: string, type: string, given: Given): Names {
  const entry = TYPES[type.replace('AWS::', '')];
  if (!entry) throw new Error(`${logicalId}: unknown type ${type}`);
  const [property, answers] = entry;
  const id = stable(`${stackName}/${logicalId}`).slice(0, 14);
  const name = property ? given(property) ?? `${`${stackName}-${logicalId}`.slice(0, 48)}-${id.toUpperCase()}` : id;
  const { Ref: physicalId = name, ...attributes } = answers?.(name, given) ?? {};
  return { physicalId, attributes };
}
