import { join } from 'path';
import { openTables } from './database';
import { createStreams, type Streams } from './streams';
import { ensureTable, partitionKeyOf, tablesOf } from './tables';
import { actionsOf, createTransactions } from './transactions';
import { createWrites } from './writes';
import type { AwsService, LocalStack, Need, Part } from '../../types';
import { ignoreUsage, type ObserveUsage } from '../../usage';
import { jsonService, type Json } from '../json';

const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan'] as const;
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'] as const;

export interface DynamoDb extends Part {
  readonly service: AwsService;
  readonly streams: Streams;
  /** For tests: the next `count` writes fail with a transaction conflict. */
  conflict(count: number): void;
}

/**
 * Items and streams persist between runs.
 *
 * @param options.inMemory for tests: nothing persists, so writes are faster
 */
export async function startDynamoDb({ stack, observe = ignoreUsage, now, inMemory = false }: {
  stack: LocalStack; observe?: ObserveUsage; now?: () => number; inMemory?: boolean;
}): Promise<DynamoDb> {
  const database = await openTables(inMemory ? undefined : join(stack.dataFolder, 'dynamodb'));
  try {
    await Promise.all(tablesOf(stack).map((table) => ensureTable(table, database)));
    const streams = await createStreams({ stack, database, now });
    const writes = createWrites({ database, streams, observe });
    const read = async (operation: typeof READS[number], input: Json): Promise<Json> => {
      const answer = await database.call(operation, input);
      observe({ kind: 'read', operation, input, answer });
      return answer;
    };
    const operations = {
      ...Object.fromEntries(READS.map((operation) => [operation, (input: Json) => read(operation, input)])),
      ...Object.fromEntries(WRITES.map((operation) => [operation, (input: Json) => writes.write(operation, input)])),
      TransactWriteItems: await createTransactions({ database, writes, now }),
    };
    return {
      service: jsonService('dynamodb', (operation, input) => needsOf(stack, operation, input), operations),
      streams,
      conflict: writes.conflict,
      async stop() {
        streams.stop();
        await writes.idle();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

function needsOf(stack: LocalStack, operation: string, input: Json): Need[] {
  const arnOf = (table: string) => `arn:aws:dynamodb:${stack.region}:${stack.account}:table/${table}`;
  if (operation !== 'TransactWriteItems') {
    const { TableName, IndexName, RequestItems = { [TableName]: {} } } = input;
    return Object.keys(RequestItems).map((name) => (
      { action: `dynamodb:${operation}`, resource: IndexName ? `${arnOf(name)}/index/${IndexName}` : arnOf(name), context: leadingKeys(stack, name, input) }));
  }
  const needs = actionsOf(input).map(({ permission, input: { TableName, ...request } }): Need => ({
    action: `dynamodb:${permission}`,
    resource: arnOf(TableName),
    context: { 'dynamodb:EnclosingOperation': operation, ...leadingKeys(stack, TableName, request) },
  }));
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}

/**
 * Returns the condition key `dynamodb:LeadingKeys` of a request that reads or writes one item. The value is the partition key up to its first `#`, so that
 * access.jsonl contains one decision for each kind of item.
 */
function leadingKeys(stack: LocalStack, tableName: string, { Key, Item = Key }: Json): Need['context'] {
  const table = tablesOf(stack).find(({ physicalId }) => physicalId === tableName);
  const value = table && Item?.[partitionKeyOf(table)]?.S;
  return typeof value === 'string' ? { 'dynamodb:LeadingKeys': [value.replace(/#.*/s, '#')] } : undefined;
}
