import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { publishEvents } from './publish-events.runtime';
import { sendEvents } from './send-events.runtime';
import { readEnvironment } from '../../runtime/read-environment';

const { EVENT_BUS_NAME } = readEnvironment('catalog/publish-events');

export const handler = publishEvents({ send: sendEvents(new EventBridgeClient({}), EVENT_BUS_NAME) });
