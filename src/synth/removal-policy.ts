import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { enumProblem } from './prop-checks';

/** Data is retained, except if the first deployment fails and its rollback deletes the new resources. */
export const DEFAULT_REMOVAL_POLICY = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

export function removalPolicyProblem(name: string, policy: unknown): string | undefined {
  // CloudFormation doesn't support snapshots of buckets, tables, user pools and secrets.
  const { SNAPSHOT, ...policies } = RemovalPolicy;
  return enumProblem(name, policy, { RemovalPolicy: policies });
}

/** Synth does not fail, because the protection can be disabled before the stack is deleted. */
export function warnOfProtection(scope: Construct, what: string, { deletionProtection, removalPolicy }: {
  readonly deletionProtection?: boolean; readonly removalPolicy?: RemovalPolicy;
}): void {
  if (deletionProtection !== true || removalPolicy !== RemovalPolicy.DESTROY) return;
  Annotations.of(scope).addWarningV2('serverless-vod:protectedAndDestroyed',
    `deletionProtection: expected false with RemovalPolicy.DESTROY, got true. The deletion of the stack will fail, because CloudFormation cannot delete the ${what}. The buckets may already be empty at this time. To delete the data, deploy with deletionProtection false before you delete the stack. To keep the data, set RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE`);
}
