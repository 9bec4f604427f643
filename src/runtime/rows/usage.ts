import type { TransactItem } from './transact';
import { usageKey } from '../../contract/table';
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

export interface NewUpload {
  readonly owner: string;
  /** The declared size in bytes. */
  readonly size: number;
  readonly day: string;
  /** True if the stored usage is from an earlier day than `day`. In this case, the upload is counted as the first upload of the day. */
  readonly isFirstOfDay: boolean;
  /** @default - no quotas */
  readonly quotas?: Quotas;
}

/** Returns the write that counts a new upload. The write fails if the upload exceeds a quota, or if `isFirstOfDay` does not match the stored usage. */
export function countUpload(tableName: string, { owner, size, day, isFirstOfDay, quotas }: NewUpload): TransactItem {
  // For the attribute `videos`, `:videos` is the number that is added, and `:videosBefore` is the largest stored number that still allows the upload. The other
  // attributes have corresponding values.
  const added = { openUploads: 1, videos: 1, storedBytes: size };
  const isExpectedDay = isFirstOfDay ? '(attribute_not_exists(#day) OR #day < :day)' : '#day = :day';
  const limits = quotas ? [
    ...LIMITED.map((name) => `(attribute_not_exists(#${name}) OR #${name} <= :${name}Before)`),
    ...(isFirstOfDay ? [] : ['#uploadsOfDay < :uploadsPerDay']),
  ] : [];
  return {
    Update: {
      TableName: tableName,
      Key: usageKey(owner),
      UpdateExpression: `${isFirstOfDay ? 'SET #day = :day, #uploadsOfDay = :one' : ''} ADD ${LIMITED.map((name) => `#${name} :${name}`).join(', ')}${isFirstOfDay ? '' : ', #uploadsOfDay :one'}`,
      ConditionExpression: [isExpectedDay, ...limits].join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(['day', 'uploadsOfDay', ...LIMITED].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ':day': day,
        ':one': 1,
        ...Object.fromEntries(LIMITED.map((name) => [`:${name}`, added[name]])),
        ...(quotas && Object.fromEntries(LIMITED.map((name) => [`:${name}Before`, quotas[name] - added[name]]))),
        ...(quotas && !isFirstOfDay && { ':uploadsPerDay': quotas.uploadsPerDay }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}
