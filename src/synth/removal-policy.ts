import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { enumProblem } from './prop-checks';

/** Retains data, except when the rollback of a first deployment deletes the resources that it created. */
export const DEFAULT_REMOVAL_POLICY = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** Checks a removal policy for buckets, tables, user pools and secrets. */
export function removalPolicyProblem(name: string, policy: unknown): string | undefined {
  // CloudFormation supports snapshots of none of these resource types.
  const { SNAPSHOT, ...policies } = RemovalPolicy;
  return enumProblem(name, policy, { RemovalPolicy: policies });
}

/** Warns of `RemovalPolicy.DESTROY` with deletion protection. This is not an error because the protection can be turned off before the stack is deleted. */
export function warnOfProtection(scope: Construct, what: string, { deletionProtection, removalPolicy }: {
  readonly deletionProtection?: boolean; readonly removalPolicy?: RemovalPolicy;
}): void {
  if (deletionProtection !== true || removalPolicy !== RemovalPolicy.DESTROY) return;
  Annotations.of(scope).addWarningV2('serverless-vod:protectedAndDestroyed',
    `deletionProtection: expected false with RemovalPolicy.DESTROY, got true. Deletion of the stack will fail at the ${what}, possibly after the buckets were emptied. Deploy with deletionProtection false before you delete the stack, or keep the data with RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE`);
}
