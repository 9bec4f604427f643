import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/** The properties of `VodIngest` that other constructs use. */
export interface IVodIngest extends IConstruct {
  /** The existing buckets whose source files this library can delete. */
  readonly deletableBuckets: s3.IBucket[];
}
