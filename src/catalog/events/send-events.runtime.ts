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

/** What EventBridge answers for an event that it may take later ("PutEventsResultEntry"). Any other code is final for this event. */
const PASSING: readonly (string | undefined)[] = ['InternalFailure', 'ThrottlingException', undefined];

/** Told of an event that EventBridge will never take. */
export type Refused = (event: TimedEvent, code: string | undefined) => void;
export type SendEvents = (events: readonly TimedEvent[], refused?: Refused) => Promise<void>;

/** Some events were not taken. Those before `sent` were; of those after, some may have been. */
export class EventsNotSent extends Error {
  constructor(readonly sent: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Where events go, and whose they are: several catalogs may share a bus. */
export interface Sender {
  readonly busName: string;
  readonly tableArn: string;
}

/**
 * Sends events to the bus in their order, in as few requests as possible. With `refused`, events that EventBridge takes at no time are handed to it, and the
 * others go on. Throws EventsNotSent.
 */
export function sendEvents(client: EventBridgeClient, { busName, tableArn }: Sender): SendEvents {
  /** The events that EventBridge has refused, with its codes. */
  async function put(events: readonly TimedEvent[]): Promise<Map<TimedEvent, string | undefined>> {
    const { Entries = [] } = await client.send(new PutEventsCommand({
      Entries: events.map(({ type, time, detail }) => ({
        EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Time: time, Resources: [tableArn], Detail: JSON.stringify(detail),
      })),
    }));
    const refused = new Map(events.flatMap((event, index) => (Entries[index]?.EventId === undefined ? [[event, Entries[index]?.ErrorCode]] : [])));
    if (refused.size > 0) console.warn({ message: 'events refused', count: refused.size, codes: [...new Set(refused.values())].filter(Boolean) });
    return refused;
  }

  return async (events, refused) => {
    for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
      let left: readonly TimedEvent[] = events.slice(start, start + EVENTS_AT_ONCE);
      for (let tries = 0; left.length > 0; tries++) {
        const [{ detail: { eventId } }] = left;
        if (tries === TRIES) throw new EventsNotSent(events.indexOf(left[0]), `EventBridge refused ${left.length} events, among them ${eventId}`);
        if (tries > 0) await delay(FIRST_WAIT_MS * 2 ** tries);
        const answers = await put(left).catch((cause) => {
          throw new EventsNotSent(events.indexOf(left[0]), `EventBridge took no events from ${eventId} on: ${cause}`, { cause });
        });
        const isFinal = (event: TimedEvent) => refused !== undefined && !PASSING.includes(answers.get(event));
        const notTaken = [...answers.keys()];
        for (const event of notTaken.filter(isFinal)) refused!(event, answers.get(event));
        left = notTaken.filter((event) => !isFinal(event));
      }
    }
  };
}
