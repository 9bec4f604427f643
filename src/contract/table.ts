import { isOpen } from '../domain/publication-times';
import type { Stage } from '../domain/stage';
import type { VideoError, VideoStatus } from '../domain/video-status';
import { isListed, Visibility } from '../domain/visibility';

/** The keys of the catalog's table. CloudFormation replaces a deployed table if the keys change. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** A global secondary index with string keys. Only rows that have both keys are in the index. */
export interface TableIndex {
  readonly name: string;
  readonly partition: string;
  readonly sort: string;
  readonly projection: 'KEYS_ONLY' | 'ALL';
}

/**
 * The indexes of the table. CloudFormation creates only one new index per update. If an app skipped versions of this library that add two indexes, the update
 * of the app would fail. Later versions therefore add no index. docs/decisions/022 lists the queries.
 */
export const INDEXES = {
  /** The videos of an owner, by creation time (ids are time-sortable). */
  byOwner: { name: 'byOwner', partition: 'owner', sort: 'videoId', projection: 'KEYS_ONLY' },
  /** The videos of an owner in one stage (a group of statuses), by creation time. */
  byOwnerStage: { name: 'byOwnerStage', partition: 'owner', sort: 'stageKey', projection: 'KEYS_ONLY' },
  /** The ready videos that all viewers can list, by publication time. */
  byPublication: { name: 'byPublication', partition: 'listedFor', sort: 'listedAt', projection: 'KEYS_ONLY' },
  /**
   * Videos that the sweeper checks, by due time. The index has several partitions (`DUE_SHARDS`), because a single partition would limit the table to 1,000
   * writes per second.
   */
  byDue: { name: 'byDue', partition: 'dueShard', sort: 'dueAt', projection: 'KEYS_ONLY' },
  /** An unused index, which is reserved for a later query. */
  spare: { name: 'spare', partition: 'spareKey', sort: 'spareSort', projection: 'ALL' },
} as const satisfies Readonly<Record<string, TableIndex>>;

/** The format of rows that this version writes. `src/runtime/rows/read-row.ts` reads older formats. */
export const SCHEMA_VERSION = 1;

/** One encoded variant. */
export interface Rendition {
  readonly codec: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** `deleted`: the object no longer exists, or belongs to another video. `archived`: S3 moves the object to an archive, and jobs can't read it. */
export type SourceState = 'deleted' | 'archived';

export interface VideoRow {
  /** `video#{videoId}` */
  readonly pk: string;
  /** `video` */
  readonly sk: string;
  /** The value of `SCHEMA_VERSION` when the row was written. */
  readonly schemaVersion: number;
  readonly videoId: string;
  readonly owner: string;
  readonly title: string;
  readonly tags: string[];
  readonly visibility: Visibility;
  readonly status: VideoStatus;
  /** The number of the attempt to transcode the video, starting at 1. */
  readonly attempt: number;
  readonly progress: number;
  /** The ETag: a number that starts at 1 and increases with each edit by a user. */
  readonly revision: number;
  /** The number of times that the row was written. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The time of the publication; absent before the first publication. */
  readonly publishedAt?: string;
  /** The time of the write that unpublished the video, after `isOpen` became false; absent while the video is published. */
  readonly unpublishedAt?: string;
  readonly publishAt?: string;
  readonly unpublishAt?: string;
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
  /** The source file. Before the upload, the values are from the upload request; after the upload, from the object in S3. */
  readonly source: {
    readonly bucket: string;
    readonly key: string;
    readonly fileName: string;
    readonly contentType: string;
    readonly size: number;
    /** The CRC32 of the file in base64, if the client declared it. */
    readonly checksum?: string;
    /** The ETag of an object that another pipeline put into S3. The key alone does not identify the object, because the pipeline can replace the object. */
    readonly etag?: string;
    /** The time at which the sweeper deletes or archives the source. */
    readonly dueAt?: string;
    /** The action at `dueAt`. If the prop `sourceLifecycle` requires another action at this time, the sweeper does nothing. */
    readonly dueAction?: 'delete' | 'archive';
    readonly state?: SourceState;
  };
  /** The multipart upload of the source file; absent for an upload with one PUT request, and after the upload. `partSize` is in bytes. */
  readonly multipart?: { readonly id: string; readonly partSize: number };
  /** The claim is a lock on the attempt. The invocation that stored the claim submits the job of the attempt. */
  readonly claim?: {
    readonly attempt: number;
    readonly token: string;
    readonly startedAt: string;
    /** True if the attempt ended without a job, for a reason other than the source file. A later message in the submit queue can start the next attempt. */
    readonly abandoned?: true;
  };
  /** The number of times that the sweeper has resubmitted the attempt. */
  readonly resubmits?: number;
  readonly jobId?: string;
  /** Object keys of the media files of the attempt. */
  readonly media?: { readonly hls: string; readonly poster?: string };
  readonly durationSeconds?: number;
  readonly width?: number;
  readonly height?: number;
  readonly renditions?: Rendition[];
  readonly error?: VideoError;
  /** The time at which a retention rule caused the event `video.expiring`. */
  readonly expiryNoticedAt?: string;
}

/** The partition key of all rows in `INDEXES.byPublication`. */
export const LISTED_FOR = 'signed-in';

/**
 * The long texts of a video. Lists of videos do not contain these texts. A separate item stores these texts, because long texts in the row would make each
 * status change more expensive.
 */
export interface VideoDetails {
  readonly description?: string;
  readonly metadata?: Record<string, string>;
}

/** An empty description and an empty map count as absent. They are not stored, and responses do not contain them. */
export function presentDetails({ description, metadata }: VideoDetails): VideoDetails {
  return { ...(description && { description }), ...(metadata && Object.keys(metadata).length > 0 && { metadata }) };
}

/** A video with its long texts. */
export interface WholeVideo {
  readonly row: VideoRow;
  readonly details: VideoDetails;
}

export interface Publication {
  readonly publishedAt: string;
  readonly videoId: string;
}

/** Returns the keys of a published video in INDEXES.byPublication: the partition key `signed-in` and the sort key `{publishedAt}#{videoId}`. */
export function publicationKey({ publishedAt, videoId }: Publication): { listedFor: string; listedAt: string } {
  return { listedFor: LISTED_FOR, listedAt: `${publishedAt}#${videoId}` };
}

type Published = Pick<VideoRow, 'videoId' | 'status' | 'visibility' | 'publishedAt' | 'unpublishedAt' | 'publishAt' | 'unpublishAt' | 'updatedAt'>;

/** The attributes of a row that change when the video is published or unpublished. Each attribute is undefined if the row must not contain it. */
export type PublicationState = { readonly [Name in 'publishedAt' | 'unpublishedAt' | 'listedFor' | 'listedAt']: string | undefined };

/**
 * Returns the publication state of a row at the time `now`. The `publishedAt` of a new publication is the later one of `publishAt` and `updatedAt`. A write
 * that makes the video ready, or changes its publication times or visibility, must therefore set `updatedAt`.
 *
 * An unpublished video that is open again keeps its `publishedAt`, unless `publishAt` is later than `publishedAt`.
 */
export function publicationState(row: Published, now: Date): PublicationState {
  const { videoId, status, visibility, publishedAt, unpublishedAt, publishAt, updatedAt } = row;
  const hidden = { listedFor: undefined, listedAt: undefined };
  if (status !== 'ready') return { publishedAt, unpublishedAt, ...hidden };
  if (!isOpen(row, now)) return { publishedAt, unpublishedAt: publishedAt && (unpublishedAt ?? now.toISOString()), ...hidden };
  const isNew = publishedAt === undefined || (publishAt !== undefined && publishedAt < publishAt);
  const since = isNew ? [publishAt ?? '', updatedAt].sort()[1] : publishedAt;
  return { publishedAt: since, unpublishedAt: undefined, ...(isListed(visibility) ? publicationKey({ publishedAt: since, videoId }) : hidden) };
}

export function parseListedAt(listedAt: string): Publication {
  const [publishedAt, videoId] = listedAt.split('#');
  return { publishedAt, videoId };
}

export function videoKey(videoId: string): { pk: string; sk: string } {
  return { pk: `video#${videoId}`, sk: 'video' };
}

export function parseVideoKey(pk: string): string {
  return pk.slice(pk.indexOf('#') + 1);
}

/** Returns the sort key of a video in INDEXES.byOwnerStage: `{stage}#{videoId}`. */
export function stageKey(stage: Stage, videoId: string): string {
  return `${stage}#${videoId}`;
}

export function parseStageKey(key: string): string {
  return key.slice(key.indexOf('#') + 1);
}

/** Returns the key of the item with the long texts of a video. */
export function detailsKey(videoId: string): { pk: string; sk: string } {
  return { ...videoKey(videoId), sk: 'details' };
}

/** Returns the key of the item with the usage of an owner (`Usage`). */
export function usageKey(owner: string): { pk: string; sk: string } {
  return { pk: `owner#${owner}`, sk: 'usage' };
}

/** An object that another pipeline put into S3. */
export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** The version id of the object. In a bucket without versioning, the ETag of the object, without quotes. */
  readonly version: string;
}

/**
 * Returns the primary key of the item that links an S3 object to its video. Even for the longest S3 object key, the primary key is within DynamoDB's limits.
 */
export function ingestKey({ bucket, key, version }: ObjectVersion): { pk: string; sk: string } {
  return { pk: `ingest#${bucket}#${key}`, sk: version };
}

/** All partitions of INDEXES.byDue. */
export const DUE_SHARDS: readonly string[] = Array.from('0123456789abcdef');

/** Returns the key of a video in INDEXES.byDue: the last digit of the video id (a random digit) and the due time. */
export function dueKey(videoId: string, due: Date): { dueShard: string; dueAt: string } {
  return { dueShard: videoId.slice(-1), dueAt: due.toISOString() };
}
