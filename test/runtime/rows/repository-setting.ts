import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { CatalogTable, catalogTable, idOf } from './catalog-table';
import { videoKey } from '../../../src/contract/table';
import type { NewVideo } from '../../../src/runtime/rows/upload-rows';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

export const RESULT = {
  media: { hls: 'v/1/1/hls/index.m3u8', poster: 'v/1/1/poster.jpg' },
  renditions: [{ codec: 'avc1', width: 640, height: 360, bitsPerSecond: 600_000 }],
  durationSeconds: 6.5,
  width: 1920,
  height: 1080,
};

/**
 * Creates a repository with a separate table for all tests of a file. The clock starts at the same time for each test, and advances only if the test advances
 * the clock.
 */
export function repositorySetting() {
  let table: CatalogTable;
  let count = 0;
  const clock = { now: new Date() };
  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  beforeEach(() => { clock.now = new Date('2026-11-22T10:00:00.000Z'); });

  const newId = () => idOf(count++);
  const repository = () => videoRepository(table.tableName, { client: table.client, clock: () => clock.now });
  const declared = (given: Partial<NewVideo> = {}): NewVideo => {
    const videoId = newId();
    return {
      videoId,
      owner: 'owner',
      title: 'A title',
      tags: ['a'],
      visibility: 'signed-in',
      source: { bucket: 'sources', key: `source/${videoId}/original`, fileName: 'a.mp4', contentType: 'video/mp4', size: 1000 },
      ...given,
    };
  };
  const processing = async (given: Partial<NewVideo> = {}) => {
    const { videoId } = await repository().create(declared(given));
    await repository().markUploaded(videoId, 1000);
    await repository().recordJob(videoId, 1, 'job');
    return videoId;
  };
  const editAs = (videoId: string, name: string, value: unknown, Key = videoKey(videoId)) => DynamoDBDocumentClient.from(table.client).send(new UpdateCommand({
    TableName: table.tableName, Key, UpdateExpression: 'SET #n = :v', ExpressionAttributeNames: { '#n': name }, ExpressionAttributeValues: { ':v': value },
  }));
  return { clock, declared, editAs, newId, processing, repository, table: () => table };
}
