import { Check, exactly } from './check';
import { customerKeyOf, handlersOf, Store, storeOf } from './handlers';
import type { HandlerName } from '../../../src/contract/environment';
import { grants, rolePolicies, type Statement, statements } from '../../toolkit/permissions';
import { type CloudFormationTemplate, ours, references, withoutHash } from '../../toolkit/template';

/** The resources of each action, in the format of `grants`. `{table}` is the ARN of the table, and `{media}` is the ARN of the media bucket. */
type Needs = Readonly<Record<string, readonly string[]>>;

// These names replace the logical ids of tables and buckets, because the user's app chooses the ids of existing tables and buckets.
const TABLE = '{table}';
/** The derived rows in the table: the rows of titles and tags. */
const DERIVED_ROWS = `${TABLE} titles and tags`;
const TABLE_STREAM = '{table}#stream';
const SOURCES = '{sources}/source/*';
const DROPPED = '{sources}/ingest/*';
const MEDIA = '{media}/v/*';
const FAILED = '{failed}';
const JOBS = 'arn:AWS::Partition:mediaconvert:AWS::Region:AWS::AccountId:jobs/*';

const HANDLER_NEEDS: Record<HandlerName, Needs> = {
  'api/describe-api': {},
  'auth/authorize-token': {},
  'auth/fill-client-secret': {
    'cognito-idp:DescribeUserPoolClient': ['VodAuthUserPool.Arn'],
    'secretsmanager:PutSecretValue': ['VodAuthClientSecret'],
  },
  'auth/sign-in': { 'secretsmanager:GetSecretValue': ['VodAuthClientSecret'] },
  'catalog/publish-events': {
    'dynamodb:DescribeStream': [TABLE_STREAM],
    'dynamodb:GetRecords': [TABLE_STREAM],
    'dynamodb:GetShardIterator': [TABLE_STREAM],
    'dynamodb:ListStreams': ['*'],
    'events:PutEvents': ['VodCatalogEventsBus.Arn'],
    // Lambda uses the function's role to store failed event records.
    's3:ListBucket': [FAILED],
    's3:PutObject': [`${FAILED}/*`],
  },
  'catalog/resend-events': {
    'dynamodb:Scan': [TABLE],
    'events:PutEvents': ['VodCatalogEventsBus.Arn'],
    's3:ListBucket': [FAILED],
    's3:GetObject': [`${FAILED}/*`],
    's3:DeleteObject': [`${FAILED}/*`],
  },
  'catalog/edit-videos': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    'dynamodb:PutItem': [DERIVED_ROWS],
    'dynamodb:DeleteItem': [DERIVED_ROWS],
  },
  'catalog/read-videos': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:BatchGetItem': [TABLE],
    'dynamodb:Query': [TABLE, ...['byOwner', 'byOwnerStage', 'byPublication'].map((index) => `${TABLE}/index/${index}`)],
    'secretsmanager:GetSecretValue': ['VodDeliveryKeysSecret1'],
  },
  'delivery/make-key-pair': {
    'secretsmanager:GetSecretValue': ['VodDeliveryKeysSecret1'],
    'secretsmanager:PutSecretValue': ['VodDeliveryKeysSecret1'],
  },
  'delivery/start-playback': {
    'dynamodb:GetItem': [TABLE],
    'secretsmanager:GetSecretValue': ['VodDeliveryKeysSecret1'],
  },
  'ingest/ingest-objects': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:PutItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    's3:GetObject': [DROPPED],
    's3:GetObjectTagging': [DROPPED],
    's3:ListBucket': ['{sources}'],
    'sqs:SendMessage': ['VodTranscodeSubmitQueue.Arn'],
    'sqs:ReceiveMessage': ['VodIngestQueue.Arn'],
    'sqs:DeleteMessage': ['VodIngestQueue.Arn'],
    'sqs:GetQueueAttributes': ['VodIngestQueue.Arn'],
  },
  'sweeper/sweep-videos': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    'dynamodb:PutItem': [DERIVED_ROWS],
    'dynamodb:DeleteItem': [TABLE],
    'dynamodb:Query': [`${TABLE}/index/byDue`],
    's3:GetObject': [SOURCES],
    's3:DeleteObject': [SOURCES],
    's3:ListMultipartUploadParts': [SOURCES],
    's3:AbortMultipartUpload': [SOURCES],
    // The ARN of a job does not contain its queue.
    'mediaconvert:GetJob': [JOBS],
    'sqs:SendMessage': ['VodTranscodeSubmitQueue.Arn', 'VodSweeperDeadLetterQueue.Arn'],
  },
  'transcode/record-job-event': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    'dynamodb:PutItem': [DERIVED_ROWS],
    // Lambda uses the function's role to send failed events to the dead-letter queue.
    'sqs:SendMessage': ['VodTranscodeJobEventsDeadLetterQueue.Arn'],
  },
  'transcode/retry-videos': { 'dynamodb:GetItem': [TABLE], 'dynamodb:UpdateItem': [TABLE], 'sqs:SendMessage': ['VodTranscodeSubmitQueue.Arn'] },
  'transcode/submit-job': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    'mediaconvert:CreateJob': ['VodTranscodeQueue.Arn'],
    'mediaconvert:SearchJobs': ['VodTranscodeQueue.Arn'],
    // The Service Authorization Reference lists no resource for Probe.
    'mediaconvert:Probe': ['*'],
    // Probe reads the source file with the permissions of the function.
    's3:GetObject': [SOURCES],
    'iam:PassRole': ['VodTranscodeJobRole.Arn'],
    'sqs:ReceiveMessage': ['VodTranscodeSubmitQueue.Arn'],
    'sqs:DeleteMessage': ['VodTranscodeSubmitQueue.Arn'],
    'sqs:GetQueueAttributes': ['VodTranscodeSubmitQueue.Arn'],
  },
  'upload/manage-uploads': {
    'dynamodb:GetItem': [TABLE],
    'dynamodb:PutItem': [TABLE],
    'dynamodb:UpdateItem': [TABLE],
    'dynamodb:DeleteItem': [DERIVED_ROWS],
    // The permission to put objects includes the start and the completion of multipart uploads. HeadObject requires the permission to read objects.
    's3:PutObject': [SOURCES],
    's3:GetObject': [SOURCES],
    's3:ListMultipartUploadParts': [SOURCES],
    's3:AbortMultipartUpload': [SOURCES],
    'sts:AssumeRole': ['VodUploadSigningRole.Arn'],
  },
};

/** With the ingest, these roles also read the objects of other pipelines. */
const INGEST_READERS = ['VodTranscodeJobRole', 'VodTranscodeSubmitJobRole'];

function withIngest(template: CloudFormationTemplate, role: string, needs: Needs): Needs {
  const isReader = INGEST_READERS.includes(withoutHash(role)) && handlersOf(template).some(({ name }) => name === 'ingest/ingest-objects');
  return isReader ? { ...needs, 's3:GetObject': [...needs['s3:GetObject'], DROPPED] } : needs;
}

/** With a source lifecycle, the sweeper also changes the objects of other pipelines, and the tags of sources. */
function withLifecycle(template: CloudFormationTemplate, { SOURCE_LIFECYCLE: settings }: Readonly<Record<string, unknown>>, needs: Needs): Needs {
  if (settings === undefined) return needs;
  const hasIngest = handlersOf(template).some(({ name }) => name === 'ingest/ingest-objects');
  const isArchive = JSON.stringify(settings).includes('archive');
  const all = [SOURCES, ...hasIngest ? [DROPPED] : []];
  return {
    ...needs, 's3:GetObject': all, ...isArchive ? { 's3:GetObjectTagging': all, 's3:PutObjectTagging': all } : { 's3:DeleteObject': all, ...hasIngest && { 's3:ListBucket': ['{sources}'] } },
  };
}

interface OtherRole {
  /** The service that can assume the role, or the handler whose role can assume the role. */
  readonly trusts: { readonly service: string; readonly condition: object } | { readonly handler: HandlerName };
  readonly needs: Needs;
}

/** The roles that are not roles of functions. */
const OTHER_ROLES: Record<string, OtherRole> = {
  VodTranscodeJobRole: {
    // Without this condition, another account could make MediaConvert use the role (confused deputy).
    trusts: { service: 'mediaconvert.amazonaws.com', condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } },
    needs: { 's3:GetObject': [SOURCES], 's3:PutObject': [MEDIA] },
  },
  VodUploadSigningRole: { trusts: { handler: 'upload/manage-uploads' }, needs: { 's3:PutObject': [SOURCES] } },
};

const CONDITIONS: Record<string, object> = {
  'iam:PassRole': { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
};

const ONLY_DERIVED_ROWS = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['tag#*', 'owntag#*', 'titles#*'] } };

const WHOLE_ACTION = /^[a-z0-9-]+:[A-Za-z0-9]+$/;

/** The actions on the KMS key that an action on an encrypted table or bucket requires. The key is used only through DynamoDB or S3. */
const KEY_USES: [store: Store, service: string, action: RegExp, uses: string[]][] = [
  // For reads and writes, DynamoDB decrypts the table's key with the permissions of the caller.
  ['table', 'dynamodb', /^dynamodb:/, ['kms:Decrypt']],
  ['sources', 's3', /^s3:GetObject$/, ['kms:Decrypt']],
  ['sources', 's3', /^s3:PutObject$/, ['kms:GenerateDataKey', 'kms:Decrypt']],
  ['media', 's3', /^s3:PutObject$/, ['kms:GenerateDataKey', 'kms:Decrypt']],
  // Only multipart uploads need Decrypt. Lambda stores failed event records without multipart uploads.
  ['failed', 's3', /^s3:PutObject$/, ['kms:GenerateDataKey']],
  ['failed', 's3', /^s3:GetObject$/, ['kms:Decrypt']],
];

const via = (service: string): object => ({ StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, '.amazonaws.com']] } } });

function wanted(template: CloudFormationTemplate, needs: Needs): string[] {
  const stored = (resource: string): string => resource.replace(/^\{(\w+)\}/, (_, store) => `${withoutHash(storeOf(template, store) ?? 'nothing')}.Arn`).replace('.Arn#stream', '.StreamArn');
  const own = Object.entries(needs).flatMap(([action, resources]) => resources.map((resource) => ({
    Effect: 'Allow',
    Action: [action],
    Resource: [stored(resource === DERIVED_ROWS ? TABLE : resource)],
    Condition: resource === DERIVED_ROWS ? ONLY_DERIVED_ROWS : CONDITIONS[action],
  })));
  const ofKeys = KEY_USES.flatMap(([store, service, pattern, Action]) => {
    const key = customerKeyOf(template, store);
    const uses = key && Object.entries(needs).some(([action, resources]) => pattern.test(action) && resources.some((resource) => resource.startsWith(`{${store}}`)));
    return uses ? [{ Effect: 'Allow', Action, Resource: [`${key}.Arn`], Condition: via(service) }] : [];
  });
  return grants([...own, ...ofKeys]);
}

const NETWORK_INTERFACES = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'];

function wantedByOptions({ VpcConfig, TracingConfig, KmsKeyArn }: Record<string, any>): string[] {
  const onAll = (actions: string[]) => ({ Effect: 'Allow', Action: actions, Resource: ['*'] });
  return grants([
    ...VpcConfig ? [onAll(NETWORK_INTERFACES.map((name) => `ec2:${name}`))] : [],
    ...TracingConfig ? [onAll(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'])] : [],
    ...KmsKeyArn ? [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [KmsKeyArn], Condition: via('lambda') }] : [],
  ]);
}

function trust(template: CloudFormationTemplate, role: string): string {
  return JSON.stringify(template.Resources[role]?.Properties?.AssumeRolePolicyDocument?.Statement);
}

/** A missing permission causes errors in production, and an additional permission helps an attacker. */
const rolesDoWhatTheyNeed: Check = (template) => {
  const policies = rolePolicies(template);
  const ofHandlers = handlersOf(template).flatMap(({ id, name, role, properties }) => {
    const logGroup = `${withoutHash(references(properties.LoggingConfig)[0] ?? 'a separate log group')}.Arn`;
    const log: Needs = { 'logs:CreateLogStream': [logGroup], 'logs:PutLogEvents': [logGroup] };
    const { Variables = {} } = properties.Environment ?? {};
    const needs = withIngest(template, role, name === 'sweeper/sweep-videos' ? withLifecycle(template, Variables, HANDLER_NEEDS[name]) : HANDLER_NEEDS[name]);
    return exactly(id, grants(policies[role] ?? []), [...wanted(template, needs), ...wanted(template, log), ...wantedByOptions(properties)]);
  });
  const ofServices = Object.keys(policies).flatMap((role) => {
    const known = OTHER_ROLES[withoutHash(role)];
    return known ? exactly(role, grants(policies[role]), wanted(template, withIngest(template, role, known.needs))) : [];
  });
  return [...ofHandlers, ...ofServices];
};

function trustOf({ trusts }: Pick<OtherRole, 'trusts'>, template: CloudFormationTemplate): object {
  if ('service' in trusts) return { Action: 'sts:AssumeRole', Condition: trusts.condition, Effect: 'Allow', Principal: { Service: trusts.service } };
  const role = handlersOf(template).find(({ name }) => name === trusts.handler)?.role;
  const root = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root']] };
  return { Action: 'sts:AssumeRole', Condition: { ArnEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [role, 'Arn'] } } }, Effect: 'Allow', Principal: { AWS: root } };
}

/** Each role of the library must trust only one principal. This principal is an AWS service, with the condition for that service, or a handler. */
const rolesTrustOnePrincipal: Check = (template) => {
  const ofHandlers = new Set(handlersOf(template).map(({ role }) => role));
  return ours(template, 'AWS::IAM::Role').flatMap(({ id, properties }) => {
    const known = OTHER_ROLES[withoutHash(id)];
    if (!known && !ofHandlers.has(id)) return [`${id}: no function or service uses this role`];
    const want = JSON.stringify([known ? trustOf(known, template) : { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }]);
    return [
      ...trust(template, id) === want ? [] : [`${id}: expected only the trust policy ${want}, got ${trust(template, id)}`],
      ...properties.ManagedPolicyArns || properties.Policies ? [`${id}: expected neither managed nor inline policies`] : [],
    ];
  });
};

function allStatements(template: CloudFormationTemplate): [string, Statement][] {
  return ['AWS::IAM::Policy', 'AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy'].flatMap((type) => ours(template, type)
    .flatMap(({ id, properties }) => statements(properties.PolicyDocument).map((statement): [string, Statement] => [id, statement])));
}

const allowWholeActions: Check = (template) => allStatements(template).flatMap(([id, { Effect, Action }]) => (
  Effect === 'Allow' ? Action.filter((action) => !WHOLE_ACTION.test(action)).map((action) => `${id}: ${action} has a wildcard`) : []));

const denyOrAllow: Check = (template) => allStatements(template).filter(([, { Effect }]) => !['Allow', 'Deny'].includes(Effect))
  .map(([id, statement]) => `${id}: a statement without Effect: ${JSON.stringify(statement)}`);

/** Policy variables require this version of the policy language. */
const documentsHaveAVersion: Check = (template) => (
  [['AWS::IAM::Policy', 'PolicyDocument'], ['AWS::S3::BucketPolicy', 'PolicyDocument'], ['AWS::SQS::QueuePolicy', 'PolicyDocument'], ['AWS::IAM::Role', 'AssumeRolePolicyDocument']]
    .flatMap(([type, property]) => ours(template, type).filter(({ properties }) => properties[property]?.Version !== '2012-10-17')
      .map(({ id }) => `${id}: ${property} has no Version 2012-10-17`)));

export const LEAST_PRIVILEGE: Record<string, Check> = {
  'roles have exactly the permissions that they need': rolesDoWhatTheyNeed,
  'roles trust one service or one handler': rolesTrustOnePrincipal,
  'allowed actions have no wildcards': allowWholeActions,
  'statements allow or deny': denyOrAllow,
  'policy documents have a version': documentsHaveAVersion,
};
