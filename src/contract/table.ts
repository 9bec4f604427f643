import { monthOf } from '../domain/months';
import type { VideoError, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

/** Keys of the catalog's table and of its sparse indexes. A key once deployed can't be changed without replacing the table. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

export const INDEXES = {
  /** A user's own videos, by creation (ids are time-sortable). */
  byOwner: { name: 'byOwner', partition: 'owner', sort: 'videoId' },
  /** Listed, ready videos by month of publication, then by moment. Present on a row only while it is listed and ready. */
  byPublication: { name: 'byPublication', partition: 'listedMonth', sort: 'listedAt' },
} as const;

/** No video was published before this month: here a walk back through the months ends. */
export const FIRST_MONTH = '2026-11';

/** One encoded variant. */
export interface Rendition {
  readonly codec: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** The row of a video. */
export interface VideoRow {
  /** `video#{videoId}` */
  readonly pk: string;
  /** `video` */
  readonly sk: string;
  readonly videoId: string;
  readonly owner: string;
  readonly title: string;
  readonly description?: string;
  readonly tags: string[];
  readonly visibility: Visibility;
  readonly metadata?: Record<string, string>;
  readonly status: VideoStatus;
  /** 1 for the first transcode. */
  readonly attempt: number;
  readonly progress: number;
  /** Counts the edits by people, from 1: the ETag. */
  readonly revision: number;
  /** Counts every write, from 1. A row written before there was a version has none, and gets 1 with its next write. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly publishedAt?: string;
  /** The key of INDEXES.byPublication; see `publicationKey`. */
  readonly listedMonth?: string;
  /** See `publicationKey`. */
  readonly listedAt?: string;
  /** What was declared, then what S3 has. */
  readonly source: { readonly bucket: string; readonly key: string; readonly fileName: string; readonly contentType: string; readonly size: number };
  /** Held by whoever submits the attempt's one job. */
  readonly claim?: {
    readonly attempt: number;
    readonly token: string;
    readonly startedAt: string;
    /** The attempt ended without a job, and not because of its source: a message that comes later may start the next one. */
    readonly abandoned?: true;
  };
  /** The attempt's MediaConvert job. */
  readonly jobId?: string;
  /** What the attempt made: keys in the media bucket. */
  readonly media?: { readonly hls: string; readonly poster?: string };
  readonly durationSeconds?: number;
  readonly width?: number;
  readonly height?: number;
  readonly renditions?: Rendition[];
  readonly error?: VideoError;
}

/** When a video was published, and which one it is. */
export interface Publication {
  readonly publishedAt: string;
  readonly videoId: string;
}

/** Key of a publication in INDEXES.byPublication: `2026-11`, `{publishedAt}#{videoId}`. */
export function publicationKey({ publishedAt, videoId }: Publication): { listedMonth: string; listedAt: string } {
  return { listedMonth: monthOf(new Date(publishedAt)), listedAt: `${publishedAt}#${videoId}` };
}

/** The publication whose key this is. */
export function parseListedAt(listedAt: string): Publication {
  const [publishedAt, videoId] = listedAt.split('#');
  return { publishedAt, videoId };
}

/** Key of a video's row. */
export function videoKey(videoId: string): { pk: string; sk: string } {
  return { pk: `video#${videoId}`, sk: 'video' };
}
