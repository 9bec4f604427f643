import { itemSize } from '../local/services/dynamodb/item-size';
import type { StreamRecord } from '../local/services/dynamodb/streams';
import type { Json } from '../local/services/json';
import { INDEXES, TableIndex, TABLE_KEYS } from '../src/contract/table';

/** Write units by where they go: `table`, or an index. */
export type Units = Record<string, number>;

const KB = 1024;
const unitsOf = (item: Json) => Math.ceil(itemSize(item) / KB);

/** An index's entry for an item; none when the item lacks one of its keys. */
function entryOf({ partition, sort, projection }: TableIndex, item: Json | undefined): Json | undefined {
  if (!item?.[partition] || !item[sort]) return undefined;
  const names: string[] = [TABLE_KEYS.partition, TABLE_KEYS.sort, partition, sort];
  return projection === 'ALL' ? item : Object.fromEntries(names.map((name) => [name, item[name]]));
}

/**
 * What DynamoDB bills for a write, by its developer guide ("DynamoDB read and write operations", "Using Global Secondary Indexes"): each KB of the larger of
 * the item before and after is a unit, twice as many in a transaction; each index whose entry changes is another write of that entry, and a changed key two.
 * Entries follow asynchronously, so a transaction does not double them.
 */
export function writeUnits({ dynamodb: { OldImage, NewImage } }: StreamRecord, transactional: boolean): Units {
  const items = [OldImage, NewImage].filter((image) => image !== undefined);
  const units: Units = { table: Math.max(...items.map(unitsOf)) * (transactional ? 2 : 1) };
  for (const index of Object.values(INDEXES)) {
    const [before, after] = [entryOf(index, OldImage), entryOf(index, NewImage)];
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    const key = (entry: Json) => JSON.stringify([entry[index.partition], entry[index.sort]]);
    const isMoved = before && after && key(before) !== key(after);
    units[index.name] = isMoved ? unitsOf(before) + unitsOf(after) : Math.max(...[before, after].filter((entry) => entry !== undefined).map(unitsOf));
  }
  return units;
}

/** The sum, where each place of one of them stands. */
export function sumOf(all: readonly Units[]): Units {
  const sum: Units = {};
  for (const [place, count] of all.flatMap((units) => Object.entries(units))) sum[place] = (sum[place] ?? 0) + count;
  return sum;
}
