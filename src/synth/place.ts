import { ResourceEnvironment, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { show } from './prop-checks';

/**
 * An existing resource must be in the account of the stack, because S3 sends events to the default event bus of the bucket's account. The resource must also be
 * in the region of the stack, because handlers call DynamoDB and S3 in this region.
 */
export function placeProblems(scope: Construct, prop: string, what: string, env: ResourceEnvironment): string[] {
  const { region, account } = Stack.of(scope);
  return [
    differ(env.region, region) ? `${prop}: expected a ${what} in the stack's region ${region}, got a ${what} in the region ${env.region}` : undefined,
    differ(env.account, account) ? `${prop}: expected a ${what} of the stack's account ${account}, got a ${what} of the account ${env.account}` : undefined,
  ].filter((problem) => problem !== undefined);
}

export function regionProblem(scope: Construct, prop: string, what: string, region: string | undefined): string | undefined {
  const own = Stack.of(scope).region;
  return region && differ(region, own) ? `${prop}: expected a ${what} in the stack's region ${own}, got a ${what} in the region ${region}` : undefined;
}

export function partitionProblem(scope: Construct, prop: string, what: string, arn: string): string | undefined {
  const { region } = Stack.of(scope);
  const own = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).partition;
  const [, partition, ...others] = arn.split(':');
  return own && others.length >= 4 && differ(partition, own) ? `${prop}: expected a ${what} of the stack's partition ${own}, got a ${what} of the partition ${partition}` : undefined;
}

/** Returns no problem for the ARN of a resource that AWS manages. In such an ARN, the account is `aws` or empty. */
export function accountProblem(scope: Construct, prop: string, what: string, arn: string): string | undefined {
  const { account } = Stack.of(scope);
  const [, , , , actual] = arn.split(':');
  return actual && actual !== 'aws' && differ(actual, account) ? `${prop}: expected a ${what} of the stack's account ${account}, got a ${what} of the account ${actual}` : undefined;
}

export function arnProblem(prop: string, what: string, arn: string, form: RegExp, example: string): string | undefined {
  // If a CDK token stands for only a part of the ARN, such as the account, the form of the ARN can still be checked.
  const isKnown = !Token.isUnresolved(arn) || arn.split(':').length >= 6;
  return !isKnown || form.test(arn) ? undefined : `${prop}: expected the ARN of a ${what}, such as ${example}, got ${show(arn)}`;
}

export function differ(actual: string, expected: string): boolean {
  return !Token.isUnresolved(actual) && !Token.isUnresolved(expected) && actual !== expected;
}
