import type { Duration } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { SourceLifecycle } from '../synth/source-lifecycle';

/** The properties of `VodUpload` that other constructs use. */
export interface IVodUpload extends IConstruct {
  /** The bucket of the source files. */
  readonly bucket: s3.IBucket;
  /** The time after which an incomplete upload expires. */
  readonly uploadExpiry: Duration;
  /** The time between the expiry of an upload and the removal of its video. */
  readonly expiredUploadRetention: Duration;
  /** What happens to the source file of a video after the video is ready. */
  readonly sourceLifecycle: SourceLifecycle;
}
