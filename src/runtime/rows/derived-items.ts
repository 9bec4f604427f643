import type { TransactItem } from './transact';
import { DerivedKey, derivedKeys } from '../../contract/derived-rows';
import type { VideoRow } from '../../contract/table';

/**
 * Returns the writes of derived rows for the transaction that changes the row of a video. The list is empty if the derived rows stay as they are.
 *
 * @param before the stored row; undefined for a new video
 * @param after the row after the transaction; undefined if the transaction deletes the row
 */
export function derivedItems(tableName: string, before: VideoRow | undefined, after: VideoRow | undefined): TransactItem[] {
  const [old, current] = [before, after].map((row) => (row ? derivedKeys(row) : []));
  return [
    ...without(old, current).map((Key) => ({ Delete: { TableName: tableName, Key } })),
    ...without(current, old).map((Item) => ({ Put: { TableName: tableName, Item } })),
  ];
}

function without(keys: readonly DerivedKey[], others: readonly DerivedKey[]): DerivedKey[] {
  return keys.filter(({ pk, sk }) => !others.some((other) => other.pk === pk && other.sk === sk));
}
