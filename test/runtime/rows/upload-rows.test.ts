import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import { repositorySetting } from './repository-setting';
import { usageKey } from '../../../src/contract/table';
import type { Quotas } from '../../../src/domain/quotas';
import { QuotaExceeded } from '../../../src/runtime/rows/day-counter';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

const QUOTAS: Quotas = { openUploads: 3, videos: 5, storedBytes: 10_000, uploadsPerDay: 4 };
const DUE = new Date('2026-11-29T10:00:00.000Z');

describe('uploadRows', () => {
  const { clock, declared, editAs, repository, table } = repositorySetting();
  let owners = 0;
  const newOwner = () => `user-${owners++}`;

  const usageOf = async (owner: string) => {
    const { client, tableName } = table();
    const { Item } = await DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName: tableName, Key: usageKey(owner), ConsistentRead: true }));
    const { pk, sk, ...usage } = Item ?? {};
    return usage;
  };
  const create = async (owner: string, quotas: Quotas | undefined = QUOTAS) => repository().create(declared({ owner }), {}, quotas);
  const exceeding = (quota: string) => expect.objectContaining({ quota });
  const later = (hours: number) => { clock.now = new Date(clock.now.getTime() + hours * 3_600_000); };
  /** A client that sends each request twice, as the SDK does after a lost response. */
  const repeating = () => {
    const { client: given, tableName } = table();
    const client = Object.assign(Object.create(Object.getPrototypeOf(given)), given, { middlewareStack: given.middlewareStack.clone() });
    const twice: InitializeMiddleware<any, any> = (next) => async (args) => {
      await next(args);
      return next(args);
    };
    client.middlewareStack.add(twice, { step: 'finalizeRequest', priority: 'low' });
    return videoRepository(tableName, { client, clock: () => clock.now });
  };

  test('counts an upload from its creation to its end', async () => {
    const owner = newOwner();
    const { videoId } = await create(owner);
    expect(await usageOf(owner)).toEqual({ openUploads: 1, videos: 1, storedBytes: 1000, day: '2026-11-22', uploadsOfDay: 1 });
    expect(await repository().markUploaded(videoId, 900)).toBe('changed');
    expect(await usageOf(owner)).toEqual({ openUploads: 0, videos: 1, storedBytes: 900, day: '2026-11-22', uploadsOfDay: 1 });
    expect(await repository().markUploaded(videoId, 900)).toBe('unchanged');
    expect(await usageOf(owner)).toMatchObject({ openUploads: 0, storedBytes: 900 });
  });

  test('claims the first attempt with the same write that records the upload', async () => {
    const { videoId } = await create(newOwner());
    await repository().markUploaded(videoId, 1000, 'message');
    expect(await repository().find(videoId)).toMatchObject({ status: 'uploaded', version: 2, claim: { attempt: 1, token: 'message', startedAt: clock.now.toISOString() } });
  });

  test('an upload that expires releases its bytes, and its removal releases the video', async () => {
    const owner = newOwner();
    const row = await create(owner);
    expect(await repository().expireUpload(row, DUE)).toBe('changed');
    expect(await usageOf(owner)).toMatchObject({ openUploads: 0, videos: 1, storedBytes: 0, uploadsOfDay: 1 });
    const expired = (await repository().find(row.videoId))!;
    expect(expired).toMatchObject({ status: 'errored', error: { code: 'upload_expired' }, dueAt: DUE.toISOString() });
    expect(await repository().removeUpload({ ...expired, version: 1 })).toBe('unchanged');
    expect(await repository().removeUpload(expired)).toBe('changed');
    expect(await repository().removeUpload(expired)).toBe('unchanged');
    expect(await usageOf(owner)).toMatchObject({ openUploads: 0, videos: 0, storedBytes: 0 });
    expect(await repository().findWhole(row.videoId)).toBeUndefined();
  });

  test('an aborted upload releases everything at once, and its removal releases nothing more', async () => {
    const owner = newOwner();
    const row = await repository().create(declared({ owner }), { description: 'About it' }, QUOTAS);
    expect(await repository().abortUpload(row, DUE)).toBe('changed');
    expect(await repository().abortUpload(row, DUE)).toBe('unchanged');
    expect(await repository().expireUpload(row, DUE)).toBe('unchanged');
    expect(await repository().markUploaded(row.videoId, 1000)).toBe('unchanged');
    const aborted = (await repository().find(row.videoId))!;
    expect(aborted).toMatchObject({ status: 'deleting', dueAt: DUE.toISOString() });
    await repository().removeUpload(aborted);
    expect(await usageOf(owner)).toMatchObject({ openUploads: 0, videos: 0, storedBytes: 0, uploadsOfDay: 1 });
    expect(await repository().findWhole(row.videoId)).toBeUndefined();
  });

  test('keeps the due time of an upload, but not a due time that the sweeper postponed', async () => {
    const [quick, long] = [await create(newOwner()), await create(newOwner())];
    later(0.5);
    await repository().markUploaded(quick.videoId, 1000);
    expect(await repository().find(quick.videoId)).toMatchObject({ dueAt: quick.dueAt });
    const { videoId } = long;
    await repository().find(videoId);
    const moved = new Date(clock.now.getTime() + 24 * 3_600_000);
    await editAs(videoId, 'dueAt', moved.toISOString());
    await repository().markUploaded(videoId, 1000);
    expect(await repository().find(videoId)).toMatchObject({ dueAt: new Date(clock.now.getTime() + 3_600_000).toISOString() });
  });

  test.each<[string, Partial<Quotas>, number]>([
    ['openUploads', { openUploads: 2 }, 2], ['videos', { videos: 2 }, 2], ['storedBytes', { storedBytes: 2999 }, 2], ['uploadsPerDay', { uploadsPerDay: 2 }, 2],
    ['storedBytes', { storedBytes: 999 }, 0],
  ])('the quota %s of %j rejects upload number %i + 1 and counts nothing', async (quota, given, allowed) => {
    const owner = newOwner();
    const quotas = { openUploads: 99, videos: 99, storedBytes: 1e9, uploadsPerDay: 99, ...given };
    for (let n = 0; n < allowed; n++) await create(owner, quotas);
    const before = await usageOf(owner);
    const video = declared({ owner });
    await expect(repository().create(video, {}, quotas)).rejects.toEqual(exceeding(quota));
    expect(await usageOf(owner)).toEqual(before);
    expect(await repository().find(video.videoId)).toBeUndefined();
    await create(owner, undefined as never);
  });

  test('a caller without quotas is not limited, but is counted', async () => {
    const owner = newOwner();
    for (let n = 0; n < 5; n++) await repository().create(declared({ owner }));
    expect(await usageOf(owner)).toMatchObject({ openUploads: 5, videos: 5, uploadsOfDay: 5 });
    await expect(create(owner)).rejects.toBeInstanceOf(QuotaExceeded);
  });

  test('the quota of a day starts again at midnight UTC', async () => {
    const owner = newOwner();
    const quotas = { ...QUOTAS, openUploads: 99, videos: 99, uploadsPerDay: 1 };
    clock.now = new Date('2026-11-22T23:59:59.999Z');
    await create(owner, quotas);
    await expect(create(owner, quotas)).rejects.toEqual(exceeding('uploadsPerDay'));
    later(0.001);
    await create(owner, quotas);
    expect(await usageOf(owner)).toMatchObject({ day: '2026-11-23', uploadsOfDay: 1, openUploads: 2 });
    await expect(create(owner, quotas)).rejects.toEqual(exceeding('uploadsPerDay'));
  });

  test('an upload that started just before midnight counts for the next day if another upload has started that day', async () => {
    const owner = newOwner();
    later(24);
    await create(owner);
    later(-24);
    await create(owner);
    expect(await usageOf(owner)).toMatchObject({ day: '2026-11-23', uploadsOfDay: 2, openUploads: 2 });
  });

  test('100 concurrent uploads with a quota of 10 leave exactly 10', async () => {
    const owner = newOwner();
    const quotas = { ...QUOTAS, openUploads: 10, videos: 1000, storedBytes: 1e9, uploadsPerDay: 1000 };
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => create(owner, quotas)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(exceeding('openUploads'));
    expect(await usageOf(owner)).toMatchObject({ openUploads: 10, videos: 10, uploadsOfDay: 10 });
    expect((await repository().listOwned(owner, { limit: 100 })).rows).toHaveLength(10);
  });

  test('a request that the SDK repeats after a lost response counts once', async () => {
    const owner = newOwner();
    const row = await repeating().create(declared({ owner }), {}, QUOTAS);
    expect(await usageOf(owner)).toMatchObject({ openUploads: 1, videos: 1, storedBytes: 1000, uploadsOfDay: 1 });
    await repeating().markUploaded(row.videoId, 1000);
    expect(await usageOf(owner)).toMatchObject({ openUploads: 0, videos: 1 });
  });
});
