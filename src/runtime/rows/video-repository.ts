import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dayCounter } from './day-counter';
import { documentClient } from './document-client';
import { EditRows, editRows } from './edit-rows';
import { IngestRows, ingestRows } from './ingest-rows';
import { PublicationRows, publicationRows } from './publication-rows';
import { RetryRows, retryRows } from './retry-rows';
import { Outcome, rowChanges } from './row-changes';
import { SearchLists, searchLists } from './search-lists';
import { UploadRows, uploadRows } from './upload-rows';
import { VideoLists, videoLists } from './video-lists';
import { readDetails, readRow } from '../../contract/read-row';
import { detailsKey, publicationState, videoKey, VideoRow, WholeVideo } from '../../contract/table';
import type { SourceLifecycleSettings } from '../../contract/upload';
import { dueTime } from '../../domain/due-time';
import { ENTERED_FROM, VideoError } from '../../domain/video-status';

export type TranscodeResult = Required<Pick<VideoRow, 'media' | 'renditions'>> & Pick<VideoRow, 'durationSeconds' | 'width' | 'height'>;

/** Reads and writes rows. Every write is conditional, so duplicate, late and out-of-order events change nothing. */
export interface VideoRepository extends UploadRows, IngestRows, EditRows, RetryRows, PublicationRows, VideoLists, SearchLists {
  find(videoId: string): Promise<VideoRow | undefined>;
  findWhole(videoId: string): Promise<WholeVideo | undefined>;
  /**
   * Claims (locks) an attempt for one message, so that only this message creates a job. An attempt is one transcode of a video. A claim that started before
   * `staleBefore` is replaced.
   *
   * Returns the row with its current claim. If the token of this claim differs from `token`, another message holds the attempt. Returns undefined if the video
   * does not exist or is no longer `uploaded`.
   */
  claim(videoId: string, attempt: number, token: string, staleBefore: Date): Promise<VideoRow | undefined>;
  /**
   * After an internal error, ends an attempt that has no job: `uploaded` -> `errored`. `token` must be the value that `claim` stored.
   */
  abandon(videoId: string, attempt: number, token: string, error: VideoError): Promise<Outcome>;
  /**
   * Ends an attempt that has no job: `uploaded` -> `errored`. Marks the attempt as abandoned, so that a later message can start the next attempt.
   *
   * Changes nothing if a claim of the attempt started at or after `staleBefore`.
   */
  giveUp(videoId: string, attempt: number, error: VideoError, staleBefore: Date): Promise<Outcome>;
  /** Records the attempt's job: `uploaded` -> `processing`. */
  recordJob(videoId: string, attempt: number, jobId: string): Promise<Outcome>;
  /** Records the progress in percent. Ignores a value that is not higher than the recorded value. */
  recordProgress(videoId: string, attempt: number, progress: number): Promise<Outcome>;
  /**
   * Records the result and publishes the video: `uploaded` or `processing` -> `ready`. If the visibility is `signed-in`, adds the video to the list of ready
   * videos. If `publishAt` is in the future, the sweeper publishes the video later.
   */
  recordReady(videoId: string, attempt: number, result: TranscodeResult): Promise<Outcome>;
  recordError(videoId: string, attempt: number, error: VideoError): Promise<Outcome>;
}

export interface VideoRepositoryOptions {
  /** @default - the sweeper changes no sources, so ready videos have no due time */
  readonly sourceLifecycle?: SourceLifecycleSettings;
  readonly client?: DynamoDBClient;
  readonly clock?: () => Date;
}

/** The condition that the attempt has no claim, or has a stale claim. */
const NOT_CLAIMED = 'attribute_not_exists(#claim) OR #claim.#attempt <> :attempt OR #claim.#startedAt < :staleBefore';

/** The maximum number of tries of a write with optimistic locking. After a conflict in the last try, the handler fails and its event is retried. */
const TRIES = 3;

export function videoRepository(tableName: string, options: VideoRepositoryOptions = {}): VideoRepository {
  const { client = new DynamoDBClient({}), clock = () => new Date(), sourceLifecycle } = options;
  const documents = documentClient(client);

  const changes = rowChanges(tableName, documents, clock);
  const { change, find, get, write, writeDerived } = changes;
  const countWith = dayCounter(tableName, documents, clock);

  return {
    find,

    async findWhole(videoId) {
      const item = await get(videoKey(videoId));
      // With this order, an edit between the reads leads to an old ETag with new texts, so the next edit with the ETag fails. The reverse would lose an edit.
      return item && { row: readRow(item), details: readDetails(await get(detailsKey(videoId)) ?? item) };
    },

    async claim(videoId, attempt, token, staleBefore) {
      const claimed = await change(videoId, {
        from: ENTERED_FROM.processing,
        attempt,
        set: { claim: { attempt, token, startedAt: clock().toISOString() } },
        and: NOT_CLAIMED,
        values: { ':staleBefore': staleBefore.toISOString() },
      });
      if (claimed) return claimed;
      const row = await find(videoId);
      return row?.attempt === attempt && row.status === 'uploaded' && row.claim?.attempt === attempt ? row : undefined;
    },

    abandon: (videoId, attempt, token, error) => write(videoId, {
      from: ENTERED_FROM.processing,
      attempt,
      to: 'errored',
      set: { error, 'claim.abandoned': true },
      and: '#claim.#token = :token',
      values: { ':token': token },
    }),

    giveUp: (videoId, attempt, error, staleBefore) => write(videoId, {
      from: ENTERED_FROM.processing,
      attempt,
      to: 'errored',
      set: { error, claim: { attempt, token: 'none', startedAt: clock().toISOString(), abandoned: true } },
      and: NOT_CLAIMED,
      values: { ':staleBefore': staleBefore.toISOString() },
    }),

    recordJob: (videoId, attempt, jobId) => write(videoId, {
      from: ENTERED_FROM.processing, attempt, to: 'processing', set: { jobId },
    }),

    recordProgress(videoId, attempt, progress) {
      const percent = Math.min(100, Math.max(0, Math.floor(progress)));
      return write(videoId, { from: ['processing'], attempt, set: { progress: percent }, and: '#progress < :percent', values: { ':percent': percent } });
    },

    async recordReady(videoId, attempt, { media, renditions, durationSeconds, width, height }) {
      const from = ENTERED_FROM.ready;
      for (let tries = 0; tries < TRIES; tries++) {
        const row = await find(videoId);
        if (!row || row.attempt !== attempt || !from.includes(row.status)) return 'unchanged';
        const now = clock();
        const published = publicationState({ ...row, status: 'ready', updatedAt: now.toISOString() }, now);
        const sourceDue = sourceLifecycle && !row.source.state ? new Date(now.getTime() + sourceLifecycle.afterSeconds * 1000) : undefined;
        const outcome = await writeDerived(row, { ...row, status: 'ready', ...published }, {
          from,
          attempt,
          to: 'ready',
          due: dueTime({ ...row, status: 'ready' }, sourceDue, now),
          set: {
            'source.dueAt': sourceDue?.toISOString(),
            'source.dueAction': sourceDue && sourceLifecycle?.action,
            'progress': 100,
            media,
            renditions,
            durationSeconds,
            width,
            height,
            ...published,
          },
          // `error` can be the error of an earlier attempt, because older versions of this library did not remove it. The removal of `claim` makes the row
          // smaller. A write of a row with at most 1 KB costs one write unit.
          remove: ['error', 'claim'],
          // The derived rows, the keys of the list of ready videos and the due time depend on `publishedAt` and on values that users edit. If these values have
          // changed since the read, the write fails and is tried again.
          and: `#revision = :revision AND #visibility = :visibility AND ${row.publishedAt === undefined ? 'attribute_not_exists(#publishedAt)' : '#publishedAt = :publishedAt'}`,
          values: { ':revision': row.revision, ':visibility': row.visibility, ...(row.publishedAt !== undefined && { ':publishedAt': row.publishedAt }) },
        });
        if (outcome === 'changed') return outcome;
      }
      throw new Error(`video ${videoId} was not published: its row changed during each of ${TRIES} tries`);
    },

    recordError: (videoId, attempt, { code, message }) => write(videoId, {
      // The error of a waiting video is recorded by `expireUpload`, which also changes the usage of the owner.
      from: ['uploaded', 'processing'], attempt, to: 'errored', set: { error: { code, message } },
    }),

    ...uploadRows(tableName, documents, changes, countWith, clock),
    ...ingestRows(tableName, documents, changes, clock),
    ...editRows(tableName, changes, clock),
    ...retryRows(changes, countWith),
    ...publicationRows(changes, clock),
    ...videoLists(tableName, documents, clock),
    ...searchLists(tableName, documents, clock),
  };
}
