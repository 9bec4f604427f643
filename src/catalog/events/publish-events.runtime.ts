import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { eventsOfRecord } from './read-record.runtime';
import { EventsNotSent, TimedEvent } from './send-events.runtime';

export interface PublishEventsPorts {
  readonly send: (events: readonly TimedEvent[]) => Promise<void>;
}

/**
 * Sends the events of the changes in a batch of the table's stream, in their order. When something fails, the batch is given back from the first change that
 * was not sent on: Lambda brings it again.
 */
export function publishEvents({ send }: PublishEventsPorts): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    const events: { event: TimedEvent; record: DynamoDBRecord }[] = [];
    let failed: DynamoDBRecord | undefined;
    for (const record of Records) {
      try {
        events.push(...eventsOfRecord(record).map((event) => ({ event, record })));
      } catch (error) {
        failed = record;
        report('record not readable', record, error);
        break;
      }
    }
    try {
      await send(events.map(({ event }) => event));
    } catch (error) {
      failed = events[error instanceof EventsNotSent ? error.sent : 0].record;
      report('events not sent', failed, error);
    }
    return { batchItemFailures: failed ? [{ itemIdentifier: failed.dynamodb?.SequenceNumber ?? '' }] : [] };
  };
}

function report(message: string, { eventID, dynamodb }: DynamoDBRecord, error: unknown): void {
  const { Keys, SequenceNumber: sequenceNumber } = dynamodb ?? {};
  console.error({ message, eventID, video: Keys?.pk?.S, sequenceNumber, error: error instanceof Error ? error.stack : String(error) });
}
