import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { idOf, videoRow } from './catalog-table';
import { RESULT, repositorySetting } from './repository-setting';
import { NewerFormat } from '../../../src/contract/read-row';
import { detailsKey, VideoRow } from '../../../src/contract/table';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

/** Returns the attributes of a video that is due at 11:00. The clock of each test starts at 10:00. */
const DUE_IN_AN_HOUR = (videoId: string) => ({ dueShard: videoId.slice(-1), dueAt: '2026-11-22T11:00:00.000Z' });

describe('videoRepository', () => {
  const { clock, declared, editAs, newId, processing, repository, table } = repositorySetting();

  test('creates a waiting video without the attributes that were not declared', async () => {
    const video = declared();
    const row = await repository().create(video, { description: undefined, metadata: undefined });
    expect(await repository().find(video.videoId)).toStrictEqual({
      pk: `video#${video.videoId}`,
      sk: 'video',
      schemaVersion: 1,
      videoId: video.videoId,
      owner: 'owner',
      title: 'A title',
      tags: ['a'],
      visibility: 'signed-in',
      source: video.source,
      status: 'waiting',
      stageKey: `open#${video.videoId}`,
      ...DUE_IN_AN_HOUR(video.videoId),
      attempt: 1,
      progress: 0,
      revision: 1,
      version: 1,
      createdAt: clock.now.toISOString(),
      updatedAt: clock.now.toISOString(),
    });
    expect(row).toMatchObject({ videoId: video.videoId, status: 'waiting' });
  });

  test('stores description and metadata in a separate item, in one transaction with the row', async () => {
    const video = declared();
    const details = { description: 'About it', metadata: { a: 'b' } };
    const row = await repository().create(video, details);
    expect(await repository().find(video.videoId)).toEqual(row);
    expect(row).not.toHaveProperty('description');
    expect(await repository().findWhole(video.videoId)).toEqual({ row, details });
    await expect(repository().create({ ...video, owner: 'somebody else' }, { description: 'Mine' })).rejects.toThrow('exists already');
    expect(await repository().findWhole(video.videoId)).toEqual({ row, details });
  });

  test('returns empty details for a video without details, and undefined if there is no video', async () => {
    const row = await repository().create(declared());
    expect(await repository().findWhole(row.videoId)).toEqual({ row, details: {} });
    expect(await repository().findWhole(newId())).toBeUndefined();
  });

  test('reads the details of a row of format 0 from the row', async () => {
    const { schemaVersion, stageKey, ...old } = videoRow({ videoId: newId() });
    await DynamoDBDocumentClient.from(table().client).send(new PutCommand({
      TableName: table().tableName, Item: { ...old, description: 'Old', metadata: { a: 'b' } },
    }));
    expect(await repository().findWhole(old.videoId)).toMatchObject({ row: { schemaVersion: 1 }, details: { description: 'Old', metadata: { a: 'b' } } });
  });

  test('never overwrites another row', async () => {
    const video = declared();
    await repository().create(video);
    await expect(repository().create({ ...video, owner: 'somebody else' })).rejects.toThrow('exists already');
    await expect(repository().create(video)).rejects.toThrow('exists already');
    expect(await repository().find(video.videoId)).toMatchObject({ owner: 'owner', version: 1 });
  });

  test('never overwrites its own row after a later write', async () => {
    const video = declared();
    await repository().create(video);
    await repository().markUploaded(video.videoId, 4321);
    await expect(repository().create(video)).rejects.toThrow('exists already');
    expect(await repository().find(video.videoId)).toMatchObject({ status: 'uploaded', source: { size: 4321 } });
  });

  test('changes a video from waiting to ready', async () => {
    const { videoId } = await repository().create(declared());
    expect(await repository().markUploaded(videoId, 4321)).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({ ...DUE_IN_AN_HOUR(videoId), stageKey: `open#${videoId}` });
    expect(await repository().claim(videoId, 1, 'token', clock.now)).toMatchObject({ claim: { token: 'token' }, source: { size: 4321, fileName: 'a.mp4' } });
    expect(await repository().recordJob(videoId, 1, 'job-1')).toBe('changed');
    expect(await repository().recordProgress(videoId, 1, 41.7)).toBe('changed');
    expect(await repository().recordProgress(videoId, 1, 41)).toBe('unchanged');
    expect(await repository().recordProgress(videoId, 1, 12)).toBe('unchanged');
    expect(await repository().find(videoId)).toMatchObject({ ...DUE_IN_AN_HOUR(videoId), status: 'processing', stageKey: `open#${videoId}`, progress: 41, jobId: 'job-1' });
    clock.now = new Date('2026-12-01T00:00:00.000Z');
    expect(await repository().recordReady(videoId, 1, RESULT)).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({
      ...RESULT,
      status: 'ready',
      progress: 100,
      revision: 1,
      version: 6,
      updatedAt: '2026-12-01T00:00:00.000Z',
      publishedAt: '2026-12-01T00:00:00.000Z',
      stageKey: `ready#${videoId}`,
      listedFor: 'signed-in',
      listedAt: `2026-12-01T00:00:00.000Z#${videoId}`,
    });
  });

  test('stores the error of a video that failed', async () => {
    const videoId = await processing();
    expect(await repository().recordError(videoId, 1, { code: 'corrupt', message: 'no moov atom' })).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({ status: 'errored', stageKey: `errored#${videoId}`, error: { code: 'corrupt', message: 'no moov atom' } });
  });

  test.each<[string, (videoId: string) => Promise<unknown>]>([
    ['ready', (id) => repository().recordReady(id, 1, RESULT)],
    ['errored', (id) => repository().recordError(id, 1, { code: 'corrupt', message: 'no' })],
  ])('removes the due time of a video that is %s', async (_, end) => {
    const videoId = await processing();
    expect(await repository().find(videoId)).toMatchObject(DUE_IN_AN_HOUR(videoId));
    await end(videoId);
    const row = await repository().find(videoId);
    for (const name of ['dueShard', 'dueAt']) expect(row).not.toHaveProperty(name);
  });

  test('does not store attributes that the result does not contain', async () => {
    const videoId = await processing();
    await repository().recordReady(videoId, 1, { media: { hls: 'hls', poster: undefined }, renditions: [], width: undefined });
    const row = await repository().find(videoId);
    expect(row?.media).toStrictEqual({ hls: 'hls' });
    expect(row).not.toHaveProperty('width');
  });

  test.each(['unlisted', 'private'] as const)('publishes %s videos without listing them', async (visibility) => {
    const videoId = await processing({ visibility });
    await repository().recordReady(videoId, 1, RESULT);
    const row = await repository().find(videoId);
    expect(row).toMatchObject({ status: 'ready', publishedAt: clock.now.toISOString() });
    expect(row).not.toHaveProperty('listedFor');
    expect(row).not.toHaveProperty('listedAt');
  });

  test('keeps the time of the first publication', async () => {
    const videoId = await processing();
    await editAs(videoId, 'publishedAt', '2026-11-01T00:00:00.000Z');
    clock.now = new Date('2027-02-03T00:00:00.000Z');
    await repository().recordReady(videoId, 1, RESULT);
    expect(await repository().find(videoId)).toMatchObject({ publishedAt: '2026-11-01T00:00:00.000Z', listedAt: `2026-11-01T00:00:00.000Z#${videoId}` });
  });

  test('does not list a video that became private while its result was written', async () => {
    const videoId = await processing();
    let edited = false;
    const { client: given, tableName } = table();
    const client = Object.assign(Object.create(Object.getPrototypeOf(given)), given, { middlewareStack: given.middlewareStack.clone() });
    client.middlewareStack.add((next: any, context: any) => async (args: any) => {
      const result = await next(args);
      if (context.commandName === 'GetItemCommand' && !edited) {
        edited = true;
        await editAs(videoId, 'visibility', 'private');
      }
      return result;
    }, { step: 'initialize' });
    expect(await videoRepository(tableName, { client, clock: () => clock.now }).recordReady(videoId, 1, RESULT)).toBe('changed');
    expect(edited).toBe(true);
    const row = await repository().find(videoId);
    expect(row).toMatchObject({ status: 'ready', visibility: 'private' });
    expect(row).not.toHaveProperty('listedFor');
  });

  test('counts versions from 0 in a row without a version', async () => {
    const { version, ...old } = videoRow({ videoId: newId(), status: 'processing' });
    await DynamoDBDocumentClient.from(table().client).send(new PutCommand({ TableName: table().tableName, Item: old }));
    expect(await repository().recordProgress(old.videoId, 1, 10)).toBe('changed');
    expect(await repository().find(old.videoId)).toEqual({ ...old, progress: 10, version: 1, updatedAt: clock.now.toISOString() });
    expect(await repository().recordReady(old.videoId, 1, RESULT)).toBe('changed');
    expect(await repository().find(old.videoId)).toMatchObject({ ...RESULT, version: 2, revision: 1 });
  });

  test('removes the error of an earlier attempt when a video becomes ready, for rows that older versions retried', async () => {
    const { videoId } = await table().put({ videoId: newId(), status: 'processing', attempt: 2, error: { code: 'internal', message: 'old' } });
    expect(await repository().recordReady(videoId, 2, RESULT)).toBe('changed');
    expect(await repository().find(videoId)).not.toHaveProperty('error');
  });

  test('neither reads nor writes rows and details of a newer format', async () => {
    const row = await table().put({ videoId: newId(), schemaVersion: 2 });
    await expect(repository().markUploaded(row.videoId, 7)).rejects.toThrow(NewerFormat);
    await expect(repository().findWhole(row.videoId)).rejects.toThrow(NewerFormat);
    await editAs(row.videoId, 'schemaVersion', 1);
    expect(await repository().find(row.videoId)).toEqual({ ...row, schemaVersion: 1 });
    const { videoId } = await repository().create(declared(), { description: 'About it' });
    await editAs(videoId, 'schemaVersion', 2, detailsKey(videoId));
    await expect(repository().findWhole(videoId)).rejects.toThrow('details has the format 2');
  });

  test('starts the next attempt without attributes of the previous attempt', async () => {
    const waiting = videoRow({ videoId: newId() });
    // Every attribute that the row of an errored video can have. This file compiles only if the row contains every attribute of `VideoRow`.
    const errored: Required<Omit<VideoRow, 'listedFor' | 'listedAt' | 'dueShard' | 'dueAt' | 'expiryNoticedAt' | 'multipart'>> = {
      ...waiting,
      ...RESULT,
      status: 'errored',
      attempt: 4,
      progress: 70,
      revision: 3,
      version: 20,
      publishedAt: '2026-11-01T00:00:00.000Z',
      unpublishedAt: '2026-11-02T00:00:00.000Z',
      publishAt: '2026-10-01T00:00:00.000Z',
      unpublishAt: '2026-11-02T00:00:00.000Z',
      claim: { attempt: 4, token: 'token', startedAt: '2026-11-22T09:00:00.000Z', abandoned: true },
      resubmits: 3,
      jobId: 'job',
      error: { code: 'internal', message: 'no' },
    };
    await table().put(errored);
    expect(await repository().reopen(errored.videoId, 4)).toBe('changed');
    const { claim, resubmits, jobId, media, renditions, durationSeconds, width, height, error, ...kept } = errored;
    expect(await repository().find(errored.videoId)).toEqual({
      ...kept, ...DUE_IN_AN_HOUR(errored.videoId), status: 'uploaded', stageKey: `open#${errored.videoId}`, attempt: 5, progress: 0, version: 21,
      updatedAt: clock.now.toISOString(),
    });
    expect(await repository().reopen(errored.videoId, 4)).toBe('unchanged');
    expect(await repository().abandon(errored.videoId, 5, 'token', { code: 'internal', message: 'no' })).toBe('unchanged');
  });

  test('changes nothing if the video does not exist', async () => {
    const videoId = idOf(999_999);
    expect(await repository().markUploaded(videoId, 1)).toBe('unchanged');
    expect(await repository().recordReady(videoId, 1, RESULT)).toBe('unchanged');
    expect(await repository().claim(videoId, 1, 'token', clock.now)).toBeUndefined();
    expect(await repository().find(videoId)).toBeUndefined();
  });

  test('throws errors other than a failed condition', async () => {
    await expect(videoRepository('no-such-table', { client: table().client }).markUploaded(idOf(1), 1)).rejects.toThrow(/not found|non-existent/i);
  });
});
