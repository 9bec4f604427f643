import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { readDetails, readRow } from './read-row';
import { VideoLists, videoLists } from './video-lists';
import { detailsKey, dueKey, publicationKey, SCHEMA_VERSION, stageKey, VideoDetails, videoKey, VideoRow } from '../../contract/table';
import { DUE_MINUTES } from '../../domain/due-time';
import { stageOf } from '../../domain/stage';
import { ENTERED_FROM, VideoError, VideoStatus } from '../../domain/video-status';
import { isListed } from '../../domain/visibility';

/** The result of a conditional write. `unchanged`: the write was late, repeated or out of order, or the video does not exist. */
export type Outcome = 'changed' | 'unchanged';

export type NewVideo = Pick<VideoRow, 'videoId' | 'owner' | 'title' | 'tags' | 'visibility' | 'source'>;

export interface WholeVideo {
  readonly row: VideoRow;
  readonly details: VideoDetails;
}

export type TranscodeResult = Required<Pick<VideoRow, 'media' | 'renditions'>> & Pick<VideoRow, 'durationSeconds' | 'width' | 'height'>;

/** Reads and writes rows. Every write is conditional, so duplicate, late and out-of-order events change nothing. */
export interface VideoRepository extends VideoLists {
  create(video: NewVideo, details?: VideoDetails): Promise<VideoRow>;
  find(videoId: string): Promise<VideoRow | undefined>;
  findWhole(videoId: string): Promise<WholeVideo | undefined>;
  /** Records the upload and the size of the source file: `waiting` -> `uploaded`. */
  markUploaded(videoId: string, size: number): Promise<Outcome>;
  /**
   * Sets the claim (a lock) of an attempt for one message, so that only one message creates a job. An attempt is one transcode of a video. A claim that started
   * before `staleBefore` is replaced.
   *
   * Returns the row with the current claim. If this claim contains `token`, the claim belongs to the message. Returns undefined if the video does
   * not exist or is no longer `uploaded`.
   */
  claim(videoId: string, attempt: number, token: string, staleBefore: Date): Promise<VideoRow | undefined>;
  /**
   * Ends an attempt that has no job, because of an internal error: `uploaded` -> `errored`. `token` must be the value that `claim` stored.
   */
  abandon(videoId: string, attempt: number, token: string, error: VideoError): Promise<Outcome>;
  /**
   * Ends an attempt that has no job: `uploaded` -> `errored`. Marks the attempt as abandoned, so that a later message can start the next attempt.
   *
   * Changes nothing if a claim of the attempt started at or after `staleBefore`.
   */
  giveUp(videoId: string, attempt: number, error: VideoError, staleBefore: Date): Promise<Outcome>;
  /** Starts the next attempt after an abandoned attempt: `errored` -> `uploaded`. Removes all fields of the abandoned attempt from the row. */
  reopen(videoId: string, attempt: number): Promise<Outcome>;
  /** Records the attempt's job: `uploaded` -> `processing`. */
  recordJob(videoId: string, attempt: number, jobId: string): Promise<Outcome>;
  /** Records the progress in percent. Ignores a value that is not higher than the recorded value. */
  recordProgress(videoId: string, attempt: number, progress: number): Promise<Outcome>;
  /** Records the result and publishes the video: -> `ready`. Adds a video with a listed visibility to the list of ready videos. */
  recordReady(videoId: string, attempt: number, result: TranscodeResult): Promise<Outcome>;
  recordError(videoId: string, attempt: number, error: VideoError): Promise<Outcome>;
}

export interface VideoRepositoryOptions {
  readonly client?: DynamoDBClient;
  readonly clock?: () => Date;
}

/** A conditional write, which also increments `version`. */
interface Change {
  readonly from: readonly VideoStatus[];
  readonly attempt?: number;
  /**
   * The new status. A change of the status also sets the stage and the due time of the row.
   * @default - the status is unchanged
   */
  readonly to?: VideoStatus;
  /** New values by attribute name. `a.b` means the key `b` in the map `a`. Undefined values are ignored. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove?: readonly (keyof VideoRow)[];
  /** Numbers to add, by attribute name. A missing attribute counts as 0. */
  readonly add?: Readonly<Partial<Record<'attempt' | 'revision', number>>>;
  /** An additional condition, with attribute names as `#name` and values as `:name`. */
  readonly and?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Attributes of one attempt, which are removed when the next attempt starts. */
const OF_ONE_ATTEMPT = ['claim', 'resubmits', 'jobId', 'media', 'renditions', 'durationSeconds', 'width', 'height', 'error'] as const satisfies (keyof VideoRow)[];

/** The condition that the attempt has no claim, or has a stale claim. */
const NOT_CLAIMED = 'attribute_not_exists(#claim) OR #claim.#attempt <> :attempt OR #claim.#startedAt < :staleBefore';

const DUE_KEYS = ['dueShard', 'dueAt'] as const satisfies (keyof VideoRow)[];

function entering(videoId: string, status: VideoStatus, now: Date) {
  const minutes = DUE_MINUTES[status];
  const due = typeof minutes === 'number' ? dueKey(videoId, new Date(now.getTime() + minutes * 60_000)) : {};
  return { status, stageKey: stageKey(stageOf(status), videoId), ...due };
}

/** Maximum tries of a write with optimistic locking. After a conflict in the last try, the handler fails and its event is retried. */
const TRIES = 3;

export function videoRepository(tableName: string, options: VideoRepositoryOptions = {}): VideoRepository {
  const { client = new DynamoDBClient({}), clock = () => new Date() } = options;
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

  /** The read is consistent, because a video can be created or become private a moment before the read. */
  async function get(key: { pk: string; sk: string }): Promise<Record<string, any> | undefined> {
    return (await documents.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item;
  }

  async function find(videoId: string): Promise<VideoRow | undefined> {
    const item = await get(videoKey(videoId));
    return item && readRow(item);
  }

  /** Returns the changed row, or undefined if the condition was false. Throws NewerFormat if the row has a newer format. */
  async function change(videoId: string, { from, attempt, to, set, remove: others = [], add, and, values }: Change): Promise<VideoRow | undefined> {
    const now = clock();
    const remove = [...others, ...(to && DUE_MINUTES[to] === 'never' ? DUE_KEYS : [])];
    const sets = Object.entries({ ...(to && entering(videoId, to, now)), ...set, updatedAt: now.toISOString() }).filter(([, value]) => value !== undefined);
    const adds = Object.entries({ ...add, version: 1 });
    const update = [
      `SET ${sets.map(([path], i) => `${path.split('.').map((name) => `#${name}`).join('.')} = :set${i}`).join(', ')}`,
      ...(remove.length > 0 ? [`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`] : []),
      `ADD ${adds.map(([name], i) => `#${name} :add${i}`).join(', ')}`,
    ].join(' ');
    const condition = [
      // Rows of a newer format must not be changed.
      '(attribute_not_exists(#schemaVersion) OR #schemaVersion <= :known)',
      `#status IN (${from.map((_, i) => `:from${i}`).join(', ')})`,
      ...(attempt === undefined ? [] : ['#attempt = :attempt']),
      ...(and === undefined ? [] : [`(${and})`]),
    ].join(' AND ');
    try {
      const { Attributes } = await documents.send(new UpdateCommand({
        TableName: tableName,
        Key: videoKey(videoId),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(Array.from(`${update} ${condition}`.matchAll(/#(\w+)/g), ([alias, name]) => [alias, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(sets.map(([, value], i) => [`:set${i}`, value])),
          ...Object.fromEntries(adds.map(([, value], i) => [`:add${i}`, value])),
          ...Object.fromEntries(from.map((status, i) => [`:from${i}`, status])),
          ...(attempt !== undefined && { ':attempt': attempt }),
          ':known': SCHEMA_VERSION,
          ...values,
        },
        ReturnValues: 'ALL_NEW',
      }));
      return Attributes && readRow(Attributes);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // `find` throws if the row has a newer format, so that the event is retried and not ignored as a late event.
      await find(videoId);
      return undefined;
    }
  }

  async function write(videoId: string, wanted: Change): Promise<Outcome> {
    return await change(videoId, wanted) ? 'changed' : 'unchanged';
  }

  return {
    find,

    async findWhole(videoId) {
      const [item, details] = await Promise.all([get(videoKey(videoId)), get(detailsKey(videoId))]);
      return item && { row: readRow(item), details: readDetails(details ?? item) };
    },

    async create(video, { description, metadata } = {}) {
      const date = clock();
      const now = date.toISOString();
      const row: VideoRow = {
        ...videoKey(video.videoId),
        schemaVersion: SCHEMA_VERSION,
        ...video,
        ...entering(video.videoId, 'waiting', date),
        attempt: 1, progress: 0, revision: 1, version: 1, createdAt: now, updatedAt: now,
      };
      const put = {
        TableName: tableName,
        Item: row,
        // If a response is lost, the SDK retries the write. The condition accepts the row of the first try, so that the retry succeeds.
        ConditionExpression: 'attribute_not_exists(pk) OR (#owner = :owner AND #createdAt = :now AND #version = :one)',
        ExpressionAttributeNames: { '#owner': 'owner', '#createdAt': 'createdAt', '#version': 'version' },
        ExpressionAttributeValues: { ':owner': video.owner, ':now': now, ':one': 1 },
      };
      if (description === undefined && metadata === undefined) {
        await documents.send(new PutCommand(put));
      } else {
        const details = { ...detailsKey(video.videoId), schemaVersion: SCHEMA_VERSION, description, metadata };
        await documents.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, { Put: { TableName: tableName, Item: details } }] }));
      }
      return row;
    },

    markUploaded: (videoId, size) => write(videoId, {
      from: ENTERED_FROM.uploaded, to: 'uploaded', set: { 'source.size': size },
    }),

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

    reopen: (videoId, attempt) => write(videoId, {
      from: ['errored'],
      attempt,
      to: 'uploaded',
      set: { progress: 0 },
      remove: OF_ONE_ATTEMPT,
      add: { attempt: 1 },
      and: '#claim.#attempt = :attempt AND #claim.#abandoned = :true',
      values: { ':true': true },
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
        const publishedAt = row.publishedAt ?? clock().toISOString();
        const outcome = await write(videoId, {
          from,
          attempt,
          to: 'ready',
          set: {
            progress: 100,
            publishedAt,
            media,
            renditions,
            durationSeconds,
            width,
            height,
            ...(isListed(row.visibility) && publicationKey({ publishedAt, videoId })),
          },
          // The row can contain the error of an earlier attempt, because older versions of this library did not remove the error.
          remove: ['error'],
          // The keys of the list of ready videos depend on `visibility` and `publishedAt`. If one of these has changed since the read, the write fails and is
          // tried again.
          and: `#visibility = :visibility AND ${row.publishedAt === undefined ? 'attribute_not_exists(#publishedAt)' : '#publishedAt = :publishedAt'}`,
          values: { ':visibility': row.visibility, ...(row.publishedAt !== undefined && { ':publishedAt': row.publishedAt }) },
        });
        if (outcome === 'changed') return outcome;
      }
      throw new Error(`video ${videoId} was not published: its row changed during each of ${TRIES} tries`);
    },

    recordError: (videoId, attempt, { code, message }) => write(videoId, {
      from: ENTERED_FROM.errored, attempt, to: 'errored', set: { error: { code, message } },
    }),

    ...videoLists(tableName, documents),
  };
}
