import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CountWith } from './day-counter';
import { derivedItems } from './derived-items';
import { Change, DUE_KEYS, entering, firstDue, Outcome, RowChanges } from './row-changes';
import { transact, TransactItem } from './transact';
import { addUsage } from './usage';
import { detailsKey, presentDetails, SCHEMA_VERSION, SourceState, VideoDetails, videoKey, VideoRow } from '../../contract/table';
import { dueTime } from '../../domain/due-time';
import type { Quotas } from '../../domain/quotas';
import { ENTERED_FROM, VideoStatus } from '../../domain/video-status';

export type NewVideo = Pick<VideoRow, 'videoId' | 'owner' | 'title' | 'tags' | 'visibility' | 'publishAt' | 'unpublishAt' | 'source' | 'multipart'>;

/** Writes the row of a video at the start and at the end of its upload. The same transaction changes the usage of the owner. */
export interface UploadRows {
  /**
   * Creates a video with the status `waiting`. Throws QuotaExceeded if the owner has reached a quota.
   *
   * @param quotas @default - no quotas
   */
  create(video: NewVideo, details?: VideoDetails, quotas?: Quotas): Promise<VideoRow>;
  /** Records the complete upload and the size of the source file: `waiting` -> `uploaded`. With `claimToken`, the same write also claims the first attempt. */
  markUploaded(videoId: string, size: number, claimToken?: string): Promise<Outcome>;
  /** Ends an upload that received no part for a long time: `waiting` -> `errored`. The sweeper removes the video at `due`. */
  expireUpload(row: VideoRow, due: Date): Promise<Outcome>;
  /** Ends an upload that its owner aborted: `waiting` -> `deleting`. The sweeper removes the video at `due`. */
  abortUpload(row: VideoRow, due: Date): Promise<Outcome>;
  /** Removes a video whose upload ended without a source file. Changes nothing if the stored row is newer than `row`. */
  removeUpload(row: VideoRow): Promise<Outcome>;
  /**
   * Records that the source of a ready video is deleted or archived. The due time becomes the next publication time of the video, or is removed. The write
   * changes nothing if the stored row is newer than `row`. The size of a deleted source no longer counts for its owner.
   */
  markSource(row: VideoRow, state: SourceState): Promise<Outcome>;
}

/** If the due time has passed when the upload completes, the sweeper checks the video again after this time. */
const SOON_MS = 15 * 60_000;

/**
 * Returns the new due time when an upload completes, or undefined if the video keeps its due time. During a long upload, the sweeper postpones the due time. If
 * the postponed time is later than the due time of a new `uploaded` video, the function returns the earlier time.
 */
function dueOfUploaded({ videoId, dueAt }: VideoRow, now: Date): Date | undefined {
  const latest = firstDue(videoId, 'uploaded', now)!.dueAt;
  if (dueAt === undefined) return undefined;
  if (dueAt <= now.toISOString()) return new Date(now.getTime() + SOON_MS);
  return dueAt > latest ? new Date(latest) : undefined;
}

export function newRow(video: NewVideo, status: VideoStatus, date: Date): VideoRow {
  const { videoId } = video;
  const now = date.toISOString();
  return {
    ...videoKey(videoId),
    schemaVersion: SCHEMA_VERSION,
    ...video,
    ...entering(videoId, status),
    ...firstDue(videoId, status, date),
    attempt: 1, progress: 0, revision: 1, version: 1, createdAt: now, updatedAt: now,
  };
}

/** Returns the writes of a new video. */
export function newItems(tableName: string, row: VideoRow, details: VideoDetails): TransactItem[] {
  const texts = presentDetails(details);
  const item = { ...detailsKey(row.videoId), schemaVersion: SCHEMA_VERSION, ...texts };
  return [
    { Put: { TableName: tableName, Item: row, ConditionExpression: 'attribute_not_exists(pk)' } },
    ...(Object.keys(texts).length === 0 ? [] : [{ Put: { TableName: tableName, Item: item } }]),
    ...derivedItems(tableName, undefined, row),
  ];
}

/** The maximum number of tries of an abort. A try fails if the row was edited since the read. */
const TRIES = 5;

export function uploadRows(
  tableName: string, documents: DynamoDBDocumentClient, { find, write, writeDerived, writeWithUsage }: RowChanges, countWith: CountWith, clock: () => Date,
): UploadRows {
  return {
    async create(video, details = {}, quotas) {
      const row = newRow(video, 'waiting', clock());
      const added = { openUploads: 1, videos: 1, storedBytes: video.source.size };
      const outcome = await countWith(newItems(tableName, row, details), { owner: video.owner, added, quotas });
      if (outcome === 'unchanged') throw new Error('a video with this id exists already');
      return row;
    },

    async markUploaded(videoId, size, claimToken) {
      const row = await find(videoId);
      if (!row || !ENTERED_FROM.uploaded.includes(row.status)) return 'unchanged';
      const now = clock();
      return writeWithUsage(row, {
        from: ENTERED_FROM.uploaded,
        to: 'uploaded',
        due: dueOfUploaded(row, now),
        set: { 'source.size': size, ...(claimToken !== undefined && { claim: { attempt: row.attempt, token: claimToken, startedAt: now.toISOString() } }) },
        remove: ['multipart'],
      }, { openUploads: -1, ...(size !== row.source.size && { storedBytes: size - row.source.size }) });
    },

    expireUpload: (row, due) => writeWithUsage(row, {
      from: ['waiting'], to: 'errored', due, set: { error: { code: 'upload_expired', message: 'the upload was not completed in time' } },
    }, { openUploads: -1, storedBytes: -row.source.size }),

    async abortUpload(row, due) {
      let before: VideoRow | undefined = row;
      for (let tries = 0; tries < TRIES; tries++) {
        const { owner, revision, source: { size } } = before;
        const outcome = await writeDerived(before, { ...before, status: 'deleting' }, {
          from: ['waiting'], to: 'deleting', due, set: {}, and: '#revision = :revision', values: { ':revision': revision },
        }, addUsage(tableName, owner, { openUploads: -1, videos: -1, storedBytes: -size }));
        if (outcome === 'changed') return outcome;
        // An edit can have changed the title or the tags since the read.
        before = await find(row.videoId);
        if (before?.status !== 'waiting') return 'unchanged';
      }
      throw new Error(`the upload of the video ${row.videoId} was not aborted: its row changed during each of ${TRIES} tries`);
    },

    async removeUpload(row) {
      const { videoId, owner, version, status } = row;
      const { outcome } = await transact(documents, [
        {
          Delete: {
            TableName: tableName,
            Key: videoKey(videoId),
            ConditionExpression: '#version = :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': version },
          },
        },
        { Delete: { TableName: tableName, Key: detailsKey(videoId) } },
        ...derivedItems(tableName, row, undefined),
        // For a video that is being deleted, the abort of the upload has already changed the usage.
        ...(status === 'deleting' ? [] : [addUsage(tableName, owner, { videos: -1 })]),
      ]);
      return outcome;
    },

    markSource(row, state) {
      const { videoId, version, source: { size } } = row;
      const due = dueTime(row, undefined, clock());
      const change: Change = {
        from: ['ready'], due, set: { 'source.state': state }, remove: due ? [] : DUE_KEYS, and: '#version = :version', values: { ':version': version },
      };
      return state === 'deleted' ? writeWithUsage(row, change, { storedBytes: -size }) : write(videoId, change);
    },
  };
}
