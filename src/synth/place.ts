import { ResourceEnvironment, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

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

/** Whether two names differ, as far as synth can know. */
export function differ(actual: string, expected: string): boolean {
  return !Token.isUnresolved(actual) && !Token.isUnresolved(expected) && actual !== expected;
}
