import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { publishEvents } from './publish-events.runtime';
import { sendEvents } from './send-events.runtime';
import { storeFailedEventRecords } from './store-failed-event-records.runtime';
import { readEnvironment } from '../../runtime/read-environment';

const { EVENT_BUS_NAME, TABLE_ARN, FAILED_EVENTS_BUCKET } = readEnvironment('catalog/publish-events');

export const handler = publishEvents({
  send: sendEvents(new EventBridgeClient({}), { busName: EVENT_BUS_NAME, tableArn: TABLE_ARN }),
  storeFailed: storeFailedEventRecords(() => new S3Client({}), FAILED_EVENTS_BUCKET),
});
