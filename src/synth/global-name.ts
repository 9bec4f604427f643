import { createHash } from 'crypto';
import { Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * A name for what AWS wants named: CDK's own generated names are equal in two regions of one account, so this one ends in the stack id's UUID.
 * At most 64 characters: CloudFront's limit for functions and access controls.
 *
 * It stays when the stack gets another construct id or moves into a Stage: public keys can't be renamed, and other people's rules name the event bus.
 */
export function globalName(scope: Construct, label: string): string {
  // arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return `${label}-${placeInStack(scope)}-${uuid}`;
}

/** Tells two of us in one stack apart: eight digits, by the path below the stack. */
function placeInStack(scope: Construct): string {
  const path = scope.node.path.slice(Stack.of(scope).node.path.length);
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}
