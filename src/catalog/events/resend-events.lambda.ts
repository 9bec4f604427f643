import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { resendEvents } from './resend-events.runtime';
import { sendEvents } from './send-events.runtime';
import { readEnvironment } from '../../runtime/read-environment';

const { TABLE_NAME, TABLE_ARN, EVENT_BUS_NAME, FAILED_EVENTS_BUCKET } = readEnvironment('catalog/resend-events');

export const handler = resendEvents({
  send: sendEvents(new EventBridgeClient({}), { busName: EVENT_BUS_NAME, tableArn: TABLE_ARN }),
  s3: new S3Client({}),
  documents: DynamoDBDocumentClient.from(new DynamoDBClient({})),
  bucket: FAILED_EVENTS_BUCKET,
  tableName: TABLE_NAME,
});
