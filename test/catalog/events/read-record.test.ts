import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { eventsOfRecord } from '../../../src/catalog/events/read-record.runtime';
import { idOf, videoRow } from '../../runtime/rows/catalog-table';

const image = marshall(videoRow({ videoId: idOf(1) })) as NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

const typesOf = (eventName: DynamoDBRecord['eventName'], images: object) => (
  eventsOfRecord({ eventName, dynamodb: { ApproximateCreationDateTime: 1, ...images } }).map(({ type }) => type));

test('returns the events of a record whose images match its kind', () => {
  expect(typesOf('INSERT', { NewImage: image })).toEqual(['video.created']);
  expect(typesOf('MODIFY', { NewImage: image, OldImage: image })).toEqual([]);
  expect(typesOf('REMOVE', { OldImage: image })).toEqual(['video.deleted']);
});

test.each<[DynamoDBRecord['eventName'], object, string]>([
  ['MODIFY', { NewImage: image }, 'NewImage'],
  ['MODIFY', { OldImage: image }, 'OldImage'],
  ['INSERT', { NewImage: image, OldImage: image }, 'OldImage and NewImage'],
  ['REMOVE', {}, 'none'],
  [undefined, { NewImage: image }, 'NewImage'],
])('rejects a %s record with other images (%#), because the view type of the stream is wrong', (eventName, images, has) => {
  expect(() => typesOf(eventName, images)).toThrow(`the ${eventName} record has the wrong images: ${has}. The table's stream must have the view type NEW_AND_OLD_IMAGES`);
});
