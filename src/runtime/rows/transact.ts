import { setTimeout as delay } from 'timers/promises';
import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * The result of a transaction. `failed` is the index of the first item whose condition was false. `item` contains the stored attributes of the failed item, if
 * the transaction requested these attributes.
 */
export type Transacted =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'unchanged'; readonly failed: number; readonly item?: Record<string, any> };

/**
 * The maximum number of tries if a write conflicts with a transaction of the same items. The waits are random and grow to one second, so that 100
 * concurrent uploads of one user succeed.
 */
const TRIES = 12;
const FIRST_WAIT_MS = 25;
const MAX_WAIT_MS = 1000;

/**
 * Writes all items or none. The SDK adds a token to the request, so DynamoDB makes the changes only once, even if the request is repeated after a lost
 * response.
 */
export async function transact(documents: DynamoDBDocumentClient, items: TransactItem[]): Promise<Transacted> {
  return repeated(async () => {
    try {
      await documents.send(new TransactWriteCommand({ TransactItems: items }));
      return { outcome: 'changed' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const failed = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
      if (failed < 0) throw error;
      return { outcome: 'unchanged', failed, ...(reasons[failed].Item && { item: unmarshall(reasons[failed].Item) }) };
    }
  });
}

/** Repeats a write that conflicts with a transaction. A write of a single item can also conflict, and the SDK does not repeat such a write. */
export async function repeated<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (tries === TRIES || !isConflict(error)) throw error;
    }
    await delay(Math.random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** tries));
  }
}

function isConflict(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) return (error.CancellationReasons ?? []).some(({ Code }) => Code === 'TransactionConflict');
  return error instanceof TransactionConflictException;
}
