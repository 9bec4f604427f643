import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';

/** Transcoding, as other areas use it: a `VodTranscode`. */
export interface IVodTranscode extends IConstruct {
  /** The queue of videos whose source has arrived and whose job has to be submitted. */
  readonly submitQueue: sqs.Queue;
}
