import { example, EXAMPLE_NAMES } from './templates';
import { rolePolicies, statements } from '../toolkit/permissions';
import { ofType, references, withoutHash } from '../toolkit/template';

const names = EXAMPLE_NAMES.filter((name) => !['customer\'s keys', 'every function option'].includes(name));

describe('customer\'s KMS keys', () => {
  const template = example('customer\'s keys');

  test('exactly these roles can use the keys, only through the service that stores the data', () => {
    const uses = Object.entries(rolePolicies(template)).flatMap(([role, granted]) => granted
      .filter(({ Action }) => Action.some((action) => /^kms:|\*/.test(action)))
      .flatMap(({ Action, Resource, Condition }) => Action.map((action) =>
        `${withoutHash(role)}: ${action} on ${references(Resource).map(withoutHash).join()} via ${JSON.stringify(Condition ?? {}).match(/"(s3|dynamodb)\./)?.[1]}`)));
    expect(uses.sort()).toEqual([
      'VodCatalogEditVideosRole: kms:Decrypt on TableKey via dynamodb',
      'VodCatalogEventsPublishEventsRole: kms:Decrypt on TableKey via dynamodb',
      'VodCatalogEventsPublishEventsRole: kms:GenerateDataKey on TableKey via s3',
      'VodCatalogEventsResendEventsRole: kms:Decrypt on TableKey via dynamodb',
      'VodCatalogEventsResendEventsRole: kms:Decrypt on TableKey via s3',
      'VodCatalogReadVideosRole: kms:Decrypt on TableKey via dynamodb',
      'VodDeliveryStartPlaybackRole: kms:Decrypt on TableKey via dynamodb',
      'VodSweeperSweepVideosRole: kms:Decrypt on SourceKey via s3',
      'VodSweeperSweepVideosRole: kms:Decrypt on TableKey via dynamodb',
      'VodTranscodeJobRole: kms:Decrypt on MediaKey via s3',
      'VodTranscodeJobRole: kms:Decrypt on SourceKey via s3',
      'VodTranscodeJobRole: kms:GenerateDataKey on MediaKey via s3',
      'VodTranscodeRecordJobEventRole: kms:Decrypt on TableKey via dynamodb',
      'VodTranscodeRetryVideosRole: kms:Decrypt on TableKey via dynamodb',
      'VodTranscodeSubmitJobRole: kms:Decrypt on SourceKey via s3',
      'VodTranscodeSubmitJobRole: kms:Decrypt on TableKey via dynamodb',
      'VodUploadManageUploadsRole: kms:Decrypt on SourceKey via s3',
      'VodUploadManageUploadsRole: kms:Decrypt on TableKey via dynamodb',
      'VodUploadManageUploadsRole: kms:GenerateDataKey on SourceKey via s3',
      'VodUploadSigningRole: kms:Decrypt on SourceKey via s3',
      'VodUploadSigningRole: kms:GenerateDataKey on SourceKey via s3',
    ]);
  });

  test('the table\'s key encrypts failed event records', () => {
    const [failed] = ofType(template, 'AWS::S3::Bucket').filter(({ id }) => withoutHash(id) === 'VodCatalogEventsFailedEvents');
    expect(failed.properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/^TableKey/), 'Arn'] } } },
    ]);
  });

  test('every grant has a complete kms:ViaService condition', () => {
    const conditions = Object.values(rolePolicies(template)).flat().filter(({ Action }) => Action.some((action) => action.startsWith('kms:')))
      .map(({ Condition }) => Condition);
    const via = (service: string) => ({ StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, '.amazonaws.com']] } } });
    for (const condition of conditions) expect([via('s3'), via('dynamodb')]).toContainEqual(condition);
  });

  test('CloudFront can only decrypt media, for this account\'s distributions', () => {
    const forServices = ofType(template, 'AWS::KMS::Key').flatMap(({ id, properties }) => statements(properties.KeyPolicy)
      .filter(({ Principal }) => JSON.stringify(Principal).includes('Service')).map((statement) => [withoutHash(id), statement]));
    expect(forServices).toEqual([['MediaKey', {
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: ['kms:Decrypt'],
      Resource: ['*'],
      Condition: {
        ArnLike: { 'AWS:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::', { Ref: 'AWS::AccountId' }, ':distribution/*']] } },
      },
    }]]);
  });
});

test.each(names)('%s, without customer\'s keys, has no KMS permission', (name) => {
  expect(JSON.stringify(example(name))).not.toContain('kms:');
});
