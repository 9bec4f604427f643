import { setTimeout as wait } from 'timers/promises';
import type { Database } from './database';
import { onlyKnown } from '../../lookup';
import type { Resource } from '../../template/resources';
import type { AwsError, LocalStack } from '../../types';
import type { Json } from '../json';

const TABLE = 'AWS::DynamoDB::Table';
const GLOBAL_TABLE = 'AWS::DynamoDB::GlobalTable';
const DEFINITION = 'TableName KeySchema AttributeDefinitions BillingMode GlobalSecondaryIndexes';
const VIEW_TYPES = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'];
/** Accepted properties without effect in the local stack. */
const FREE = 'DeletionProtectionEnabled PointInTimeRecoverySpecification SSESpecification Tags';

export const tablesOf = (stack: Pick<LocalStack, 'ofType'>): Resource[] => [TABLE, GLOBAL_TABLE].flatMap((type) => stack.ofType(type));

export function partitionKeyOf({ properties: { KeySchema } }: Resource): string {
  return KeySchema.find(({ KeyType }: Json) => KeyType === 'HASH').AttributeName;
}

export function keyOf({ properties: { SSESpecification, Replicas: [replica] = [undefined] } }: Resource): string | undefined {
  return (replica?.SSESpecification ?? SSESpecification)?.KMSMasterKeyId;
}

export async function ensureTable({ logicalId, type, physicalId: TableName, properties }: Resource, database: Database): Promise<void> {
  if (type === GLOBAL_TABLE) {
    const { Replicas: [replica, ...others], ...definition } = properties;
    // The replica's region can differ from the local region, so this code does not check the region.
    if (others.length > 0) throw new Error(`${logicalId}: the local stack supports only tables with one replica`);
    onlyKnown(logicalId, definition, `${DEFINITION} StreamSpecification SSESpecification`);
    onlyKnown(logicalId, replica, `${FREE} Region GlobalSecondaryIndexes`);
    for (const index of replica.GlobalSecondaryIndexes ?? []) onlyKnown(logicalId, index, 'IndexName');
  } else {
    onlyKnown(logicalId, properties, `${DEFINITION} StreamSpecification ${FREE}`);
  }
  onlyKnown(logicalId, properties.StreamSpecification ?? {}, '', { StreamViewType: VIEW_TYPES });

  const { KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes } = properties;
  await database.call('CreateTable', { TableName, KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes }).catch((error: AwsError) => {
    if (error.code !== 'ResourceInUseException') throw new Error(`${logicalId}: ${error.message}`);
  });
  const shape = ({ KeySchema: keys, GlobalSecondaryIndexes: indexes = [] }: Json) => JSON.stringify(
    [keys, indexes.map((index: Json) => [index.IndexName, index.KeySchema]).sort()]);
  let table: Json = {};
  for (let tries = 0; table.TableStatus !== 'ACTIVE'; tries++) {
    if (tries === 100) throw new Error(`${logicalId}: the table did not become active in time`);
    await wait(tries);
    table = (await database.call('DescribeTable', { TableName })).Table;
  }
  if (shape(table) === shape(properties)) return;
  throw new Error(`${logicalId}: the keys or indexes of the table from an earlier run differ from the template. Start once with --reset to delete all local data`);
}
