import { mkdirSync } from 'fs';
import batchGetItem from 'dynalite/actions/batchGetItem';
import createTable from 'dynalite/actions/createTable';
import deleteItem from 'dynalite/actions/deleteItem';
import describeTable from 'dynalite/actions/describeTable';
import getItem from 'dynalite/actions/getItem';
import putItem from 'dynalite/actions/putItem';
import query from 'dynalite/actions/query';
import scan from 'dynalite/actions/scan';
import updateItem from 'dynalite/actions/updateItem';
import dynalite, { type Store, type SubDatabase } from 'dynalite/db';
import validations from 'dynalite/validations';
import batchGetItemRules from 'dynalite/validations/batchGetItem';
import createTableRules from 'dynalite/validations/createTable';
import deleteItemRules from 'dynalite/validations/deleteItem';
import describeTableRules from 'dynalite/validations/describeTable';
import getItemRules from 'dynalite/validations/getItem';
import putItemRules from 'dynalite/validations/putItem';
import queryRules from 'dynalite/validations/query';
import scanRules from 'dynalite/validations/scan';
import updateItemRules from 'dynalite/validations/updateItem';
import { itemSize, LARGEST_ITEM } from './item-size';
import { openDatabase } from '../../data-folder';
import { AwsError } from '../../types';
import type { Json } from '../json';

export type Change = { readonly type: 'put'; readonly key: string; readonly value: unknown } | { readonly type: 'del'; readonly key: string };

/** A write that fails has an error and no changes. */
export interface Plan {
  readonly tableName: string;
  readonly key?: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly changes: readonly Change[];
  readonly answer: Json;
  readonly error?: AwsError;
}

/** The local DynamoDB: modules of the library dynalite, with LevelDB as storage. */
export type Database = Awaited<ReturnType<typeof openTables>>;

const ACTIONS = {
  CreateTable: [createTable, createTableRules],
  DescribeTable: [describeTable, describeTableRules],
  GetItem: [getItem, getItemRules],
  BatchGetItem: [batchGetItem, batchGetItemRules],
  Query: [query, queryRules],
  Scan: [scan, scanRules],
  PutItem: [putItem, putItemRules],
  UpdateItem: [updateItem, updateItemRules],
  DeleteItem: [deleteItem, deleteItemRules],
} as const;
export type Operation = keyof typeof ACTIONS;
export type Write = 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** A character that sorts after every character of a key. */
const LAST = '\xFF';

/**
 * Opens the tables in a folder, or empty tables in memory.
 *
 * Dynalite writes an item and its index entries separately, so they could differ after a crash. Therefore, dynalite only computes the changes of a write (a
 * plan). `commit` stores the changes of one or more plans, and related changes, in one atomic LevelDB batch.
 */
export async function openTables(path?: string) {
  if (path !== undefined) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // If the database can't be opened, this line throws an error with the reason. Dynalite reports no reason.
    await (await openDatabase(path)).close();
  }
  // This file checks item sizes, so dynalite's check is disabled.
  const store = dynalite.create({ path, createTableMs: 0, maxItemSizeKb: Infinity });
  // Dynalite replaces `batch` with a method that ignores `sync`, so this is the original method.
  const batch = Object.getPrototypeOf(store.db).batch.bind(store.db) as (changes: readonly Change[], options: { sync: boolean }) => Promise<void>;

  function checked(operation: Operation, input: Json): Json {
    const [, { types, custom }] = ACTIONS[operation];
    let data: Json;
    try {
      data = validations.checkTypes(structuredClone(input), types);
      validations.checkValidations(data, types, custom, store);
    } catch (error) {
      throw asAwsError(error as Error);
    }
    if (operation === 'PutItem' && itemSize(data.Item) > LARGEST_ITEM) throw new AwsError('ValidationException', 'Item size has exceeded the maximum allowed size');
    return data;
  }

  function run(target: Store, operation: Operation, data: Json): Promise<Json> {
    const [action] = ACTIONS[operation];
    return new Promise((resolve, reject) => action(target, data, (error?: Error | null, answer?: any) => error ? reject(asAwsError(error)) : resolve(answer)));
  }

  /** Returns the changes that `work` would make. Dynalite calls `put` and `del` synchronously, so it is enough to replace both methods while `work` runs. */
  function changesOf(work: () => void): Change[] {
    const changes: Change[] = [];
    const { put, del } = store.db;
    Object.assign(store.db, {
      put: (key: string, value: unknown) => changes.push({ type: 'put', key, value }),
      del: (key: string) => changes.push({ type: 'del', key }),
    });
    try {
      work();
    } finally {
      Object.assign(store.db, { put, del });
    }
    return changes;
  }

  return {
    call: async (operation: Exclude<Operation, Write>, input: Json) => run(store, operation, checked(operation, input)),

    /** The caller must prevent concurrent writes. */
    async plan(operation: Write, input: Json): Promise<Plan> {
      const data = checked(operation, input);
      const seen: { key?: string; before?: Json; after?: Json } = {};
      const changes: Change[] = [];
      const recording = (database: SubDatabase, hears: typeof seen): SubDatabase => ({
        lock: (_, work) => work((done) => done),
        get(key, done) {
          hears.key = key;
          database.get(key, (error, item) => {
            hears.before = item;
            done(error, item);
          });
        },
        put(key, value, done) {
          hears.after = value as Json;
          changes.push(...changesOf(() => database.put(key, value, done)));
          done();
        },
        del(key, done) {
          changes.push(...changesOf(() => database.del(key, done)));
          done();
        },
      });
      const planning: Store = {
        ...store,
        getItemDb: (table) => recording(store.getItemDb(table), seen),
        getIndexDb: (...names) => recording(store.getIndexDb(...names), {}),
      };
      const plan = { tableName: data.TableName, changes };
      try {
        const answer = await run(planning, operation, data);
        if (seen.after && itemSize(seen.after) > LARGEST_ITEM) throw new AwsError('ValidationException', 'Item size to update has exceeded the maximum allowed size');
        return { ...plan, answer, ...seen };
      } catch (error) {
        if (!(error instanceof AwsError) || error.code === 'ResourceNotFoundException') throw error;
        return { ...plan, answer: {}, ...seen, error };
      }
    },

    commit: (changes: readonly Change[]) => batch(changes, { sync: true }),

    read: (prefix: string, after = '', limit = -1): Promise<[key: string, value: any][]> =>
      store.db.iterator({ gt: `${prefix}${after}`, lt: `${prefix}${LAST}`, limit }).all(),

    stop: () => store.lifecycleManager.gracefulClose(),
  };
}

function asAwsError(error: Error & { statusCode?: number; body?: Json }): Error {
  if (!error.statusCode) return error;
  const { __type, message, Message = message } = error.body!;
  return new AwsError(__type.split('#').at(-1), Message, error.statusCode);
}
