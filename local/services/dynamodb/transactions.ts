import { createHash } from 'crypto';
import type { Change, Database, Plan, Write } from './database';
import { itemSize } from './item-size';
import type { Writes } from './writes';
import { AwsError } from '../../types';
import type { Json } from '../json';

export interface Action {
  /** The IAM action that the caller needs for this action. The transaction itself needs no other permission. */
  readonly permission: string;
  readonly operation: Write;
  readonly input: Json;
  /** Whether the error of a failed condition contains the item. */
  readonly returnsItem: boolean;
  readonly writes: boolean;
}

interface Token { readonly hash: string; readonly at: number }

const CONDITION = 'TableName ConditionExpression ExpressionAttributeNames ExpressionAttributeValues ReturnValuesOnConditionCheckFailure';
/**
 * For each action: operation, permission, supported parameters and required parameters. A ConditionCheck is planned as a deletion, because the plan of a
 * deletion checks the condition. This deletion is not committed.
 */
const ACTIONS: Record<string, [operation: Write, permission: string, members: string, required: string]> = {
  Put: ['PutItem', 'PutItem', `${CONDITION} Item`, 'TableName Item'],
  Update: ['UpdateItem', 'UpdateItem', `${CONDITION} Key UpdateExpression`, 'TableName Key UpdateExpression'],
  Delete: ['DeleteItem', 'DeleteItem', `${CONDITION} Key`, 'TableName Key'],
  ConditionCheck: ['DeleteItem', 'ConditionCheckItem', `${CONDITION} Key`, 'TableName Key ConditionExpression'],
};
const MOST = 100;
const LARGEST = 4 * 1024 * 1024;
const MINUTES_10 = 600_000;
const TOKENS = 'transaction~';
const NO_REASON = { Code: 'None' };

const invalid = (message: string) => new AwsError('ValidationException', message);

export function actionsOf({ TransactItems: items }: Json): Action[] {
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST) {
    const bound = items?.length > MOST ? `less than or equal to ${MOST}` : 'greater than or equal to 1';
    throw invalid(`1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${bound}`);
  }
  return items.map((item: Json, index) => {
    const [[name, given], ...others] = Object.entries<Json>(item ?? {}).concat([['', {}]]);
    if (!ACTIONS[name] || others.length > 1) {
      throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
    }
    const [operation, permission, members, required] = ACTIONS[name];
    const missing = required.split(' ').find((member) => given[member] === undefined);
    if (missing) throw invalid(`1 validation error detected: Value null at 'transactItems.${index + 1}.member.${name}.${missing}' failed to satisfy constraint: Member must not be null`);
    const unknown = Object.keys(given).find((member) => !members.split(' ').includes(member));
    if (unknown) throw invalid(`TransactItems: the local stack does not support ${unknown} in ${name}`);
    const { ReturnValuesOnConditionCheckFailure: returned, ...input } = given;
    return { operation, permission, input, returnsItem: returned === 'ALL_OLD', writes: name !== 'ConditionCheck' };
  });
}

/** A client request token is stored on disk for 10 minutes, as in DynamoDB. */
export async function createTransactions({ database, writes, now = Date.now }: { database: Database; writes: Writes; now?: () => number }) {
  const tokens = new Map<string, Token>((await database.read(TOKENS)).map(([key, token]) => [key, token]));

  function expired(): Change[] {
    const keys = [...tokens].filter(([, { at }]) => at + MINUTES_10 <= now()).map(([key]) => key);
    keys.forEach((key) => tokens.delete(key));
    return keys.map((key) => ({ type: 'del', key }));
  }

  async function transact(actions: Action[], key: string | undefined, hash: string): Promise<Json> {
    const old = expired();
    const known = key && tokens.get(key);
    if (known && known.hash !== hash) throw new AwsError('IdempotentParameterMismatchException', 'in the last 10 minutes, a different request had the same ClientRequestToken');
    if (known) return {};

    const plans: Plan[] = [];
    for (const { operation, input } of actions) plans.push(await database.plan(operation, input));
    const items = plans.flatMap(({ tableName, key: item }) => item === undefined ? [] : JSON.stringify([tableName, item]));
    if (new Set(items).size < items.length) throw invalid('Transaction request cannot include multiple operations on one item');
    const size = plans.reduce((sum, { before, after = before }) => sum + (after ? itemSize(after) : 0), 0);
    if (size > LARGEST) throw invalid('The items of a transaction must have a total size of at most 4 MiB');

    const conflicts = writes.takeConflict();
    const reasons = plans.map((plan, index) => reasonOf(plan, actions[index], conflicts && index === 0));
    const isCanceled = reasons.some(({ Code }) => Code !== NO_REASON.Code);
    writes.observe({ kind: 'write', isTransaction: true, changes: plans.map(({ before, after }, index) => ({ before, after: isCanceled || !actions[index].writes ? before : after })) });
    if (isCanceled) {
      const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`;
      throw new AwsError('TransactionCanceledException', message, 400, { CancellationReasons: reasons });
    }
    const token: Token = { hash, at: now() };
    await writes.commit(plans.filter((_, index) => actions[index].writes), [...old, ...key ? [{ type: 'put' as const, key, value: token }] : []]);
    if (key) tokens.set(key, token);
    return {};
  }

  return (input: Json): Promise<Json> => {
    const { TransactItems, ClientRequestToken: token, ...others } = input;
    const unknown = Object.keys(others).find((name) => others[name] !== 'NONE');
    if (unknown) throw invalid(`the local stack does not support ${unknown} in TransactWriteItems`);
    if (token !== undefined && (typeof token !== 'string' || !/^.{1,36}$/.test(token))) throw invalid('ClientRequestToken must have 1 to 36 characters');
    const hash = createHash('sha256').update(JSON.stringify(TransactItems)).digest('hex');
    return writes.alone(() => transact(actionsOf(input), token && `${TOKENS}${token}`, hash));
  };
}

function reasonOf({ error, before }: Plan, { returnsItem }: Action, conflicts: boolean): Json {
  if (conflicts) return { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };
  if (!error) return NO_REASON;
  if (error.code !== 'ConditionalCheckFailedException') return { Code: 'ValidationError', Message: error.message };
  return { Code: 'ConditionalCheckFailed', Message: error.message, ...returnsItem && before && { Item: before } };
}
