import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { CatalogTable, catalogTable, idOf, videoRow } from './catalog-table';
import { VideoRow, videoKey } from '../../src/contract/table';
import { ENTERED_FROM } from '../../src/domain/video-status';
import { NewVideo, videoRepository } from '../../src/runtime/video-repository';

const RESULT = {
  media: { hls: 'v/1/1/hls/index.m3u8', poster: 'v/1/1/poster.jpg' },
  renditions: [{ codec: 'avc1', width: 640, height: 360, bitsPerSecond: 600_000 }],
  durationSeconds: 6.5,
  width: 1920,
  height: 1080,
};

/** In the tests' hour: `now` is ten o'clock. */
const DUE_IN_AN_HOUR = (videoId: string) => ({ dueShard: videoId.slice(-1), dueAt: '2026-11-22T11:00:00.000Z' });

describe('videoRepository', () => {
  let table: CatalogTable;
  let now: Date;
  let count = 0;
  const repository = () => videoRepository(table.tableName, { client: table.client, clock: () => now });
  const declared = (given: Partial<NewVideo> = {}): NewVideo => {
    const videoId = idOf(count++);
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
  const editAs = (videoId: string, name: string, value: unknown) => DynamoDBDocumentClient.from(table.client).send(new UpdateCommand({
    TableName: table.tableName, Key: videoKey(videoId), UpdateExpression: 'SET #n = :v', ExpressionAttributeNames: { '#n': name }, ExpressionAttributeValues: { ':v': value },
  }));

  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  beforeEach(() => { now = new Date('2026-11-22T10:00:00.000Z'); });

  test('creates a video that waits, without what was not declared', async () => {
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
      attempt: 1,
      progress: 0,
      revision: 1,
      version: 1,
      createdAt: now.toISOString(),
      updatedAt: now.toISOString(),
    });
    expect(row).toMatchObject({ videoId: video.videoId, status: 'waiting' });
  });

  test('keeps what people write at length in an item of its own, written with the row', async () => {
    const video = declared();
    const details = { description: 'About it', metadata: { a: 'b' } };
    const row = await repository().create(video, details);
    expect(await repository().find(video.videoId)).toEqual(row);
    expect(row).not.toHaveProperty('description');
    expect(await repository().findWhole(video.videoId)).toEqual({ row, details });
    // The same write once more, and another one.
    await repository().create(video, details);
    await expect(repository().create({ ...video, owner: 'somebody else' }, { description: 'Mine' })).rejects.toThrow(/cancell?ed/i);
    expect(await repository().findWhole(video.videoId)).toEqual({ row, details });
  });

  test('finds details where there are none, and none where there is no video', async () => {
    const row = await repository().create(declared());
    expect(await repository().findWhole(row.videoId)).toEqual({ row, details: {} });
    expect(await repository().findWhole(idOf(999_999))).toBeUndefined();
  });

  test('finds the details of a row of the format 0, which held them itself', async () => {
    const { schemaVersion, stageKey, ...old } = videoRow({ videoId: idOf(count++) });
    await DynamoDBDocumentClient.from(table.client).send(new PutCommand({ TableName: table.tableName, Item: { ...old, description: 'Old', metadata: { a: 'b' } } }));
    expect(await repository().findWhole(old.videoId)).toMatchObject({ row: { schemaVersion: 1 }, details: { description: 'Old', metadata: { a: 'b' } } });
  });

  test('never creates over another row, but forgives its own repeated write', async () => {
    const video = declared();
    await repository().create(video);
    await repository().create(video);
    await expect(repository().create({ ...video, owner: 'somebody else' })).rejects.toThrow(/conditional/i);
    now = new Date(now.getTime() + 1);
    await expect(repository().create(video)).rejects.toThrow(/conditional/i);
    expect(await repository().find(video.videoId)).toMatchObject({ owner: 'owner', version: 1 });
  });

  test('never creates over a row of its own that was written since', async () => {
    const video = declared();
    await repository().create(video);
    await repository().markUploaded(video.videoId, 4321);
    await expect(repository().create(video)).rejects.toThrow(/conditional/i);
    expect(await repository().find(video.videoId)).toMatchObject({ status: 'uploaded', source: { size: 4321 } });
  });

  test('goes the whole way', async () => {
    const { videoId } = await repository().create(declared());
    expect(await repository().markUploaded(videoId, 4321)).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({ ...DUE_IN_AN_HOUR(videoId), stageKey: `open#${videoId}` });
    expect(await repository().claim(videoId, 1, 'token', now)).toMatchObject({ claim: { token: 'token' }, source: { size: 4321, fileName: 'a.mp4' } });
    expect(await repository().recordJob(videoId, 1, 'job-1')).toBe('changed');
    expect(await repository().recordProgress(videoId, 1, 41.7)).toBe('changed');
    expect(await repository().recordProgress(videoId, 1, 41)).toBe('unchanged');
    expect(await repository().recordProgress(videoId, 1, 12)).toBe('unchanged');
    expect(await repository().find(videoId)).toMatchObject({ ...DUE_IN_AN_HOUR(videoId), status: 'processing', stageKey: `open#${videoId}`, progress: 41, jobId: 'job-1' });
    now = new Date('2026-12-01T00:00:00.000Z');
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

  test.each<[string, (videoId: string) => Promise<unknown>]>([
    ['ready', (id) => repository().recordReady(id, 1, RESULT)],
    ['errored', (id) => repository().recordError(id, 1, { code: 'corrupt', message: 'no' })],
  ])('leaves the sweeper nothing to do with a video that is %s', async (_, end) => {
    const videoId = await processing();
    expect(await repository().find(videoId)).toMatchObject(DUE_IN_AN_HOUR(videoId));
    await end(videoId);
    const row = await repository().find(videoId);
    for (const name of ['dueShard', 'dueAt']) expect(row).not.toHaveProperty(name);
  });

  test('says why a video failed', async () => {
    const videoId = await processing();
    expect(await repository().recordError(videoId, 1, { code: 'corrupt', message: 'no moov atom' })).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({ status: 'errored', stageKey: `errored#${videoId}`, error: { code: 'corrupt', message: 'no moov atom' } });
  });

  test('leaves what a result lacks out of the row', async () => {
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
    expect(row).toMatchObject({ status: 'ready', publishedAt: now.toISOString() });
    expect(row).not.toHaveProperty('listedFor');
    expect(row).not.toHaveProperty('listedAt');
  });

  test('keeps the first moment of publication', async () => {
    const videoId = await processing();
    await editAs(videoId, 'publishedAt', '2026-11-01T00:00:00.000Z');
    now = new Date('2027-02-03T00:00:00.000Z');
    await repository().recordReady(videoId, 1, RESULT);
    expect(await repository().find(videoId)).toMatchObject({ publishedAt: '2026-11-01T00:00:00.000Z', listedAt: `2026-11-01T00:00:00.000Z#${videoId}` });
  });

  test('does not list a video that was made private while its result was written', async () => {
    const videoId = await processing();
    let edited = false;
    const client = Object.assign(Object.create(Object.getPrototypeOf(table.client)), table.client, { middlewareStack: table.client.middlewareStack.clone() });
    client.middlewareStack.add((next: any, context: any) => async (args: any) => {
      const result = await next(args);
      if (context.commandName === 'GetItemCommand' && !edited) {
        edited = true;
        await editAs(videoId, 'visibility', 'private');
      }
      return result;
    }, { step: 'initialize' });
    expect(await videoRepository(table.tableName, { client, clock: () => now }).recordReady(videoId, 1, RESULT)).toBe('changed');
    expect(edited).toBe(true);
    const row = await repository().find(videoId);
    expect(row).toMatchObject({ status: 'ready', visibility: 'private' });
    expect(row).not.toHaveProperty('listedFor');
  });

  test('counts from 0 in a row that was written before there was a version', async () => {
    const { version, ...old } = videoRow({ videoId: idOf(count++), status: 'processing' });
    await DynamoDBDocumentClient.from(table.client).send(new PutCommand({ TableName: table.tableName, Item: old }));
    expect(await repository().recordProgress(old.videoId, 1, 10)).toBe('changed');
    expect(await repository().find(old.videoId)).toEqual({ ...old, progress: 10, version: 1, updatedAt: now.toISOString() });
    expect(await repository().recordReady(old.videoId, 1, RESULT)).toBe('changed');
    expect(await repository().find(old.videoId)).toMatchObject({ ...RESULT, version: 2, revision: 1 });
  });

  test('is ready without the error of an earlier attempt, in a row that was retried before retries took it away', async () => {
    const { videoId } = await table.put({ videoId: idOf(count++), status: 'processing', attempt: 2, error: { code: 'internal', message: 'old' } });
    expect(await repository().recordReady(videoId, 2, RESULT)).toBe('changed');
    expect(await repository().find(videoId)).not.toHaveProperty('error');
  });

  test('begins the next attempt with nothing of the one before', async () => {
    const waiting = videoRow({ videoId: idOf(count++) });
    // Every attribute that the row of an errored video may have: a new one fails to compile until it stands here.
    const errored: Required<Omit<VideoRow, 'listedFor' | 'listedAt' | 'dueShard' | 'dueAt' | 'expiryNoticedAt'>> = {
      ...waiting,
      ...RESULT,
      status: 'errored',
      attempt: 4,
      progress: 70,
      revision: 3,
      version: 20,
      publishedAt: '2026-11-01T00:00:00.000Z',
      claim: { attempt: 4, token: 'token', startedAt: '2026-11-22T09:00:00.000Z', abandoned: true },
      jobId: 'job',
      error: { code: 'internal', message: 'no' },
    };
    await table.put(errored);
    expect(await repository().reopen(errored.videoId, 4)).toBe('changed');
    const { claim, jobId, media, renditions, durationSeconds, width, height, error, ...kept } = errored;
    expect(await repository().find(errored.videoId)).toEqual({
      ...kept, ...DUE_IN_AN_HOUR(errored.videoId), status: 'uploaded', stageKey: `open#${errored.videoId}`, attempt: 5, progress: 0, version: 21, updatedAt: now.toISOString(),
    });
    expect(await repository().reopen(errored.videoId, 4)).toBe('unchanged');
    expect(await repository().abandon(errored.videoId, 5, 'token', { code: 'internal', message: 'no' })).toBe('unchanged');
  });

  test('changes nothing of a video that is not there', async () => {
    const videoId = idOf(999_999);
    expect(await repository().markUploaded(videoId, 1)).toBe('unchanged');
    expect(await repository().recordReady(videoId, 1, RESULT)).toBe('unchanged');
    expect(await repository().claim(videoId, 1, 'token', now)).toBeUndefined();
    expect(await repository().find(videoId)).toBeUndefined();
  });

  test('throws what is no refusal', async () => {
    await expect(videoRepository('no-such-table', { client: table.client }).markUploaded(idOf(1), 1)).rejects.toThrow(/not found|non-existent/i);
  });

  describe('claim', () => {
    const uploaded = async () => {
      const { videoId } = await repository().create(declared());
      await repository().markUploaded(videoId, 1000);
      return videoId;
    };
    const past = new Date('2026-11-22T09:00:00.000Z');

    test('goes to one of many', async () => {
      const videoId = await uploaded();
      const tokens = Array.from({ length: 12 }, (_, i) => `token-${i}`);
      const rows = await Promise.all(tokens.map((token) => repository().claim(videoId, 1, token, past)));
      const holders = new Set(rows.map((row) => row?.claim?.token));
      expect(holders.size).toBe(1);
      expect(rows.filter((row, i) => row?.claim?.token === tokens[i])).toHaveLength(1);
      expect(await repository().find(videoId)).toMatchObject({ version: 3 });
    });

    test('is the caller\'s own when it asks again', async () => {
      const videoId = await uploaded();
      await repository().claim(videoId, 1, 'mine', past);
      expect((await repository().claim(videoId, 1, 'mine', past))?.claim).toEqual({ attempt: 1, token: 'mine', startedAt: now.toISOString() });
    });

    test('is taken over when it is stale, and not a moment before', async () => {
      const videoId = await uploaded();
      await repository().claim(videoId, 1, 'first', past);
      expect((await repository().claim(videoId, 1, 'second', now))?.claim?.token).toBe('first');
      expect((await repository().claim(videoId, 1, 'second', new Date(now.getTime() + 1)))?.claim?.token).toBe('second');
    });

    test('of an earlier attempt does not hold', async () => {
      const videoId = await uploaded();
      await repository().claim(videoId, 1, 'first', past);
      await editAs(videoId, 'attempt', 2);
      expect(await repository().claim(videoId, 1, 'late', past)).toBeUndefined();
      expect((await repository().claim(videoId, 2, 'second', past))?.claim).toMatchObject({ attempt: 2, token: 'second' });
    });

    test('is over once there is a job', async () => {
      const videoId = await processing();
      expect(await repository().claim(videoId, 1, 'token', new Date('2030-01-01'))).toBeUndefined();
    });
  });

  describe('with events late, repeated and out of order', () => {
    type Event = { readonly name: string; readonly attempt: number; apply(videoId: string): Promise<unknown> };
    const journey = (attempt: number): Event[] => [
      { name: 'uploaded', attempt: 1, apply: (id) => repository().markUploaded(id, 1000) },
      { name: 'claim', attempt, apply: (id) => repository().claim(id, attempt, `token-${attempt}`, new Date(0)) },
      { name: 'job', attempt, apply: (id) => repository().recordJob(id, attempt, `job-${attempt}`) },
      ...[10, 50, 90].map((percent): Event => ({ name: `${percent} %`, attempt, apply: (id) => repository().recordProgress(id, attempt, percent) })),
      { name: 'ready', attempt, apply: (id) => repository().recordReady(id, attempt, RESULT) },
      { name: 'error', attempt, apply: (id) => repository().recordError(id, attempt, { code: 'transcode_failed', message: 'no' }) },
    ];
    // Attempt 2 does not exist yet: its events must change nothing.
    const events = [...journey(1), ...journey(2).filter(({ name }) => name !== 'uploaded')];
    const stepIsLegal = (before: VideoRow, after: VideoRow) => {
      expect(after.status === before.status || ENTERED_FROM[after.status].includes(before.status)).toBe(true);
      expect(after.progress).toBeGreaterThanOrEqual(before.progress);
      expect(after.attempt).toBe(1);
      expect(after.listedFor !== undefined).toBe(after.status === 'ready');
      expect(after.error !== undefined).toBe(after.status === 'errored');
      expect(after.revision).toBe(before.revision);
      if (after.version === before.version) expect(after).toEqual(before);
      else expect(after.version).toBe(before.version + 1);
    };

    test('never goes back, and what comes in order still arrives', async () => {
      const sequence = fc.array(fc.constantFrom(...events.map((_, i) => i)), { minLength: 1, maxLength: 14 });
      // Some of the way is gone in order, so that late events are as frequent as early ones.
      await fc.assert(fc.asyncProperty(fc.nat({ max: 7 }), sequence, async (start, order) => {
        const { videoId } = await repository().create(declared());
        for (const event of journey(1).slice(0, start)) await event.apply(videoId);
        let row = (await repository().find(videoId))!;
        for (const event of order.map((i) => events[i])) {
          const outcome = await event.apply(videoId);
          const after = (await repository().find(videoId))!;
          stepIsLegal(row, after);
          if (event.attempt !== 1) expect(after).toEqual(row);
          if (typeof outcome === 'string') expect(outcome).toBe(after.version === row.version ? 'unchanged' : 'changed');
          row = after;
        }
        for (const event of journey(1)) await event.apply(videoId);
        const last = (await repository().find(videoId))!;
        expect(['ready', 'errored']).toContain(last.status);
        if (['ready', 'errored'].includes(row.status)) expect(last).toEqual(row);
      }), { numRuns: 40 });
    });

    test('takes them all at once', async () => {
      await fc.assert(fc.asyncProperty(fc.shuffledSubarray([...journey(1), ...journey(1)], { minLength: 8 }), async (burst) => {
        const { videoId } = await repository().create(declared());
        await Promise.all(burst.map((event) => event.apply(videoId)));
        const row = (await repository().find(videoId))!;
        expect(row.listedFor !== undefined).toBe(row.status === 'ready');
        expect(row.error !== undefined).toBe(row.status === 'errored');
      }), { numRuns: 20 });
    });
  });
});
