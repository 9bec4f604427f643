import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';

/** Interface of the transcode area for other areas; `VodTranscode` implements it. */
export interface IVodTranscode extends IConstruct {
  /** SQS queue of videos whose source was uploaded and whose job is not submitted yet. */
  readonly submitQueue: sqs.Queue;
}
