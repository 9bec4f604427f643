import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';

/** The properties of `VodTranscode` that other constructs use. */
export interface IVodTranscode extends IConstruct {
  /** The SQS queue of uploaded videos whose MediaConvert job is not submitted yet. */
  readonly submitQueue: sqs.Queue;
}
