import { mkdirSync } from 'fs';
import { AddressInfo } from 'net';
import { join } from 'path';
import dynalite from 'dynalite';
import { AwsError, DoorRequest, DoorService, LocalStack, Need, Part, Resource } from '../types';
import { failJson, inputOf, operationOf } from './json';

type Json = Record<string, any>;
type Call = (operation: string, input: Json) => Promise<Json>;

const TRANSACTION_ACTIONS: Record<string, string> = {
  Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem', Get: 'GetItem',
};

/** Starts dynalite with the template's tables; items are kept between runs. */
export async function startDynamoDb({ stack }: { stack: LocalStack }): Promise<Part & { service: DoorService }> {
  const path = join(stack.dataFolder, 'dynamodb');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const server = dynalite({ path, createTableMs: 0 });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const send = async (operation: string, body: string | Buffer) => fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // Dynalite wants the form of a signature; the door has checked the real one.
      'x-amz-date': 'checked',
      'authorization': 'AWS4-HMAC-SHA256 Credential=checked, SignedHeaders=checked, Signature=checked',
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  const call: Call = async (operation, input) => (await send(operation, JSON.stringify(input))).json() as Promise<Json>;

  const stop = () => new Promise<void>((resolve, reject) => {
    server.close((error) => error ? reject(error) : resolve());
    server.closeAllConnections();
  });
  try {
    for (const table of stack.ofType('AWS::DynamoDB::Table')) await ensureTable(table, call);
  } catch (error) {
    await stop();
    throw error;
  }

  const service: DoorService = {
    name: 'dynamodb',
    needs: (request) => needsOf(stack, request),
    async handle({ headers, body }, response) {
      const operation = operationOf(headers);
      if (operation.startsWith('Transact')) throw new AwsError('UnknownOperationException', `dynalite has no transactions: ${operation} works in AWS only`);
      const answer = await send(operation, body ?? '');
      let text = Buffer.from(await answer.arrayBuffer());
      if (answer.status === 400) text = Buffer.from(JSON.stringify(await withOldItem(JSON.parse(text.toString()), inputOf(body), call)));
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
    },
    fail: failJson,
  };
  return { service, stop };
}

async function ensureTable({ logicalId, physicalId, properties }: Resource, call: Call): Promise<void> {
  const { KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, LocalSecondaryIndexes, ProvisionedThroughput } = properties;
  const pick = (indexes?: Json[]) => indexes?.map(({ IndexName, KeySchema: keys, Projection, ProvisionedThroughput: throughput }) => (
    { IndexName, KeySchema: keys, Projection, ProvisionedThroughput: throughput }));
  const shape = ({ KeySchema: own, GlobalSecondaryIndexes: global = [], LocalSecondaryIndexes: local = [] }: Json) => JSON.stringify(
    [own, [...global, ...local].map(({ IndexName, KeySchema: keys }: Json) => [IndexName, keys]).sort()]);

  let { Table: table } = await call('DescribeTable', { TableName: physicalId });
  if (table && shape(table) !== shape(properties)) {
    throw new Error(`${logicalId}: the table kept from an earlier run has other keys or indexes than the template; start once with --reset`);
  }
  if (!table) {
    const indexes = { GlobalSecondaryIndexes: pick(GlobalSecondaryIndexes), LocalSecondaryIndexes: pick(LocalSecondaryIndexes) };
    const definition = { TableName: physicalId, KeySchema, AttributeDefinitions, BillingMode, ProvisionedThroughput };
    const answer = await call('CreateTable', { ...definition, ...indexes });
    if (!answer.TableDescription) throw new Error(`${logicalId}: ${answer.message}`);
  }
  for (let attempt = 0; attempt < 100; attempt++) {
    ({ Table: table } = await call('DescribeTable', { TableName: physicalId }));
    if (table.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${logicalId}: the table does not become active`);
}

/** Dynalite ignores ReturnValuesOnConditionCheckFailure, so a failed condition's item is read right after it. */
async function withOldItem(error: Json, input: Json, call: Call): Promise<Json> {
  const wanted = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && String(error.__type).endsWith('#ConditionalCheckFailedException');
  if (!wanted) return error;
  const { TableName } = input;
  const { Table } = await call('DescribeTable', { TableName });
  const keys: string[] = Table.KeySchema.map((key: Json) => key.AttributeName);
  const Key = input.Key ?? Object.fromEntries(keys.map((key) => [key, input.Item[key]]));
  const { Item } = await call('GetItem', { TableName, Key, ConsistentRead: true });
  return Item ? { ...error, Item } : error;
}

function needsOf(stack: LocalStack, { headers, body }: DoorRequest): Need[] {
  const operation = operationOf(headers);
  const input = inputOf(body);
  const arn = (name = '') => name.startsWith('arn:') ? name : `arn:aws:dynamodb:${stack.region}:${stack.account}:table/${name}`;
  const need = (action: string, resource: string): Need => ({ action: `dynamodb:${action}`, resource });
  if (input.TransactItems) {
    const items = (input.TransactItems as Json[]).flatMap((item) => Object.entries(item));
    return items.map(([kind, { TableName }]) => need(TRANSACTION_ACTIONS[kind], arn(TableName)));
  }
  if (input.RequestItems) return Object.keys(input.RequestItems).map((name) => need(operation, arn(name)));
  if (!input.TableName) return [need(operation, '*')];
  return [need(operation, input.IndexName ? `${arn(input.TableName)}/index/${input.IndexName}` : arn(input.TableName))];
}
