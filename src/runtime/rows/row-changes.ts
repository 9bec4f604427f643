import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { derivedItems } from './derived-items';
import { repeated, transact, TransactItem } from './transact';
import { addUsage, UsageChange } from './usage';
import { readRow } from '../../contract/read-row';
import { dueKey, SCHEMA_VERSION, stageKey, videoKey, VideoRow } from '../../contract/table';
import { DUE_MINUTES } from '../../domain/due-time';
import { stageOf } from '../../domain/stage';
import type { VideoStatus } from '../../domain/video-status';

/** The result of a conditional write. `unchanged`: the write was late, repeated or out of order, or the video does not exist. */
export type Outcome = 'changed' | 'unchanged';

/** A conditional write, which also increments `version`. */
export interface Change {
  readonly from: readonly VideoStatus[];
  readonly attempt?: number;
  /**
   * The new status. A change of the status also sets the stage of the row, and sets or removes the due time.
   * @default - the status is unchanged
   */
  readonly to?: VideoStatus;
  /** The new due time. @default - a change of the status applies `DUE_MINUTES`; other changes keep the due time */
  readonly due?: Date;
  /** New values by attribute name. `a.b` means the key `b` in the map `a`. Undefined values are ignored. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove?: readonly (keyof VideoRow)[];
  /** Numbers to add, by attribute name. A missing attribute counts as 0. */
  readonly add?: Readonly<Partial<Record<'attempt' | 'revision', number>>>;
  /** An additional condition, with attribute names as `#name` and values as `:name`. */
  readonly and?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** The attributes of a due time. */
export const DUE_KEYS = ['dueShard', 'dueAt'] as const satisfies (keyof VideoRow)[];

/** The attributes that depend on a new status. */
export function entering(videoId: string, status: VideoStatus): Pick<VideoRow, 'status' | 'stageKey'> {
  return { status, stageKey: stageKey(stageOf(status), videoId) };
}

/** Returns the key of the due time for a video that gets this status now. Returns undefined if the status has no due time. */
export function firstDue(videoId: string, status: VideoStatus, now: Date): ReturnType<typeof dueKey> | undefined {
  const minutes = DUE_MINUTES[status];
  return minutes === 'never' ? undefined : dueKey(videoId, new Date(now.getTime() + minutes * 60_000));
}

export type RowChanges = ReturnType<typeof rowChanges>;

/** Reads and changes single rows. */
export function rowChanges(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date) {
  /** The read is consistent, because a video can be created or become private a moment before the read. */
  async function get(key: { pk: string; sk: string }): Promise<Record<string, any> | undefined> {
    return (await documents.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item;
  }

  async function find(videoId: string): Promise<VideoRow | undefined> {
    const item = await get(videoKey(videoId));
    return item && readRow(item);
  }

  function updateOf(videoId: string, { from, attempt, to, due, set, remove: others = [], add, and, values }: Change) {
    const now = clock();
    const kept = to && !due ? firstDue(videoId, to, now) : undefined;
    const remove = [...others, ...(to && !due && !kept ? DUE_KEYS : [])];
    const all = { ...(to && entering(videoId, to)), ...(due && dueKey(videoId, due)), updatedAt: now.toISOString(), ...set };
    const sets = Object.entries(all).filter(([, value]) => value !== undefined);
    const keeps = Object.entries(kept ?? {});
    const adds = Object.entries({ ...add, version: 1 });
    const update = [
      `SET ${[
        ...sets.map(([path], i) => `${path.split('.').map((name) => `#${name}`).join('.')} = :set${i}`),
        ...keeps.map(([name], i) => `#${name} = if_not_exists(#${name}, :keep${i})`),
      ].join(', ')}`,
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
    return {
      TableName: tableName,
      Key: videoKey(videoId),
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries(Array.from(`${update} ${condition}`.matchAll(/#(\w+)/g), ([alias, name]) => [alias, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(sets.map(([, value], i) => [`:set${i}`, value])),
        ...Object.fromEntries(keeps.map(([, value], i) => [`:keep${i}`, value])),
        ...Object.fromEntries(adds.map(([, value], i) => [`:add${i}`, value])),
        ...Object.fromEntries(from.map((status, i) => [`:from${i}`, status])),
        ...(attempt !== undefined && { ':attempt': attempt }),
        ':known': SCHEMA_VERSION,
        ...values,
      },
    } satisfies UpdateCommandInput;
  }

  /** Returns the changed row, or undefined if the condition was false. Throws NewerFormat if the row has a newer format. */
  async function change(videoId: string, wanted: Change): Promise<VideoRow | undefined> {
    try {
      const { Attributes } = await repeated(() => documents.send(new UpdateCommand({ ...updateOf(videoId, wanted), ReturnValues: 'ALL_NEW' })));
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

  /** Changes a row and other items in one transaction. */
  async function writeWith(videoId: string, wanted: Change, ...others: TransactItem[]): Promise<Outcome> {
    const { outcome } = await transact(documents, [{ Update: updateOf(videoId, wanted) }, ...others]);
    if (outcome === 'changed') return outcome;
    await find(videoId);
    return 'unchanged';
  }

  /** Changes a row and the usage of its owner in one transaction. */
  function writeWithUsage({ videoId, owner }: Pick<VideoRow, 'videoId' | 'owner'>, wanted: Change, usage: UsageChange): Promise<Outcome> {
    return writeWith(videoId, wanted, addUsage(tableName, owner, usage));
  }

  /** Returns the change as an item of a transaction. */
  function itemOf(videoId: string, wanted: Change): TransactItem {
    return { Update: updateOf(videoId, wanted) };
  }

  /**
   * Changes a row, its derived rows and other items. If only the row changes, uses a single write, because a transaction costs twice as much.
   *
   * The condition of `wanted` must fail if the derived rows of the stored row differ from the derived rows of `before`.
   */
  function writeDerived(before: VideoRow, after: VideoRow, wanted: Change, ...others: TransactItem[]): Promise<Outcome> {
    const items = [...others, ...derivedItems(tableName, before, after)];
    return items.length === 0 ? write(before.videoId, wanted) : writeWith(before.videoId, wanted, ...items);
  }

  return { get, find, change, itemOf, write, writeWith, writeWithUsage, writeDerived };
}
