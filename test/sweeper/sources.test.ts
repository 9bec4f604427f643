import { job, NOW, sweeperSetting } from './sweeper-setting';
import type { VideoRow } from '../../src/contract/table';
import { ARCHIVE_TAG } from '../../src/contract/upload';

const { calls, clock, due, etags, jobs, logged, newId, objects, row, sweep, tags, usageOf } = sweeperSetting();

const DAY = 24 * 60;
const inMinutes = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();
const TAG = { Key: ARCHIVE_TAG.key, Value: ARCHIVE_TAG.value };
const SIZE = 128 * 1024;

/** Stores the row of a ready video whose source is due. If `inS3` is set, also stores the source's object. */
async function ready(given: Partial<VideoRow['source']> = {}, inS3 = true): Promise<{ videoId: string; key: string }> {
  const videoId = newId();
  const key = given.key ?? `source/${videoId}/original`;
  if (inS3) objects.set(key, SIZE);
  await due({
    videoId, status: 'ready', owner: 'ann', source: { bucket: 'sources', key, fileName: 'a.mp4', contentType: 'video/mp4', size: SIZE, dueAt: inMinutes(-1), dueAction: 'delete', ...given },
  });
  return { videoId, key };
}

const swept = { looked: 1, failed: 0, complete: true };

describe('a video that becomes ready', () => {
  test.each(['delete', 'archive'] as const)('gets the time of the action %s', async (sources) => {
    const videoId = await due({ status: 'processing', jobId: 'job-1' });
    jobs.set('job-1', job(videoId));
    expect(await sweep({ sources })).toEqual(swept);
    expect(await row(videoId)).toMatchObject({ status: 'ready', dueAt: inMinutes(30 * DAY), dueShard: videoId.slice(-1), source: { dueAt: inMinutes(30 * DAY) } });
  });

  test('gets no due time without a source lifecycle', async () => {
    const videoId = await due({ status: 'processing', jobId: 'job-1' });
    jobs.set('job-1', job(videoId));
    await sweep();
    const { dueAt, dueShard, source } = (await row(videoId))!;
    expect([dueAt, dueShard, source.dueAt]).toEqual([undefined, undefined, undefined]);
  });
});

describe('delete', () => {
  test('deletes only the object of the due source, marks the row and releases the bytes', async () => {
    const { videoId, key } = await ready();
    objects.set('source/other', 1);
    expect(await sweep({ sources: 'delete' })).toEqual(swept);
    expect([...objects.keys()]).toEqual(['source/other']);
    const { dueAt, dueShard, status, source, version } = (await row(videoId))!;
    expect([dueAt, dueShard, status, source.state, source.key, version]).toEqual([undefined, undefined, 'ready', 'deleted', key, 2]);
    expect(await usageOf('ann')).toEqual({ storedBytes: -SIZE });
    expect(await sweep({ sources: 'delete' })).toMatchObject({ looked: 0 });
  });

  test.each([['has no object any more', false], ['has another object', true]])('keeps other objects if the key %s', async (_, replaced) => {
    const { videoId, key } = await ready({ etag: 'first' }, replaced);
    etags.set(key, '"second"');
    expect(await sweep({ sources: 'delete' })).toEqual(swept);
    expect(objects.has(key)).toBe(replaced);
    expect((await row(videoId))?.source.state).toBe('deleted');
    expect(await usageOf('ann')).toEqual({ storedBytes: -SIZE });
  });

  test.each(['first', '"first"'])('deletes the object with the ETag %s', async (etag) => {
    const { videoId, key } = await ready({ etag });
    etags.set(key, '"first"');
    await sweep({ sources: 'delete' });
    expect([objects.size, (await row(videoId))?.source.state]).toEqual([0, 'deleted']);
  });

  test('a source that is deleted before the row changes is deleted again, and its bytes are released once', async () => {
    const { videoId } = await ready();
    // A user edits the video between the request to S3 and the write of the row.
    const source = (await row(videoId))!.source;
    await sweep({
      sources: 'delete',
      before: async (name) => { if (name === 'TransactWriteItemsCommand') await due({ videoId, status: 'ready', owner: 'ann', title: 'New', version: 7, source }); },
    });
    expect(await row(videoId)).toMatchObject({ title: 'New', version: 7, source: { dueAt: inMinutes(-1) } });
    expect(await usageOf('ann')).toEqual({});
    await sweep({ sources: 'delete' });
    expect(await row(videoId)).toMatchObject({ title: 'New', version: 8, source: { state: 'deleted' } });
    expect(await usageOf('ann')).toEqual({ storedBytes: -SIZE });
  });
});

describe('archive', () => {
  test('adds the tag of the lifecycle rule to the other tags, marks the row, and still counts the bytes', async () => {
    const { videoId, key } = await ready({ dueAction: 'archive' });
    tags.set(key, [{ Key: 'team', Value: 'news' }]);
    expect(await sweep({ sources: 'archive' })).toEqual(swept);
    expect(tags.get(key)).toEqual([{ Key: 'team', Value: 'news' }, TAG]);
    const { dueAt, dueShard, status, source } = (await row(videoId))!;
    expect([dueAt, dueShard, status, source.state, objects.has(key)]).toEqual([undefined, undefined, 'ready', 'archived', true]);
    expect(await usageOf('ann')).toEqual({});
  });

  test('tags an object only once if the tag is there already', async () => {
    const { key } = await ready({ dueAction: 'archive' });
    tags.set(key, [TAG]);
    await sweep({ sources: 'archive' });
    expect(tags.get(key)).toEqual([TAG]);
  });

  test('does not tag an object that replaced the source', async () => {
    const { videoId, key } = await ready({ etag: 'first', dueAction: 'archive' });
    etags.set(key, '"second"');
    expect(await sweep({ sources: 'archive' })).toEqual(swept);
    expect(tags.size).toBe(0);
    expect((await row(videoId))?.source.state).toBe('deleted');
    expect(await usageOf('ann')).toEqual({ storedBytes: -SIZE });
  });

  test.each([['S3 denies the request', false, 0], ['the object has ten other tags', true, 10]])('is tried again after a day if %s', async (_, inS3, count) => {
    const { videoId, key } = await ready({ dueAction: 'archive' }, inS3);
    tags.set(key, Array.from({ length: count }, (__, n) => ({ Key: `tag${n}`, Value: '' })));
    expect(await sweep({ sources: 'archive' })).toEqual(swept);
    expect(tags.get(key)).toHaveLength(count);
    const { dueAt, source } = (await row(videoId))!;
    expect([dueAt, source.state]).toEqual([inMinutes(DAY), undefined]);
    expect(logged.some((line) => line.includes('source not archived') && line.includes(videoId))).toBe(true);
  });

  test('keeps a source that is too small for S3 to archive', async () => {
    const { videoId } = await ready({ size: SIZE - 1, dueAction: 'archive' });
    expect(await sweep({ sources: 'archive' })).toEqual(swept);
    const { dueAt, source } = (await row(videoId))!;
    expect([dueAt, source.state, tags.size]).toEqual([undefined, undefined, 0]);
  });
});

describe('sources that are kept', () => {
  test.each<[string, Partial<VideoRow['source']>, boolean]>([
    ['the service no longer has a source lifecycle', {}, false], ['the sweeper has no permission for the bucket', { bucket: 'theirs' }, true],
    ['the sweeper has no permission for the prefix', { key: 'exports/a.mp4' }, true], ['another action was planned', { dueAction: 'archive' }, true],
    ['the source is deleted already', { state: 'deleted' }, true], ['the source has no due time', { dueAt: undefined }, true],
  ])('%s', async (_, given, hasLifecycle) => {
    const { videoId } = await ready(given);
    expect(await sweep(hasLifecycle ? { sources: 'delete' } : {})).toEqual(swept);
    expect(objects.size).toBe(1);
    expect((await row(videoId))?.dueAt).toBeUndefined();
    expect(calls).not.toContain('DeleteObjectCommand');
  });

  test('a video that is due earlier than its source is due again at the time of its source', async () => {
    const { videoId } = await ready({ dueAt: inMinutes(DAY) });
    await sweep({ sources: 'delete' });
    expect([objects.size, (await row(videoId))?.dueAt]).toEqual([1, inMinutes(DAY)]);
    clock.now = new Date(inMinutes(DAY));
    await sweep({ sources: 'delete' });
    expect(objects.size).toBe(0);
  });
});
