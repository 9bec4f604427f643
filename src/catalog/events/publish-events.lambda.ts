import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { publishEvents } from './publish-events.runtime';
import { sendEvents } from './send-events.runtime';
import { setAside } from './set-aside.runtime';
import { readEnvironment } from '../../runtime/read-environment';

const { EVENT_BUS_NAME, FAILED_EVENTS_BUCKET } = readEnvironment('catalog/publish-events');

export const handler = publishEvents({
  send: sendEvents(new EventBridgeClient({}), EVENT_BUS_NAME),
  setAside: setAside(new S3Client({}), FAILED_EVENTS_BUCKET),
});
