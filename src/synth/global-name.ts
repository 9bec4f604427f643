import { createHash } from 'crypto';
import { Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Returns a name that is unique in the account. CDK generates equal names for two regions of an account, so the name ends with the UUID of the stack id. The
 * name has at most 64 characters, which is CloudFront's limit for functions and origin access controls.
 *
 * If the construct id of the stack changes, or if the stack moves into a Stage, the name stays the same. This is necessary, because public keys can't be
 * renamed, and event rules outside of the stack refer to the event bus by name.
 */
export function globalName(scope: Construct, label: string): string {
  // arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return `${label}-${placeInStack(scope)}-${uuid}`;
}

function placeInStack(scope: Construct): string {
  const path = scope.node.path.slice(Stack.of(scope).node.path.length);
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}
