import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { enumProblem } from './prop-checks';

/** Keeps data, but leaves nothing behind when the rollback of a first deployment deletes what it made. */
export const DEFAULT_REMOVAL_POLICY = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** What is wrong with a removal policy for buckets, tables, user pools and secrets. */
export function removalPolicyProblem(name: string, policy: unknown): string | undefined {
  // CloudFormation takes snapshots of none of these resources.
  const { SNAPSHOT, ...policies } = RemovalPolicy;
  return enumProblem(name, policy, { RemovalPolicy: policies });
}

/** Warns of a resource that is to go with its stack and that AWS refuses to delete. No error: whoever wants both turns the protection off first. */
export function warnOfProtection(scope: Construct, what: string, { deletionProtection, removalPolicy }: {
  readonly deletionProtection?: boolean; readonly removalPolicy?: RemovalPolicy;
}): void {
  if (deletionProtection !== true || removalPolicy !== RemovalPolicy.DESTROY) return;
  Annotations.of(scope).addWarningV2('serverless-vod:protectedAndDestroyed',
    `deletionProtection: expected false with RemovalPolicy.DESTROY, got true: deleting the stack fails at the ${what}, and may have emptied the buckets by then. Deploy with false before you delete the stack, or keep the data with RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE`);
}
