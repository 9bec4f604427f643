import { Annotations, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import type { IVodIngest } from './ingest';
import { IngestBucket, ingestBucketProblem } from './ingest-bucket';
import { grantOnObjects } from './ingest-connections';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { IngestSettings } from '../contract/ingest';
import { INGEST_PREFIX } from '../domain/object-keys';
import { isOwner, MAX_OWNER_LENGTH } from '../domain/user-data-limits';
import { VideoVisibility } from '../domain/visibility';
import type { Area } from '../synth/area';
import { connection, permission } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { bucketKey, sendEventsToEventBridge } from '../synth/existing-bucket';
import { finalNames } from '../synth/final-names';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { grantKey } from '../synth/kms-keys';
import { privateQueue } from '../synth/private-queue';
import { enumProblem, isAbsent, keyProblem, libraryObjectProblem, listProblems, show } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { checkSoleUse, checkUnused } from '../synth/sole-use';
import type { IVodTranscode } from '../transcode/transcode';
import { submitConnection } from '../transcode/transcode-connections';
import type { IVodUpload } from '../upload/upload';

/** Options for the ingest of objects that other pipelines put into S3. */
export interface VodIngestOptions {
  /**
   * The owner of a video whose S3 object has no owner in its tags or metadata. The value is a user id of the identity provider.
   *
   * Set the owner of an object with the tag `vod-owner`, or with `owner` in the metadata `x-amz-meta-vod`.
   *
   * @default - objects without an owner are rejected
   */
  readonly defaultOwner?: string;

  /**
   * The visibility of a video whose S3 object has no visibility in its tags or metadata.
   *
   * @default VideoVisibility.SIGNED_IN
   */
  readonly defaultVisibility?: VideoVisibility;

  /**
   * Existing buckets in which other pipelines store source files.
   *
   * @default - only objects below `ingest/` in the source bucket become videos
   */
  readonly buckets?: IngestBucket[];

  /**
   * Options for the Lambda function of the ingest.
   *
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties for `VodIngest`. */
export interface VodIngestProps extends VodIngestOptions {
  /** The catalog that stores the videos. */
  readonly catalog: IVodCatalog;

  /** The construct that transcodes the videos. */
  readonly transcode: IVodTranscode;

  /**
   * The construct whose source bucket is watched: objects below `ingest/` become videos.
   *
   * @default - none: only objects in `buckets` become videos
   */
  readonly upload?: IVodUpload;
}

export const INGEST_OPTIONS: Record<keyof VodIngestOptions, true> = { defaultOwner: true, defaultVisibility: true, buckets: true, functions: true };

const TIMEOUT = Duration.seconds(30);
/** The Lambda documentation recommends at least six times the timeout of the function. */
const VISIBILITY_TIMEOUT = Duration.minutes(3);
const MAX_RECEIVES = 5;
const BATCH_SIZE = 10;
/** If a pipeline puts many objects into S3 at once, the function must not use the concurrency that other functions of the account need. */
const MAX_CONCURRENCY = 5;

interface WatchedBucket extends IngestBucket {
  readonly prefix: string;
  /** The path of the prop that contains the bucket, such as `buckets[0].bucket`. */
  readonly prop: string;
}

/**
 * Creates a video for each object that another pipeline puts into S3. The pipeline puts the object below `ingest/` in the source bucket, or into one of
 * `buckets`.
 *
 * @example
 * declare const catalog: VodCatalog;
 * declare const upload: VodUpload;
 * declare const transcode: VodTranscode;
 * new VodIngest(this, 'Ingest', { catalog, upload, transcode, defaultOwner: 'newsroom' });
 */
export class VodIngest extends Construct implements IVodIngest {
  /** The SQS queue that receives the S3 events of new objects. */
  public readonly queue: sqs.Queue;
  /**
   * The dead-letter queue for objects that did not become videos, for example because an object has no owner.
   *
   * The log of the function contains the reason for each object. Fix the cause, such as a tag of the object, and redrive the messages.
   */
  public readonly deadLetterQueue: sqs.Queue;
  /** The function that creates videos. */
  public readonly ingestObjectsFunction: lambda.Function;
  public readonly sources: IngestBucket[];

  /** @internal */
  public readonly _area: Area;

  constructor(scope: Construct, id: string, props: VodIngestProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodIngestProps>('', props, { ...INGEST_OPTIONS, catalog: true, transcode: true, upload: true }),
      ...problemsOf(this, props),
      ...functionProblems(this, props.functions),
      ...catalogProblems(this, 'catalog', props.catalog),
    ]);
    useFunctionOptions(this, props.functions);
    const watched = watchedBuckets(this, props);
    if (props.upload) checkSoleUse(this, propName(this, 'sourceBucket'), 'ingest', props.upload.bucket, `With a shared bucket, both services would create a video for each object below ${INGEST_PREFIX}`);
    // A service must not ingest objects that this library writes. Each ingested object would cause new objects, in an endless loop.
    for (const { bucket, prop } of watched) {
      checkUnused(this, prop, 'media', bucket, 'Each media file would become a video');
      checkUnused(this, prop, 'failed events', bucket, 'Each failed event record would become a video');
    }
    this.sources = watched.map(({ bucket, prefix, deleteSources }) => ({ bucket, prefix, deleteSources }));
    props.upload?.sourceLifecycle._addRule(this, propName(this, 'sourceBucket'), props.upload.bucket, INGEST_PREFIX);
    this.deadLetterQueue = privateQueue(this, 'DeadLetterQueue');
    this.queue = privateQueue(this, 'Queue', {
      visibilityTimeout: VISIBILITY_TIMEOUT, deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
    const settings: IngestSettings = {
      sources: watched.map(({ bucket, prefix }) => ({ bucket: bucket.bucketName, prefix })),
      defaultOwner: props.defaultOwner ?? undefined,
      defaultVisibility: props.defaultVisibility ?? VideoVisibility.SIGNED_IN,
    };
    this.ingestObjectsFunction = handlerFunction(this, 'IngestObjects', 'ingest/ingest-objects', {
      description: 'Creates a video for each object that another pipeline puts into S3',
      timeout: TIMEOUT,
      uses: [
        connectionsOf(props.catalog).ingest,
        submitConnection(props.transcode),
        connection({ environment: {}, grant: (grantee) => grantReadAndList(this, watched, grantee) }),
        permission(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.queue.queueArn]),
      ],
      environment: { INGEST_SETTINGS: settings },
    });
    this.ingestObjectsFunction.addEventSourceMapping('Queue', { eventSourceArn: this.queue.queueArn, batchSize: BATCH_SIZE, reportBatchItemFailures: true, maxConcurrency: MAX_CONCURRENCY });
    const { jobRole, submitJobFunction } = props.transcode;
    for (const role of [jobRole, submitJobFunction.role!]) grantRead(role, watched, role, ['s3:GetObject']);
    watched.forEach((each, index) => this.watch(each, `ObjectCreated${index || ''}`));
    this._area = { handlers: { 'ingest/ingest-objects': this.ingestObjectsFunction }, deadLetterQueues: [this.deadLetterQueue] };
  }

  private watch({ bucket, prefix, prop }: WatchedBucket, id: string): void {
    if (!sendEventsToEventBridge(bucket)) {
      Annotations.of(this).addWarningV2(`serverless-vod:ingestBucketEvents:${prop}`,
        `${prop}: cannot configure an imported bucket. Its objects become videos only if the bucket sends its events to EventBridge. In the app that creates the bucket, set eventBridgeEnabled or call enableEventBridgeNotification(). If a customer managed KMS key encrypts the bucket, import the bucket with fromBucketAttributes and encryptionKey`);
    }
    new events.Rule(this, id, {
      description: 'A pipeline put an object into S3',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, ...(prefix !== '' && { object: { key: [{ prefix }] } }) },
      },
      targets: [new targets.SqsQueue(this.queue, { deadLetterQueue: this.deadLetterQueue })],
    });
  }
}

function watchedBuckets(scope: IConstruct, { upload, buckets }: VodIngestProps): WatchedBucket[] {
  return [
    ...(upload ? [{ bucket: upload.bucket, prefix: INGEST_PREFIX, deleteSources: true, prop: propName(scope, 'sourceBucket') }] : []),
    ...(buckets ?? []).map((each, index) => ({ ...each, prefix: each.prefix ?? '', prop: `${propName(scope, 'buckets')}[${index}].bucket` })),
  ];
}

function grantRead(scope: IConstruct, watched: readonly WatchedBucket[], grantee: iam.IGrantable, actions: string[]): void {
  for (const source of watched) {
    grantOnObjects(scope, source, grantee, actions);
    grantKey(scope, bucketKey(source.prop, source.bucket), grantee, ['kms:Decrypt']);
  }
}

/** Without `s3:ListBucket`, S3 would return 403 instead of 404 for an object that was deleted after its event. */
function grantReadAndList(scope: IConstruct, watched: readonly WatchedBucket[], grantee: iam.IGrantable): void {
  grantRead(scope, watched, grantee, ['s3:GetObject', 's3:GetObjectTagging']);
  iam.Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: watched.map(({ bucket }) => bucket.bucketArn) });
}

function problemsOf(scope: Construct, props: VodIngestProps): (string | undefined)[] {
  const { buckets, upload, transcode, defaultOwner } = props;
  const name = propName(scope, 'buckets');
  const wrong = [
    libraryObjectProblem('transcode', transcode, 'a VodTranscode', { members: ['node', 'submitQueue', 'submitJobFunction', 'jobRole'], required: true }),
    libraryObjectProblem('upload', upload, 'a VodUpload', { members: ['node', 'bucket', 'sourceLifecycle'] }),
    isAbsent(defaultOwner) || isOwner(defaultOwner) ? undefined
      : `${propName(scope, 'defaultOwner')}: expected a user id of 1 to ${MAX_OWNER_LENGTH} characters, got ${show(defaultOwner)}`,
    enumProblem(propName(scope, 'defaultVisibility'), props.defaultVisibility, { VideoVisibility }),
    ...listProblems(name, buckets, ingestBucketProblem(scope), { tokens: false }),
  ];
  if (wrong.some((problem) => problem !== undefined)) return wrong;
  return [
    !upload && isAbsent(buckets) ? `${name}: expected at least one of the props buckets and upload, got neither. Without these props, no object becomes a video` : undefined,
    ...(buckets ?? []).map(({ bucket }, index) => usedProblem(scope, `${name}[${index}].bucket`, bucket, props)),
    ...repeatedProblems(scope, name, buckets ?? []),
  ];
}

function usedProblem(scope: Construct, name: string, bucket: s3.IBucket, { upload }: VodIngestProps): string | undefined {
  return upload && isSame(scope, bucket, upload.bucket) ? `${name}: expected a bucket of another pipeline, got the source bucket. The service already creates videos for the objects below ${INGEST_PREFIX} in the source bucket` : undefined;
}

/** Rejects overlapping prefixes: with such prefixes, two rules would send the event of one object to the queue. */
function repeatedProblems(scope: Construct, name: string, buckets: readonly IngestBucket[]): string[] {
  return buckets.flatMap(({ bucket, prefix = '' }, index) => buckets.slice(0, index)
    .filter((other) => isSame(scope, bucket, other.bucket) && (prefix.startsWith(other.prefix ?? '') || (other.prefix ?? '').startsWith(prefix)))
    .map(() => `${name}[${index}]: expected a prefix that does not overlap with the prefix of another item for the same bucket, got ${show(prefix)}`));
}

/** Names are compared too, because an app can import the same bucket twice. */
function isSame(scope: Construct, one: s3.IBucket, other: s3.IBucket): boolean {
  return one === other || finalNames(scope, other).some((name) => finalNames(scope, one).includes(name));
}
