import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { eventsOfRecord } from './read-record.runtime';
import { EventsNotSent, TimedEvent } from './send-events.runtime';

export interface PublishEventsPorts {
  readonly send: (events: readonly TimedEvent[]) => Promise<void>;
  /** Keeps records for a resend. */
  readonly setAside: (records: readonly DynamoDBRecord[]) => Promise<void>;
}

/**
 * Sends the events of the changes in a batch of the table's stream, in their order. When something fails, the batch is given back from the first change that
 * was not sent on: Lambda brings it again. A record that can't be read, such as one of a row of a newer format, would fail at each retry: it is set aside at
 * once and holds up no other video. Later changes of the same video have that row as their old image, so they are set aside behind it.
 */
export function publishEvents({ send, setAside }: PublishEventsPorts): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    const events: { event: TimedEvent; record: DynamoDBRecord }[] = [];
    const unreadable: DynamoDBRecord[] = [];
    // Lambda goes on from the earliest of them.
    const failed: DynamoDBRecord[] = [];
    for (const record of Records) {
      try {
        events.push(...eventsOfRecord(record).map((event) => ({ event, record })));
      } catch (error) {
        report('record not readable', record, error);
        unreadable.push(record);
      }
    }
    try {
      if (unreadable.length > 0) await setAside(unreadable);
    } catch (error) {
      failed.push(unreadable[0]);
      report('records not set aside', unreadable[0], error);
    }
    try {
      await send(events.map(({ event }) => event));
    } catch (error) {
      const { record } = events[error instanceof EventsNotSent ? error.sent : 0];
      failed.push(record);
      report('events not sent', record, error);
    }
    return { batchItemFailures: failed.map(({ dynamodb }) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' })) };
  };
}

function report(message: string, { eventID, dynamodb }: DynamoDBRecord, error: unknown): void {
  const { Keys, SequenceNumber: sequenceNumber } = dynamodb ?? {};
  console.error({ message, eventID, video: Keys?.pk?.S, sequenceNumber, error: error instanceof Error ? error.stack : String(error) });
}
