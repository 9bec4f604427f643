import { RemovalPolicy } from 'aws-cdk-lib';
import { enumProblem } from './prop-checks';

/** Keeps data, but leaves nothing behind when the rollback of a first deployment deletes what it made. */
export const DEFAULT_REMOVAL_POLICY = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** What is wrong with a removal policy for buckets, tables, user pools and secrets. */
export function removalPolicyProblem(name: string, policy: unknown): string | undefined {
  // CloudFormation takes snapshots of none of these resources.
  const { SNAPSHOT, ...policies } = RemovalPolicy;
  return enumProblem(name, policy, { RemovalPolicy: policies });
}
