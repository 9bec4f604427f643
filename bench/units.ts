import { itemSize } from '../local/services/dynamodb/item-size';
import type { Json } from '../local/services/json';
import type { ItemChange } from '../local/usage';
import { INDEXES, TableIndex, TABLE_KEYS } from '../src/contract/table';

export type Units = Record<string, number>;

/** For each sort key, the name that the benchmark prints for this kind of item. */
const ITEMS: Readonly<Record<string, string>> = { video: 'row', details: 'details', usage: 'usage of the owner' };
/** For each kind of derived row (the part of the partition key before the first `#`), the name that the benchmark prints. */
const DERIVED: Readonly<Record<string, string>> = { titles: 'title', owntag: 'tags', tag: 'public tags' };
export const PLACES: readonly string[] = [...Object.values(ITEMS), ...Object.values(DERIVED), ...Object.keys(INDEXES)];

const KB = 1024;
const writeUnitsOf = (item: Json): number => Math.ceil(itemSize(item) / KB);

function entryOf({ partition, sort, projection }: TableIndex, item: Json | undefined): Json | undefined {
  if (!item?.[partition] || !item[sort]) return undefined;
  const names: string[] = [TABLE_KEYS.partition, TABLE_KEYS.sort, partition, sort];
  return projection === 'ALL' ? item : Object.fromEntries(names.map((name) => [name, item[name]]));
}

/**
 * Returns the units that DynamoDB bills for a write (see "DynamoDB read and write operations" and "Using Global Secondary Indexes" in the DynamoDB Developer
 * Guide). A write costs 1 unit per KB, or 2 units per KB in a transaction. DynamoDB compares the item's sizes before and after the write, and bills the larger
 * size. A changed index entry costs one additional write of the entry, or two if its key changes. Index writes are asynchronous, so a transaction does not
 * double their cost.
 */
export function writeUnits({ before: oldItem, after: newItem }: ItemChange, isTransaction: boolean): Units {
  const items = [oldItem, newItem].filter((item) => item !== undefined);
  // A write that neither finds nor stores an item is billed like a write of the smallest item.
  const { [TABLE_KEYS.partition]: pk, [TABLE_KEYS.sort]: sk } = items[0] ?? {};
  const units: Units = { [DERIVED[pk?.S.split('#')[0]] ?? ITEMS[sk?.S] ?? ITEMS.video]: Math.max(1, ...items.map(writeUnitsOf)) * (isTransaction ? 2 : 1) };
  for (const index of Object.values(INDEXES)) {
    const [before, after] = [entryOf(index, oldItem), entryOf(index, newItem)];
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    const key = (entry: Json) => JSON.stringify([entry[index.partition], entry[index.sort]]);
    const isMoved = before && after && key(before) !== key(after);
    units[index.name] = isMoved
      ? writeUnitsOf(before) + writeUnitsOf(after)
      : Math.max(...[before, after].filter((entry) => entry !== undefined).map(writeUnitsOf));
  }
  return units;
}

/**
 * Returns the units that DynamoDB bills for a read: 0.5 units per 4 KB, or 1 unit per 4 KB for a consistent read. For a query, DynamoDB rounds up the total
 * size of the items. For other reads, DynamoDB rounds up the size of each item.
 */
export function readUnits(operation: string, input: Json, answer: Json): number {
  const unitsOf = (bytes: number, isConsistent?: boolean): number => Math.max(1, Math.ceil(bytes / (4 * KB))) * (isConsistent ? 1 : 0.5);
  switch (operation) {
    case 'GetItem':
      return unitsOf(answer.Item ? itemSize(answer.Item) : 0, input.ConsistentRead);
    case 'BatchGetItem':
      return Object.entries<Json>(input.RequestItems).reduce((sum, [table, { Keys, ConsistentRead }]) => {
        const items: Json[] = answer.Responses?.[table] ?? [];
        const missing = Keys.length - items.length;
        return sum + items.reduce((units, item) => units + unitsOf(itemSize(item), ConsistentRead), 0) + missing * unitsOf(0, ConsistentRead);
      }, 0);
    case 'Query':
      // DynamoDB also bills the items that a filter removes, but their size is unknown.
      if (answer.ScannedCount !== answer.Count) throw new Error('cannot count the read units of a query with a filter');
      return unitsOf((answer.Items as Json[]).reduce((sum, item) => sum + itemSize(item), 0), input.ConsistentRead);
    default:
      throw new Error(`cannot count the read units of ${operation}`);
  }
}

export function sumOf(all: readonly Units[]): Units {
  const sum: Units = {};
  for (const [place, count] of all.flatMap((units) => Object.entries(units))) sum[place] = (sum[place] ?? 0) + count;
  return sum;
}

export const totalOf = (units: Units): number => Object.values(units).reduce((sum, each) => sum + each, 0);
