import { createHash } from 'crypto';
import { jsonService } from './json';
import type { Queues } from './queues';
import { onlyKnown } from '../lookup';
import { AwsError, type AwsService, type LocalStack } from '../types';

/** Receiving is not supported: the pollers read the queues directly. */
export function createSqs({ stack, queues }: { stack: LocalStack; queues: Pick<Queues, 'send'> }): { service: AwsService } {
  function arnOf(url: unknown): string {
    const queue = stack.ofType('AWS::SQS::Queue').find(({ physicalId }) => physicalId === url);
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue.attributes.Arn;
  }

  return {
    service: jsonService('sqs', (operation, { QueueUrl }) => [{ action: `sqs:${operation}`, resource: arnOf(QueueUrl) }], {
      SendMessage(input) {
        onlyKnown('SendMessage', input, 'QueueUrl MessageBody');
        const { QueueUrl, MessageBody } = input;
        if (typeof MessageBody !== 'string' || MessageBody === '') throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
        return { MessageId: queues.send(arnOf(QueueUrl), MessageBody), MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
      },
    }),
  };
}
