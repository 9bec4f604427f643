import type { Resource } from '../template/resources';
import type { LocalStack } from '../types';

/** The services that event source mappings can poll. */
const SERVICES = ['sqs', 'dynamodb'];

/** Returns the template's event source mappings of one service. Throws for a mapping of an unsupported service. */
export function eventSourceMappings(stack: LocalStack, service: 'sqs' | 'dynamodb'): Resource[] {
  return stack.ofType('AWS::Lambda::EventSourceMapping').filter(({ logicalId, properties: { EventSourceArn } }) => {
    const source = EventSourceArn.split(':')[2];
    if (!SERVICES.includes(source)) throw new Error(`${logicalId}: the local stack does not support event sources of ${source}`);
    return source === service;
  });
}

/** Returns the function of an event source mapping. Only functions are searched, because a role can have the same name. */
export function functionOf(stack: LocalStack, { logicalId, properties: { FunctionName } }: Resource): Resource {
  const found = stack.ofType('AWS::Lambda::Function').find(({ physicalId, attributes }) => [physicalId, attributes.Arn].includes(FunctionName));
  if (!found) throw new Error(`${logicalId}: the template has no function ${FunctionName}`);
  return found;
}
