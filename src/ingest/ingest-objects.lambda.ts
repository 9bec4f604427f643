import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { v7 } from 'uuid';
import { ingestObjects } from './ingest-objects.runtime';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SUBMIT_QUEUE_URL, INGEST_SETTINGS } = readEnvironment('ingest/ingest-objects');

export const handler = ingestObjects({
  videos: videoRepository(TABLE_NAME),
  s3: new S3Client({}),
  // By default, an SQS client uses the host in the queue URL, and not the regional endpoint.
  sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
  submitQueueUrl: SUBMIT_QUEUE_URL,
  newId: () => v7(),
  settings: INGEST_SETTINGS,
});
