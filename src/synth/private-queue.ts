import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { refuseLateKey } from './late-keys';

const RETENTION = Duration.days(14);

/**
 * A queue of the library's own: encrypted, TLS only.
 *
 * A KMS key that an aspect, or code of the app, gives it is refused: EventBridge would drop events, and functions could neither send nor receive.
 */
export function privateQueue(scope: Construct, id: string, props: Pick<sqs.QueueProps, 'visibilityTimeout' | 'deadLetterQueue'> = {}): sqs.Queue {
  const queue = new sqs.Queue(scope, id, { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: RETENTION, ...props });
  refuseLateKey(queue, 'kmsMasterKeyId', 'neither EventBridge nor the functions could use the key of this queue; leave the queue out of the aspect. It is encrypted with a key that SQS manages, and its messages hold ids of videos and keys of objects');
  return queue;
}
