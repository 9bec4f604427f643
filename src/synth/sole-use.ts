import { Stage, Token } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { finalNames } from './final-names';
import { differ } from './place';

type Resource = s3.IBucket | dynamodb.ITable;

/**
 * Rejects a bucket or table that two constructs of the app use for the same purpose.
 *
 * @param use the purpose of the resource, such as `sources`
 * @param harm the last sentence of the error message: what would go wrong
 */
export function checkSoleUse(scope: IConstruct, prop: string, use: string, resource: Resource, harm: string): void {
  markUse(scope, use, resource);
  checkUnused(scope, prop, use, resource, harm);
}

/** Records that a construct uses a bucket or table for the purpose `use`. `checkUnused` of other constructs reads this record. */
export function markUse(scope: IConstruct, use: string, resource: Resource): void {
  Object.defineProperty(scope, keyOf(use), { value: resource });
}

/** Rejects a bucket or table that another construct of the app uses for the purpose `use`. Only constructs that called `markUse` are found. */
export function checkUnused(scope: IConstruct, prop: string, use: string, resource: Resource, harm: string): void {
  const key = keyOf(use);
  scope.node.addValidation({
    validate: () => scope.node.root.node.findAll()
      .filter((node) => node !== scope && key in node && isSame(scope, resource, node, (node as unknown as Record<symbol, Resource>)[key]))
      .map((other) => `${prop}: expected a ${'bucketName' in resource ? 'bucket' : 'table'} that only this service uses, got a resource that ${other.node.path} also uses. ${harm}`),
  });
}

/** Symbol.for() returns the same symbol in each installed copy of the library. */
function keyOf(use: string): symbol {
  return Symbol.for(`serverless-vod:${use}`);
}

/**
 * Names are compared too, because an app can import the same bucket or table twice. Tables in different regions or accounts are different tables, even if their
 * names are equal.
 */
function isSame(scope: IConstruct, one: Resource, otherScope: IConstruct, other: Resource): boolean {
  if (one === other) return true;
  const names = finalNames(scope, one);
  const isElsewhere = 'tableName' in one && (differ(one.env.region, other.env.region) || differ(one.env.account, other.env.account)
    || (Token.isUnresolved(one.env.region) && Stage.of(scope) !== Stage.of(otherScope)));
  return !isElsewhere && finalNames(scope, other).some((name) => names.includes(name));
}
