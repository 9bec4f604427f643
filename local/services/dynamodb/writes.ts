import type { Change, Database, Plan, Write } from './database';
import type { Streams } from './streams';
import { AwsError } from '../../types';
import type { Json } from '../json';

/** The writes of all tables. */
export type Writes = ReturnType<typeof createWrites>;

/** Makes one write after the other: between the check of a condition and the write that it guards, nothing changes. */
export function createWrites({ database, streams }: { database: Database; streams: Streams }) {
  let last: Promise<unknown> = Promise.resolve();
  let conflicts = 0;

  return {
    /** Runs the work when all work before it has ended. */
    alone<T>(work: () => Promise<T>): Promise<T> {
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    },
    /** Stores what was planned, its stream records, and what else belongs to it. Only inside `alone`. */
    async commit(plans: readonly Plan[], more: readonly Change[] = []): Promise<void> {
      await database.commit([...plans.flatMap(({ changes }) => changes), ...plans.flatMap((plan) => streams.recordOf(plan)), ...more]);
      streams.announce();
    },
    /** A write of one item. */
    write(operation: Write, { ReturnValuesOnConditionCheckFailure: returned, ...input }: Json): Promise<Json> {
      return this.alone(async () => {
        if (this.takeConflict()) throw new AwsError('TransactionConflictException', 'Transaction is ongoing for the item');
        const plan = await database.plan(operation, input);
        const { error, before, answer } = plan;
        if (error?.code === 'ConditionalCheckFailedException' && returned === 'ALL_OLD') throw new AwsError(error.code, error.message, error.status, { Item: before });
        if (error) throw error;
        await this.commit([plan]);
        return answer;
      });
    },
    /** Makes the next writes fail as if another transaction held their items: under one lock that never happens by itself. For tests. */
    conflict(count: number): void {
      conflicts = count;
    },
    /** Whether this write is one that has to conflict. */
    takeConflict: (): boolean => conflicts > 0 && conflicts-- > 0,
    /** Resolves when no write is under way. */
    idle: () => last.then(() => undefined),
  };
}
