import { App, Duration, Lazy, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { VodCatalog } from '../../src/catalog/vod-catalog';
import { VideoVisibility } from '../../src/domain/visibility';
import { Access, VodRoles } from '../../src/roles/vod-roles';
import { VodUpload, VodUploadProps } from '../../src/upload/vod-upload';

const origin = 'https://videos.example.com';

function synth(options: (stack: Stack) => Partial<VodUploadProps> = () => ({}), roles?: VodRoles) {
  const stack = new Stack(new App(), 'Test');
  const catalog = new VodCatalog(stack, 'Catalog', { origin, roles });
  const upload = new VodUpload(stack, 'Upload', { catalog, ...options(stack) });
  return { upload, template: Template.fromStack(stack) };
}

function environment(template: Template): Record<string, any> {
  const [fn] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Declares files and plans their uploads' } }));
  return fn.Properties.Environment.Variables;
}

describe('VodUpload', () => {
  const { template } = synth();

  test('keeps sources private, encrypted, retained, and announces them without a function of its own', () => {
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
    template.resourceCountIs('AWS::Lambda::Function', 2);
  });

  test('refuses plain HTTP', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] },
    });
  });

  test('lets pages of its origins PUT, and no others', () => {
    synth(() => ({ appOrigins: ['http://localhost:5173'] })).template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [{
          AllowedMethods: ['PUT'],
          AllowedOrigins: [origin, 'http://localhost:5173'],
          AllowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-*'],
          ExposedHeaders: Match.arrayWith(['ETag', 'x-amz-checksum-crc32', 'x-amz-checksum-crc64nvme']),
        }],
      },
    });
  });

  test('lets the planner create videos and put sources: it reads, lists and deletes nothing', () => {
    const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) => /PlanUploadRole/.test(Properties.Roles[0].Ref));
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement).filter(({ Action }) => ![Action].flat()[0].startsWith('logs:'));
    expect(statements).toEqual([
      { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^CatalogTable/), 'Arn'] } },
      { Effect: 'Allow', Action: 's3:PutObject', Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^UploadBucket/), 'Arn'] }, '/source/*']] } },
    ]);
  });

  test('tells the planner its limits and where the bucket answers', () => {
    const variables = environment(template);
    expect(JSON.parse(variables.UPLOAD_SETTINGS)).toEqual({
      maxSize: 5 * 1024 ** 3, contentTypes: ['video/*', 'application/mp4', 'application/mxf'], expirySeconds: 900, defaultVisibility: 'signed-in',
    });
    expect(variables.SOURCE_ADDRESS).toEqual({ 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [expect.stringMatching(/^UploadBucket/), 'RegionalDomainName'] }]] });
  });

  test('tells the planner who has which role', () => {
    expect(JSON.parse(environment(template).ROLES)).toEqual({});
    const own = synth(undefined, { uploaders: Access.group('makers'), viewers: Access.signedIn(), admins: 'bosses' });
    expect(JSON.parse(environment(own.template).ROLES)).toEqual({ uploaders: 'makers', admins: 'bosses' });
  });

  test('takes limits of one\'s own', () => {
    const own = synth(() => ({
      maxSize: Size.mebibytes(100), contentTypes: ['Video/MP4'], uploadExpiry: Duration.minutes(5), defaultVisibility: VideoVisibility.PRIVATE,
    }));
    expect(JSON.parse(environment(own.template).UPLOAD_SETTINGS)).toEqual({
      maxSize: 100 * 1024 ** 2, contentTypes: ['Video/MP4'], expirySeconds: 300, defaultVisibility: 'private',
    });
  });

  test('can be thrown away when asked to, with what is in it', () => {
    const own = synth(() => ({ removalPolicy: RemovalPolicy.DESTROY }));
    own.template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    own.template.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
  });

  test('takes a bucket of one\'s own', () => {
    const own = synth((stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Own', 'mine') }));
    own.template.resourceCountIs('AWS::S3::Bucket', 0);
    expect(environment(own.template)).toMatchObject({ SOURCE_BUCKET: 'mine' });
    expect(own.upload.bucket.bucketName).toBe('mine');
  });

  test('says everything that is wrong at once, in the user\'s words', () => {
    const wrong = () => synth(() => ({
      maxSize: Size.gibibytes(6), contentTypes: ['video'], uploadExpiry: Duration.minutes(16), appOrigins: ['https://app.example.com/', '*'],
      defaultVisibility: 'PRIVATE' as any,
    }));
    expect(wrong).toThrow(/Test\/Upload: maxSize: .*5 GiB.*; contentTypes\[0\]: .*"video"; uploadExpiry: .*15 minutes.*got 16 minutes; appOrigins\[0\]: .*example\.com\/".*; appOrigins\[1\]: .*"\*"; defaultVisibility: .*"private".*"PRIVATE"/);
    expect(() => synth(() => ({ contentTypes: [] }))).toThrow('contentTypes: expected a list of 1 or more');
    expect(() => synth(() => ({ maxSize: Size.bytes(0) }))).toThrow('maxSize');
    expect(() => synth(() => ({ uploadExpiry: Duration.seconds(59) }))).toThrow('uploadExpiry');
  });

  test('leaves values that are not known yet alone', () => {
    const own = synth(() => ({
      contentTypes: [Lazy.string({ produce: () => 'video/mp4' })], appOrigins: [Lazy.string({ produce: () => 'https://app.example.com' })],
    }));
    own.template.hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: { CorsRules: [{ AllowedOrigins: [origin, 'https://app.example.com'] }] } });
    expect(JSON.parse(environment(own.template).UPLOAD_SETTINGS).contentTypes).toEqual(['video/mp4']);
  });
});
