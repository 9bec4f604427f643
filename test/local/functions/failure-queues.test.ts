import { failureQueues } from '../../../local/functions/failure-queues';
import { fakeStack, resource } from '../fakes';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:f';
const QUEUE = 'arn:aws:sqs:us-east-1:123456789012:failed';
const TO_QUEUE = { FunctionName: 'f', Qualifier: '$LATEST', DestinationConfig: { OnFailure: { Destination: QUEUE } } };
const queuesOf = (properties: object) => failureQueues(fakeStack([
  resource('AWS::Lambda::Function', 'f', { Role: 'role' }, FUNCTION), resource('AWS::Lambda::EventInvokeConfig', 'c', properties),
]));

test('a function\'s queue is that of its EventInvokeConfig', () => {
  const queueOf = queuesOf(TO_QUEUE);
  expect([queueOf(FUNCTION), queueOf(`${FUNCTION}2`)]).toEqual([{ arn: QUEUE, roleArn: 'role' }, undefined]);
});

test.each([
  ['another number of tries', { ...TO_QUEUE, MaximumRetryAttempts: 0 }, 'c: the local stack does not support MaximumRetryAttempts 0'],
  ['a destination of what succeeds', { ...TO_QUEUE, DestinationConfig: { ...TO_QUEUE.DestinationConfig, OnSuccess: {} } }, 'c: the local stack does not support OnSuccess {}'],
  ['a function as the destination', { ...TO_QUEUE, DestinationConfig: { OnFailure: { Destination: FUNCTION } } }, `c: the local stack supports no OnFailure destination except a queue, got "${FUNCTION}"`],
  ['no destination', { ...TO_QUEUE, DestinationConfig: undefined }, 'c: the local stack supports no OnFailure destination except a queue, got ""'],
  ['a function of another stack', { ...TO_QUEUE, FunctionName: 'g' }, 'c: the template has no function g'],
])('rejects %s by name', (_, properties, message) => {
  expect(() => queuesOf(properties)).toThrow(message);
});
