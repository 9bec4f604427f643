import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBRecord } from 'aws-lambda';

/**
 * The `condition` in the objects that this function stores. In the objects that Lambda stores, the `condition` is `RetryAttemptsExhausted` or
 * `RecordAgeExceeded`.
 */
const CONDITION = 'RecordNotReadable';

/**
 * The objects have the same form as the objects that Lambda stores in the bucket, so the resend function can read all objects. Each retry of a batch writes the
 * same key, so the write is idempotent.
 */
export function storeFailedEventRecords(createClient: () => S3Client, bucket: string): (records: readonly DynamoDBRecord[]) => Promise<void> {
  // Most invocations do not need the client.
  let s3: S3Client | undefined;
  return async (records) => {
    s3 ??= createClient();
    await s3.send(new PutObjectCommand({
      Bucket: bucket,
      Key: `unreadable/${records[0].dynamodb?.SequenceNumber}.json`,
      Body: JSON.stringify({ requestContext: { condition: CONDITION }, payload: JSON.stringify({ Records: records }) }),
      ContentType: 'application/json',
    }));
  };
}
