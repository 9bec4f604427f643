import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as mediaconvert from 'aws-cdk-lib/aws-mediaconvert';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { submitConnection } from './transcode-connections';
import { serveArea } from '../api/serve-area';
import type { VodApi } from '../api/vod-api';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import { JOB_EVENT, JOB_STATUSES, SUBMIT_TIMEOUT_SECONDS, SUBMIT_VISIBILITY_SECONDS, TranscodeSettings } from '../contract/transcode';
import { DEFAULT_LADDER } from './job/ladder';
import type { IVodTranscode } from './transcode';
import { ladderProblems, toRung, TranscodeRung } from './transcode-rung';
import { MEDIA_PREFIX, SOURCE_PREFIX } from '../domain/object-keys';
import { DEFAULT_UPLOADS_PER_DAY } from '../domain/quotas';
import { acknowledgeWildcard } from '../synth/acknowledge';
import type { Area } from '../synth/area';
import { connection, permission } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { bucketKey, bucketProblems, checkBucket, sendEventsToEventBridge } from '../synth/existing-bucket';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { globalName } from '../synth/global-name';
import { handlerFunction } from '../synth/handler-function';
import { grantKey } from '../synth/kms-keys';
import { privateQueue } from '../synth/private-queue';
import { durationProblem, keyProblem, numberProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { warnWithoutMediaConvert } from '../synth/region';
import { checkSoleUse, markUse } from '../synth/sole-use';
import { SourceLifecycle, sourceLifecycleProblems } from '../synth/source-lifecycle';

/** Options for transcoding. */
export interface VodTranscodeOptions {
  /**
   * Duration of a media segment: whole seconds, from 2 to 10.
   *
   * @default Duration.seconds(6)
   */
  readonly segmentDuration?: Duration;

  /**
   * The maximum frames per second, from 10 to 120.
   *
   * If the frame rate of a source is higher, the renditions get the frame rate of the source divided by an integer. MediaConvert charges more for frame rates
   * above 30.
   *
   * @default 30
   */
  readonly maxFrameRate?: number;

  /**
   * The maximum duration of a source. A longer video ends with the error `too_long`.
   *
   * This property limits the cost of one upload. If a file does not state its duration, only the start of the file is transcoded: about `maxDuration`, but at
   * most 12 hours. If a file states a duration that is shorter than its real duration, the whole file is transcoded, and the cost can be higher.
   *
   * @default Duration.hours(6)
   */
  readonly maxDuration?: Duration;

  /**
   * The maximum number of jobs that are submitted concurrently, from 2 to 1000. MediaConvert queues submitted jobs.
   *
   * The limit keeps the rate of requests to MediaConvert below the account's quota, even if many uploads complete at once.
   *
   * @default 5
   */
  readonly maxConcurrency?: number;

  /**
   * The number of jobs that MediaConvert runs concurrently for this construct. Additional jobs wait in the MediaConvert queue.
   *
   * All on-demand queues of a region share the account's quota, which differs by region. The deployment fails if the value exceeds the remaining quota.
   *
   * @default - MediaConvert's default, which is the quota "Concurrent jobs per on-demand queue, default"
   */
  readonly concurrentJobs?: number;

  /**
   * Options for the Lambda functions of transcoding.
   *
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties for `VodTranscode`. */
export interface VodTranscodeProps extends VodTranscodeOptions {
  /** The catalog that stores the videos. */
  readonly catalog: IVodCatalog;

  /**
   * The bucket of the source files. Sources are objects with the prefix `source/`.
   *
   * If the bucket is defined in this app, the construct turns EventBridge events on, and rejects a public bucket at synth. An imported bucket must already
   * send its events to EventBridge.
   */
  readonly sourceBucket: s3.IBucket;

  /** The bucket of the media files, which have the prefix `v/`. A public bucket that is defined in this app is rejected at synth. */
  readonly mediaBucket: s3.IBucket;

  /**
   * The renditions of each video, in any order. MediaConvert charges for each minute of each rendition (Basic tier).
   *
   * @default - H.264 with the heights 1080, 720, 540, 360 and 240, at most 6, 4, 2, 1 and 0.35 Mb/s
   */
  readonly ladder?: TranscodeRung[];

  /**
   * What happens to the source file of a video after the video is ready. Pass the `sourceLifecycle` of `VodUpload`. When a video becomes ready, its row gets
   * the time at which `VodSweeper` deletes or archives the source.
   *
   * @default SourceLifecycle.keep()
   */
  readonly sourceLifecycle?: SourceLifecycle;

  /**
   * The maximum number of uploads and retries that a user can start on one day (UTC). Pass the `quotas.uploadsPerDay` of `VodUpload`, because uploads and
   * retries have a common counter. Retries of admins are not counted. A video can have at most 10 attempts.
   *
   * @default 25
   */
  readonly uploadsPerDay?: number;
}

export const TRANSCODE_OPTIONS: Record<keyof VodTranscodeOptions, true> = {
  segmentDuration: true, maxFrameRate: true, maxDuration: true, maxConcurrency: true, concurrentJobs: true, functions: true,
};

/**
 * An invocation handles only one message, so that the function's timeout can be short. A short timeout also permits a short claim (the lock of an attempt),
 * because a claim must outlast the timeout.
 */
const BATCH_SIZE = 1;
const MAX_RECEIVES = 5;

/**
 * Submits one MediaConvert job for each uploaded source, and records the job's events in the catalog. Serves the route that retries a failed video.
 *
 * @example
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * declare const sourceBucket: s3.Bucket;
 * declare const mediaBucket: s3.Bucket;
 * const transcode = new VodTranscode(this, 'Transcode', { catalog, sourceBucket, mediaBucket, maxDuration: Duration.hours(1) });
 * transcode.addRoutes(api);
 */
export class VodTranscode extends Construct implements IVodTranscode {
  /** The on-demand MediaConvert queue, which costs nothing while it is empty. */
  public readonly queue: mediaconvert.CfnQueue;
  /** The IAM role that MediaConvert uses to read sources and write media files. */
  public readonly jobRole: iam.Role;
  /** The SQS queue of uploaded videos whose MediaConvert job is not submitted yet. */
  public readonly submitQueue: sqs.Queue;
  /**
   * The dead-letter queue of `submitQueue`, for messages whose job could not be submitted.
   *
   * The video of a message in this queue is `errored` with the code `internal`. If Lambda stopped the function during the last try, the video is still
   * `uploaded`. To start the next attempt of each video, fix the cause and redrive the messages.
   */
  public readonly deadLetterQueue: sqs.Queue;
  /** The dead-letter queue for MediaConvert job events that could not be recorded. */
  public readonly jobEventsDeadLetterQueue: sqs.Queue;
  /** The function that submits MediaConvert jobs. */
  public readonly submitJobFunction: lambda.Function;
  /** The function that records job events in the catalog. */
  public readonly recordJobEventFunction: lambda.Function;
  /** The function that starts a new attempt to transcode a failed video. */
  public readonly retryVideosFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  private readonly catalog: IVodCatalog;

  constructor(scope: Construct, id: string, props: VodTranscodeProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodTranscodeProps>('', props, { ...TRANSCODE_OPTIONS, catalog: true, sourceBucket: true, mediaBucket: true, ladder: true, sourceLifecycle: true, uploadsPerDay: true }),
      ...problemsOf(props),
      ...functionProblems(this, props.functions),
      ...catalogProblems(this, 'catalog', props.catalog),
      ...bucketProblems(this, propName(this, 'sourceBucket'), props.sourceBucket, { required: true }),
      ...bucketProblems(this, propName(this, 'mediaBucket'), props.mediaBucket, { required: true }),
    ]);
    useFunctionOptions(this, props.functions);
    this.catalog = props.catalog;
    checkBucket(this, propName(this, 'sourceBucket'), props.sourceBucket);
    checkSoleUse(this, propName(this, 'sourceBucket'), 'sources', props.sourceBucket, 'With a shared bucket, each service would transcode the uploads of both services');
    checkSoleUse(this, 'catalog.table', 'transcoding', props.catalog.table, 'With a shared table, each service would submit jobs for the videos of both services');
    checkBucket(this, propName(this, 'mediaBucket'), props.mediaBucket);
    warnWithoutMediaConvert(this);
    const settings = settingsOf(props);
    markUse(this, 'media', props.mediaBucket);
    if (!sendEventsToEventBridge(props.sourceBucket)) {
      Annotations.of(this).addWarningV2('serverless-vod:sourceBucketEvents',
        `${propName(this, 'sourceBucket')}: cannot configure an imported bucket. Uploads are transcoded only if the bucket sends its events to EventBridge. In the app that creates the bucket, set eventBridgeEnabled or call enableEventBridgeNotification(). If a customer managed KMS key encrypts the bucket, import the bucket with fromBucketAttributes and encryptionKey`);
    }

    this.queue = new mediaconvert.CfnQueue(this, 'Queue', {
      // MediaConvert requires a name, and CloudFormation's documentation does not mention a generated name.
      name: globalName(this, 'vod'),
      description: this.node.path.slice(-512),
      pricingPlan: 'ON_DEMAND',
      concurrentJobs: props.concurrentJobs ?? undefined,
    });
    this.jobRole = this.makeJobRole(props);
    this.deadLetterQueue = privateQueue(this, 'DeadLetterQueue');
    this.jobEventsDeadLetterQueue = privateQueue(this, 'JobEventsDeadLetterQueue');
    this.submitQueue = privateQueue(this, 'SubmitQueue', {
      visibilityTimeout: Duration.seconds(SUBMIT_VISIBILITY_SECONDS),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });

    this.submitJobFunction = this.makeSubmitJob(props, settings);
    this.recordJobEventFunction = this.makeRecordJobEvent(props);
    const { roles, update } = connectionsOf(props.catalog);
    this.retryVideosFunction = handlerFunction(this, 'RetryVideos', 'transcode/retry-videos', {
      description: 'Starts a new attempt to transcode a failed video',
      uses: [update, roles, submitConnection(this)],
      environment: { UPLOADS_PER_DAY: props.uploadsPerDay ?? DEFAULT_UPLOADS_PER_DAY },
    });
    this._area = {
      handlers: {
        'transcode/submit-job': this.submitJobFunction,
        'transcode/record-job-event': this.recordJobEventFunction,
        'transcode/retry-videos': this.retryVideosFunction,
      },
      deadLetterQueues: [this.deadLetterQueue, this.jobEventsDeadLetterQueue],
    };
  }

  /**
   * Adds the route that retries a failed video.
   *
   * @param api the API to which the route is added
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.catalog.roles);
  }

  private makeJobRole({ sourceBucket, mediaBucket }: VodTranscodeProps): iam.Role {
    const role = new iam.Role(this, 'JobRole', {
      description: 'MediaConvert reads sources and writes media',
      // The condition prevents the confused deputy problem: another account can't make MediaConvert use the role.
      assumedBy: new iam.ServicePrincipal('mediaconvert.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.grantReadSources(role, sourceBucket);
    const media = mediaBucket.arnForObjects(`${MEDIA_PREFIX}*`);
    acknowledgeWildcard(role, media, 'each job creates new objects, so the policy can name only the common prefix of media files');
    this.grant(role, ['s3:PutObject'], [media]);
    grantKey(this, bucketKey(propName(this, 'mediaBucket'), mediaBucket), role, ['kms:GenerateDataKey', 'kms:Decrypt']);
    return role;
  }

  private makeSubmitJob({ catalog, sourceBucket, mediaBucket, maxConcurrency }: VodTranscodeProps, settings: TranscodeSettings): lambda.Function {
    const fn = handlerFunction(this, 'SubmitJob', 'transcode/submit-job', {
      description: 'Probes each uploaded source and submits its MediaConvert job',
      timeout: Duration.seconds(SUBMIT_TIMEOUT_SECONDS),
      uses: [
        connectionsOf(catalog).update,
        connection({ environment: { QUEUE_ARN: this.queue.attrArn, JOB_ROLE_ARN: this.jobRole.roleArn }, grant: (grantee) => this.grantSubmitJobs(grantee) }),
        connection({ environment: {}, grant: (grantee) => this.grantReadSources(grantee, sourceBucket) }),
        // CDK's class `SqsEventSource` would grant more actions than Lambda needs.
        permission(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.submitQueue.queueArn]),
      ],
      environment: { MEDIA_BUCKET: mediaBucket.bucketName, TRANSCODE_SETTINGS: settings, MAX_RECEIVES },
    });
    acknowledgeWildcard(fn.role!, '*', 'mediaconvert:Probe is the only action that is allowed on all resources, because AWS defines no resource for it');

    new events.Rule(this, 'SourceCreated', {
      description: 'A source was uploaded',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [sourceBucket.bucketName] }, object: { key: [{ prefix: SOURCE_PREFIX }] } },
      },
      targets: [new targets.SqsQueue(this.submitQueue, { deadLetterQueue: this.deadLetterQueue })],
    });
    fn.addEventSourceMapping('SubmitQueue', { eventSourceArn: this.submitQueue.queueArn, batchSize: BATCH_SIZE, reportBatchItemFailures: true, maxConcurrency: maxConcurrency ?? 5 });
    return fn;
  }

  private makeRecordJobEvent({ catalog, mediaBucket, sourceLifecycle }: VodTranscodeProps): lambda.Function {
    const lifecycle = sourceLifecycle?._settings();
    const fn = handlerFunction(this, 'RecordJobEvent', 'transcode/record-job-event', {
      description: 'Writes progress, results and errors of MediaConvert jobs to the catalog',
      uses: [
        connectionsOf(catalog).publish,
        permission(['sqs:SendMessage'], [this.jobEventsDeadLetterQueue.queueArn]),
      ],
      environment: { MEDIA_BUCKET: mediaBucket.bucketName, ...lifecycle && { SOURCE_LIFECYCLE: lifecycle } },
    });
    // EventBridge invokes the function asynchronously. Without a dead-letter queue, an event would be lost after three failed invocations.
    (fn.node.defaultChild as lambda.CfnFunction).deadLetterConfig = { targetArn: this.jobEventsDeadLetterQueue.queueArn };

    new events.Rule(this, 'JobEvents', {
      description: 'A MediaConvert job makes progress or ends',
      eventPattern: {
        source: ['aws.mediaconvert'],
        detailType: [JOB_EVENT],
        detail: { queue: [this.queue.attrArn], status: [...JOB_STATUSES] },
      },
      targets: [new targets.LambdaFunction(fn, { deadLetterQueue: this.jobEventsDeadLetterQueue })],
    });
    return fn;
  }

  private grantSubmitJobs(grantee: iam.IGrantable): void {
    this.grant(grantee, ['mediaconvert:CreateJob', 'mediaconvert:SearchJobs'], [this.queue.attrArn]);
    // MediaConvert reads the probed file with the permissions of the caller, so `*` gives no access to other files.
    this.grant(grantee, ['mediaconvert:Probe'], ['*']);
    this.grant(grantee, ['iam:PassRole'], [this.jobRole.roleArn], { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } });
  }

  private grantReadSources(grantee: iam.IGrantable, sourceBucket: s3.IBucket): void {
    const sources = sourceBucket.arnForObjects(`${SOURCE_PREFIX}*`);
    acknowledgeWildcard(this, sources, 'each upload creates a new object, so the policy can name only the common prefix of sources');
    this.grant(grantee, ['s3:GetObject'], [sources]);
    grantKey(this, bucketKey(propName(this, 'sourceBucket'), sourceBucket), grantee, ['kms:Decrypt']);
  }

  /** CDK's grant methods would grant more actions than needed. */
  private grant(grantee: iam.IGrantable, actions: string[], resourceArns: string[], conditions?: Record<string, Record<string, string>>): void {
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  }
}

function problemsOf(props: VodTranscodeProps): (string | undefined)[] {
  return [
    ...ladderProblems('ladder', props.ladder),
    durationProblem('segmentDuration', props.segmentDuration, Duration.seconds(2), Duration.seconds(10)),
    numberProblem('maxFrameRate', props.maxFrameRate, { min: 10, max: 120 }),
    durationProblem('maxDuration', props.maxDuration, Duration.seconds(1), Duration.days(365)),
    numberProblem('maxConcurrency', props.maxConcurrency, { min: 2, max: 1000 }),
    numberProblem('concurrentJobs', props.concurrentJobs, { min: 1 }),
    ...sourceLifecycleProblems('sourceLifecycle', props.sourceLifecycle),
    numberProblem('uploadsPerDay', props.uploadsPerDay, { min: 1, max: Number.MAX_SAFE_INTEGER }),
  ];
}

function settingsOf(props: VodTranscodeProps): TranscodeSettings {
  return {
    ladder: props.ladder?.map(toRung) ?? DEFAULT_LADDER,
    segmentSeconds: (props.segmentDuration ?? Duration.seconds(6)).toSeconds(),
    maxFrameRate: props.maxFrameRate ?? 30,
    maxDurationSeconds: (props.maxDuration ?? Duration.hours(6)).toSeconds(),
  };
}
