import type { SourcePrefix } from './upload';
import type { Visibility } from '../domain/visibility';

export interface IngestSettings {
  /** The buckets and prefixes whose objects become videos. */
  readonly sources: readonly SourcePrefix[];
  /** The owner of a video if neither the tags nor the metadata of its S3 object contain an owner. @default - objects without an owner are rejected */
  readonly defaultOwner?: string;
  /** The visibility of a video if neither the tags nor the metadata of its S3 object contain a visibility. */
  readonly defaultVisibility: Visibility;
}
