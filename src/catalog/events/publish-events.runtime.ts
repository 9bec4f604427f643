import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { eventsOfRecord } from './read-record.runtime';
import { EventsNotSent, TimedEvent } from './send-events.runtime';

export interface PublishEventsPorts {
  readonly send: (events: readonly TimedEvent[]) => Promise<void>;
  readonly storeFailed: (records: readonly DynamoDBRecord[]) => Promise<void>;
}

/**
 * If events cannot be sent, Lambda retries the batch from the first failed record.
 *
 * The handler stores an unreadable record in the failed events bucket, because this record would fail at each retry and block other videos. For example, a
 * record with a row of a newer format is unreadable. The next record of the same video contains the unreadable row as its old image. This next record is
 * therefore also unreadable, and the handler stores it in the same bucket.
 */
export function publishEvents({ send, storeFailed }: PublishEventsPorts): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    const events: { event: TimedEvent; record: DynamoDBRecord }[] = [];
    const unreadable: DynamoDBRecord[] = [];
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
      if (unreadable.length > 0) await storeFailed(unreadable);
    } catch (error) {
      failed.push(unreadable[0]);
      report('failed event records not stored', unreadable[0], error);
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
