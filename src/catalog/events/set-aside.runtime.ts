import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBRecord } from 'aws-lambda';

/** Why the publisher itself sets records aside: beside Lambda's own `RetryAttemptsExhausted` and `RecordAgeExceeded`. */
const CONDITION = 'RecordNotReadable';

/**
 * Writes records to the bucket of failed ones, in the form that Lambda's own have, so that a resend reads both. A batch that comes again writes the same
 * object again.
 */
export function setAside(createClient: () => S3Client, bucket: string): (records: readonly DynamoDBRecord[]) => Promise<void> {
  // Created at first use: few functions ever write a record here, and each cold start would pay for the client.
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
