import { Annotations, Arn, ArnFormat, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { keyProblems, ResourceKey } from './kms-keys';
import { differ, placeProblems } from './place';
import { isAbsent, objectProblem, show } from './prop-checks';
import { renderedProperties } from './rendered';
import { INDEXES, TABLE_KEYS, TableIndex } from '../contract/table';

interface KeyElement {
  readonly attributeName: string;
  readonly keyType: string;
}

export function tableKey(prop: string, { encryptionKey }: dynamodb.ITable): ResourceKey {
  return { prop, key: encryptionKey, service: 'dynamodb' };
}

export function tablePlaceProblems(
  scope: Construct, prop: string, table: dynamodb.ITable | undefined, { required = false } = {},
): (string | undefined)[] {
  const wrong = objectProblem(prop, table, 'a table, such as a dynamodb.Table', { members: ['tableArn', 'env', 'node'], required });
  if (wrong || isAbsent(table)) return [wrong];
  // The `env` of an imported table describes the importing stack, so the region and the account are read from the ARN.
  const { region = '', account = '' } = Token.isUnresolved(table.tableArn) ? table.env : Arn.split(table.tableArn, ArnFormat.SLASH_RESOURCE_NAME);
  return [...placeProblems(scope, prop, 'table', { region, account }), ...keyProblems(tableKey(prop, table), region)];
}

const NO_STREAM = 'expected a table with a stream, got a table without a stream. Set stream (dynamodb.Table) or dynamoStream (dynamodb.TableV2) to StreamViewType.NEW_AND_OLD_IMAGES. Import an existing table with fromTableAttributes and tableStreamArn';

export function streamProblems(scope: Construct, prop: string, table: dynamodb.ITable | undefined): string[] {
  if (isAbsent(table) || typeof table !== 'object') return [];
  const arn = table.tableStreamArn;
  if (isAbsent(arn)) return [`${prop}: ${NO_STREAM}`];
  if (Token.isUnresolved(arn)) return [];
  const [, region, account, name] = /^arn:[^:]+:dynamodb:([^:]+):([^:]+):table\/([^/]+)\/stream\/[^/]+$/.exec(arn) ?? [];
  const stream = `${prop}.tableStreamArn`;
  if (!name) return [`${stream}: expected the LatestStreamArn of the table, such as arn:aws:dynamodb:eu-west-1:123456789012:table/NAME/stream/2026-01-01T00:00:00.000, got ${show(arn)}`];
  const problems = placeProblems(scope, stream, 'stream', { region, account });
  return differ(name, table.tableName) ? [...problems, `${stream}: expected a stream of the table ${table.tableName}, got a stream of the table ${name}`] : problems;
}

/**
 * Runs at the end of synth, because an aspect may remove the stream. The stream ARN does not prove that the table has a stream, because a TableV2 always has a
 * stream ARN.
 */
export function checkStream(scope: Construct, prop: string, table: dynamodb.ITable): void {
  const resource = resourceOf(table);
  if (!resource) return;
  scope.node.addValidation({ validate: () => (readTable(resource).streamSpecification?.streamViewType ? [] : [`${prop}: ${NO_STREAM}`]) });
}

/** Runs at the end of synth, because an aspect or other code of the app may set a key later. */
export function checkTableKey(scope: Construct, prop: string, table: dynamodb.ITable): void {
  const resource = resourceOf(table);
  if (!resource) return;
  const keyIds = () => {
    const { SSESpecification, Replicas = [] } = renderedProperties<RenderedEncryption>(resource);
    return [SSESpecification, ...Replicas.map((replica) => replica.SSESpecification)].flatMap((sse) => sse?.KMSMasterKeyId ?? []);
  };
  scope.node.addValidation({
    validate: () => (keyIds().length > 0 && !table.encryptionKey
      ? [`${prop}: expected a table whose KMS key is known to CDK, got the key ${JSON.stringify(keyIds()[0])}, to which CDK can't grant access. Pass the key to dynamodb.Table as encryptionKey, or to dynamodb.TableV2 as encryption`] : []),
  });
}

/** Runs at the end of synth, because the app may add indexes and the stream after it creates the service. */
export function checkTable(scope: Construct, prop: string, table: dynamodb.ITable): void {
  const resource = resourceOf(table);
  if (!resource) {
    Annotations.of(scope).addWarningV2('serverless-vod:importedTable',
      `${prop}: an imported table can't be checked at synth. The table requires the string keys ${keys(TABLE_KEYS)}, and a stream with the view type NEW_AND_OLD_IMAGES. The table also requires the indexes ${Object.values(INDEXES).map((index) => `${index.name} (${keys(index)}; ${index.projection})`).join(', ')}. An index can also project additional attributes. If a customer-managed KMS key encrypts the table, import the table with fromTableAttributes and encryptionKey`);
    return;
  }
  scope.node.addValidation({ validate: () => tableProblems(prop, readTable(resource)) });
}

interface IndexProperties {
  readonly indexName: string;
  readonly keySchema: KeyElement[];
  readonly projection?: { readonly projectionType?: string };
}

/** The properties that `AWS::DynamoDB::Table` and `AWS::DynamoDB::GlobalTable` have in common. */
interface TableProperties {
  readonly attributeDefinitions?: { readonly attributeName: string; readonly attributeType: string }[];
  readonly keySchema?: KeyElement[];
  readonly globalSecondaryIndexes?: IndexProperties[];
  readonly streamSpecification?: { readonly streamViewType?: string };
}

interface RenderedEncryption {
  /** Of `AWS::DynamoDB::Table`. */
  readonly SSESpecification: { readonly KMSMasterKeyId?: string | object };
  /** Of `AWS::DynamoDB::GlobalTable`. */
  readonly Replicas: { readonly SSESpecification?: { readonly KMSMasterKeyId?: string | object } }[];
}

function resourceOf(table: dynamodb.ITable): CfnResource | undefined {
  const resource = table.node.defaultChild;
  return CfnResource.isCfnResource(resource) && /^AWS::DynamoDB::(Global)?Table$/.test(resource.cfnResourceType) ? resource : undefined;
}

function readTable(resource: CfnResource): TableProperties {
  const either = resource as dynamodb.CfnTable & dynamodb.CfnGlobalTable;
  const { attributeDefinitions, keySchema, globalSecondaryIndexes, streamSpecification } = either;
  return Stack.of(resource).resolve({ attributeDefinitions, keySchema, globalSecondaryIndexes, streamSpecification });
}

function tableProblems(prop: string, table: TableProperties): string[] {
  const { attributeDefinitions = [], keySchema = [], globalSecondaryIndexes: indexes = [], streamSpecification: stream } = table;
  const types = new Map(attributeDefinitions.map(({ attributeName, attributeType }) => [attributeName, attributeType]));
  const wrongKeys = (schema: KeyElement[], expected: { partition: string; sort: string }): boolean => {
    const name = (type: string) => schema.find(({ keyType }) => keyType === type)?.attributeName;
    return name('HASH') !== expected.partition || name('RANGE') !== expected.sort
      || [expected.partition, expected.sort].some((attribute) => types.get(attribute) !== 'S');
  };
  const problems = wrongKeys(keySchema, TABLE_KEYS)
    ? [`${prop}: expected a table with the string keys ${keys(TABLE_KEYS)}, got different keys. Create a new table, because the keys of a table can't be changed`] : [];
  if (stream?.streamViewType && stream.streamViewType !== 'NEW_AND_OLD_IMAGES') {
    problems.push(`${prop}: expected a stream of StreamViewType.NEW_AND_OLD_IMAGES, got ${stream.streamViewType}. Each event is derived from the old and the new image of a row`);
  }
  for (const index of Object.values<TableIndex>(INDEXES)) {
    const found = indexes.find(({ indexName }) => indexName === index.name);
    if (!found || wrongKeys(found.keySchema, index)) {
      problems.push(`${prop}: expected a global secondary index '${index.name}' with the string keys ${keys(index)}, ${found ? 'got different keys' : 'got none'}. Add the index with addGlobalSecondaryIndex`);
    } else if (index.projection === 'ALL' && found.projection?.projectionType !== 'ALL') {
      problems.push(`${prop}: expected the global secondary index '${index.name}' to project all attributes, got ${found.projection?.projectionType}. Create the index with ProjectionType.ALL`);
    }
  }
  return problems;
}

function keys({ partition, sort }: { readonly partition: string; readonly sort: string }): string {
  return `${partition} and ${sort}`;
}
