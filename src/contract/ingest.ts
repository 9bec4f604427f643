import type { SourcePrefix } from './upload';
import type { Visibility } from '../domain/visibility';

export interface IngestSettings {
  /** The buckets and prefixes whose objects become videos. */
  readonly sources: readonly SourcePrefix[];
  /** The owner of a video whose S3 object has no owner in its tags or metadata. @default - objects without an owner are rejected */
  readonly defaultOwner?: string;
  /** The visibility of a video whose S3 object has no visibility in its tags or metadata. */
  readonly defaultVisibility: Visibility;
}
