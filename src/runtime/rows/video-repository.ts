import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { readDetails, readRow } from './read-row';
import { VideoLists, videoLists } from './video-lists';
import { detailsKey, dueKey, publicationKey, SCHEMA_VERSION, stageKey, VideoDetails, videoKey, VideoRow } from '../../contract/table';
import { DUE_MINUTES } from '../../domain/due-time';
import { stageOf } from '../../domain/stage';
import { ENTERED_FROM, VideoError, VideoStatus } from '../../domain/video-status';
import { isListed } from '../../domain/visibility';

/** `changed`, or `unchanged` when the write was late, repeated, out of order, or the video is gone. */
export type Outcome = 'changed' | 'unchanged';

/** What an upload is declared to be. */
export type NewVideo = Pick<VideoRow, 'videoId' | 'owner' | 'title' | 'tags' | 'visibility' | 'source'>;

/** A video with all that people wrote about it. */
export interface WholeVideo {
  readonly row: VideoRow;
  readonly details: VideoDetails;
}

/** What a finished transcode made. */
export type TranscodeResult = Required<Pick<VideoRow, 'media' | 'renditions'>> & Pick<VideoRow, 'durationSeconds' | 'width' | 'height'>;

/** The catalog's rows. Every write is conditional: duplicate, late and out-of-order events change nothing. */
export interface VideoRepository extends VideoLists {
  create(video: NewVideo, details?: VideoDetails): Promise<VideoRow>;
  find(videoId: string): Promise<VideoRow | undefined>;
  findWhole(videoId: string): Promise<WholeVideo | undefined>;
  /** The source has arrived: `waiting` -> `uploaded`, with the size that S3 has. */
  markUploaded(videoId: string, size: number): Promise<Outcome>;
  /**
   * Claims the attempt for one submitter. Answers the row with the claim that holds: the caller's own when its token is in it.
   * A claim without a job id that started before `staleBefore` is taken over. Undefined when the video is gone or past `uploaded`.
   */
  claim(videoId: string, attempt: number, token: string, staleBefore: Date): Promise<VideoRow | undefined>;
  /** `uploaded` -> `errored`, by the holder of the claim: the attempt has no job, for no reason of its source. */
  abandon(videoId: string, attempt: number, token: string, error: VideoError): Promise<Outcome>;
  /**
   * `uploaded` -> `errored`, without a claim of one's own: nobody submitted the attempt. As if abandoned, so that a message that is sent later may start the
   * next one. A claim that started at or after `staleBefore` holds: nothing changes.
   */
  giveUp(videoId: string, attempt: number, error: VideoError, staleBefore: Date): Promise<Outcome>;
  /** From an abandoned attempt to the next one, at `uploaded`: nothing of the old one stays in the row. */
  reopen(videoId: string, attempt: number): Promise<Outcome>;
  /** `uploaded` -> `processing`, with the attempt's job. */
  recordJob(videoId: string, attempt: number, jobId: string): Promise<Outcome>;
  /** Percent; never backwards. */
  recordProgress(videoId: string, attempt: number, progress: number): Promise<Outcome>;
  /** -> `ready`; published and listed where its visibility says so. */
  recordReady(videoId: string, attempt: number, result: TranscodeResult): Promise<Outcome>;
  /** -> `errored` */
  recordError(videoId: string, attempt: number, error: VideoError): Promise<Outcome>;
}

/** What tests replace. */
export interface VideoRepositoryOptions {
  readonly client?: DynamoDBClient;
  readonly clock?: () => Date;
}

/** One conditional write, which counts up `version`. Names in `and` are written `#name`, values `:name`. */
interface Change {
  readonly from: readonly VideoStatus[];
  readonly attempt?: number;
  /**
   * The status to enter. Its stage and due time are written with it.
   * @default - the status stays
   */
  readonly to?: VideoStatus;
  /** By attribute, `a.b` within a map; undefined ones are left alone. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove?: readonly (keyof VideoRow)[];
  /** By how much to raise these. A number that the row lacks counts as 0. */
  readonly add?: Readonly<Partial<Record<'attempt' | 'revision', number>>>;
  readonly and?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** What belongs to one attempt: the next one begins without it. */
const OF_ONE_ATTEMPT = ['claim', 'resubmits', 'jobId', 'media', 'renditions', 'durationSeconds', 'width', 'height', 'error'] as const satisfies (keyof VideoRow)[];

/** Nobody holds the attempt. */
const NOT_CLAIMED = 'attribute_not_exists(#claim) OR #claim.#attempt <> :attempt OR #claim.#startedAt < :staleBefore';

const DUE_KEYS = ['dueShard', 'dueAt'] as const satisfies (keyof VideoRow)[];

/** What a row is given when it enters a status. */
function entering(videoId: string, status: VideoStatus, now: Date) {
  const minutes = DUE_MINUTES[status];
  const due = typeof minutes === 'number' ? dueKey(videoId, new Date(now.getTime() + minutes * 60_000)) : {};
  return { status, stageKey: stageKey(stageOf(status), videoId), ...due };
}

/** How often a write whose row changes under it is tried anew; past that its event is delivered again. */
const TRIES = 3;

/** The repository on the catalog's table. */
export function videoRepository(tableName: string, options: VideoRepositoryOptions = {}): VideoRepository {
  const { client = new DynamoDBClient({}), clock = () => new Date() } = options;
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

  /** Consistent: a video made a moment ago is there, one made private a moment ago is. */
  async function get(key: { pk: string; sk: string }): Promise<Record<string, any> | undefined> {
    return (await documents.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item;
  }

  async function find(videoId: string): Promise<VideoRow | undefined> {
    const item = await get(videoKey(videoId));
    return item && readRow(item);
  }

  /** The changed row; undefined when a condition did not hold. Throws NewerFormat. */
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
      // A row that this version can't read, it must not write.
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
      // Throws on a row of a newer format: its change must not be taken for a late one, and be lost.
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
        // The SDK repeats a write whose answer was lost: the second one finds its own row, not written since, and that is fine.
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
        // A job id would have moved the attempt on to `processing`.
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
          // Of an attempt before, where a version that left it there began this one.
          remove: ['error'],
          // What the row is listed by must be what was read.
          and: `#visibility = :visibility AND ${row.publishedAt === undefined ? 'attribute_not_exists(#publishedAt)' : '#publishedAt = :publishedAt'}`,
          values: { ':visibility': row.visibility, ...(row.publishedAt !== undefined && { ':publishedAt': row.publishedAt }) },
        });
        if (outcome === 'changed') return outcome;
      }
      throw new Error(`video ${videoId} changes too often to be published`);
    },

    recordError: (videoId, attempt, { code, message }) => write(videoId, {
      from: ENTERED_FROM.errored, attempt, to: 'errored', set: { error: { code, message } },
    }),

    ...videoLists(tableName, documents),
  };
}
