import { Aspects, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliveryIn, templateOf, testStack, transcodeIn, uploadIn, vodIn, warningsOf } from '../toolkit/stacks';

const off = { blockPublicAccess: new s3.BlockPublicAccess({ blockPublicPolicy: false, restrictPublicBuckets: false }) };
const everyone = (bucket: s3.IBucket, given: iam.PolicyStatementProps = {}) => bucket.addToResourcePolicy(
  new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')], ...given }));
const own = (stack: Stack, props: s3.BucketProps = {}) => new s3.Bucket(stack, 'Own', { enforceSSL: true, ...props });

const AREAS: [string, string, (stack: Stack, bucket: s3.IBucket) => unknown][] = [
  ['sources', '[Test/Upload] bucket', (stack, bucket) => uploadIn(stack, { bucket })],
  ['media', '[Test/Delivery] bucket', (stack, bucket) => deliveryIn(stack, { bucket })],
  ['sources of a transcode alone', '[Test/Transcode] sourceBucket', (stack, sourceBucket) => transcodeIn(stack, { sourceBucket })],
];

describe.each(AREAS)('a bucket of the app for %s', (_, where, use) => {
  const synthesized = (make: (stack: Stack) => s3.IBucket, later?: (bucket: s3.IBucket) => unknown) => () => {
    const stack = testStack();
    const bucket = make(stack);
    use(stack, bucket);
    later?.(bucket);
    return templateOf(stack);
  };

  test('is rejected if a policy allows everyone, even if the policy is added later', () => {
    const message = `${where}: expected a private bucket, got a bucket whose policy allows s3:GetObject to everyone without a condition`;
    expect(synthesized(own, everyone)).toThrow(message);
    expect(synthesized((stack) => {
      const bucket = own(stack);
      everyone(bucket);
      return bucket;
    })).toThrow(message);
  });

  test('is rejected if Block Public Access is partly or completely off', () => {
    expect(synthesized((stack) => own(stack, off))).toThrow(/expected a private bucket with BlockPublicAccess\.BLOCK_ALL, got a bucket with .*blockPublicPolicy, .*restrictPublicBuckets disabled/);
    expect(synthesized((stack) => own(stack, { publicReadAccess: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS_ONLY }))).toThrow(`${where}: expected a private bucket with BlockPublicAccess.BLOCK_ALL`);
  });
});

describe('a public bucket', () => {
  const uploadTo = (make: (stack: Stack) => s3.IBucket) => () => {
    const stack = testStack();
    uploadIn(stack, { bucket: make(stack) });
    return templateOf(stack);
  };
  const withPolicy = (statement: object) => uploadTo((stack) => {
    const resource = new s3.CfnBucket(stack, 'Own', { bucketName: 'sources-of-mine' });
    new s3.CfnBucketPolicy(stack, 'Policy', { bucket: 'sources-of-mine', policyDocument: { Version: '2012-10-17', Statement: [statement] } });
    return s3.Bucket.fromCfnBucket(resource);
  });
  const allow = { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: 'arn:aws:s3:::sources-of-mine/*' };

  test.each<[string, object]>([
    ['everyone', { ...allow, Principal: '*' }],
    ['everyone and an account', { ...allow, Principal: { AWS: ['arn:aws:iam::123456789012:root', '*'] } }],
    ['everyone except one account', { ...allow, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } }],
  ])('is rejected if its L1 policy allows %s', (_, statement) => {
    expect(withPolicy(statement)).toThrow('bucket: expected a private bucket, got a bucket whose policy allows s3:GetObject, s3:ListBucket to everyone without a condition. Remove the statement from the policy, or limit it to certain principals');
  });

  test.each<[string, object]>([
    ['an account', { ...allow, Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
    ['everyone in an organization', { ...allow, Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
    ['everyone, with the effect Deny', { ...allow, Effect: 'Deny', Principal: '*' }],
  ])('is not reported for a policy statement for %s', (_, statement) => expect(withPolicy(statement)).not.toThrow());

  test('is rejected if a canned ACL makes it public', () => {
    expect(uploadTo((stack) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Own', { accessControl: 'PublicRead' })))).toThrow('bucket: expected a private bucket, got a bucket with the public accessControl PublicRead. Omit accessControl');
  });

  test('is not reported for the policy of another bucket', () => {
    expect(uploadTo((stack) => {
      everyone(new s3.Bucket(stack, 'Website', { publicReadAccess: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS_ONLY }));
      return own(stack);
    })).not.toThrow();
  });

  test('is rejected if an aspect or the app makes a bucket of the library public; the error names the prop of ServerlessVod', () => {
    const stack = testStack();
    everyone(vodIn(stack).delivery.bucket);
    Aspects.of(stack).add({ visit: (node) => { if (s3.CfnBucket.isCfnBucket(node) && node.node.path.includes('/Upload/')) node.publicAccessBlockConfiguration = undefined; } });
    expect(() => templateOf(stack)).toThrow(/\[Test\/Vod\/Delivery\] delivery\.bucket: expected a private bucket, got a bucket whose policy allows s3:GetObject to everyone/);
  });
});

describe('the warning of a bucket that allows requests without TLS', () => {
  const warned = (make: (stack: Stack) => s3.IBucket) => {
    const stack = testStack();
    vodIn(stack, { upload: { bucket: make(stack) } });
    return warningsOf(stack).filter((warning) => warning.includes('serverless-vod:bucketWithoutTls')).map((warning) => warning.split(' the policy')[0]);
  };

  test('is added once, with the name of the prop', () => expect(warned((stack) => own(stack, { enforceSSL: false }))).toEqual(['/Test/Vod/Upload: upload.bucket:']));

  test('is not added for enforceSSL or an equivalent policy', () => {
    expect(warned(own)).toEqual([]);
    const deny = { effect: iam.Effect.DENY, actions: ['*'], conditions: { Bool: { 'AWS:SecureTransport': false } } };
    expect(warned((stack) => {
      const bucket = own(stack, { enforceSSL: false });
      everyone(bucket, deny);
      return bucket;
    })).toEqual([]);
  });

  test.each<[string, iam.PolicyStatementProps]>([
    ['only reads without TLS', { actions: ['s3:GetObject'], conditions: { Bool: { 'aws:SecureTransport': 'false' } } }],
    ['requests without TLS under another condition', { actions: ['s3:*'], conditions: { Bool: { 'aws:SecureTransport': 'false' }, StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
    ['requests with TLS', { actions: ['s3:*'], conditions: { Bool: { 'aws:SecureTransport': 'true' } } }],
  ])('is added for a policy that denies %s', (_, deny) => {
    expect(warned((stack) => {
      const bucket = own(stack, { enforceSSL: false });
      everyone(bucket, { effect: iam.Effect.DENY, ...deny });
      return bucket;
    })).toHaveLength(1);
  });

  test('is not added for an imported bucket', () => expect(warned((stack) => s3.Bucket.fromBucketName(stack, 'Own', 'sources'))).toEqual([]));
});
