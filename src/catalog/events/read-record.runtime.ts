import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from './events-of.runtime';
import type { TimedEvent } from './send-events.runtime';
import { readRow } from '../../contract/read-row';
import type { VideoRow } from '../../contract/table';

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

const IMAGES: Readonly<Record<NonNullable<DynamoDBRecord['eventName']>, readonly [before: boolean, after: boolean]>> = {
  INSERT: [false, true], MODIFY: [true, true], REMOVE: [true, false],
};

/** Throws if an image of the row (`OldImage` or `NewImage`) is missing. An update without `OldImage` would look like a new row. */
export function eventsOfRecord({ eventName, dynamodb: change = {} }: DynamoDBRecord): TimedEvent[] {
  const [hasBefore, hasAfter] = (eventName && IMAGES[eventName]) ?? [];
  if (hasBefore !== Boolean(change.OldImage) || hasAfter !== Boolean(change.NewImage)) {
    const images = [change.OldImage && 'OldImage', change.NewImage && 'NewImage'].filter(Boolean).join(' and ');
    throw new Error(`the ${eventName} record has the wrong images: ${images || 'none'}. The table's stream must have the view type NEW_AND_OLD_IMAGES`);
  }
  const time = new Date((change.ApproximateCreationDateTime ?? NaN) * 1000);
  if (Number.isNaN(time.getTime())) throw new Error('the record has no valid ApproximateCreationDateTime');
  const [before, after] = [rowOf(change.OldImage), rowOf(change.NewImage)];
  return eventsOf(before, after).map((event) => ({ ...event, time }));
}

function rowOf(image: Image): VideoRow | undefined {
  return image && readRow(unmarshall(image as Record<string, AttributeValue>));
}
