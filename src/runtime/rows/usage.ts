import type { TransactItem } from './transact';
import { usageKey, VideoRow } from '../../contract/table';
import type { Quotas } from '../../domain/quotas';

/** Numbers to add to the usage of an owner. */
export interface UsageChange {
  readonly openUploads?: number;
  readonly videos?: number;
  readonly storedBytes?: number;
}

const LIMITED = ['openUploads', 'videos', 'storedBytes'] as const satisfies (keyof Quotas & keyof UsageChange)[];

/** Returns an unconditional write that changes the usage of an owner. */
export function addUsage(tableName: string, owner: string, change: UsageChange): TransactItem {
  const entries = Object.entries(change);
  return {
    Update: {
      TableName: tableName,
      Key: usageKey(owner),
      UpdateExpression: `ADD ${entries.map(([name]) => `#${name} :${name}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
    },
  };
}

/** The usage of a video after its upload, which moves with the video to another owner. */
export function usageOf({ source, error }: Pick<VideoRow, 'source' | 'error'>): UsageChange {
  const isStored = source.state !== 'deleted' && error?.code !== 'upload_expired';
  return { videos: 1, ...(isStored && { storedBytes: source.size }) };
}

/** Returns the change that undoes `change`. */
export function minus(change: UsageChange): UsageChange {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, -value]));
}

/** The start of an upload, or of a retry. */
export interface NewStart {
  readonly owner: string;
  /** The additions to the usage of the owner, besides `uploadsOfDay`. */
  readonly added: UsageChange;
  readonly day: string;
  /** True if the stored usage is from an earlier day than `day`. In this case, the start is counted as the first start of the day. */
  readonly isFirstOfDay: boolean;
  /** @default - no quotas */
  readonly quotas?: Quotas;
}

/** Returns the write that counts a start. The write fails if the start exceeds a quota, or if `isFirstOfDay` does not match the stored usage. */
export function countStart(tableName: string, { owner, added, day, isFirstOfDay, quotas }: NewStart): TransactItem {
  // For the attribute `videos`, `:videos` is the number that is added, and `:videosBefore` is the largest stored number that still allows the start. The other
  // attributes have corresponding values.
  const names = LIMITED.filter((name) => added[name] !== undefined);
  const adds = [...names.map((name) => `#${name} :${name}`), ...(isFirstOfDay ? [] : ['#uploadsOfDay :one'])];
  const isExpectedDay = isFirstOfDay ? '(attribute_not_exists(#day) OR #day < :day)' : '#day = :day';
  const limits = quotas ? [
    ...names.map((name) => `(attribute_not_exists(#${name}) OR #${name} <= :${name}Before)`),
    ...(isFirstOfDay ? [] : ['#uploadsOfDay < :uploadsPerDay']),
  ] : [];
  return {
    Update: {
      TableName: tableName,
      Key: usageKey(owner),
      UpdateExpression: `${isFirstOfDay ? 'SET #day = :day, #uploadsOfDay = :one' : ''}${adds.length > 0 ? ` ADD ${adds.join(', ')}` : ''}`,
      ConditionExpression: [isExpectedDay, ...limits].join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(['day', 'uploadsOfDay', ...names].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ':day': day,
        ':one': 1,
        ...Object.fromEntries(names.map((name) => [`:${name}`, added[name]])),
        ...(quotas && Object.fromEntries(names.map((name) => [`:${name}Before`, quotas[name] - added[name]!]))),
        ...(quotas && !isFirstOfDay && { ':uploadsPerDay': quotas.uploadsPerDay }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}
