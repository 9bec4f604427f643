import type { Change, Database, Plan, Write } from './database';
import type { Streams } from './streams';
import { AwsError } from '../../types';
import { ignoreUsage, type ObserveUsage } from '../../usage';
import type { Json } from '../json';

export type Writes = ReturnType<typeof createWrites>;

/** Serializes all writes, so that an item can't change between the check of a condition and the conditional write. */
export function createWrites({ database, streams, observe = ignoreUsage }: { database: Database; streams: Streams; observe?: ObserveUsage }) {
  let last: Promise<unknown> = Promise.resolve();
  let conflicts = 0;

  return {
    alone<T>(work: () => Promise<T>): Promise<T> {
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    },
    /** Call this method only inside `alone`. */
    async commit(plans: readonly Plan[], more: readonly Change[] = []): Promise<void> {
      await database.commit([...plans.flatMap(({ changes }) => changes), ...plans.flatMap((plan) => streams.recordOf(plan)), ...more]);
      streams.announce();
    },
    write(operation: Write, { ReturnValuesOnConditionCheckFailure: returned, ...input }: Json): Promise<Json> {
      return this.alone(async () => {
        if (this.takeConflict()) throw new AwsError('TransactionConflictException', 'Transaction is ongoing for the item');
        const plan = await database.plan(operation, input);
        const { error, before, after, answer } = plan;
        observe({ kind: 'write', isTransaction: false, changes: [{ before, after: error ? before : after }] });
        if (error?.code === 'ConditionalCheckFailedException' && returned === 'ALL_OLD') throw new AwsError(error.code, error.message, error.status, { Item: before });
        if (error) throw error;
        await this.commit([plan]);
        return answer;
      });
    },
    conflict(count: number): void {
      conflicts = count;
    },
    takeConflict: (): boolean => conflicts > 0 && conflicts-- > 0,
    observe,
    idle: () => last.then(() => undefined),
  };
}
