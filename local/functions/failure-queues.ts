import { onlyKnown } from '../lookup';
import { functionOf } from '../services/event-source-mappings';
import type { LocalStack } from '../types';

/** A queue for a function's failed asynchronous invocations. Lambda sends to this queue with the permissions of the function's role. */
export interface FailureQueue {
  readonly arn: string;
  readonly roleArn: string;
}

export function failureQueues(stack: LocalStack): (functionArn: string) => FailureQueue | undefined {
  const queues = new Map(stack.ofType('AWS::Lambda::EventInvokeConfig').map((config) => {
    const { logicalId, properties: { FunctionName, DestinationConfig, ...more } } = config;
    onlyKnown(logicalId, { FunctionName, ...more }, 'FunctionName', { Qualifier: ['$LATEST'] });
    const { OnFailure: { Destination = '' } = {}, ...others } = DestinationConfig ?? {};
    onlyKnown(logicalId, others, '');
    if (Destination.split(':')[2] !== 'sqs') throw new Error(`${logicalId}: the local stack supports no OnFailure destination except a queue, got ${JSON.stringify(Destination)}`);
    const { attributes, properties } = functionOf(stack, config);
    return [attributes.Arn, { arn: Destination, roleArn: properties.Role }];
  }));
  return (functionArn) => queues.get(functionArn);
}
