import { readdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { DynamoDBDocumentClient, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { fill, FILLED, FILLED_AT, Filled } from './fill';
import { eventsOfRecord } from '../../../src/catalog/events/read-record.runtime';
import { SCHEMA_VERSION, stageKey, videoKey } from '../../../src/contract/table';
import { stageOf } from '../../../src/domain/stage';
import { isPresent, VIDEO_STATUSES, VideoStatus } from '../../../src/domain/video-status';
import { VideoRepository, videoRepository } from '../../../src/runtime/rows/video-repository';
import { CatalogTable, catalogTable } from '../../runtime/rows/catalog-table';
import { RESULT } from '../../runtime/rows/repository-setting';

/*
 * `format-N.json` contains the rows of a table in format N, for example without `schemaVersion` in format 0. `format-0.json` was written with the code of
 * commit 9dcfbd3. The file of a released format must not change. `WRITE_FORMAT=1 npm test -- formats` writes the file of the current format.
 */
type Item = Record<string, any>;
const fileOf = (format: number) => join(__dirname, `format-${format}.json`);
const read = (format: number): Item[] => JSON.parse(readFileSync(fileOf(format), 'utf8'));

const tables: CatalogTable[] = [];
afterAll(async () => {
  for (const table of tables) await table.close();
});

async function open(items: readonly Item[], now = new Date(FILLED_AT.getTime() + 3_600_000)) {
  const table = await catalogTable();
  tables.push(table);
  const documents = DynamoDBDocumentClient.from(table.client);
  for (const item of items) await documents.send(new PutCommand({ TableName: table.tableName, Item: item }));
  const videos = videoRepository(table.tableName, { client: table.client, clock: () => now });
  const itemsNow = async (): Promise<Item[]> => {
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: table.tableName }));
    return Items.sort((a, b) => `${a.pk} ${a.sk}`.localeCompare(`${b.pk} ${b.sk}`));
  };
  return { table, videos, documents, itemsNow };
}

async function currentItems(): Promise<Item[]> {
  const { table, videos, documents, itemsNow } = await open([], FILLED_AT);
  await fill({
    videos,
    set: (videoId, { status, ...others }) => {
      const attributes = { ...others, ...(status !== undefined && { status, stageKey: stageKey(stageOf(status as VideoStatus), videoId) }) };
      const names = Object.keys(attributes);
      return documents.send(new UpdateCommand({
        TableName: table.tableName,
        Key: videoKey(videoId),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')} ADD #version :one`,
        ExpressionAttributeNames: Object.fromEntries([...names, 'version'].map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: { ':one': 1, ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])) },
      }));
    },
  });
  return itemsNow();
}

test('the current code writes every attribute of the stored current format', async () => {
  const items = await currentItems();
  if (process.env.WRITE_FORMAT) writeFileSync(fileOf(SCHEMA_VERSION), `${JSON.stringify(items, undefined, 1)}\n`);
  // A new optional attribute does not require a new format.
  expect(items).toMatchObject(read(SCHEMA_VERSION));
});

const ERROR = { code: 'transcode_failed', message: 'no' } as const;
const WRITES: readonly [
  name: keyof VideoRepository, video: Filled, write: (videos: VideoRepository, videoId: string) => Promise<unknown>, after: Item, events: string[],
][] = [
  ['markUploaded', 'waiting', (videos, id) => videos.markUploaded(id, 7), { status: 'uploaded', source: { size: 7, fileName: 'a film.mp4' } }, ['uploaded']],
  ['claim', 'uploaded', (videos, id) => videos.claim(id, 1, 'new', new Date(0)), { status: 'uploaded', claim: { token: 'new' } }, []],
  ['claim', 'claimed', (videos, id) => videos.claim(id, 1, 'new', new Date('2026-11-22T10:30:00Z')), { status: 'uploaded', claim: { token: 'new' } }, []],
  ['abandon', 'claimed', (videos, id) => videos.abandon(id, 1, 'token', ERROR), { status: 'errored', error: ERROR, claim: { abandoned: true } }, ['errored']],
  ['giveUp', 'uploaded', (videos, id) => videos.giveUp(id, 1, ERROR, new Date(0)), { status: 'errored', error: ERROR, claim: { abandoned: true } }, ['errored']],
  ['reopen', 'abandoned', (videos, id) => videos.reopen(id, 1), { status: 'uploaded', attempt: 2, progress: 0 }, ['uploaded']],
  ['retry', 'refused', async (videos, id) => await videos.retry((await videos.find(id))!) && 'changed', { status: 'uploaded', attempt: 2, progress: 0 }, ['uploaded']],
  ['recordJob', 'claimed', (videos, id) => videos.recordJob(id, 1, 'job'), { status: 'processing', jobId: 'job' }, ['processing']],
  ['recordJob', 'secondAttempt', (videos, id) => videos.recordJob(id, 2, 'job'), { status: 'processing', attempt: 2 }, ['processing']],
  ['recordProgress', 'processing', (videos, id) => videos.recordProgress(id, 1, 50), { status: 'processing', progress: 50 }, []],
  ['recordReady', 'processing', (videos, id) => videos.recordReady(id, 1, RESULT), { status: 'ready', ...RESULT }, ['ready']],
  ['recordError', 'processing', (videos, id) => videos.recordError(id, 1, ERROR), { status: 'errored', error: ERROR }, ['errored']],
];

const formats = readdirSync(__dirname).flatMap((name) => /^format-(\d+)\.json$/.exec(name)?.slice(1) ?? []).map(Number);

describe.each(formats)('a table of format %i', (format) => {
  const items = read(format);
  const itemOf = (videoId: string, sk = 'video') => items.find((item) => item.pk === videoKey(videoId).pk && item.sk === sk)!;
  const rows = items.filter(({ sk }) => sk === 'video');
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => { opened = await open(items); });

  test('has rows of that format only', () => {
    // The item with the usage of an owner contains only numbers, and derived rows contain only keys. These items have no format.
    expect(new Set(items.filter(({ sk }) => sk === 'video' || sk === 'details').map(({ schemaVersion = 0 }) => schemaVersion))).toEqual(new Set([format]));
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(VIDEO_STATUSES));
  });

  test.each(Object.entries(FILLED))('contains the video %s with its texts', async (name, videoId) => {
    const { listedMonth, description, metadata, ...known } = itemOf(videoId);
    const row = await opened.videos.find(videoId);
    expect(row).toMatchObject({ ...known, schemaVersion: SCHEMA_VERSION, stageKey: stageKey(stageOf(known.status), videoId) });
    const whole = await opened.videos.findWhole(videoId);
    expect(whole!.row).toEqual(row);
    const isLong = ['waitingPrivate', 'processing', 'ready', 'abandoned', 'deleting'].includes(name);
    expect(whole!.details).toEqual(isLong ? { description: 'About it\nin two lines', metadata: { course: 'Physics', year: '2026' } } : {});
  });

  const newestFirst = (wanted: (row: Item) => boolean) => rows.filter(wanted).map(({ videoId }) => videoId).sort().reverse();
  const idsOf = ({ rows: listed }: { rows: readonly { videoId: string }[] }) => listed.map(({ videoId }) => videoId);

  test('lists the videos of an owner', async () => {
    expect(idsOf(await opened.videos.listOwned('ann', { limit: 100 }))).toEqual(newestFirst(({ owner, status }) => owner === 'ann' && isPresent(status)));
  });

  // These tests skip format 0, because no released version wrote this format to a table with these indexes. A row of format 0 enters the indexes when its
  // status changes.
  if (format > 0) {
    test.each(VIDEO_STATUSES.filter(isPresent))('lists the videos of an owner with the status %s', async (status) => {
      const expected = newestFirst((row) => row.owner === 'ann' && row.status === status);
      expect(idsOf(await opened.videos.listOwned('ann', { limit: 100, status }))).toEqual(expected);
      expect(expected).not.toEqual([]);
    });

    test('lists published videos', async () => {
      expect(idsOf(await opened.videos.listPublished({ limit: 100 }))).toEqual(newestFirst(({ status, visibility }) => status === 'ready' && visibility === 'signed-in'));
    });
  }

  test.each(WRITES)('accepts the write %s to the video %s', async (_, name, write, after, events) => {
    const videoId = FILLED[name];
    const { table, videos, documents } = await open([itemOf(videoId)]);
    await write(videos, videoId);
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: table.tableName }));
    const stored = Items.find(({ sk }) => sk === 'video')!;
    const before = itemOf(videoId);
    // A write that sets only some attributes does not change the format of a row.
    expect(stored).toMatchObject({ ...after, version: before.version + 1, revision: before.revision, createdAt: before.createdAt });
    expect(stored.schemaVersion ?? 0).toBe(format);
    expect(await videos.find(videoId)).toMatchObject(after);
    expect(eventTypes(before, stored)).toEqual(events);
    if (stored.status === before.status) return;
    // After a change of the status, the indexes contain the row, even if the row has an older format.
    expect(idsOf(await videos.listOwned('ann', { limit: 5, status: stored.status }))).toEqual([videoId]);
    expect(idsOf(await videos.listPublished({ limit: 5 }))).toEqual(stored.status === 'ready' ? [videoId] : []);
  });

  test.each(Object.entries(FILLED))('causes an event when the video %s is removed', (_, videoId) => expect(eventTypes(itemOf(videoId), undefined)).toEqual(['deleted']));

  test('causes an event when a video is edited', () => {
    const before = itemOf(FILLED.ready);
    expect(eventTypes(before, { ...before, title: 'Another', revision: 2, version: before.version + 1 })).toEqual(['updated']);
  });
});

function eventTypes(before: Item, after: Item | undefined): string[] {
  const [OldImage, NewImage] = [before, after].map((item) => item && marshall(item)) as NonNullable<DynamoDBRecord['dynamodb']>['NewImage'][];
  const events = eventsOfRecord({ eventName: after ? 'MODIFY' : 'REMOVE', dynamodb: { ApproximateCreationDateTime: 1, OldImage, NewImage } });
  const version = after?.version ?? before.version + 1;
  for (const { type, detail } of events) expect(detail).toMatchObject({ eventId: `${before.videoId}:${version}:${type}`, version, video: { videoId: before.videoId } });
  return events.map(({ type }) => type.replace('video.', ''));
}
