import type { Resource } from '../template/resources';
import type { LocalStack } from '../types';

const SERVICES = ['sqs', 'dynamodb'];

export function eventSourceMappings(stack: LocalStack, service: 'sqs' | 'dynamodb'): Resource[] {
  return stack.ofType('AWS::Lambda::EventSourceMapping').filter(({ logicalId, properties: { EventSourceArn } }) => {
    const source = EventSourceArn.split(':')[2];
    if (!SERVICES.includes(source)) throw new Error(`${logicalId}: the local stack does not support event sources of ${source}`);
    return source === service;
  });
}

/** Searches only functions, because a role can have the same name. */
export function functionOf(stack: LocalStack, { logicalId, properties: { FunctionName } }: Resource): Resource {
  const found = stack.ofType('AWS::Lambda::Function').find(({ physicalId, attributes }) => [physicalId, attributes.Arn].includes(FunctionName));
  if (!found) throw new Error(`${logicalId}: the template has no function ${FunctionName}`);
  return found;
}
