import { AspectPriority, Aspects, CfnResource, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { checkBucketAccess } from './existing-bucket-access';
import { keyProblems, ResourceKey } from './kms-keys';
import { partitionProblem, placeProblems } from './place';
import { isAbsent, objectProblem } from './prop-checks';
import { renderedProperties } from './rendered';

/** The customer's key of a bucket that was passed in. */
export function bucketKey(prop: string, bucket: s3.IBucket): ResourceKey {
  return { prop, key: bucket.encryptionKey, service: 's3' };
}

/** What is wrong with a bucket that was passed in, as far as synth can know. */
export function bucketProblems(
  scope: IConstruct, prop: string, bucket: s3.IBucket | undefined, { required = false, readByCloudFront = false } = {},
): (string | undefined)[] {
  const wrong = objectProblem(prop, bucket, 'a bucket, such as an s3.Bucket', { members: ['bucketArn', 'env', 'node'], required });
  if (wrong || isAbsent(bucket)) return [wrong];
  return [
    ...placeProblems(scope, prop, 'bucket', bucket.env), partitionProblem(scope, prop, 'bucket', bucket.bucketArn), ...keyProblems(bucketKey(prop, bucket), bucket.env.region), unknownKeyProblem(prop, bucket, readByCloudFront),
  ];
}

/** Checks key and access of a bucket when the app is complete, since an aspect may change any bucket later. Nothing is known of an imported one. */
export function checkBucket(scope: IConstruct, prop: string, bucket: s3.IBucket, { readByCloudFront = false, keyRemedy = KEY_REMEDY } = {}): void {
  const resource = cfnBucket(bucket);
  if (!resource) return;
  scope.node.addValidation({
    validate: () => [unknownKeyProblem(prop, bucket, readByCloudFront, keyRemedy, renderedEncryption(resource))].filter((problem) => problem !== undefined),
  });
  checkBucketAccess(scope, prop, bucket, resource);
}

const AWS_MANAGED = 'alias/aws/s3';
const KEY_REMEDY = 'make the bucket with the prop encryptionKey of s3.Bucket';

/** Why a key that CDK does not know won't do. The key `aws/s3` belongs to AWS: its policy lets in who may use the bucket, but no other service. */
function unknownKeyProblem(
  prop: string, bucket: s3.IBucket, readByCloudFront: boolean, keyRemedy = KEY_REMEDY, encryption?: Encryption,
): string | undefined {
  const key = unknownKey(bucket, encryption);
  if (typeof key !== 'string' || !key.endsWith(AWS_MANAGED)) {
    return key && `${prop}: its KMS key ${JSON.stringify(key)} is not known to CDK, so nobody can be granted it; ${keyRemedy}`;
  }
  return readByCloudFront
    ? `${prop}: expected BucketEncryption.S3_MANAGED, or KMS with a key of your own, got KMS_MANAGED: CloudFront can't decrypt with the key aws/s3` : undefined;
}

/** How a bucket is encrypted by default. */
interface Encryption {
  readonly algorithm?: string;
  readonly key?: string | object;
}

/** What the resource of a bucket says of its KMS key, where CDK's view of the bucket has another or none: a bucket may be written as a resource. */
function unknownKey(bucket: s3.IBucket, complete: Encryption | undefined): string | object | undefined {
  const resource = cfnBucket(bucket);
  // What wraps a resource has read the key from it.
  if (!resource || (bucket.encryptionKey && bucket.node.scope === resource)) return undefined;
  const { algorithm = '', key = AWS_MANAGED } = complete ?? givenEncryption(resource);
  const isKnown = bucket.encryptionKey && JSON.stringify(Stack.of(resource).resolve(bucket.encryptionKey.keyArn)) === JSON.stringify(key);
  return algorithm.startsWith('aws:kms') && !isKnown ? key : undefined;
}

/** Before the app is complete. */
function givenEncryption(resource: s3.CfnBucket): Encryption {
  const encryption = Stack.of(resource).resolve(resource.bucketEncryption);
  const { sseAlgorithm, kmsMasterKeyId } = encryption?.serverSideEncryptionConfiguration?.[0]?.serverSideEncryptionByDefault ?? {};
  return { algorithm: sseAlgorithm, key: kmsMasterKeyId };
}

/** When the app is complete. */
function renderedEncryption(resource: s3.CfnBucket): Encryption {
  const { BucketEncryption } = renderedProperties<{ readonly BucketEncryption: any }>(resource);
  const { SSEAlgorithm, KMSMasterKeyID } = BucketEncryption?.ServerSideEncryptionConfiguration?.[0]?.ServerSideEncryptionByDefault ?? {};
  return { algorithm: SSEAlgorithm, key: KMSMasterKeyID };
}

/**
 * Makes a bucket of this app send its events to EventBridge, whatever else is told about them.
 *
 * CDK's own way is a custom resource with a function, so it is taken only where the bucket has one anyway: after `addEventNotification`,
 * that resource writes the whole configuration and would switch EventBridge off again.
 *
 * @returns false for an imported bucket, which can't be changed from here
 */
export function sendEventsToEventBridge(bucket: s3.IBucket): boolean {
  const resource = cfnBucket(bucket);
  if (!resource) return false;
  if (Aspects.of(bucket).all.some((aspect) => aspect instanceof KeepEventBridge)) return true;
  const given = resource.notificationConfiguration;
  resource.notificationConfiguration = Lazy.any({
    produce: () => notifications(bucket) ? given : { ...Stack.of(bucket).resolve(given), eventBridgeConfiguration: { eventBridgeEnabled: true } },
  });
  // After all others: an aspect may add a notification.
  Aspects.of(bucket).add(new KeepEventBridge(bucket), { priority: AspectPriority.READONLY });
  return true;
}

/** Adds a CORS rule to a bucket of this app; false for an imported one. */
export function addCorsRule(bucket: s3.IBucket, rule: s3.CorsRule): boolean {
  const resource = cfnBucket(bucket);
  if (!resource) return false;
  if ('addCorsRule' in bucket) {
    (bucket as s3.Bucket).addCorsRule(rule);
  } else {
    const given = Stack.of(resource).resolve(resource.corsConfiguration);
    resource.corsConfiguration = { corsRules: [...given?.corsRules ?? [], rule] };
  }
  return true;
}

/** The resource of a bucket that this app makes. */
function cfnBucket(bucket: s3.IBucket): s3.CfnBucket | undefined {
  const resource = bucket.node.defaultChild;
  return CfnResource.isCfnResource(resource) && resource.cfnResourceType === 'AWS::S3::Bucket' ? resource as s3.CfnBucket : undefined;
}

/** The custom resource with which CDK writes a bucket's notification configuration, once anything asked for it. */
function notifications(bucket: s3.IBucket): CfnResource | undefined {
  return bucket.node.tryFindChild('Notifications')?.node.tryFindChild('Resource') as CfnResource | undefined;
}

/** Runs when the app is complete: a notification may be added after the service was made. */
class KeepEventBridge {
  constructor(private readonly bucket: s3.IBucket) {}

  public visit(node: IConstruct): void {
    const resource = node === this.bucket ? notifications(this.bucket) : undefined;
    if (!resource) return;
    this.bucket.enableEventBridgeNotification();
    // Removed from the app, it would be deleted after the bucket has got its own configuration, and would empty that.
    resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
