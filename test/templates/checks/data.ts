import { addressIn } from './address';
import { allOf, at, atLeast, Check, differences, every, exactly, oneOf } from './check';
import { handlersOf, storesOf } from './handlers';
import { INDEXES, TABLE_KEYS } from '../../../src/contract/table';
import { ARCHIVE_TAG } from '../../../src/contract/upload';
import { SOURCE_PREFIX } from '../../../src/domain/object-keys';
import { statements } from '../../toolkit/permissions';
import { isOurs, ofType, ours, readable, references } from '../../toolkit/template';

const STATEFUL = ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool', 'AWS::SecretsManager::Secret', 'AWS::Cognito::UserPoolGroup', 'AWS::Cognito::UserPoolUser', 'AWS::Cognito::UserPoolUserToGroupAttachment'];

const keepsData: Check = (template) => STATEFUL.flatMap((type) => ours(template, type).flatMap(({ id, resource }) => differences(id, resource, {
  DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain',
})));

/** CloudFormation cannot delete protected resources, so they would remain after a failed first deployment. */
const rollbackDeletesAll: Check = (template) => Object.entries(template.Resources).filter(([id, { DeletionPolicy, Properties }]) => (
  isOurs(id) && (DeletionPolicy === 'Retain' || isProtected(Properties)))).map(([id]) => `${id}: stays after a failed first deployment`);

/** Properties can be nested, for example in a table's replica. */
const isProtected = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.entries(value).some(([name, inner]) => (
  /deletion_?protection/i.test(name) ? ![false, 'false', 'INACTIVE'].includes(inner) : isProtected(inner)));

/** CloudFormation cannot delete a bucket that contains objects. */
const deletesNoBucketThatItDoesNotEmpty: Check = (template) => {
  const emptied = ofType(template, 'Custom::S3AutoDeleteObjects').flatMap(({ properties }) => references(properties.BucketName));
  return ofType(template, 'AWS::S3::Bucket')
    .filter(({ id, resource: { DeletionPolicy = 'Delete' } }) => !DeletionPolicy.startsWith('Retain') && !emptied.includes(id)).map(({ id }) => `${id}: is deleted but not emptied first`);
};

const leavesNothingElse: Check = (template) => (
  ['AWS::Logs::LogGroup', 'AWS::SQS::Queue'].flatMap((type) => ours(template, type).flatMap(({ id, resource }) => differences(id, resource, { DeletionPolicy: oneOf('Delete', undefined) }))));

const bucketsArePrivate = every('AWS::S3::Bucket', {
  'PublicAccessBlockConfiguration.BlockPublicAcls': true,
  'PublicAccessBlockConfiguration.BlockPublicPolicy': true,
  'PublicAccessBlockConfiguration.IgnorePublicAcls': true,
  'PublicAccessBlockConfiguration.RestrictPublicBuckets': true,
});

const storesAreEncrypted = allOf(
  every('AWS::S3::Bucket', { 'BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm': oneOf('AES256', 'aws:kms') }),
  (template) => ours(template, 'AWS::SQS::Queue').filter(({ properties }) => properties.SqsManagedSseEnabled !== true && !properties.KmsMasterKeyId)
    .map(({ id }) => `${id}: not encrypted`),
);

/** Lambda stores failed event records without multipart uploads. */
const TAKES_NO_PARTS = /^VodCatalogEvents/;

/** Parts of unfinished uploads cost money, and S3 does not list them as objects. */
const unfinishedUploadsExpire: Check = (template) => ours(template, 'AWS::S3::Bucket').filter(({ id }) => !TAKES_NO_PARTS.test(id)).filter(({ properties }) => !(at(properties, 'LifecycleConfiguration.Rules') ?? [])
  .some((rule: any) => rule.Status === 'Enabled' && rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation <= 7))
  .map(({ id }) => `${id}: parts of unfinished uploads are kept for more than a week`);

/** To archive a source, the sweeper only adds a tag. A lifecycle rule of the bucket then changes the storage class of the tagged object. */
const taggedSourcesAreArchived: Check = (template) => {
  const archives = handlersOf(template).some(({ environment }) => JSON.stringify(environment.SOURCE_LIFECYCLE ?? '').includes('archive'));
  return storesOf(template, ...archives ? ['sources' as const] : []).filter(({ properties }) => !(at(properties, 'LifecycleConfiguration.Rules') ?? [])
    .some((rule: any) => differences('rule', rule, {
      'Status': 'Enabled',
      'Prefix': SOURCE_PREFIX,
      'TagFilters': [{ Key: ARCHIVE_TAG.key, Value: ARCHIVE_TAG.value }],
      'Transitions.length': 1,
      'Transitions.0.StorageClass': oneOf('GLACIER', 'DEEP_ARCHIVE'),
      'Transitions.0.TransitionInDays': 0,
    }).length === 0)).map(({ id }) => `${id}: no lifecycle rule archives the sources with the tag ${ARCHIVE_TAG.key}`);
};

const pagesCanUploadSources: Check = (template) => storesOf(template, 'sources').flatMap(({ id, properties }) => {
  const pages = [addressIn(template), ...handlersOf(template).flatMap(({ environment }) => JSON.parse(environment.RETURN_ORIGINS ?? '[]'))];
  return differences(id, at(properties, 'CorsConfiguration.CorsRules.0'), {
    AllowedMethods: ['PUT'],
    AllowedOrigins: (origins: unknown[]) => pages.every((page) => origins.map(readable).includes(page)),
    AllowedHeaders: (headers: string[]) => ['content-type', 'if-none-match', 'x-amz-checksum-*'].every((header) => headers.includes(header)),
    ExposedHeaders: (headers: string[]) => ['ETag', ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'type'].map((name) => `x-amz-checksum-${name}`)]
      .every((header) => headers.includes(header)),
    // Without MaxAge, a browser would send a preflight request for each part of a multipart upload.
    MaxAge: atLeast(600),
  });
});

/** The bucket's owner also owns the objects that a browser or Lambda uploads. */
const objectsBelongToTheBucketOwner: Check = (template) => ours(template, 'AWS::S3::Bucket').filter(({ id }) => /^Vod(Upload|CatalogEvents)/.test(id))
  .flatMap(({ id, properties }) => differences(id, properties, { 'OwnershipControls.Rules.0.ObjectOwnership': 'BucketOwnerEnforced' }));

const tableServesItsQueries: Check = (template) => ours(template, 'AWS::DynamoDB::GlobalTable').flatMap(({ id, properties }) => {
  const keys = (schema: any[] = []): string => schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).join(', ');
  const indexes = (properties.GlobalSecondaryIndexes ?? []).map((index: any) => `${index.IndexName}: ${keys(index.KeySchema)}; ${index.Projection?.ProjectionType}`);
  const attributes = (properties.AttributeDefinitions ?? []).map(({ AttributeName, AttributeType }: any) => `${AttributeName} ${AttributeType}`);
  const keyed = [properties.KeySchema, ...(properties.GlobalSecondaryIndexes ?? []).map(({ KeySchema }: any) => KeySchema)].flat()
    .filter(Boolean).map(({ AttributeName }) => `${AttributeName} S`);
  return [
    ...exactly(`${id} keys`, [keys(properties.KeySchema)], [`HASH ${TABLE_KEYS.partition}, RANGE ${TABLE_KEYS.sort}`]),
    ...exactly(`${id} indexes`, indexes, Object.values(INDEXES).map(({ name, partition, sort, projection }) => `${name}: HASH ${partition}, RANGE ${sort}; ${projection}`)),
    ...exactly(`${id} attributes`, [...new Set<string>(attributes)], [...new Set(keyed)]),
    ...differences(id, properties, {
      'Replicas.length': 1,
      'Replicas.0.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled': true,
      'BillingMode': 'PAY_PER_REQUEST',
      'StreamSpecification.StreamViewType': 'NEW_AND_OLD_IMAGES',
    }),
  ];
});

const onlyTls: Check = (template) => [['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues', 'sqs:*'], ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket', 's3:*']]
  .flatMap(([type, policyType, property, everything]) => ours(template, type).filter(({ id }) => {
    const arn = readable({ 'Fn::GetAtt': [id, 'Arn'] });
    const whole = type === 'AWS::S3::Bucket' ? [arn, `${arn}/*`] : [arn];
    return !ours(template, policyType).some(({ properties }) => references(properties[property]).includes(id)
      && statements(properties.PolicyDocument).some(({ Effect, Action, Principal, Resource, Condition }) => Effect === 'Deny' && Action.includes(everything)
        && JSON.stringify(Principal) === '{"AWS":"*"}' && whole.every((part) => Resource.map(readable).includes(part))
        && JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}'));
  }).map(({ id }) => `${id}: accepts requests without TLS`));

const mediaNeedsModernTls: Check = (template) => ours(template, 'AWS::S3::BucketPolicy').filter(({ id }) => id.startsWith('VodDelivery'))
  .filter(({ properties }) => !statements(properties.PolicyDocument).some(({ Effect, Action, Principal, Resource, Condition }) => Effect === 'Deny' && Action.includes('s3:*')
    && JSON.stringify(Principal) === '{"AWS":"*"}' && JSON.stringify(Resource.map(readable)) === '["VodDeliveryBucket.Arn","VodDeliveryBucket.Arn/*"]'
    && JSON.stringify(Condition) === '{"NumericLessThan":{"s3:TlsVersion":1.2}}'))
  .map(({ id }) => `${id}: accepts TLS older than 1.2`);

export const DATA: Record<string, Check> = {
  'stateful resources are retained': keepsData,
  'the rollback of a first deployment deletes all resources': rollbackDeletesAll,
  'deleted buckets are emptied first': deletesNoBucketThatItDoesNotEmpty,
  'logs and queues are deleted with the stack': leavesNothingElse,
  'buckets are private': bucketsArePrivate,
  'stores are encrypted': storesAreEncrypted,
  'parts of unfinished uploads expire': unfinishedUploadsExpire,
  'tagged sources are archived': taggedSourcesAreArchived,
  'pages can upload sources': pagesCanUploadSources,
  'the owner of the bucket owns its objects': objectsBelongToTheBucketOwner,
  'the table serves its queries': tableServesItsQueries,
  'queues and buckets require TLS': onlyTls,
  'media requires TLS 1.2 or later': mediaNeedsModernTls,
};
