import { NOW, sweeperSetting } from './sweeper-setting';
import { dueKey, publicationKey, VideoRow } from '../../src/contract/table';
import { videoRepository } from '../../src/runtime/rows/video-repository';

const { calls, clock, due, logged, newId, objects, row, sweep, table } = sweeperSetting();

const inMinutes = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();
const swept = { looked: 1, failed: 0, complete: true };
const [PAST, FIRST] = [inMinutes(-5), inMinutes(-9000)];
const ready = (given: Partial<VideoRow>) => due({ status: 'ready', owner: 'ann', tags: ['sea'], updatedAt: FIRST, ...given });
const published = (given: Partial<VideoRow>) => {
  const videoId = newId();
  return ready({ videoId, publishedAt: FIRST, ...publicationKey({ publishedAt: FIRST, videoId }), ...given });
};
const lists = async () => {
  const videos = videoRepository(table().tableName, { client: table().client, clock: () => clock.now });
  const pages = await Promise.all([videos.listPublished({ limit: 10 }), videos.listTagged('sea', { limit: 10 })]);
  return pages.map(({ rows }) => rows.map(({ videoId }) => videoId));
};

describe('at publishAt', () => {
  test('a ready video enters the public lists with publishAt as its place, and its due time is removed', async () => {
    const [older, newer] = [inMinutes(-60), inMinutes(-1)];
    const videoId = await ready({ publishAt: PAST });
    for (const publishedAt of [older, newer]) {
      const other = newId();
      await table().put({ videoId: other, status: 'ready', publishedAt, ...publicationKey({ publishedAt, videoId: other }) });
    }
    expect(await lists()).toEqual([[newId(), newId()].map(() => expect.any(String)), []]);
    expect(await sweep()).toEqual(swept);
    const stored = (await row(videoId))!;
    expect(stored).toMatchObject({ publishedAt: PAST, ...publicationKey({ publishedAt: PAST, videoId }), version: 2, revision: 1, updatedAt: NOW });
    for (const name of ['dueAt', 'dueShard', 'unpublishedAt']) expect(stored).not.toHaveProperty(name);
    const [all, tagged] = await lists();
    expect([all.indexOf(videoId), tagged]).toEqual([1, [videoId]]);
    expect(logged.some((line) => line.includes('publication time reached') && line.includes(videoId))).toBe(true);
  });

  test('a video that is published again gets a new place', async () => {
    const videoId = await ready({ publishedAt: FIRST, unpublishedAt: FIRST, publishAt: PAST });
    await sweep();
    expect(await row(videoId)).toMatchObject({ publishedAt: PAST, listedAt: `${PAST}#${videoId}` });
    expect(await row(videoId)).not.toHaveProperty('unpublishedAt');
  });

  test.each(['unlisted', 'private'] as const)('a video with the visibility %s is published without a place in the lists', async (visibility) => {
    const videoId = await ready({ publishAt: PAST, visibility });
    await sweep();
    expect(await row(videoId)).toMatchObject({ publishedAt: PAST });
    expect(await row(videoId)).not.toHaveProperty('listedAt');
    expect(await lists()).toEqual([[], []]);
  });

  test('the next due time is unpublishAt', async () => {
    const videoId = await ready({ publishAt: PAST, unpublishAt: inMinutes(10) });
    await sweep();
    expect(await row(videoId)).toMatchObject({ publishedAt: PAST, ...dueKey(videoId, new Date(inMinutes(10))) });
    clock.now = new Date(inMinutes(11));
    await sweep();
    expect(await row(videoId)).toMatchObject({ publishedAt: PAST, unpublishedAt: inMinutes(11) });
    expect((await row(videoId))).not.toHaveProperty('dueAt');
    expect(await lists()).toEqual([[], []]);
  });

  test('a video that is not ready does not change', async () => {
    const videoId = await due({ status: 'held', publishAt: PAST });
    await sweep();
    for (const name of ['publishedAt', 'listedAt', 'dueAt']) expect(await row(videoId)).not.toHaveProperty(name);
  });
});

describe('at unpublishAt', () => {
  test('a video leaves the public lists, and keeps its publishedAt', async () => {
    const videoId = await published({ unpublishAt: PAST });
    expect(await sweep()).toEqual(swept);
    expect(await row(videoId)).toMatchObject({ publishedAt: FIRST, unpublishedAt: NOW, version: 2 });
    for (const name of ['listedFor', 'listedAt', 'dueAt']) expect(await row(videoId)).not.toHaveProperty(name);
  });

  test('a video that was never published is not marked as unpublished', async () => {
    const videoId = await ready({ publishAt: inMinutes(-10), unpublishAt: PAST });
    await sweep();
    for (const name of ['publishedAt', 'unpublishedAt', 'dueAt']) expect(await row(videoId)).not.toHaveProperty(name);
  });
});

describe('a video with times and a source', () => {
  const source = (dueAt: string) => ({ bucket: 'sources', key: 'source/a/original', fileName: 'a.mp4', contentType: 'video/mp4', size: 1000, dueAt, dueAction: 'delete' as const });

  test.each([
    ['is due later', inMinutes(60), inMinutes(60)],
    ['is also due', inMinutes(-1), inMinutes(-1)],
  ])('is published if its source %s, and keeps the due time of the source', async (_, sourceDue, dueAt) => {
    const videoId = await ready({ publishAt: PAST, source: source(sourceDue) });
    objects.set('source/a/original', 1000);
    await sweep({ sources: 'delete' });
    expect(await row(videoId)).toMatchObject({ publishedAt: PAST, dueAt });
    clock.now = new Date(dueAt);
    await sweep({ sources: 'delete' });
    expect(await row(videoId)).toMatchObject({ source: { state: 'deleted' } });
    expect(await row(videoId)).not.toHaveProperty('dueAt');
  });

  test('keeps the next publication time if its source is deleted', async () => {
    const videoId = await ready({ publishAt: inMinutes(60), source: source(inMinutes(-1)) });
    objects.set('source/a/original', 1000);
    await sweep({ sources: 'delete' });
    expect(await row(videoId)).toMatchObject({ source: { state: 'deleted' }, dueAt: inMinutes(60) });
  });

  test('is due at its publication time, although S3 denied the change of its source', async () => {
    const videoId = await ready({ publishAt: inMinutes(30), source: { ...source(inMinutes(-1)), dueAction: 'archive' } });
    await sweep({ sources: 'archive' });
    expect(await row(videoId)).toMatchObject({ dueAt: inMinutes(30) });
  });

  test('is due at its publication time if an action failed', async () => {
    const videoId = await ready({ publishAt: inMinutes(30), source: source(inMinutes(-1)) });
    objects.set('source/a/original', 1000);
    const fails = async (name: string) => { if (name === 'DeleteObjectCommand') throw new Error('socket hang up'); };
    expect(await sweep({ sources: 'delete', before: fails })).toMatchObject({ looked: 1, failed: 1 });
    expect(await row(videoId)).toMatchObject({ dueAt: inMinutes(30) });
  });
});

test('a due time without a reason is moved to the next publication time', async () => {
  const videoId = await published({ unpublishAt: inMinutes(60) });
  await sweep();
  expect(await row(videoId)).toMatchObject({ dueAt: inMinutes(60), publishedAt: FIRST });
});

test('a video without times needs only one write', async () => {
  await published({});
  await sweep();
  expect(calls.filter((name) => /Update|Transact/.test(name))).toEqual(['UpdateItemCommand']);
});

test('an edit between the read and the write of a sweep wins, and the next sweep uses the new times', async () => {
  const videoId = await published({ unpublishAt: PAST });
  const videos = videoRepository(table().tableName, { client: table().client, clock: () => clock.now });
  let isEdited = false;
  await sweep({
    before: async (name) => {
      if (name !== 'TransactWriteItemsCommand' || isEdited) return;
      isEdited = true;
      await videos.edit((await videos.findWhole(videoId))!, { unpublishAt: null });
    },
  });
  expect(isEdited).toBe(true);
  expect(await row(videoId)).toMatchObject({ revision: 2, listedAt: `${FIRST}#${videoId}` });
  await sweep();
  expect(await row(videoId)).not.toHaveProperty('dueAt');
  expect((await lists())[0]).toEqual([videoId]);
});
