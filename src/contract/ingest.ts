import type { SourcePrefix } from './upload';
import type { Visibility } from '../domain/visibility';

export interface IngestSettings {
  /** The objects that become videos: all objects with the prefix. */
  readonly sources: readonly SourcePrefix[];
  /** The owner of a video if its object has no owner. @default - objects without an owner are rejected */
  readonly defaultOwner?: string;
  /** The visibility of a video if its object has no visibility. */
  readonly defaultVisibility: Visibility;
}
