import type { IConstruct } from 'constructs';
import type { IngestBucket } from './ingest-bucket';

/** The properties of `VodIngest` that other constructs use. */
export interface IVodIngest extends IConstruct {
  /** The buckets and prefixes whose objects become videos. */
  readonly sources: IngestBucket[];
}
