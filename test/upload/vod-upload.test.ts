import { Duration, Lazy, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { VideoVisibility } from '../../src/domain/visibility';
import { Access } from '../../src/roles/vod-roles';
import type { VodUploadProps } from '../../src/upload/vod-upload';
import { environmentOf } from '../toolkit/functions';
import { IF_DERIVED, permissionsOf, permissionsOfRole } from '../toolkit/permissions';
import { catalogIn, SERVICE_URL, testStack, uploadIn } from '../toolkit/stacks';
import { readable } from '../toolkit/template';

function synth(options: (stack: Stack) => Partial<VodUploadProps> = () => ({})) {
  const stack = testStack();
  const upload = uploadIn(stack, options(stack));
  return { upload, template: Template.fromStack(stack) };
}

const environment = (template: Template) => environmentOf(template, 'upload/manage-uploads');

describe('VodUpload', () => {
  const { template } = synth();

  test('creates a private, encrypted, retained bucket that sends its events to EventBridge without a custom resource', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
        LifecycleConfiguration: { Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }] },
        BucketName: Match.absent(),
        VersioningConfiguration: Match.absent(),
      },
    });
    expect(Object.keys(template.findResources('AWS::Lambda::Function')).filter((id) => id.startsWith('Upload'))).toHaveLength(1);
  });

  test('denies requests without TLS', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] },
    });
  });

  test('allows PUT only from pages of the listed origins', () => {
    synth(() => ({ appOrigins: ['http://localhost:5173'] })).template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [{
          AllowedMethods: ['PUT'],
          AllowedOrigins: [SERVICE_URL, 'http://localhost:5173'],
          AllowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-*'],
          ExposedHeaders: Match.arrayWith(['ETag', 'x-amz-checksum-crc32', 'x-amz-checksum-crc64nvme']),
        }],
      },
    });
  });

  test('allows the function only to write videos, to manage uploads of sources, and to use the signing role', () => {
    const on = (resource: string, ...actions: string[]) => actions.map((action) => `${action} on ${resource}`);
    expect(permissionsOf(template, 'upload/manage-uploads')).toEqual([
      `dynamodb:DeleteItem on CatalogTable.Arn${IF_DERIVED}`, ...on('CatalogTable.Arn', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'),
      ...on('UploadBucket.Arn/source/*', 's3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'),
      ...on('UploadSigningRole.Arn', 'sts:AssumeRole'),
    ]);
  });

  test('allows the signing role only to put sources, and only the function to use this role', () => {
    const { upload: { signingRole }, template: own } = synth();
    expect(permissionsOfRole(own, signingRole)).toEqual(['s3:PutObject on UploadBucket.Arn/source/*']);
    own.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Condition: { ArnEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [Match.stringLikeRegexp('^UploadManageUploads.*Role'), 'Arn'] } } },
        }],
      },
      MaxSessionDuration: Match.absent(),
    });
  });

  test('passes the limits and the bucket URL to the function', () => {
    const variables = environment(template);
    expect(JSON.parse(variables.UPLOAD_SETTINGS)).toEqual({
      maxSize: 50 * 1024 ** 3,
      multipartThreshold: 64 * 1024 ** 2,
      contentTypes: ['video/*', 'application/mp4', 'application/mxf'],
      expirySeconds: 900,
      incompleteExpirySeconds: 86_400,
      defaultVisibility: 'signed-in',
      quotas: { openUploads: 10, videos: 1000, storedBytes: 500 * 1024 ** 3, uploadsPerDay: 25 },
    });
    expect(readable(variables.SOURCE_ADDRESS)).toBe('https://UploadBucket.RegionalDomainName');
  });

  test('passes the groups of the roles to the function', () => {
    expect(JSON.parse(environment(template).ROLES)).toEqual({});
    const own = synth((stack) => ({ catalog: catalogIn(stack, { roles: { uploaders: Access.group('makers'), viewers: Access.signedIn(), admins: Access.group('bosses') } }) }));
    expect(JSON.parse(environment(own.template).ROLES)).toEqual({ uploaders: ['makers'], admins: ['bosses'] });
  });

  test('accepts other limits', () => {
    const own = synth(() => ({
      files: { maxSize: Size.mebibytes(100), multipartThreshold: Size.mebibytes(5), contentTypes: ['Video/MP4'] },
      expiry: { signedUrl: Duration.minutes(5), incompleteUpload: Duration.hours(1) },
      defaultVisibility: VideoVisibility.PRIVATE,
      quotas: { openUploads: 1, storedBytes: Size.gibibytes(1) },
    }));
    expect(JSON.parse(environment(own.template).UPLOAD_SETTINGS)).toEqual({
      maxSize: 100 * 1024 ** 2,
      multipartThreshold: 5 * 1024 ** 2,
      contentTypes: ['Video/MP4'],
      expirySeconds: 300,
      incompleteExpirySeconds: 3600,
      defaultVisibility: 'private',
      quotas: { openUploads: 1, videos: 1000, storedBytes: 1024 ** 3, uploadsPerDay: 25 },
    });
  });

  test('can be deleted with its objects if removalPolicy is DESTROY', () => {
    const own = synth(() => ({ removalPolicy: RemovalPolicy.DESTROY }));
    own.template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    own.template.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
  });

  test('accepts an existing bucket', () => {
    const own = synth((stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Own', 'mine') }));
    expect(Object.keys(own.template.findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('Upload'))).toEqual([]);
    expect(environment(own.template)).toMatchObject({ SOURCE_BUCKET: 'mine' });
    expect(own.upload.bucket.bucketName).toBe('mine');
  });

  test('reports all problems at once, with the names of the props', () => {
    const wrong = () => synth(() => ({
      files: { maxSize: Size.tebibytes(49), multipartThreshold: Size.gibibytes(6), contentTypes: ['video'] },
      expiry: { signedUrl: Duration.minutes(16), incompleteUpload: Duration.days(7) },
      appOrigins: ['https://app.example.com/', '*'],
      defaultVisibility: 'PRIVATE' as any,
    }));
    expect(wrong).toThrow(/Test\/Upload: files\.maxSize: .*48\.83 TiB.*got 49 TiB; files\.multipartThreshold: .*5 GiB.*got 6 GiB; files\.contentTypes\[0\]: .*"video"; expiry\.signedUrl: .*15 minutes.*got 16 minutes; expiry\.incompleteUpload: .*from 1 hour to 6 days 23 hours.*got 7 days; appOrigins\[0\]: .*example\.com\/".*; appOrigins\[1\]: .*"\*"; defaultVisibility: .*"private".*"PRIVATE"/);
    expect(() => synth(() => ({ files: { contentTypes: [] } }))).toThrow('files.contentTypes: expected a list of 1 or more items');
    expect(() => synth(() => ({ files: { maxSize: Size.bytes(0) } }))).toThrow('files.maxSize');
    expect(() => synth(() => ({ expiry: { signedUrl: Duration.seconds(59) } }))).toThrow('expiry.signedUrl');
    expect(() => synth(() => ({ expiry: { incompleteUpload: Duration.minutes(59) } }))).toThrow('expiry.incompleteUpload');
    expect(() => synth(() => ({ quotas: { openUploads: 0 } }))).toThrow('quotas.openUploads');
  });

  test('accepts tokens, whose values are unknown at synth', () => {
    const own = synth(() => ({
      files: { contentTypes: [Lazy.string({ produce: () => 'video/mp4' })] }, appOrigins: [Lazy.string({ produce: () => 'https://app.example.com' })],
    }));
    own.template.hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: { CorsRules: [{ AllowedOrigins: [SERVICE_URL, 'https://app.example.com'] }] } });
    expect(JSON.parse(environment(own.template).UPLOAD_SETTINGS).contentTypes).toEqual(['video/mp4']);
  });
});
