import { App, Aspects, CfnParameter, CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { nag } from '../templates/nag';
import { catalogIn, deliveryIn, ENV as env, SERVICE_URL, templateOf, testStack, transcodeIn, uploadIn, vodIn } from '../toolkit/stacks';
import { type CloudFormationTemplate, ofType } from '../toolkit/template';

function service({ makeBucket, before, after }: {
  makeBucket?: (stack: Stack) => s3.IBucket; before?: (bucket: s3.IBucket, stack: Stack) => void; after?: (bucket: s3.IBucket, stack: Stack) => void;
}) {
  const stack = testStack();
  const bucket = makeBucket?.(stack);
  if (bucket) before?.(bucket, stack);
  const vod = vodIn(stack, { upload: { bucket } });
  after?.(vod.upload.bucket, stack);
  return { stack, vod, template: templateOf(stack) };
}

const notify = (bucket: s3.IBucket, stack: Stack) => bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, new SqsDestination(new sqs.Queue(stack, 'Removed')));
const sources = (stack: Stack) => new s3.Bucket(stack, 'Sources');
const wrapped = (stack: Stack) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Sources', {
  corsConfiguration: { corsRules: [{ allowedMethods: ['GET'], allowedOrigins: ['https://a.example.com'] }] },
}));

function eventBridge(template: CloudFormationTemplate, bucket: s3.IBucket) {
  const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnResource);
  const custom = ofType(template, 'Custom::S3BucketNotifications');
  return {
    onBucket: template.Resources[logicalId].Properties?.NotificationConfiguration,
    custom: custom.map(({ properties }) => properties.NotificationConfiguration),
    kept: custom.map(({ resource }) => resource.DeletionPolicy),
  };
}

describe('EventBridge on the source bucket', () => {
  const on = { EventBridgeConfiguration: { EventBridgeEnabled: true } };

  test.each([
    ['a new bucket', undefined], ['an existing bucket', sources], ['an existing L1 bucket', wrapped],
  ])('is enabled without a custom resource: %s', (_, makeBucket) => {
    const { template, vod } = service({ makeBucket });
    expect(eventBridge(template, vod.upload.bucket)).toEqual({ onBucket: on, custom: [], kept: [] });
  });

  test('is enabled by VodTranscode without the other areas', () => {
    const stack = testStack();
    const sourceBucket = sources(stack);
    transcodeIn(stack, { sourceBucket });
    expect(eventBridge(templateOf(stack), sourceBucket).onBucket).toEqual(on);
  });

  const byCustomResource = {
    onBucket: undefined, kept: ['Retain'],
    custom: [{ EventBridgeConfiguration: {}, QueueConfigurations: [expect.objectContaining({ Events: ['s3:ObjectRemoved:*'] })] }],
  };
  test.each([
    ['a new bucket', {}], ['an existing bucket', { makeBucket: sources }],
  ])('remains enabled if a notification is added later: %s', (_, options) => {
    const { template, vod } = service({ ...options, after: notify });
    expect(eventBridge(template, vod.upload.bucket)).toEqual(byCustomResource);
  });

  test('remains enabled if a notification was added before', () => {
    const { template, vod } = service({ makeBucket: sources, before: notify });
    expect(eventBridge(template, vod.upload.bucket)).toEqual(byCustomResource);
  });

  test.each<[string, (vodBucket: s3.IBucket) => IConstruct]>([
    ['the app', ({ node }) => node.root], ['the bucket', (bucket) => bucket],
  ])('remains enabled if an aspect of %s adds a notification', (_, placeOf) => {
    const { template, vod } = service({
      after: (bucket, stack) => {
        const destination = new SqsDestination(new sqs.Queue(stack, 'Removed'));
        const visit = (node: IConstruct): void => { if (node === bucket) bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, destination); };
        Aspects.of(placeOf(bucket)).add({ visit });
      },
    });
    expect(eventBridge(template, vod.upload.bucket)).toEqual(byCustomResource);
  });

  test('remains enabled if the bucket has eventBridgeEnabled', () => {
    const { template, vod } = service({ makeBucket: (stack) => new s3.Bucket(stack, 'Sources', { eventBridgeEnabled: true }) });
    expect(eventBridge(template, vod.upload.bucket)).toMatchObject({ onBucket: undefined, custom: [{ EventBridgeConfiguration: {} }] });
  });

  test('keeps the notification configuration of an L1 bucket', () => {
    const queueConfigurations = [{ event: 's3:ObjectRemoved:*', queue: 'arn:aws:sqs:us-east-1:123456789012:removed' }];
    const { template, vod } = service({ makeBucket: (stack) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Sources', { notificationConfiguration: { queueConfigurations } })) });
    expect(eventBridge(template, vod.upload.bucket).onBucket).toEqual({ ...on, QueueConfigurations: [{ Event: 's3:ObjectRemoved:*', Queue: queueConfigurations[0].queue }] });
  });

  test('cannot be enabled on an imported bucket: a warning explains how to do it', () => {
    const { stack } = service({ makeBucket: (scope) => s3.Bucket.fromBucketName(scope, 'Sources', 'sources') });
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Transcode', Match.stringLikeRegexp('^upload\\.bucket: cannot configure an imported bucket.*EventBridge.*serverless-vod:sourceBucketEvents'));
  });

  test('is reported with the prop sourceBucket if VodTranscode is used alone', () => {
    const stack = testStack();
    transcodeIn(stack, { sourceBucket: s3.Bucket.fromBucketName(stack, 'Imported', 'sources') });
    Annotations.fromStack(stack).hasWarning('/Test/Transcode', Match.stringLikeRegexp('^sourceBucket: cannot configure an imported bucket.*serverless-vod:sourceBucketEvents'));
  });
});

describe('CORS of the source bucket', () => {
  const put = Match.objectLike({
    AllowedMethods: ['PUT'], AllowedOrigins: [SERVICE_URL, 'http://localhost:5173'], AllowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-*'],
  });
  const upload = (makeBucket: (app: App, stack: Stack) => s3.IBucket, origin = SERVICE_URL) => {
    const stack = testStack();
    const bucket = makeBucket(stack.node.root as App, stack);
    uploadIn(stack, { catalog: catalogIn(stack, { url: origin }), appOrigins: ['http://localhost:5173'], bucket });
    return { stack, bucketTemplate: () => Template.fromStack(Stack.of(bucket)) };
  };

  test('allows PUT from the service URL and appOrigins, in addition to existing rules', () => {
    const get = { allowedMethods: [s3.HttpMethods.GET], allowedOrigins: ['*'] };
    const { stack, bucketTemplate } = upload((_, scope) => new s3.Bucket(scope, 'Sources', { cors: [get], enforceSSL: true }));
    bucketTemplate().hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: { CorsRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }, put] },
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('is added to an L1 bucket', () => {
    upload((_, scope) => wrapped(scope)).bucketTemplate().hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: { CorsRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://a.example.com'] }, put] },
    });
  });

  test('is added to a bucket in another stack if the origins are known, without a cycle between the stacks', () => {
    upload((app) => new s3.Bucket(new Stack(app, 'Other'), 'Sources')).bucketTemplate().hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: { CorsRules: [put] } });
  });

  test('is reported for an imported bucket with the prop of ServerlessVod', () => {
    const { stack } = service({ makeBucket: (scope) => s3.Bucket.fromBucketName(scope, 'Sources', 'sources') });
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Upload', Match.stringLikeRegexp('^upload\\.bucket: cannot add a CORS rule .*serverless-vod:sourceBucketCors'));
  });

  test.each<[string, (app: App, stack: Stack) => s3.IBucket, string]>([
    ['was imported', (_, stack) => s3.Bucket.fromBucketName(stack, 'Sources', 'sources'), SERVICE_URL],
    ['is in another stack, while the service URL is not known yet', (app) => new s3.Bucket(new Stack(app, 'Other'), 'Sources'), Lazy.string({ produce: () => SERVICE_URL })],
  ])('is not added to a bucket that %s: a warning names the required rule', (_, makeBucket, address) => {
    const { stack } = upload(makeBucket, address);
    Annotations.fromStack(stack).hasWarning('/Test/Upload', Match.stringLikeRegexp('^bucket: cannot add a CORS rule .*allows PUT .*content-type, if-none-match.*serverless-vod:sourceBucketCors'));
  });
});

describe('an unusable bucket', () => {
  const delivery = (makeBucket: (stack: Stack) => s3.IBucket) => {
    const stack = testStack({ env });
    return deliveryIn(stack, { bucket: makeBucket(stack) });
  };

  const withKey = (stack: Stack, kmsMasterKeyId: string) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Media', {
    bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId } }] },
  }));

  test.each<[string, (stack: Stack) => s3.IBucket]>([
    ['KMS_MANAGED', (stack) => new s3.Bucket(stack, 'Media', { encryption: s3.BucketEncryption.KMS_MANAGED })],
    ['DSSE_MANAGED', (stack) => new s3.Bucket(stack, 'Media', { encryption: s3.BucketEncryption.DSSE_MANAGED })],
    ['an L1 bucket with aws:kms and no key', (stack) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Media', {
      bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' } }] },
    }))],
    ['an L1 bucket with the alias of aws/s3', (stack) => withKey(stack, 'alias/aws/s3')],
    ['an L1 bucket with the ARN of the alias of aws/s3', (stack) => withKey(stack, 'arn:aws:kms:us-east-1:123456789012:alias/aws/s3')],
  ])('is rejected for media: %s', (_, makeBucket) => {
    expect(() => delivery(makeBucket)).toThrow(/^Test\/Delivery: bucket: expected BucketEncryption\.S3_MANAGED, .*CloudFront can't decrypt with the key aws\/s3/);
  });

  test.each([s3.BucketEncryption.S3_MANAGED, s3.BucketEncryption.KMS])('is not a media bucket with the encryption %s', (encryption) => {
    expect(() => delivery((stack) => new s3.Bucket(stack, 'Media', { encryption }))).not.toThrow();
  });

  test.each<[string, (stack: Stack) => string]>([
    ['an ARN', () => 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['an alias', () => 'alias/videos'],
    ['a parameter', (stack) => new CfnParameter(stack, 'KeyArn').valueAsString],
  ])('is rejected for sources and media if its KMS key is not known to CDK: %s', (_, keyOf) => {
    const make = (stack: Stack) => withKey(stack, keyOf(stack));
    expect(() => delivery(make)).toThrow(/^Test\/Delivery: bucket: expected a bucket whose KMS key is known to CDK, got .*encryptionKey/);
    expect(() => service({ makeBucket: make })).toThrow(/^Test\/Vod\/Upload: upload\.bucket: expected a bucket whose KMS key is known to CDK, got .*encryptionKey/);
  });

  const encrypt = (node: unknown, kmsMasterKeyId?: string): void => {
    if (!(node instanceof s3.CfnBucket)) return;
    node.bucketEncryption = { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId } }] };
  };
  test.each<[string, string | undefined, RegExp]>([
    ['a key', 'alias/videos', /\[Test\/Vod\/Upload\] upload\.bucket: expected a bucket whose KMS key is known to CDK, got the key \"alias\/videos\"/],
    ['a key', 'alias/videos', /\[Test\/Vod\/Delivery\] delivery\.bucket: expected a bucket whose KMS key is known to CDK, got the key \"alias\/videos\"/],
    ['a key', 'alias/videos', /\[Test\/Vod\/Catalog\/Events\] failedEventsBucket: expected a bucket whose KMS key is known to CDK, got the key \"alias\/videos\".*\. The bucket must use the key of the catalog\'s table/],
    ['the key aws/s3', undefined, /\[Test\/Vod\/Delivery\] delivery\.bucket: expected BucketEncryption\.S3_MANAGED, .*CloudFront can't decrypt with the key aws\/s3/],
  ])('is a bucket of the library with %s that an aspect sets (case %#)', (_, key, message) => {
    const stack = testStack();
    vodIn(stack);
    Aspects.of(stack.node.root).add({ visit: (node) => encrypt(node, key) });
    expect(() => templateOf(stack)).toThrow(message);
  });

  test('is a bucket of the library with a key that an override sets', () => {
    const stack = testStack();
    const { bucket } = deliveryIn(stack);
    const byDefault = 'BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault';
    (bucket.node.defaultChild as CfnResource).addPropertyOverride(byDefault, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/videos' });
    expect(() => templateOf(stack)).toThrow('[Test/Delivery] bucket: expected a bucket whose KMS key is known to CDK, got the key "alias/videos"');
  });

  test('is a bucket with a customer-managed key that an aspect replaces', () => {
    const stack = testStack();
    deliveryIn(stack, { bucket: new s3.Bucket(stack, 'Media', { encryption: s3.BucketEncryption.KMS }) });
    Aspects.of(stack).add({ visit: (node) => { if (node.node.path.includes('/Media/')) encrypt(node, 'alias/videos'); } });
    expect(() => templateOf(stack)).toThrow(/\[Test\/Delivery\] bucket: expected a bucket whose KMS key is known to CDK, got the key "alias\/videos"/);
  });

  test.each<[string, (stack: Stack, bucket: s3.IBucket) => s3.IBucket]>([
    ['the same construct', (_, bucket) => bucket],
    ['imported by its name', (stack, bucket) => s3.Bucket.fromBucketName(stack, 'Again', bucket.bucketName)],
  ])('is a source bucket that is also the media bucket: %s', (_, again) => {
    const stack = testStack();
    const bucket = sources(stack);
    expect(() => vodIn(stack, { upload: { bucket }, delivery: { bucket: again(stack, bucket) } })).toThrow(/^Test\/Vod: upload\.bucket and delivery\.bucket: expected two buckets/);
  });

  test('is not reported if upload.bucket and delivery.bucket are null', () => {
    expect(() => vodIn(testStack(), { upload: { bucket: null as any }, delivery: { bucket: null as any } })).not.toThrow();
  });

  test.each([
    [{ region: 'eu-west-1' }, 'Test/Delivery: bucket: expected a bucket in the stack\'s region us-east-1, got a bucket in the region eu-west-1'],
    [{ account: '999999999999' }, 'Test/Delivery: bucket: expected a bucket of the stack\'s account 123456789012, got a bucket of the account 999999999999'],
  ])('is a bucket in another region or account: %j', (place, message) => {
    expect(() => delivery((stack) => s3.Bucket.fromBucketAttributes(stack, 'Media', { bucketName: 'media', ...place }))).toThrow(message);
  });
});

test('cdk-nag findings for objects of a bucket in another stack are suppressed', () => {
  const app = new App();
  const stack = new Stack(app, 'Test');
  const other = new Stack(app, 'Other');
  const bucket = (id: string) => new s3.Bucket(other, id);
  vodIn(stack, { upload: { bucket: bucket('Sources') }, delivery: { bucket: bucket('Media') } });
  app.synth();
  expect(nag(app, stack).filter(({ ruleId }) => ruleId.startsWith('AwsSolutions-IAM5'))).toEqual([]);
});
