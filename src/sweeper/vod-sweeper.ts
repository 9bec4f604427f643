import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { IVodIngest } from '../ingest/ingest';
import { ingestLifecycleConnections } from '../ingest/ingest-connections';
import type { Area } from '../synth/area';
import { permission } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { privateQueue } from '../synth/private-queue';
import { keyProblem, libraryObjectProblem } from '../synth/prop-checks';
import { checkSoleUse } from '../synth/sole-use';
import type { IVodTranscode } from '../transcode/transcode';
import { jobsConnection, submitConnection } from '../transcode/transcode-connections';
import type { IVodUpload } from '../upload/upload';
import { expiryConnection, lifecycleConnections } from '../upload/upload-connections';

/** Options for the sweeper. */
export interface VodSweeperOptions {
  /**
   * Options for the Lambda function of the sweeper, except the timeout, which is always 10 minutes.
   *
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties for `VodSweeper`. */
export interface VodSweeperProps extends VodSweeperOptions {
  /** The catalog that stores the videos. */
  readonly catalog: IVodCatalog;

  /**
   * The construct that transcodes the videos.
   *
   * For a video without a MediaConvert job, the sweeper sends another message to the submit queue. For a job without an end event, the sweeper reads the state
   * of the job.
   *
   * @default - none: the sweeper does not change videos with the status `uploaded` or `processing`
   */
  readonly transcode?: IVodTranscode;

  /**
   * The construct that creates uploads. The sweeper ends uploads that receive no data for a long time, and removes videos without a source file.
   * The sweeper also deletes or archives the sources of ready videos, if `sourceLifecycle` of the uploads requires it.
   *
   * @default - none; the sweeper then ignores videos that wait for their upload
   */
  readonly upload?: IVodUpload;

  /**
   * The ingest. If `upload` has a `sourceLifecycle`, the sweeper also deletes or archives the sources of the ingest.
   *
   * @default - none: the sweeper keeps the sources of the ingest
   */
  readonly ingest?: IVodIngest;
}

export const SWEEPER_OPTIONS: Record<keyof VodSweeperOptions, true> = { functions: true };

const EVERY = Duration.minutes(15);
/** The timeout is shorter than the interval of the schedule, so that sweeps rarely overlap. */
const TIMEOUT = Duration.minutes(10);

/**
 * Every 15 minutes, finds videos whose processing is overdue, and continues or ends the processing.
 *
 * @example
 * declare const catalog: VodCatalog;
 * declare const transcode: VodTranscode;
 * new VodSweeper(this, 'Sweeper', { catalog, transcode });
 */
export class VodSweeper extends Construct {
  /** The function that continues or ends overdue processing. */
  public readonly sweepVideosFunction: lambda.Function;
  /** The scheduled rule that invokes the function. */
  public readonly rule: events.Rule;
  /** Dead-letter queue for failed invocations of the function. A redrive is not necessary, because the next sweep processes the same videos. */
  public readonly deadLetterQueue: sqs.Queue;

  /** @internal */
  public readonly _area: Area;

  constructor(scope: Construct, id: string, props: VodSweeperProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodSweeperProps>('', props, { ...SWEEPER_OPTIONS, catalog: true, transcode: true, upload: true, ingest: true }),
      ...functionProblems(this, props.functions),
      ...catalogProblems(this, 'catalog', props.catalog),
      libraryObjectProblem('transcode', props.transcode, 'a VodTranscode', { members: ['node', 'submitQueue'] }),
      libraryObjectProblem('upload', props.upload, 'a VodUpload', { members: ['node', 'bucket', 'uploadExpiry', 'expiredUploadRetention', 'sourceLifecycle'] }),
      libraryObjectProblem('ingest', props.ingest, 'a VodIngest', { members: ['node', 'sources'] }),
    ]);
    useFunctionOptions(this, props.functions);
    checkSoleUse(this, 'catalog.table', 'sweeping', props.catalog.table, 'With a shared table, each service would sweep the videos of both services');
    this.deadLetterQueue = privateQueue(this, 'DeadLetterQueue');
    const fn = handlerFunction(this, 'SweepVideos', 'sweeper/sweep-videos', {
      description: 'Continues or ends the processing of overdue videos',
      timeout: TIMEOUT,
      uses: [
        connectionsOf(props.catalog).sweep,
        permission(['sqs:SendMessage'], [this.deadLetterQueue.queueArn]),
        ...props.transcode ? [submitConnection(props.transcode), jobsConnection(this)] : [],
        ...props.upload ? [expiryConnection(this, props.upload), ...lifecycleConnections(this, props.upload)] : [],
        ...props.upload && props.ingest ? ingestLifecycleConnections(this, props.ingest, props.upload) : [],
      ],
      environment: {},
    });
    // Lambda, not EventBridge, repeats a failed sweep. Therefore the function also needs a dead-letter queue, for a sweep that failed three times.
    (fn.node.defaultChild as lambda.CfnFunction).deadLetterConfig = { targetArn: this.deadLetterQueue.queueArn };
    this.sweepVideosFunction = fn;
    this.rule = new events.Rule(this, 'Schedule', {
      description: 'Invokes the sweeper function every 15 minutes',
      schedule: events.Schedule.rate(EVERY),
      targets: [new targets.LambdaFunction(fn, { deadLetterQueue: this.deadLetterQueue })],
    });
    this._area = { handlers: { 'sweeper/sweep-videos': fn }, deadLetterQueues: [this.deadLetterQueue] };
  }
}
