import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { Area } from '../synth/area';
import { permission } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { privateQueue } from '../synth/private-queue';
import { keyProblem, ownObjectProblem } from '../synth/prop-checks';
import { checkSoleUse } from '../synth/sole-use';
import type { IVodTranscode } from '../transcode/transcode';
import { jobsConnection, submitConnection } from '../transcode/transcode-connections';

/** Options for the sweeper. */
export interface VodSweeperOptions {
  /**
   * Options for the function of the sweeper. Its `timeout` is 10 minutes in any case.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties of `VodSweeper`. */
export interface VodSweeperProps extends VodSweeperOptions {
  /** The catalog that stores the videos. */
  readonly catalog: IVodCatalog;

  /**
   * Where videos are transcoded: those whose job was never submitted are submitted again, and MediaConvert is asked about jobs whose end no event has told.
   * @default - none: videos that wait for a job, or for its end, are left as they are
   */
  readonly transcode?: IVodTranscode;
}

/** Every option. */
export const SWEEPER_OPTIONS: Record<keyof VodSweeperOptions, true> = { functions: true };

const EVERY = Duration.minutes(15);
/** Less than the schedule, so that sweeps seldom meet. Two at the same time do no harm. */
const TIMEOUT = Duration.minutes(10);

/**
 * The sweeper: every 15 minutes it looks at the videos that no event has moved on in time, and moves them.
 *
 * @example
 * declare const catalog: VodCatalog;
 * declare const transcode: VodTranscode;
 * new VodSweeper(this, 'Sweeper', { catalog, transcode });
 */
export class VodSweeper extends Construct {
  /** Looks at the videos that are due. */
  public readonly sweepVideosFunction: lambda.Function;
  /** Starts the function. */
  public readonly rule: events.Rule;
  /** Sweeps that failed as a whole. Nothing has to be sent again: the next sweep does what they left. */
  public readonly deadLetterQueue: sqs.Queue;

  /** @internal */
  public readonly _area: Area;

  constructor(scope: Construct, id: string, props: VodSweeperProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodSweeperProps>('', props, { ...SWEEPER_OPTIONS, catalog: true, transcode: true }),
      ...functionProblems(this, props.functions),
      ...catalogProblems(this, 'catalog', props.catalog),
      ownObjectProblem('transcode', props.transcode, 'a VodTranscode', { members: ['node', 'submitQueue'] }),
    ]);
    useFunctionOptions(this, props.functions);
    checkSoleUse(this, 'catalog.table', 'sweeping', props.catalog.table, 'sweep the videos of both');
    this.deadLetterQueue = privateQueue(this, 'DeadLetterQueue');
    const fn = handlerFunction(this, 'SweepVideos', 'sweeper/sweep-videos', {
      description: 'Looks at the videos that no event has moved on in time',
      timeout: TIMEOUT,
      uses: [
        connectionsOf(props.catalog).sweep,
        permission(['sqs:SendMessage'], [this.deadLetterQueue.queueArn]),
        ...props.transcode ? [submitConnection(props.transcode), jobsConnection(this)] : [],
      ],
      environment: {},
    });
    // EventBridge hands over and is done; a sweep that fails three times goes here.
    (fn.node.defaultChild as lambda.CfnFunction).deadLetterConfig = { targetArn: this.deadLetterQueue.queueArn };
    this.sweepVideosFunction = fn;
    this.rule = new events.Rule(this, 'Schedule', {
      description: 'Every 15 minutes: looks at the videos that no event has moved on in time',
      schedule: events.Schedule.rate(EVERY),
      targets: [new targets.LambdaFunction(fn, { deadLetterQueue: this.deadLetterQueue })],
    });
    this._area = { handlers: { 'sweeper/sweep-videos': fn }, deadLetterQueues: [this.deadLetterQueue] };
  }
}
