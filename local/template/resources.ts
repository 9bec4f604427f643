import { createHash } from 'crypto';
import { ENVIRONMENT } from './assembly';

const { account, region } = ENVIRONMENT;

/** What a resource's names are made from. */
export interface Naming {
  readonly stackName: string;
  readonly logicalId: string;
  /** A property of the resource, when the template gives it. */
  given(property: string): string | undefined;
}

/** How a type answers `Ref`, and from that `Fn::GetAtt`. */
interface TypeEntry {
  readonly ref: (naming: Naming) => string;
  readonly attributes?: (ref: string) => Record<string, string>;
}

/** Letters and digits that are the same on every run, so that data is found again. */
export function stable(length: number, ...of: string[]): string {
  return createHash('sha256').update(of.join('/')).digest('hex').slice(0, length);
}

const id = ({ stackName, logicalId }: Naming): string => stable(14, stackName, logicalId);
/** The name that the template gives, or CloudFormation's form: `Stack-LogicalId-HASH`. */
const named = (property: string) => (naming: Naming): string =>
  naming.given(property) ?? `${`${naming.stackName}-${naming.logicalId}`.slice(0, 48)}-${id(naming).toUpperCase()}`;
const arn = (service: string, before = '', after = '') => (ref: string) => ({ Arn: `arn:aws:${service}:${region}:${account}:${before}${ref}${after}` });

/** Types whose names mean nothing to anyone. */
const NAMELESS = [
  'ApiGateway::Authorizer', 'ApiGateway::Deployment', 'ApiGateway::GatewayResponse', 'ApiGateway::Method', 'ApiGateway::Model',
  'ApiGateway::RequestValidator', 'ApiGateway::Resource', 'CloudFront::KeyGroup', 'CloudFront::PublicKey', 'Cognito::UserPoolClient',
  'IAM::Policy', 'Lambda::EventSourceMapping', 'Lambda::LayerVersion', 'Lambda::Permission', 'S3::BucketPolicy', 'SQS::QueuePolicy',
];

/** The one table of types: what is not here is not in a template that runs on one machine. A client's secret is left out on purpose. */
const TYPES: Record<string, TypeEntry> = {
  ...Object.fromEntries(NAMELESS.map((type) => [`AWS::${type}`, { ref: id }])),
  'AWS::ApiGateway::RestApi': { ref: id, attributes: (ref) => ({ RootResourceId: `${ref}root` }) },
  'AWS::ApiGateway::Stage': { ref: named('StageName') },
  'AWS::CloudFront::Distribution': { ref: id, attributes: (ref) => ({ DomainName: `d${ref}.cloudfront.net` }) },
  'AWS::CloudFront::Function': { ref: (of) => `arn:aws:cloudfront::${account}:function/${id(of)}`, attributes: (ref) => ({ FunctionARN: ref }) },
  'AWS::CloudFront::OriginAccessControl': { ref: id, attributes: (ref) => ({ Id: ref }) },
  'AWS::Cognito::UserPool': {
    ref: (of) => `${region}_${id(of)}`,
    attributes: (ref) => ({ ...arn('cognito-idp', 'userpool/')(ref), ProviderURL: `https://cognito-idp.${region}.amazonaws.com/${ref}` }),
  },
  'AWS::Cognito::UserPoolDomain': { ref: named('Domain') },
  'AWS::Cognito::UserPoolGroup': { ref: named('GroupName') },
  'AWS::DynamoDB::Table': { ref: named('TableName'), attributes: arn('dynamodb', 'table/') },
  'AWS::Events::Rule': { ref: named('Name'), attributes: arn('events', 'rule/') },
  'AWS::IAM::Role': { ref: named('RoleName'), attributes: (ref) => ({ Arn: `arn:aws:iam::${account}:role/${ref}` }) },
  'AWS::Lambda::Function': { ref: named('FunctionName'), attributes: arn('lambda', 'function:') },
  'AWS::Logs::LogGroup': { ref: named('LogGroupName'), attributes: arn('logs', 'log-group:', ':*') },
  'AWS::MediaConvert::Queue': { ref: named('Name'), attributes: arn('mediaconvert', 'queues/') },
  'AWS::S3::Bucket': {
    ref: (of) => named('BucketName')(of).toLowerCase(),
    attributes: (ref) => ({ Arn: `arn:aws:s3:::${ref}`, RegionalDomainName: `${ref}.s3.${region}.amazonaws.com` }),
  },
  'AWS::SQS::Queue': {
    ref: (of) => `https://sqs.${region}.amazonaws.com/${account}/${named('QueueName')(of)}`,
    attributes: (ref) => arn('sqs')(ref.split('/').at(-1)!),
  },
  'AWS::SecretsManager::Secret': { ref: (of) => arn('secretsmanager', 'secret:', `-${id(of).slice(0, 6)}`)(named('Name')(of)).Arn },
};

/** Whether a template that runs on one machine may hold the type. */
export function isKnown(type: string): boolean {
  return isCustom(type) || type in TYPES;
}

/** What the template's other resources may know of a resource. */
export interface Names {
  readonly physicalId: string;
  readonly attributes: Record<string, string>;
}

/** Whether a function of the stack, not the table, answers for the type. */
export function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

/** The names that the table has for a resource. */
export function namesOf(type: string, naming: Naming): Names {
  const { ref, attributes } = TYPES[type];
  const physicalId = ref(naming);
  return { physicalId, attributes: attributes?.(physicalId) ?? {} };
}
