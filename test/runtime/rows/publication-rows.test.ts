import { RESULT, repositorySetting } from './repository-setting';
import { dueKey, publicationKey, VideoRow } from '../../../src/contract/table';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

const { clock, declared, processing, repository, table } = repositorySetting();
// The clock starts at 10:00.
const [SOON, LATER] = ['2026-11-22T11:00:00.000Z', '2026-11-22T12:00:00.000Z'];
const DAY_SECONDS = 24 * 3600;
const stored = async (videoId: string): Promise<VideoRow> => (await repository().find(videoId))!;
const edit = async (videoId: string, change: object) => (await repository().edit((await repository().findWhole(videoId))!, change))?.row;
const inLists = async (videoId: string) => {
  const [published, tagged] = await Promise.all([repository().listPublished({ limit: 100 }), repository().listTagged('a', { limit: 100 })]);
  return [published, tagged].map(({ rows }) => rows.some((row) => row.videoId === videoId));
};
const ready = async (given: object = {}) => {
  const videoId = await processing(given);
  expect(await repository().recordReady(videoId, 1, RESULT)).toBe('changed');
  return videoId;
};

test('a new video keeps its times, and a video without times has no attribute for them', async () => {
  const { videoId } = await repository().create(declared({ publishAt: SOON, unpublishAt: LATER }));
  expect(await stored(videoId)).toMatchObject({ publishAt: SOON, unpublishAt: LATER });
  const without = await stored(await ready());
  for (const name of ['publishAt', 'unpublishAt', 'unpublishedAt', 'dueAt']) expect(without).not.toHaveProperty(name);
});

test('a video that becomes ready before publishAt is neither published nor listed, and is due at publishAt', async () => {
  const videoId = await ready({ publishAt: SOON });
  expect(await stored(videoId)).toMatchObject({ status: 'ready', ...dueKey(videoId, new Date(SOON)) });
  for (const name of ['publishedAt', 'listedFor', 'listedAt']) expect(await stored(videoId)).not.toHaveProperty(name);
  expect(await inLists(videoId)).toEqual([false, false]);
});

test('a video that becomes ready between its times is listed, and is due at unpublishAt', async () => {
  const videoId = await ready({ publishAt: '2020-01-01T00:00:00.000Z', unpublishAt: LATER });
  const publishedAt = clock.now.toISOString();
  expect(await stored(videoId)).toMatchObject({ publishedAt, ...publicationKey({ publishedAt, videoId }), ...dueKey(videoId, new Date(LATER)) });
  expect(await inLists(videoId)).toEqual([true, true]);
});

test('a video that becomes ready after unpublishAt is not listed, and has no due time', async () => {
  const videoId = await ready({ unpublishAt: '2026-11-22T09:00:00.000Z' });
  for (const name of ['publishedAt', 'listedAt', 'unpublishedAt', 'dueAt']) expect(await stored(videoId)).not.toHaveProperty(name);
});

test('the lists omit a video from unpublishAt on, although the row is still listed', async () => {
  const videoId = await ready({ unpublishAt: SOON });
  clock.now = new Date(Date.parse(SOON) - 1);
  expect(await inLists(videoId)).toEqual([true, true]);
  clock.now = new Date(SOON);
  expect(await inLists(videoId)).toEqual([false, false]);
  expect(await stored(videoId)).toHaveProperty('listedAt');
});

test('an edit removes a video from the lists if publishAt is in the future, and adds it again if the time is removed', async () => {
  const videoId = await ready();
  const { publishedAt } = await stored(videoId);
  clock.now = new Date('2026-11-22T10:10:00.000Z');
  expect(await edit(videoId, { publishAt: SOON })).toMatchObject({ publishAt: SOON, revision: 2 });
  expect(await inLists(videoId)).toEqual([false, false]);
  expect(await stored(videoId)).toMatchObject({ publishedAt, unpublishedAt: clock.now.toISOString(), ...dueKey(videoId, new Date(SOON)) });
  await edit(videoId, { publishAt: null });
  expect(await inLists(videoId)).toEqual([true, true]);
  // Only the sweeper removes the due time.
  expect(await stored(videoId)).toMatchObject({ publishedAt, dueAt: SOON });
  for (const name of ['publishAt', 'unpublishedAt']) expect(await stored(videoId)).not.toHaveProperty(name);
});

test.each([['removes publishAt', null], ['sets publishAt to a time in the past', '2020-01-01T00:00:00.000Z']])('an edit that %s publishes the video now', async (_, publishAt) => {
  const videoId = await ready({ publishAt: SOON });
  clock.now = new Date('2026-11-22T10:10:00.000Z');
  await edit(videoId, { publishAt });
  expect(await stored(videoId)).toMatchObject({ publishedAt: '2026-11-22T10:10:00.000Z', listedAt: `2026-11-22T10:10:00.000Z#${videoId}` });
  expect(await inLists(videoId)).toEqual([true, true]);
});

test('an edit of the visibility does not list a video outside of its times', async () => {
  const videoId = await ready({ publishAt: SOON, visibility: 'private' });
  await edit(videoId, { visibility: 'signed-in' });
  expect(await inLists(videoId)).toEqual([false, false]);
});

test.each([
  ['has no due time', undefined, SOON, SOON],
  ['has a later due time', LATER, SOON, SOON],
  ['has an earlier due time', SOON, LATER, SOON],
])('after an edit, a ready video that %s is due at the earlier time', async (_, first, second, expected) => {
  const videoId = await ready({ unpublishAt: first });
  await edit(videoId, { unpublishAt: second });
  expect(await stored(videoId)).toMatchObject(dueKey(videoId, new Date(expected)));
});

test('the times of a video that is not ready do not change its due time', async () => {
  const videoId = await processing();
  const { dueAt } = await stored(videoId);
  await edit(videoId, { publishAt: '2026-11-22T10:01:00.000Z' });
  expect(await stored(videoId)).toMatchObject({ dueAt });
});

describe('with a source that is due', () => {
  const lifecycle = () => videoRepository(table().tableName, {
    client: table().client, clock: () => clock.now, sourceLifecycle: { action: 'delete', afterSeconds: DAY_SECONDS },
  });
  const sourceDue = '2026-11-23T10:00:00.000Z';

  test.each([['earlier', SOON, SOON], ['later', '2026-12-24T00:00:00.000Z', sourceDue]])('and a publication time that is %s, the row has the earlier due time', async (_, publishAt, dueAt) => {
    const videoId = await processing({ publishAt });
    await lifecycle().recordReady(videoId, 1, RESULT);
    expect(await stored(videoId)).toMatchObject({ dueAt, source: { dueAt: sourceDue } });
  });

  test.each([['deleted'], ['archived']] as const)('a source that is %s leaves the publication time as due time', async (state) => {
    const videoId = await processing({ publishAt: '2026-12-24T00:00:00.000Z' });
    await lifecycle().recordReady(videoId, 1, RESULT);
    expect(await repository().markSource(await stored(videoId), state)).toBe('changed');
    expect(await stored(videoId)).toMatchObject(dueKey(videoId, new Date('2026-12-24T00:00:00.000Z')));
    clock.now = new Date('2026-12-25T00:00:00.000Z');
    expect(await repository().markSource(await stored(videoId), state)).toBe('changed');
    for (const name of ['dueAt', 'dueShard']) expect(await stored(videoId)).not.toHaveProperty(name);
  });
});
