import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';

/** Transcoding, as other areas use it: a `VodTranscode`. */
export interface IVodTranscode extends IConstruct {
  /** The queue of sources that have arrived and wait for their job to be submitted. */
  readonly uploads: sqs.Queue;
}
