/** What a resource's names are made from. */
export interface Naming {
  readonly logicalId: string;
  readonly region: string;
  readonly account: string;
  /** The resource's own `Ref`. */
  readonly ref: string;
  /** A property of the resource, when the template gives it. */
  given(property: string): string | undefined;
  /** `Stack-LogicalId-HASH`: CloudFormation's form, but the same on every run, so that data is found again. */
  generated(maxLength?: number): string;
  /** Letters and digits that are the same on every run. */
  stable(length: number, purpose?: string): string;
}

type Name = (naming: Naming) => string;

/** What `Ref` and `Fn::GetAtt` answer for a type. */
export interface TypeEntry {
  readonly ref: Name;
  readonly attributes: Record<string, Name>;
}

const entry = (ref: Name, attributes: Record<string, Name> = {}): TypeEntry => ({ ref, attributes });
const named = (property: string, maxLength = 64): Name => (of) => of.given(property) ?? of.generated(maxLength);
const arn = (service: string, prefix: string): Name => (of) => `arn:aws:${service}:${of.region}:${of.account}:${prefix}${of.ref}`;
const globalArn = (service: string, prefix: string): Name => (of) => `arn:aws:${service}::${of.account}:${prefix}${of.ref}`;
const same: Name = (of) => of.ref;
const id = (length: number): Name => (of) => of.stable(length);
const upperId = (prefix: string): Name => (of) => prefix + of.stable(13).toUpperCase();
const uuid: Name = (of) => asUuid(of.stable(32));
const queueName = named('QueueName', 80);

/** Gives 32 letters and digits the form of a UUID. */
export function asUuid(letters: string): string {
  return letters.replace(/[^0-9a-f]/g, (letter) => (letter.charCodeAt(0) % 16).toString(16)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** The one table of types: what is not here is not in a template that runs on one machine. */
export const TYPES: Record<string, TypeEntry> = {
  'AWS::ApiGateway::Authorizer': entry(id(6), { AuthorizerId: same }),
  'AWS::ApiGateway::Deployment': entry(id(6), { DeploymentId: same }),
  'AWS::ApiGateway::GatewayResponse': entry(id(12)),
  'AWS::ApiGateway::Method': entry(id(12)),
  'AWS::ApiGateway::Model': entry((of) => of.given('Name') ?? of.stable(12)),
  'AWS::ApiGateway::RequestValidator': entry(id(6), { RequestValidatorId: same }),
  'AWS::ApiGateway::Resource': entry(id(6), { ResourceId: same }),
  'AWS::ApiGateway::RestApi': entry(id(10), { RestApiId: same, RootResourceId: (of) => of.stable(10, 'root') }),
  'AWS::ApiGateway::Stage': entry((of) => of.given('StageName') ?? of.generated()),
  'AWS::CDK::Metadata': entry((of) => of.generated()),
  'AWS::CloudFront::CachePolicy': entry(uuid, { Id: same }),
  'AWS::CloudFront::Distribution': entry(upperId('E'), { Id: same, DomainName: (of) => `d${of.stable(13)}.cloudfront.net` }),
  'AWS::CloudFront::Function': entry((of) => `arn:aws:cloudfront::${of.account}:function/${named('Name')(of)}`, { FunctionARN: same }),
  'AWS::CloudFront::KeyGroup': entry(uuid, { Id: same }),
  'AWS::CloudFront::OriginAccessControl': entry(upperId('E'), { Id: same }),
  'AWS::CloudFront::OriginRequestPolicy': entry(uuid, { Id: same }),
  'AWS::CloudFront::PublicKey': entry(upperId('K'), { Id: same }),
  'AWS::CloudFront::ResponseHeadersPolicy': entry(uuid, { Id: same }),
  'AWS::Cognito::ManagedLoginBranding': entry(uuid, { ManagedLoginBrandingId: same }),
  'AWS::Cognito::UserPool': entry((of) => `${of.region}_${of.stable(9)}`, {
    Arn: arn('cognito-idp', 'userpool/'),
    ProviderName: (of) => `cognito-idp.${of.region}.amazonaws.com/${of.ref}`,
    ProviderURL: (of) => `https://cognito-idp.${of.region}.amazonaws.com/${of.ref}`,
    UserPoolId: same,
  }),
  // ClientSecret is left out on purpose: a secret never passes through a template.
  'AWS::Cognito::UserPoolClient': entry(id(26), { ClientId: same, Name: named('ClientName') }),
  'AWS::Cognito::UserPoolDomain': entry((of) => of.given('Domain') ?? of.generated()),
  'AWS::Cognito::UserPoolGroup': entry(named('GroupName')),
  'AWS::DynamoDB::Table': entry(named('TableName', 255), { Arn: arn('dynamodb', 'table/') }),
  'AWS::Events::Rule': entry(named('Name'), { Arn: arn('events', 'rule/') }),
  'AWS::IAM::Policy': entry((of) => of.generated()),
  'AWS::IAM::Role': entry(named('RoleName'), { Arn: globalArn('iam', 'role/'), RoleId: (of) => `AROA${of.stable(17).toUpperCase()}` }),
  'AWS::Lambda::EventSourceMapping': entry(uuid, { Id: same, EventSourceMappingArn: arn('lambda', 'event-source-mapping:') }),
  'AWS::Lambda::Function': entry(named('FunctionName'), { Arn: arn('lambda', 'function:') }),
  'AWS::Lambda::LayerVersion': entry((of) => `arn:aws:lambda:${of.region}:${of.account}:layer:${of.stable(12)}:1`, { LayerVersionArn: same }),
  'AWS::Lambda::Permission': entry((of) => of.generated(100)),
  'AWS::Logs::LogGroup': entry((of) => of.given('LogGroupName') ?? of.generated(200), { Arn: (of) => `${arn('logs', 'log-group:')(of)}:*` }),
  'AWS::MediaConvert::Queue': entry(named('Name'), { Arn: arn('mediaconvert', 'queues/'), Name: same }),
  'AWS::S3::Bucket': entry((of) => of.given('BucketName') ?? of.generated(63).toLowerCase(), {
    Arn: (of) => `arn:aws:s3:::${of.ref}`,
    DomainName: (of) => `${of.ref}.s3.amazonaws.com`,
    RegionalDomainName: (of) => `${of.ref}.s3.${of.region}.amazonaws.com`,
  }),
  'AWS::S3::BucketPolicy': entry((of) => of.generated()),
  'AWS::SQS::Queue': entry((of) => `https://sqs.${of.region}.amazonaws.com/${of.account}/${queueName(of)}`, {
    Arn: (of) => `arn:aws:sqs:${of.region}:${of.account}:${queueName(of)}`,
    QueueName: queueName,
    QueueUrl: same,
  }),
  'AWS::SQS::QueuePolicy': entry((of) => of.generated()),
  'AWS::SecretsManager::Secret': entry((of) => {
    const name = of.given('Name') ?? `${of.logicalId}-${of.stable(12)}`;
    return `arn:aws:secretsmanager:${of.region}:${of.account}:secret:${name}-${of.stable(6)}`;
  }, { Id: same }),
};

/** Whether a function of the stack, not the table, answers for the type. */
export function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}
