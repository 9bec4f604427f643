import type { VideoError, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

/** One encoded variant. */
export interface Rendition {
  readonly codec: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** A video as the API answers it. Times are ISO 8601 UTC, addresses absolute, absent values absent keys. */
export interface Video {
  readonly videoId: string;
  readonly title: string;
  readonly description?: string;
  readonly tags: string[];
  readonly visibility: Visibility;
  readonly metadata?: Record<string, string>;
  /** The `sub` of the user who uploaded it. */
  readonly owner: string;
  readonly status: VideoStatus;
  /** Percent of the transcode, 0-100. */
  readonly progress: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly publishedAt?: string;
  readonly durationSeconds?: number;
  readonly width?: number;
  readonly height?: number;
  readonly renditions?: Rendition[];
  readonly poster?: string;
  readonly error?: VideoError;
}
