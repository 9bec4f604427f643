import { setTimeout as delay } from 'timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { VideoEvent } from './events-of.runtime';
import { EVENT_SOURCE } from '../../contract/events';

export interface TimedEvent extends VideoEvent {
  readonly time: Date;
}

/** Ten events of the maximum size are far below the size limit of a request. */
const EVENTS_AT_ONCE = 10;
const TRIES = 4;
const FIRST_WAIT_MS = 50;

/** Error codes of temporary rejections (see PutEventsResultEntry in the EventBridge API Reference). All other codes mean a permanent rejection. */
const TEMPORARY: readonly (string | undefined)[] = ['InternalFailure', 'ThrottlingException', undefined];

export type OnRejected = (event: TimedEvent, code: string | undefined) => void;
export type SendEvents = (events: readonly TimedEvent[], onRejected?: OnRejected) => Promise<void>;

/** If `sent` is 3, the first three events of the list were sent. Later events may have been sent too. */
export class EventsNotSent extends Error {
  constructor(readonly sent: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Several catalogs can share one bus, so each event contains the ARN of the catalog's table as its resource. */
export interface Sender {
  readonly busName: string;
  readonly tableArn: string;
}

/**
 * Returns a function that sends events in their order and in as few requests as possible.
 *
 * If `onRejected` is given, the function passes permanently rejected events to this callback. The function sends all other rejected events again. Throws
 * EventsNotSent if a request fails, or if EventBridge still rejects one of these events at the last try.
 */
export function sendEvents(client: EventBridgeClient, { busName, tableArn }: Sender): SendEvents {
  async function put(events: readonly TimedEvent[]): Promise<Map<TimedEvent, string | undefined>> {
    const { Entries = [] } = await client.send(new PutEventsCommand({
      Entries: events.map(({ type, time, detail }) => ({
        EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Time: time, Resources: [tableArn], Detail: JSON.stringify(detail),
      })),
    }));
    const rejected = new Map(events.flatMap((event, index) => (Entries[index]?.EventId === undefined ? [[event, Entries[index]?.ErrorCode]] : [])));
    if (rejected.size > 0) console.warn({ message: 'events rejected', count: rejected.size, codes: [...new Set(rejected.values())].filter(Boolean) });
    return rejected;
  }

  return async (events, onRejected) => {
    for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
      let left: readonly TimedEvent[] = events.slice(start, start + EVENTS_AT_ONCE);
      for (let tries = 0; left.length > 0; tries++) {
        const [{ detail: { eventId } }] = left;
        if (tries === TRIES) throw new EventsNotSent(events.indexOf(left[0]), `EventBridge rejected ${left.length} events after ${TRIES} tries. The first rejected event is ${eventId}`);
        if (tries > 0) await delay(FIRST_WAIT_MS * 2 ** tries);
        const codes = await put(left).catch((cause) => {
          throw new EventsNotSent(events.indexOf(left[0]), `the PutEvents request that begins with the event ${eventId} failed: ${cause}`, { cause });
        });
        const isFinal = (event: TimedEvent) => onRejected !== undefined && !TEMPORARY.includes(codes.get(event));
        const rejected = [...codes.keys()];
        for (const event of rejected.filter(isFinal)) onRejected!(event, codes.get(event));
        left = rejected.filter((event) => !isFinal(event));
      }
    }
  };
}
