import { AspectPriority, Aspects, CfnResource, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { checkBucketAccess } from './existing-bucket-access';
import { keyProblems, ResourceKey } from './kms-keys';
import { partitionProblem, placeProblems } from './place';
import { isAbsent, objectProblem } from './prop-checks';
import { renderedProperties } from './rendered';

/** A lifecycle rule that changes the storage class of objects. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly tagFilters?: Readonly<Record<string, string>>;
  readonly transitions: { readonly storageClass: s3.StorageClass; readonly transitionAfter: Duration }[];
}

export function bucketKey(prop: string, bucket: s3.IBucket): ResourceKey {
  return { prop, key: bucket.encryptionKey, service: 's3' };
}

export function bucketProblems(
  scope: IConstruct, prop: string, bucket: s3.IBucket | undefined, { required = false, readByCloudFront = false } = {},
): (string | undefined)[] {
  const wrong = objectProblem(prop, bucket, 'a bucket, such as an s3.Bucket', { members: ['bucketArn', 'env', 'node'], required });
  if (wrong || isAbsent(bucket)) return [wrong];
  return [
    ...placeProblems(scope, prop, 'bucket', bucket.env), partitionProblem(scope, prop, 'bucket', bucket.bucketArn), ...keyProblems(bucketKey(prop, bucket), bucket.env.region), unknownKeyProblem(prop, bucket, readByCloudFront),
  ];
}

/** Runs at the end of synth, because aspects may change the bucket. Imported buckets can't be checked. */
export function checkBucket(scope: IConstruct, prop: string, bucket: s3.IBucket, { readByCloudFront = false, keyRemedy = KEY_REMEDY } = {}): void {
  const resource = cfnBucket(bucket);
  if (!resource) return;
  scope.node.addValidation({
    validate: () => [unknownKeyProblem(prop, bucket, readByCloudFront, keyRemedy, renderedEncryption(resource))].filter((problem) => problem !== undefined),
  });
  checkBucketAccess(scope, prop, bucket, resource);
}

const AWS_MANAGED = 'alias/aws/s3';
const KEY_REMEDY = 'Create the bucket with the prop encryptionKey of s3.Bucket';

/**
 * Rejects a KMS key to which CDK cannot grant access. If CloudFront reads the bucket, the key `aws/s3` is rejected too, because its policy allows only
 * principals of the account.
 */
function unknownKeyProblem(
  prop: string, bucket: s3.IBucket, readByCloudFront: boolean, keyRemedy = KEY_REMEDY, encryption?: Encryption,
): string | undefined {
  const key = unknownKey(bucket, encryption);
  if (typeof key !== 'string' || !key.endsWith(AWS_MANAGED)) {
    return key && `${prop}: expected a bucket whose KMS key is known to CDK, got the key ${JSON.stringify(key)}, to which CDK can't grant access. ${keyRemedy}`;
  }
  return readByCloudFront
    ? `${prop}: expected BucketEncryption.S3_MANAGED, or KMS with a customer-managed key, got KMS_MANAGED. CloudFront can't decrypt with the key aws/s3` : undefined;
}

interface Encryption {
  readonly algorithm?: string;
  readonly key?: string | object;
}

/** Returns the KMS key of the L1 resource if this key is not the `encryptionKey` of the L2 bucket. The app may set the key on the L1 resource. */
function unknownKey(bucket: s3.IBucket, rendered: Encryption | undefined): string | object | undefined {
  const resource = cfnBucket(bucket);
  // If an L2 bucket wraps an L1 resource, the `encryptionKey` of the L2 bucket is the key of the L1 resource.
  if (!resource || (bucket.encryptionKey && bucket.node.scope === resource)) return undefined;
  const { algorithm = '', key = AWS_MANAGED } = rendered ?? givenEncryption(resource);
  const isKnown = bucket.encryptionKey && JSON.stringify(Stack.of(resource).resolve(bucket.encryptionKey.keyArn)) === JSON.stringify(key);
  return algorithm.startsWith('aws:kms') && !isKnown ? key : undefined;
}

/** Reads `bucketEncryption` of the L1 resource. `renderedEncryption` is more exact, but works only at the end of synth. */
function givenEncryption(resource: s3.CfnBucket): Encryption {
  const encryption = Stack.of(resource).resolve(resource.bucketEncryption);
  const { sseAlgorithm, kmsMasterKeyId } = encryption?.serverSideEncryptionConfiguration?.[0]?.serverSideEncryptionByDefault ?? {};
  return { algorithm: sseAlgorithm, key: kmsMasterKeyId };
}

function renderedEncryption(resource: s3.CfnBucket): Encryption {
  const { BucketEncryption } = renderedProperties<{ readonly BucketEncryption: any }>(resource);
  const { SSEAlgorithm, KMSMasterKeyID } = BucketEncryption?.ServerSideEncryptionConfiguration?.[0]?.ServerSideEncryptionByDefault ?? {};
  return { algorithm: SSEAlgorithm, key: KMSMasterKeyID };
}

/**
 * Enables EventBridge notifications on a bucket of this app, and keeps all other notifications.
 *
 * If the app calls `addEventNotification()`, CDK creates a custom resource that replaces the whole notification configuration. In this case, this function
 * calls `enableEventBridgeNotification()`, so that EventBridge stays enabled. In other cases, that method would create an unnecessary custom resource.
 *
 * @returns false for an imported bucket, which this stack can't change
 */
export function sendEventsToEventBridge(bucket: s3.IBucket): boolean {
  const resource = cfnBucket(bucket);
  if (!resource) return false;
  if (Aspects.of(bucket).all.some((aspect) => aspect instanceof KeepEventBridge)) return true;
  const given = resource.notificationConfiguration;
  resource.notificationConfiguration = Lazy.any({
    produce: () => notifications(bucket) ? given : { ...Stack.of(bucket).resolve(given), eventBridgeConfiguration: { eventBridgeEnabled: true } },
  });
  // Runs after all other aspects, which may add notifications.
  Aspects.of(bucket).add(new KeepEventBridge(bucket), { priority: AspectPriority.READONLY });
  return true;
}

/** @returns false for an imported bucket, which this stack can't change */
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

/** @returns false for an imported bucket, which this stack can't change */
export function addLifecycleRule(bucket: s3.IBucket, rule: LifecycleRule): boolean {
  const resource = cfnBucket(bucket);
  if (!resource) return false;
  if ('addLifecycleRule' in bucket) {
    (bucket as s3.Bucket).addLifecycleRule(rule);
  } else {
    const { tagFilters, transitions, ...others } = rule;
    const given = Stack.of(resource).resolve(resource.lifecycleConfiguration);
    const own: s3.CfnBucket.RuleProperty = {
      ...others,
      status: 'Enabled',
      tagFilters: tagFilters && Object.entries(tagFilters).map(([key, value]) => ({ key, value })),
      transitions: transitions.map(({ storageClass, transitionAfter }) => ({ storageClass: storageClass.value, transitionInDays: transitionAfter.toDays() })),
    };
    resource.lifecycleConfiguration = { ...given, rules: [...given?.rules ?? [], own] };
  }
  return true;
}

/** Whether the bucket is not defined in this app. */
export function isImportedBucket(bucket: s3.IBucket): boolean {
  return cfnBucket(bucket) === undefined;
}

function cfnBucket(bucket: s3.IBucket): s3.CfnBucket | undefined {
  const resource = bucket.node.defaultChild;
  return CfnResource.isCfnResource(resource) && resource.cfnResourceType === 'AWS::S3::Bucket' ? resource as s3.CfnBucket : undefined;
}

/** The custom resource with which CDK writes the notification configuration of a bucket. */
function notifications(bucket: s3.IBucket): CfnResource | undefined {
  return bucket.node.tryFindChild('Notifications')?.node.tryFindChild('Resource') as CfnResource | undefined;
}

/** This class is an aspect, because the app may add notifications after it creates the service. */
class KeepEventBridge {
  constructor(private readonly bucket: s3.IBucket) {}

  public visit(node: IConstruct): void {
    const resource = node === this.bucket ? notifications(this.bucket) : undefined;
    if (!resource) return;
    this.bucket.enableEventBridgeNotification();
    // Without RETAIN, the removal of the custom resource from the app would clear the notification configuration.
    resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
