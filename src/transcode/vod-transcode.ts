import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as mediaconvert from 'aws-cdk-lib/aws-mediaconvert';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import { JOB_EVENT, JOB_STATUSES, SUBMIT_TIMEOUT_SECONDS, SUBMIT_VISIBILITY_SECONDS, TranscodeSettings } from '../contract/transcode';
import { DEFAULT_LADDER } from './job/ladder';
import type { IVodTranscode } from './transcode';
import { ladderProblems, toRung, TranscodeRung } from './transcode-rung';
import { MEDIA_PREFIX, SOURCE_PREFIX } from '../domain/object-keys';
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
import { checkSoleUse } from '../synth/sole-use';

/** What may be tuned of transcoding. */
export interface VodTranscodeOptions {
  /**
   * Length of a segment, in whole seconds from 2 to 10.
   * @default Duration.seconds(6)
   */
  readonly segmentDuration?: Duration;

  /**
   * The most frames a second. Faster sources are brought down by a whole divisor. MediaConvert charges more above 30.
   * @default 30
   */
  readonly maxFrameRate?: number;

  /**
   * The longest source; longer ones end as `too_long`.
   *
   * A source that does not state its duration is transcoded up to about this length, and to 12 hours at most. So one upload can't run up a bill,
   * unless its file states a duration that is too short.
   * @default Duration.hours(6)
   */
  readonly maxDuration?: Duration;

  /**
   * How many jobs are submitted at the same time, from 2 to 1000; MediaConvert then queues them. A limit keeps bursts of uploads below
   * the account's rate of requests.
   * @default 5
   */
  readonly maxConcurrency?: number;

  /**
   * How many jobs of this queue MediaConvert runs at the same time; the others wait.
   *
   * At most the account's quota for on-demand queues, which differs by region. All on-demand queues of the region share the quota of the account:
   * a deployment that asks for more than is left fails.
   * @default - MediaConvert's own default: the quota "Concurrent jobs per on-demand queue, default"
   */
  readonly concurrentJobs?: number;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties of `VodTranscode`. */
export interface VodTranscodeProps extends VodTranscodeOptions {
  /** Where the videos are kept. */
  readonly catalog: IVodCatalog;

  /**
   * The bucket where the sources arrive, below `source/`.
   *
   * A bucket that this app makes is told to send its events to EventBridge; an imported one must do so already.
   * One of this app is refused if it is public.
   */
  readonly sourceBucket: s3.IBucket;

  /** Where the media goes, below `v/`. A bucket of this app is refused if it is public. */
  readonly mediaBucket: s3.IBucket;

  /**
   * The renditions to make, in any order. Each costs by the minute (MediaConvert's Basic tier).
   * @default - H.264 at 1080, 720, 540, 360 and 240, with 6, 4, 2, 1 and 0.35 Mb/s at most
   */
  readonly ladder?: TranscodeRung[];
}

/** Every option. */
export const TRANSCODE_OPTIONS: Record<keyof VodTranscodeOptions, true> = {
  segmentDuration: true, maxFrameRate: true, maxDuration: true, maxConcurrency: true, concurrentJobs: true, functions: true,
};

/** Batches of one: a message's time is its own, and a claim that is older than the time has no living holder. */
const BATCH_SIZE = 1;
const MAX_RECEIVES = 5;

/**
 * Transcoding: each source that arrives gets one MediaConvert job, whose events keep the catalog up to date.
 *
 * @example
 * declare const catalog: VodCatalog;
 * declare const sourceBucket: s3.Bucket;
 * declare const mediaBucket: s3.Bucket;
 * new VodTranscode(this, 'Transcode', { catalog, sourceBucket, mediaBucket, maxDuration: Duration.hours(1) });
 */
export class VodTranscode extends Construct implements IVodTranscode {
  /** The MediaConvert queue: on demand, so it costs nothing while it is empty. */
  public readonly queue: mediaconvert.CfnQueue;
  /** The role with which MediaConvert reads sources and writes media. */
  public readonly jobRole: iam.Role;
  /** The queue of videos whose source has arrived and whose job has to be submitted. */
  public readonly submitQueue: sqs.Queue;
  /**
   * Messages of `submitQueue` whose job could not be submitted. Their videos are `errored` with the code `internal`, or still `uploaded` if the function was
   * ended from outside at its last try.
   *
   * Move them back once the cause is gone: each starts the next attempt.
   */
  public readonly deadLetterQueue: sqs.Queue;
  /** Job events that could not be recorded. */
  public readonly jobEventsDeadLetterQueue: sqs.Queue;
  /** Submits jobs. */
  public readonly submitJobFunction: lambda.Function;
  /** Records what becomes of jobs. */
  public readonly recordJobEventFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  constructor(scope: Construct, id: string, props: VodTranscodeProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodTranscodeProps>('', props, { ...TRANSCODE_OPTIONS, catalog: true, sourceBucket: true, mediaBucket: true, ladder: true }),
      ...problemsOf(props),
      ...functionProblems(this, props.functions),
      ...catalogProblems(this, 'catalog', props.catalog),
      ...bucketProblems(this, propName(this, 'sourceBucket'), props.sourceBucket, { required: true }),
      ...bucketProblems(this, propName(this, 'mediaBucket'), props.mediaBucket, { required: true }),
    ]);
    useFunctionOptions(this, props.functions);
    checkBucket(this, propName(this, 'sourceBucket'), props.sourceBucket);
    checkSoleUse(this, propName(this, 'sourceBucket'), 'sources', props.sourceBucket, 'transcode the uploads of both');
    checkSoleUse(this, 'catalog.table', 'transcoding', props.catalog.table, 'submit jobs for the videos of both');
    checkBucket(this, propName(this, 'mediaBucket'), props.mediaBucket);
    warnWithoutMediaConvert(this);
    const settings = settingsOf(props);
    if (!sendEventsToEventBridge(props.sourceBucket)) {
      Annotations.of(this).addWarningV2('serverless-vod:sourceBucketEvents',
        `${propName(this, 'sourceBucket')}: an imported bucket can't be changed from here; no upload is transcoded unless it sends its events to EventBridge (eventBridgeEnabled, or enableEventBridgeNotification() of the bucket). If a KMS key of yours encrypts it, import it by fromBucketAttributes with encryptionKey`);
    }

    this.queue = new mediaconvert.CfnQueue(this, 'Queue', {
      // MediaConvert demands a name, and nothing says that CloudFormation makes one up.
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
    this._area = {
      handlers: { 'transcode/submit-job': this.submitJobFunction, 'transcode/record-job-event': this.recordJobEventFunction },
      deadLetterQueues: [this.deadLetterQueue, this.jobEventsDeadLetterQueue],
    };
  }

  private makeJobRole({ sourceBucket, mediaBucket }: VodTranscodeProps): iam.Role {
    const role = new iam.Role(this, 'JobRole', {
      description: 'MediaConvert reads sources and writes media',
      // Without the condition MediaConvert could be led to use it on behalf of another account.
      assumedBy: new iam.ServicePrincipal('mediaconvert.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.grantReadSources(role, sourceBucket);
    const media = mediaBucket.arnForObjects(`${MEDIA_PREFIX}*`);
    acknowledgeWildcard(role, media, 'media are objects below one prefix, and each job makes new ones');
    this.grant(role, ['s3:PutObject'], [media]);
    grantKey(this, bucketKey(propName(this, 'mediaBucket'), mediaBucket), role, ['kms:GenerateDataKey', 'kms:Decrypt']);
    return role;
  }

  private makeSubmitJob({ catalog, sourceBucket, mediaBucket, maxConcurrency }: VodTranscodeProps, settings: TranscodeSettings): lambda.Function {
    const fn = handlerFunction(this, 'SubmitJob', 'transcode/submit-job', {
      description: 'Probes each source that has arrived and submits its one MediaConvert job',
      timeout: Duration.seconds(SUBMIT_TIMEOUT_SECONDS),
      uses: [
        connectionsOf(catalog).update,
        connection({ environment: { QUEUE_ARN: this.queue.attrArn, JOB_ROLE_ARN: this.jobRole.roleArn }, grant: (grantee) => this.grantSubmitJobs(grantee) }),
        connection({ environment: {}, grant: (grantee) => this.grantReadSources(grantee, sourceBucket) }),
        // CDK's event source would grant what Lambda does not use.
        permission(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.submitQueue.queueArn]),
      ],
      environment: { MEDIA_BUCKET: mediaBucket.bucketName, TRANSCODE_SETTINGS: settings, MAX_RECEIVES },
    });
    acknowledgeWildcard(fn.role!, '*', 'mediaconvert:Probe is the only action on it, and AWS defines no resource for that');

    new events.Rule(this, 'SourceCreated', {
      description: 'A source has arrived',
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

  private makeRecordJobEvent({ catalog, mediaBucket }: VodTranscodeProps): lambda.Function {
    const fn = handlerFunction(this, 'RecordJobEvent', 'transcode/record-job-event', {
      description: 'Writes progress, results and failures of MediaConvert jobs into the catalog',
      uses: [
        connectionsOf(catalog).update,
        permission(['sqs:SendMessage'], [this.jobEventsDeadLetterQueue.queueArn]),
      ],
      environment: { MEDIA_BUCKET: mediaBucket.bucketName },
    });
    // EventBridge hands over and is done; an event on which the function fails three times goes here.
    (fn.node.defaultChild as lambda.CfnFunction).deadLetterConfig = { targetArn: this.jobEventsDeadLetterQueue.queueArn };

    new events.Rule(this, 'JobEvents', {
      description: 'A job makes progress or ends',
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
    // It has no resource. The file is read with the caller's permissions, so it opens nothing else.
    this.grant(grantee, ['mediaconvert:Probe'], ['*']);
    this.grant(grantee, ['iam:PassRole'], [this.jobRole.roleArn], { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } });
  }

  private grantReadSources(grantee: iam.IGrantable, sourceBucket: s3.IBucket): void {
    const sources = sourceBucket.arnForObjects(`${SOURCE_PREFIX}*`);
    acknowledgeWildcard(this, sources, 'sources are objects below one prefix, and each upload makes a new one');
    this.grant(grantee, ['s3:GetObject'], [sources]);
    grantKey(this, bucketKey(propName(this, 'sourceBucket'), sourceBucket), grantee, ['kms:Decrypt']);
  }

  /** CDK's own grants name more actions than are needed. */
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
