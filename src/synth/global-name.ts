import { Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * A name for what CloudFront keeps once for all regions: CDK's own generated names are equal in two regions of one account,
 * so this one ends in the stack id's UUID. At most 64 characters: CloudFront's limit for functions and access controls.
 */
export function globalName(scope: Construct, label: string): string {
  // arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  // Two of us in one stack differ by the address of the construct, which never changes with the stack's name.
  return `${label}-${scope.node.addr.slice(-8)}-${uuid}`;
}
