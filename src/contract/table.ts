import type { Stage } from '../domain/stage';
import type { VideoError, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

/** Keys of the catalog's table. A key once deployed can't be changed without replacing the table. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** A global secondary index. Its keys are strings, and a row is in it only while it has both. */
export interface TableIndex {
  readonly name: string;
  readonly partition: string;
  readonly sort: string;
  /** What it holds besides the keys. */
  readonly projection: 'KEYS_ONLY' | 'ALL';
}

/** Every index that version 1 of the table has: CloudFormation creates one an update, so none is added later. docs/decisions/022 has their queries. */
export const INDEXES = {
  /** A user's own videos, by creation (ids are time-sortable). */
  byOwner: { name: 'byOwner', partition: 'owner', sort: 'videoId', projection: 'KEYS_ONLY' },
  /** A user's own videos of one stage, by creation. */
  byOwnerStage: { name: 'byOwnerStage', partition: 'owner', sort: 'stageKey', projection: 'KEYS_ONLY' },
  /** Listed, ready videos by moment of publication. */
  byPublication: { name: 'byPublication', partition: 'listedFor', sort: 'listedAt', projection: 'KEYS_ONLY' },
  /** Videos that the sweeper looks at, by the time. A single partition would throttle the table's writes at 1,000 a second. */
  byDue: { name: 'byDue', partition: 'dueShard', sort: 'dueAt', projection: 'KEYS_ONLY' },
  /** Nothing yet: for a query that nobody thought of. */
  spare: { name: 'spare', partition: 'spareKey', sort: 'spareSort', projection: 'ALL' },
} as const satisfies Readonly<Record<string, TableIndex>>;

/** The format of the rows that this version writes. `src/runtime/rows/read-row.ts` reads the older ones. */
export const SCHEMA_VERSION = 1;

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
  /** SCHEMA_VERSION of the library that wrote the row. */
  readonly schemaVersion: number;
  readonly videoId: string;
  readonly owner: string;
  readonly title: string;
  readonly tags: string[];
  readonly visibility: Visibility;
  readonly status: VideoStatus;
  /** 1 for the first transcode. */
  readonly attempt: number;
  readonly progress: number;
  /** Counts the edits by people, from 1: the ETag. */
  readonly revision: number;
  /** Counts every write, from 1. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly publishedAt?: string;
  /** Key in INDEXES.byOwnerStage; see `stageKey`. */
  readonly stageKey: string;
  /** Key in INDEXES.byPublication; see `publicationKey`. */
  readonly listedFor?: string;
  /** Key in INDEXES.byPublication; see `publicationKey`. */
  readonly listedAt?: string;
  /** Key in INDEXES.byDue; see `dueKey`. */
  readonly dueShard?: string;
  /** Key in INDEXES.byDue; see `dueKey`. */
  readonly dueAt?: string;
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
  /** How often the sweeper has asked for a job of the attempt. */
  readonly resubmits?: number;
  /** The attempt's MediaConvert job. */
  readonly jobId?: string;
  /** What the attempt made: keys in the media bucket. */
  readonly media?: { readonly hls: string; readonly poster?: string };
  readonly durationSeconds?: number;
  readonly width?: number;
  readonly height?: number;
  readonly renditions?: Rendition[];
  readonly error?: VideoError;
  /** When people were told that a retention rule will delete the video. */
  readonly expiryNoticedAt?: string;
}

/** Whom a listed video is listed for: the only value of its kind so far. */
export const LISTED_FOR = 'signed-in';

/** What people write about a video at length. In an item of its own, so that no change of a status is billed by its size; lists answer without it. */
export interface VideoDetails {
  readonly description?: string;
  readonly metadata?: Record<string, string>;
}

/** When a video was published, and which one it is. */
export interface Publication {
  readonly publishedAt: string;
  readonly videoId: string;
}

/** Key of a publication in INDEXES.byPublication: `signed-in`, whom it is listed for, and `{publishedAt}#{videoId}`. */
export function publicationKey({ publishedAt, videoId }: Publication): { listedFor: string; listedAt: string } {
  return { listedFor: LISTED_FOR, listedAt: `${publishedAt}#${videoId}` };
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

/** The id in the key of a video's row. */
export function parseVideoKey(pk: string): string {
  return pk.slice(pk.indexOf('#') + 1);
}

/** Key of a video in INDEXES.byOwnerStage: `{stage}#{videoId}`. */
export function stageKey(stage: Stage, videoId: string): string {
  return `${stage}#${videoId}`;
}

/** The id in a key of INDEXES.byOwnerStage. */
export function parseStageKey(key: string): string {
  return key.slice(key.indexOf('#') + 1);
}

/** Key of the item with a video's details. */
export function detailsKey(videoId: string): { pk: string; sk: string } {
  return { ...videoKey(videoId), sk: 'details' };
}

/** Every partition of INDEXES.byDue. */
export const DUE_SHARDS: readonly string[] = Array.from('0123456789abcdef');

/** Key of a video in INDEXES.byDue: the last digit of its id, which is random, and the time. */
export function dueKey(videoId: string, due: Date): { dueShard: string; dueAt: string } {
  return { dueShard: videoId.slice(-1), dueAt: due.toISOString() };
}
