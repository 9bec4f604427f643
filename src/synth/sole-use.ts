import { Stage, Token } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { finalNames } from './final-names';
import { differ } from './place';

type Resource = s3.IBucket | dynamodb.ITable;

/**
 * Refuses a bucket or table that another construct of the app has for the same use, when the app is complete.
 *
 * @param use such as `sources`
 * @param harm what each of the two would do
 */
export function checkSoleUse(scope: IConstruct, prop: string, use: string, resource: Resource, harm: string): void {
  // A property of the construct: the same symbol in each copy of the library.
  const key = Symbol.for(`serverless-vod:${use}`);
  Object.defineProperty(scope, key, { value: resource });
  scope.node.addValidation({
    validate: () => scope.node.root.node.findAll()
      .filter((node) => node !== scope && key in node && isSame(scope, resource, node, node[key] as Resource))
      .map((other) => `${prop}: expected a ${'bucketName' in resource ? 'bucket' : 'table'} of this service only, got that of ${other.node.path} too: each would ${harm}`),
  });
}

/** By name too: one bucket or table may be imported twice. Names of tables are taken once a region and account. */
function isSame(scope: IConstruct, one: Resource, otherScope: IConstruct, other: Resource): boolean {
  if (one === other) return true;
  const names = finalNames(scope, one);
  const isElsewhere = 'tableName' in one && (differ(one.env.region, other.env.region) || differ(one.env.account, other.env.account)
    || (Token.isUnresolved(one.env.region) && Stage.of(scope) !== Stage.of(otherScope)));
  return !isElsewhere && finalNames(scope, other).some((name) => names.includes(name));
}
