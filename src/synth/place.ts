import { ResourceEnvironment, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { show } from './prop-checks';

/**
 * Why a bucket or table that was passed in can't serve a stack: it lies in another region or account. S3 sends events to the bus of
 * the bucket's own account, and handlers call DynamoDB and S3 in their own region.
 */
export function placeProblems(scope: Construct, prop: string, what: string, env: ResourceEnvironment): string[] {
  const { region, account } = Stack.of(scope);
  return [
    differ(env.region, region) ? `${prop}: expected a ${what} in the stack's region ${region}, got one in ${env.region}` : undefined,
    differ(env.account, account) ? `${prop}: expected a ${what} of the stack's account ${account}, got one of ${env.account}` : undefined,
  ].filter((problem) => problem !== undefined);
}

/** Why functions of a stack can't use a resource: AWS looks it up in their own region. */
export function regionProblem(scope: Construct, prop: string, what: string, region: string | undefined): string | undefined {
  const own = Stack.of(scope).region;
  return region && differ(region, own) ? `${prop}: expected a ${what} in the stack's region ${own}, got one in ${region}` : undefined;
}

/** Why a stack can't use an ARN, which may have no region: partitions, such as China's `aws-cn`, know nothing of each other. */
export function partitionProblem(scope: Construct, prop: string, what: string, arn: string): string | undefined {
  const { region } = Stack.of(scope);
  const own = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).partition;
  const [, partition, ...others] = arn.split(':');
  return own && others.length >= 4 && differ(partition, own) ? `${prop}: expected a ${what} of the stack's partition ${own}, got one of ${partition}` : undefined;
}

/** Why a stack can't use what has to lie in its own account, by an ARN. What AWS manages has no account. */
export function accountProblem(scope: Construct, prop: string, what: string, arn: string): string | undefined {
  const { account } = Stack.of(scope);
  const [, , , , actual] = arn.split(':');
  return actual && actual !== 'aws' && differ(actual, account) ? `${prop}: expected a ${what} of the stack's account ${account}, got one of ${actual}` : undefined;
}

/** What is wrong with the form of an ARN, as far as synth can know. */
export function arnProblem(prop: string, what: string, arn: string, form: RegExp, example: string): string | undefined {
  // Some parts may be known at deploy time only, or all.
  const isKnown = !Token.isUnresolved(arn) || arn.split(':').length >= 6;
  return !isKnown || form.test(arn) ? undefined : `${prop}: expected the ARN of a ${what}, such as ${example}, got ${show(arn)}`;
}

/** Whether two names differ, as far as synth can know. */
export function differ(actual: string, expected: string): boolean {
  return !Token.isUnresolved(actual) && !Token.isUnresolved(expected) && actual !== expected;
}
