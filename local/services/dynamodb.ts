import { mkdirSync } from 'fs';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import dynalite from 'dynalite';
import { jsonService, type Json } from './json';
import { openDatabase } from '../data-folder';
import { listen } from '../listen';
import { onlyKnown } from '../lookup';
import type { Resource } from '../template/resources';
import { AwsError, type DoorService, type LocalStack, type Part } from '../types';

const OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'Query', 'BatchGetItem'];

/** Starts dynalite with the template's tables; items are kept between runs. */
export async function startDynamoDb({ stack }: { stack: LocalStack }): Promise<Part & { service: DoorService }> {
  const path = join(stack.dataFolder, 'dynamodb');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // Dynalite opens it late, and ends the process when it can't.
  await (await openDatabase(path)).close();
  const { port, stop } = await listen(dynalite({ path, createTableMs: 0 }), 0);

  async function call(operation: string, input: Json): Promise<Json> {
    // Dynalite would pass over it in silence.
    if (input.ReturnValuesOnConditionCheckFailure) throw new AwsError('ValidationException', 'ReturnValuesOnConditionCheckFailure works in AWS only');
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // Dynalite wants the form of a signature; the door has checked the real one.
      'x-amz-date': 'checked',
      'authorization': 'AWS4-HMAC-SHA256 Credential=checked, SignedHeaders=checked, Signature=checked',
    };
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: JSON.stringify(input) });
    const body = await answer.json() as Json;
    if (!answer.ok) throw new AwsError(body.__type.split('#').at(-1), body.message, answer.status);
    return body;
  }

  const tables = stack.ofType('AWS::DynamoDB::Table').map((table) => ensureTable(table, call));
  await Promise.all(tables).catch((error) => stop().then(() => Promise.reject(error)));
  const needs = (operation: string, { TableName, IndexName, RequestItems = { [TableName]: {} } }: Json) => Object.keys(RequestItems).map((name) => {
    const table = `arn:aws:dynamodb:${stack.region}:${stack.account}:table/${name}`;
    return { action: `dynamodb:${operation}`, resource: IndexName ? `${table}/index/${IndexName}` : table };
  });
  const operations = Object.fromEntries(OPERATIONS.map((operation) => [operation, (input: Json) => call(operation, input)]));
  return { service: jsonService('dynamodb', needs, operations), stop };
}

async function ensureTable({ logicalId, physicalId: TableName, properties }: Resource, call: (operation: string, input: Json) => Promise<Json>): Promise<void> {
  const { DeletionProtectionEnabled, PointInTimeRecoverySpecification, SSESpecification, ...definition } = properties;
  onlyKnown(logicalId, definition, 'KeySchema AttributeDefinitions BillingMode GlobalSecondaryIndexes');
  await call('CreateTable', { TableName, ...definition }).catch((error: AwsError) => {
    if (error.code !== 'ResourceInUseException') throw new Error(`${logicalId}: ${error.message}`);
  });
  const shape = ({ KeySchema, GlobalSecondaryIndexes: indexes = [] }: Json) => JSON.stringify(
    [KeySchema, indexes.map((index: Json) => [index.IndexName, index.KeySchema]).sort()]);
  let table: Json = {};
  for (let tries = 0; table.TableStatus !== 'ACTIVE'; tries++) {
    if (tries === 100) throw new Error(`${logicalId}: the table does not become active`);
    await wait(tries);
    table = (await call('DescribeTable', { TableName })).Table;
  }
  if (shape(table) === shape(properties)) return;
  throw new Error(`${logicalId}: the table kept from an earlier run has other keys or indexes than the template; start once with --reset`);
}
