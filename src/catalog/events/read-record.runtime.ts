import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from './events-of.runtime';
import type { TimedEvent } from './send-events.runtime';
import type { VideoRow } from '../../contract/table';
import { readRow } from '../../runtime/read-row';

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

/** The events of a record of the table's stream. Throws on one that is no change of a video's row. */
export function eventsOfRecord({ dynamodb: change = {} }: DynamoDBRecord): TimedEvent[] {
  const [before, after] = [rowOf(change.OldImage), rowOf(change.NewImage)];
  const time = new Date((change.ApproximateCreationDateTime ?? NaN) * 1000);
  if (!(before ?? after) || Number.isNaN(time.getTime())) throw new Error('the record is no change of a video: it has no image or no time');
  return eventsOf(before, after).map((event) => ({ ...event, time }));
}

function rowOf(image: Image): VideoRow | undefined {
  return image && readRow(unmarshall(image as Record<string, AttributeValue>));
}
