import type { CountWith } from './day-counter';
import type { Change, Outcome, RowChanges } from './row-changes';
import type { VideoRow } from '../../contract/table';

/** Starts the next attempt to transcode a video. */
export interface RetryRows {
  /** Starts the next attempt after an abandoned attempt: `errored` -> `uploaded`. Removes all fields of the abandoned attempt from the row. */
  reopen(videoId: string, attempt: number): Promise<Outcome>;
  /**
   * Starts the next attempt at the request of a user: `errored` -> `uploaded`. Removes all fields of the failed attempt from the row. Returns the row after the
   * change, or undefined if the stored video is no longer the video in `row`: another request started the attempt, or the video has another owner.
   *
   * @param uploadsPerDay the quota of the owner, with which the retry is counted. Throws QuotaExceeded if the owner has reached the quota.
   * @default - no quota: the retry is not counted
   */
  retry(row: VideoRow, uploadsPerDay?: number): Promise<VideoRow | undefined>;
}

/** Attributes of one attempt, which are removed when the next attempt starts. */
const OF_ONE_ATTEMPT = ['claim', 'resubmits', 'jobId', 'media', 'renditions', 'durationSeconds', 'width', 'height', 'error'] as const satisfies (keyof VideoRow)[];

/** A retry adds neither a video nor bytes. */
const UNLIMITED = { openUploads: Infinity, videos: Infinity, storedBytes: Infinity };

function nextAttempt(attempt: number): Change {
  return { from: ['errored'], attempt, to: 'uploaded', set: { progress: 0 }, remove: OF_ONE_ATTEMPT, add: { attempt: 1 } };
}

export function retryRows({ find, itemOf, write }: RowChanges, countWith: CountWith): RetryRows {
  return {
    reopen: (videoId, attempt) => write(videoId, {
      ...nextAttempt(attempt), and: '#claim.#attempt = :attempt AND #claim.#abandoned = :true', values: { ':true': true },
    }),

    async retry({ videoId, attempt, owner }, uploadsPerDay) {
      const change = {
        ...nextAttempt(attempt),
        // The error and the state of the source do not change within an attempt, but the owner can change.
        and: '#owner = :owner',
        values: { ':owner': owner },
      };
      const outcome = uploadsPerDay === undefined ? await write(videoId, change)
        : await countWith([itemOf(videoId, change)], { owner, added: {}, quotas: { ...UNLIMITED, uploadsPerDay } });
      const row = await find(videoId);
      return outcome === 'changed' ? row : undefined;
    },
  };
}
