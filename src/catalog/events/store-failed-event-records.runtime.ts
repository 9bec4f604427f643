import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBRecord } from 'aws-lambda';

/** The reason in stored objects. Objects that Lambda writes have the reason `RetryAttemptsExhausted` or `RecordAgeExceeded`. */
const CONDITION = 'RecordNotReadable';

/**
 * Returns a function that stores failed event records in the failed events bucket.
 *
 * The objects have the same form as those that Lambda writes, so the resend function can read both. The key is the same for each retry of a batch, which
 * makes the write idempotent.
 */
export function storeFailedEventRecords(createClient: () => S3Client, bucket: string): (records: readonly DynamoDBRecord[]) => Promise<void> {
  // The client is created at first use. Most functions never write a record, and creating the client makes each cold start slower.
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
