import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { transact, TransactItem } from './transact';
import { countStart, UsageChange } from './usage';
import { dayOf, exceededQuota, NO_USAGE, QuotaName, Quotas, Usage } from '../../domain/quotas';

/** The error for an upload or a retry that exceeds a quota of the owner. Nothing was written. */
export class QuotaExceeded extends Error {
  constructor(readonly quota: QuotaName) {
    super(`the quota ${quota} of the owner is exceeded`);
  }
}

export interface Start {
  readonly owner: string;
  /** The additions to the usage of the owner, besides `uploadsOfDay`. */
  readonly added: UsageChange;
  /** @default - no quotas */
  readonly quotas?: Quotas;
}

/** Writes the items, and counts one more start of the owner on this day, in one transaction. Throws QuotaExceeded if the owner has reached a quota. */
export type CountWith = (items: readonly TransactItem[], start: Start) => Promise<'changed' | 'unchanged'>;

/** The maximum number of tries to count a start. A try fails if `isFirstOfDay` does not match the stored usage. */
const TRIES = 5;

export function dayCounter(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date): CountWith {
  return async (items, { owner, added, quotas }) => {
    const { storedBytes: size = 0 } = added;
    let day = dayOf(clock());
    const impossible = quotas && exceededQuota(NO_USAGE, size, day, quotas);
    if (impossible) throw new QuotaExceeded(impossible);
    let isFirstOfDay = false;
    for (let tries = 0; tries < TRIES; tries++) {
      const result = await transact(documents, [countStart(tableName, { owner, added, day, isFirstOfDay, quotas }), ...items]);
      if (result.outcome === 'changed') return 'changed';
      if (result.failed > 0) return 'unchanged';
      const usage: Usage = { ...NO_USAGE, ...result.item };
      // Around midnight, another start may already have been counted for the next day.
      if (usage.day > day) day = usage.day;
      const exceeded = quotas && exceededQuota(usage, size, day, quotas);
      if (exceeded) throw new QuotaExceeded(exceeded);
      isFirstOfDay = usage.day < day;
    }
    throw new Error(`the upload or the retry was not counted: the usage of its owner changed during each of ${TRIES} tries`);
  };
}
