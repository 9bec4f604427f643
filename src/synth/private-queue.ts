import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { rejectLateKey } from './late-keys';

const RETENTION = Duration.days(14);

/**
 * The app must not set a KMS key on the queue. Without permission to use the key, EventBridge would drop events, and functions could not send or receive
 * messages.
 */
export function privateQueue(scope: Construct, id: string, props: Pick<sqs.QueueProps, 'visibilityTimeout' | 'deadLetterQueue'> = {}): sqs.Queue {
  const queue = new sqs.Queue(scope, id, { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: RETENTION, ...props });
  rejectLateKey(queue, 'kmsMasterKeyId', 'EventBridge and the functions have no permission to use this key. Exclude the queue from the aspect that sets the key. SQS encrypts the queue with an SQS-managed key, and the messages contain only video ids and names of S3 objects');
  return queue;
}
