import { Annotations, Arn, ArnFormat, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { keyProblems, ResourceKey } from './kms-keys';
import { placeProblems } from './place';
import { isAbsent, objectProblem } from './prop-checks';
import { INDEXES, TABLE_KEYS } from '../contract/table';

/** Keys of a table or index, as CloudFormation has them. */
interface KeyElement {
  readonly attributeName: string;
  readonly keyType: string;
}

/** The customer's key of a table. */
export function tableKey(prop: string, { encryptionKey }: dynamodb.ITable): ResourceKey {
  return { prop, key: encryptionKey, service: 'dynamodb' };
}

/** What is wrong with where a table that was passed in lies, and with its key. */
export function tablePlaceProblems(
  scope: Construct, prop: string, table: dynamodb.ITable | undefined, { required = false } = {},
): (string | undefined)[] {
  const wrong = objectProblem(prop, table, 'a table, such as a dynamodb.Table', { members: ['tableArn', 'env', 'node'], required });
  if (wrong || isAbsent(table)) return [wrong];
  // CDK gives an imported table the environment of its stack, whatever its ARN says.
  const { region = '', account = '' } = Token.isUnresolved(table.tableArn) ? table.env : Arn.split(table.tableArn, ArnFormat.SLASH_RESOURCE_NAME);
  return [...placeProblems(scope, prop, 'table', { region, account }), ...keyProblems(tableKey(prop, table), region)];
}

/** Checks the key of a table when the app is complete: an aspect, or code of the app, may encrypt any table later. */
export function checkTableKey(scope: Construct, prop: string, table: dynamodb.ITable): void {
  const resource = table.node.defaultChild;
  if (!CfnResource.isCfnResource(resource) || resource.cfnResourceType !== 'AWS::DynamoDB::Table') return;
  const key = () => Stack.of(resource).resolve((resource as dynamodb.CfnTable).sseSpecification)?.kmsMasterKeyId;
  scope.node.addValidation({
    validate: () => (key() && !table.encryptionKey
      ? [`${prop}: its KMS key ${JSON.stringify(key())} is not known to CDK, so nobody can be granted it; make the table with the prop encryptionKey of dynamodb.Table`] : []),
  });
}

/** Checks a table that was passed in, when the app is complete: indexes may be added after the service was made. */
export function checkTable(scope: Construct, prop: string, table: dynamodb.ITable): void {
  const resource = table.node.defaultChild;
  if (!CfnResource.isCfnResource(resource) || !/^AWS::DynamoDB::(Global)?Table$/.test(resource.cfnResourceType)) {
    Annotations.of(scope).addWarningV2('serverless-vod:importedTable',
      `${prop}: an imported table can't be checked; it needs the string keys ${keys(TABLE_KEYS)} and the indexes ${Object.values(INDEXES).map((index) => `${index.name} (${keys(index)})`).join(', ')}. If a KMS key of yours encrypts it, import it by fromTableAttributes with encryptionKey`);
    return;
  }
  scope.node.addValidation({ validate: () => tableProblems(prop, resource as dynamodb.CfnTable) });
}

function tableProblems(prop: string, resource: dynamodb.CfnTable): string[] {
  const stack = Stack.of(resource);
  const types = new Map<string, string>();
  for (const { attributeName, attributeType } of stack.resolve(resource.attributeDefinitions) ?? []) types.set(attributeName, attributeType);
  const indexes: { indexName: string; keySchema: KeyElement[] }[] = stack.resolve(resource.globalSecondaryIndexes) ?? [];

  const wrongKeys = (schema: KeyElement[], expected: { partition: string; sort: string }): boolean => {
    const name = (type: string) => schema.find(({ keyType }) => keyType === type)?.attributeName;
    return name('HASH') !== expected.partition || name('RANGE') !== expected.sort
      || [expected.partition, expected.sort].some((attribute) => types.get(attribute) !== 'S');
  };
  const problems = wrongKeys(stack.resolve(resource.keySchema) ?? [], TABLE_KEYS)
    ? [`${prop}: expected a table with the string keys ${keys(TABLE_KEYS)}; keys can't be changed, so it takes another table`] : [];
  for (const index of Object.values(INDEXES)) {
    const found = indexes.find(({ indexName }) => indexName === index.name);
    if (!found || wrongKeys(found.keySchema, index)) {
      problems.push(`${prop}: expected a global secondary index '${index.name}' with the string keys ${keys(index)}, ${found ? 'got other keys' : 'got none'}; add it with addGlobalSecondaryIndex`);
    }
  }
  return problems;
}

function keys({ partition, sort }: { readonly partition: string; readonly sort: string }): string {
  return `${partition} and ${sort}`;
}
