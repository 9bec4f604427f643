import { setTimeout as delay } from 'timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { VideoEvent } from './events-of.runtime';
import { EVENT_SOURCE } from '../../contract/events';

/** An event and when its change was written. */
export interface TimedEvent extends VideoEvent {
  readonly time: Date;
}

/** EventBridge's limit ("PutEvents"). The size of a request is no matter: ten of our largest events are far below it. */
const EVENTS_AT_ONCE = 10;
/** PutEvents may take some entries and refuse others. The refused ones are sent again, each time after twice the wait. */
const TRIES = 4;
const FIRST_WAIT_MS = 50;

/** Some events were not taken. Those before `sent` were; of those after, some may have been. */
export class EventsNotSent extends Error {
  constructor(readonly sent: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Sends events to the bus in their order, in as few requests as possible. Throws EventsNotSent. */
export function sendEvents(client: EventBridgeClient, busName: string): (events: readonly TimedEvent[]) => Promise<void> {
  /** The events that EventBridge has refused. */
  async function put(events: readonly TimedEvent[]): Promise<TimedEvent[]> {
    const { Entries = [] } = await client.send(new PutEventsCommand({
      Entries: events.map(({ type, time, detail }) => ({
        EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Time: time, Detail: JSON.stringify(detail),
      })),
    }));
    const refused = events.filter((_, index) => Entries[index]?.EventId === undefined);
    if (refused.length > 0) {
      console.warn({ message: 'events refused', count: refused.length, codes: [...new Set(Entries.map(({ ErrorCode }) => ErrorCode))].filter(Boolean) });
    }
    return refused;
  }

  return async (events) => {
    for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
      let left: readonly TimedEvent[] = events.slice(start, start + EVENTS_AT_ONCE);
      for (let tries = 0; left.length > 0; tries++) {
        const [{ detail: { eventId } }] = left;
        if (tries === TRIES) throw new EventsNotSent(events.indexOf(left[0]), `EventBridge refused ${left.length} events, among them ${eventId}`);
        if (tries > 0) await delay(FIRST_WAIT_MS * 2 ** tries);
        left = await put(left).catch((cause) => {
          throw new EventsNotSent(events.indexOf(left[0]), `EventBridge took no events from ${eventId} on: ${cause}`, { cause });
        });
      }
    }
  };
}
