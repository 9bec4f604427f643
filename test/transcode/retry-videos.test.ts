import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { etagOf } from '../../src/catalog/etag.runtime';
import { dueKey, usageKey, videoKey, VideoRow } from '../../src/contract/table';
import { dayOf } from '../../src/domain/quotas';
import { MAX_ATTEMPTS, VideoErrorCode, VideoStatus } from '../../src/domain/video-status';
import { VISIBILITIES } from '../../src/domain/visibility';
import { serveRoutes } from '../../src/runtime/http';
import { dueVideos } from '../../src/runtime/rows/due-videos';
import { VideoRepository, videoRepository } from '../../src/runtime/rows/video-repository';
import { sweepVideos } from '../../src/sweeper/sweep-videos.runtime';
import { retryVideos } from '../../src/transcode/retry-videos.runtime';
import { captureLog } from '../captured-log';
import { addFaults, Fault, invoke } from '../histories/invocations';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, catalogTable, idOf } from '../runtime/rows/catalog-table';

const NOW = new Date('2026-11-30T10:00:00.000Z');
const HOUR_MS = 3_600_000;
const ROLES = { viewers: ['watchers'], admins: ['bosses'] };
const ERROR = { code: 'transcode_failed', message: 'no' } as const;

describe('POST /streams/{videoId}/retry', () => {
  let table: CatalogTable;
  let count = 0;
  const clock = { now: NOW };
  const messages: string[] = [];
  let logged: string[];
  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  beforeEach(async () => {
    await table.clear();
    clock.now = NOW;
    messages.length = 0;
    logged = captureLog();
  });

  const repository = (client = table.client) => videoRepository(table.tableName, { client, clock: () => clock.now });
  const documents = () => DynamoDBDocumentClient.from(table.client);
  const read = async (Key: object) => (await documents().send(new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true }))).Item;
  const stored = (videoId: string) => read(videoKey(videoId));
  const uploadsOfDay = async (owner: string) => (await read(usageKey(owner)))?.uploadsOfDay ?? 0;
  const makeVideo = (given: Partial<VideoRow> = {}) => table.put({
    videoId: idOf(++count), owner: 'ann', status: 'errored', error: ERROR, revision: 3, version: 8, progress: 40, jobId: 'job-1', ...given,
  });

  async function retry({ videoId }: Pick<VideoRow, 'videoId'>, given: {
    userId?: string; groups?: string[]; uploadsPerDay?: number; videos?: Partial<VideoRepository>; client?: DynamoDBClient; requestJob?: () => Promise<void>;
  } = {}) {
    const { userId = 'ann', groups = [], uploadsPerDay = 25, videos, client } = given;
    const handler = serveRoutes('transcode/retry-videos', retryVideos({
      videos: { ...repository(client), ...videos },
      roles: ROLES,
      requestJob: given.requestJob ?? (async (message) => void messages.push(JSON.stringify(message))),
      uploadsPerDay,
      clock: () => clock.now,
    }));
    const { statusCode, headers, body } = await handler(apiEvent('POST', '/streams/{videoId}/retry', { userId, groups, path: { videoId } }));
    return { status: statusCode, etag: headers?.etag, body: JSON.parse(body) };
  }

  /** Runs the sweeper an hour later. */
  async function sweep(): Promise<void> {
    clock.now = new Date(clock.now.getTime() + HOUR_MS + 1);
    const sqs = { send: async ({ input }: { input: { MessageBody: string } }) => void messages.push(input.MessageBody) } as unknown as SQSClient;
    await sweepVideos({
      videos: repository(), due: dueVideos(table.tableName, table.client), clock: () => clock.now, transcode: { sqs, submitQueueUrl: 'queue', mediaConvert: undefined! },
    })({}, { getRemainingTimeInMillis: () => 600_000 });
  }

  test('starts the next attempt, sends its message, and returns the video with the same ETag', async () => {
    const video = await makeVideo({ publishedAt: undefined, resubmits: 2, claim: { attempt: 1, token: 't', startedAt: NOW.toISOString() } });
    await documents().send(new PutCommand({ TableName: table.tableName, Item: { ...videoKey(video.videoId), sk: 'details', schemaVersion: 1, description: 'About it' } }));
    const answer = await retry(video);
    expect(answer).toMatchObject({ status: 202, etag: etagOf(video), body: { status: 'uploaded', progress: 0, description: 'About it', updatedAt: NOW.toISOString() } });
    expect(answer.body).not.toHaveProperty('error');
    expect(messages).toEqual([JSON.stringify({ videoId: video.videoId, attempt: 2 })]);
    const { error, jobId, resubmits, claim, publishedAt, ...kept } = video;
    expect(await stored(video.videoId)).toEqual({
      ...kept, ...dueKey(video.videoId, new Date(NOW.getTime() + HOUR_MS)), status: 'uploaded', stageKey: `open#${video.videoId}`, attempt: 2, progress: 0, version: 9,
      updatedAt: NOW.toISOString(),
    });
  });

  test.each<VideoErrorCode>(['not_a_video', 'too_large', 'too_long', 'corrupt', 'unsupported_codec', 'transcode_failed', 'internal'])('is possible after the error %s', async (code) => {
    expect((await retry(await makeVideo({ error: { code, message: 'no' } }))).status).toBe(202);
  });

  test.each<[string, Partial<VideoRow>, number, string]>([
    ...(['waiting', 'uploaded', 'processing', 'held', 'ready'] as const).map((status): [string, Partial<VideoRow>, number, string] => (
      [`the status ${status}`, { status, error: undefined }, 409, 'wrong_status'])),
    ['an expired upload', { error: { code: 'upload_expired', message: 'late' } }, 409, 'source_unavailable'],
    ...(['deleted', 'archived'] as const).map((state): [string, Partial<VideoRow>, number, string] => (
      [`a source that is ${state}`, { error: { code: 'source_unavailable', message: 'gone' }, source: { bucket: 'b', key: 'k', fileName: 'f', contentType: 'video/mp4', size: 1, state } }, 409, 'source_unavailable'])),
    ['the last attempt', { attempt: MAX_ATTEMPTS }, 429, 'limit_reached'],
  ])('rejects a video with %s, and changes nothing', async (_, given, status, code) => {
    const video = await makeVideo(given);
    const before = await stored(video.videoId);
    for (const groups of [[], ['bosses']]) expect(await retry(video, { groups })).toMatchObject({ status, body: { code } });
    expect([await stored(video.videoId), messages, await uploadsOfDay('ann')]).toEqual([before, [], 0]);
  });

  test('allows exactly the maximum number of attempts', async () => {
    const video = await makeVideo({ attempt: MAX_ATTEMPTS - 1 });
    expect((await retry(video)).status).toBe(202);
    await repository().recordError(video.videoId, MAX_ATTEMPTS, ERROR);
    expect(await retry(video)).toMatchObject({ status: 429, body: { detail: expect.stringContaining('10 attempts') } });
  });

  describe('the quota of a day', () => {
    test('counts uploads and retries together, and starts again at midnight UTC', async () => {
      const declared = () => ({
        videoId: idOf(++count), owner: 'ann', title: 'a', tags: [], visibility: 'private' as const, source: { bucket: 'b', key: 'k', fileName: 'f', contentType: 'video/mp4', size: 1 },
      });
      const quotas = { openUploads: 9, videos: 9, storedBytes: 9, uploadsPerDay: 3 };
      await repository().create(declared(), {}, quotas);
      for (let n = 0; n < 2; n++) expect((await retry(await makeVideo(), { uploadsPerDay: 3 })).status).toBe(202);
      expect(await read(usageKey('ann'))).toMatchObject({ day: dayOf(NOW), uploadsOfDay: 3, openUploads: 1, videos: 1, storedBytes: 1 });
      const video = await makeVideo();
      expect(await retry(video, { uploadsPerDay: 3 })).toMatchObject({ status: 429, body: { code: 'limit_reached', detail: expect.stringContaining('2026-12-01T00:00:00.000Z') } });
      expect(await stored(video.videoId)).toEqual(video);
      await expect(repository().create(declared(), {}, quotas)).rejects.toThrow('uploadsPerDay');
      clock.now = new Date('2026-12-01T00:00:00.000Z');
      expect((await retry(video, { uploadsPerDay: 3 })).status).toBe(202);
      expect(await read(usageKey('ann'))).toMatchObject({ day: '2026-12-01', uploadsOfDay: 1, openUploads: 1, videos: 1, storedBytes: 1 });
    });

    test('neither limits nor counts the retries of admins', async () => {
      await retry(await makeVideo(), { uploadsPerDay: 1 });
      expect((await retry(await makeVideo(), { uploadsPerDay: 1, userId: 'eve', groups: ['bosses'] })).status).toBe(202);
      expect([await uploadsOfDay('ann'), await uploadsOfDay('eve')]).toEqual([1, 0]);
    });

    test('is not exceeded by concurrent requests', async () => {
      const videos = await Promise.all(Array.from({ length: 6 }, () => makeVideo()));
      const answers = await Promise.all(videos.map((video) => retry(video, { uploadsPerDay: 2 })));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 429, 429, 429, 429]);
      expect([messages.length, await uploadsOfDay('ann')]).toEqual([2, 2]);
    });
  });

  test.each<[string, string[]]>([['the owner', []], ['an admin', ['bosses']]])('many requests of %s at the same time start one attempt', async (_, groups) => {
    const video = await makeVideo();
    const answers = await Promise.all(Array.from({ length: 8 }, () => retry(video, { groups })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(7).fill(409)]);
    for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('wrong_status');
    expect(messages).toEqual([JSON.stringify({ videoId: video.videoId, attempt: 2 })]);
    expect(await stored(video.videoId)).toMatchObject({ attempt: 2, version: 9 });
    expect(await uploadsOfDay('ann')).toBe(groups.length > 0 ? 0 : 1);
  });

  test('fails if the video gets another owner between the read and the write', async () => {
    const video = await makeVideo();
    const videos: Partial<VideoRepository> = {
      findWhole: async (videoId) => {
        const whole = (await repository().findWhole(videoId))!;
        await repository().edit(whole, { owner: 'bob' });
        return whole;
      },
    };
    expect(await retry(video, { videos })).toMatchObject({ status: 409 });
    expect(await stored(video.videoId)).toMatchObject({ owner: 'bob', status: 'errored', attempt: 1 });
    expect([messages, await uploadsOfDay('ann')]).toEqual([[], 0]);
  });

  test('the sweeper sends a message that was not sent', async () => {
    const video = await makeVideo();
    expect(await retry(video, { requestJob: async () => { throw new Error('SQS is down'); } })).toMatchObject({ status: 202, body: { status: 'uploaded' } });
    expect(logged.join('')).toContain('its job was not requested');
    await sweep();
    expect(messages).toEqual([JSON.stringify({ videoId: video.videoId, attempt: 2 })]);
  });

  const deaths = [0, 1, 2, 3, 4].flatMap((call) => (['never', 'now'] as const).map((executes): Fault => ({ call, ends: true, executes })));
  test.each(deaths)('no attempt is lost or counted twice if the function is killed at %j', async (fault) => {
    const video = await makeVideo();
    // The request is not the first of the day, so each request to AWS succeeds.
    await documents().send(new PutCommand({ TableName: table.tableName, Item: { ...usageKey('ann'), day: dayOf(NOW), uploadsOfDay: 0 } }));
    const { endpoint, region, credentials } = table.client.config;
    const client = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
    const queue = { middlewareStack: { add: (middleware: Function) => { send = middleware; } } };
    let send: Function = () => undefined;
    addFaults(client, queue);
    const requestJob = () => send(async () => void messages.push(JSON.stringify({ videoId: video.videoId, attempt: 2 })))({});
    const answer = await invoke(() => retry(video, { client, requestJob }), fault);
    expect(answer).toBeUndefined();
    const { attempt } = (await stored(video.videoId))!;
    expect(await uploadsOfDay('ann')).toBe(attempt - 1);
    if (attempt === 1) expect((await retry(video)).status).toBe(202);
    else expect(await retry(video)).toMatchObject({ status: 409, body: { code: 'wrong_status' } });
    await sweep();
    expect(new Set(messages)).toEqual(new Set([JSON.stringify({ videoId: video.videoId, attempt: 2 })]));
    expect(await stored(video.videoId)).toMatchObject({ status: 'uploaded', attempt: 2, resubmits: 1 });
    expect(await uploadsOfDay('ann')).toBe(1);
  });

  test('a message that waits in the dead-letter queue starts no second attempt after a retry', async () => {
    const video = await makeVideo({ claim: { attempt: 1, token: 't', startedAt: NOW.toISOString(), abandoned: true } });
    expect((await retry(video)).status).toBe(202);
    expect(await repository().reopen(video.videoId, 1)).toBe('unchanged');
    expect(await repository().reopen(video.videoId, 2)).toBe('unchanged');
    expect(await stored(video.videoId)).toMatchObject({ attempt: 2, status: 'uploaded' });
  });

  test('late events of the failed attempt change nothing', async () => {
    const video = await makeVideo();
    await retry(video);
    const before = await stored(video.videoId);
    expect(await repository().recordReady(video.videoId, 1, { media: { hls: 'hls' }, renditions: [] })).toBe('unchanged');
    expect(await repository().recordError(video.videoId, 1, ERROR)).toBe('unchanged');
    expect(await stored(video.videoId)).toEqual(before);
  });

  test('returns 503 for a row of a newer format, and changes nothing', async () => {
    const video = await makeVideo({ schemaVersion: 99 });
    expect(await retry(video)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await stored(video.videoId)).toEqual(video);
  });

  /** A person who can watch a video of another user gets 403, and every other person gets the 404 of a video that does not exist. */
  describe.each(VISIBILITIES)('a video with the visibility %s', (visibility) => {
    describe.each<VideoStatus>(['waiting', 'processing', 'ready', 'errored', 'deleting'])('and the status %s', (status) => {
      const isWatchable = status === 'ready' && visibility !== 'private';
      const managed = { deleting: 404, errored: 202 }[status as string] ?? 409;
      test.each<[string, string, string[], number]>([
        ['its owner', 'ann', ['watchers'], managed],
        ['an admin', 'eve', ['bosses'], managed],
        ['another viewer', 'bob', ['watchers'], isWatchable ? 403 : 404],
        ['a user without a role', 'bob', [], 403],
      ])('can be retried by %s as the roles allow', async (_, userId, groups, expected) => {
        const video = await makeVideo({ visibility, status });
        const before = await stored(video.videoId);
        const answer = await retry(video, { userId, groups });
        expect(answer.status).toBe(expected);
        if (expected !== 202) expect([await stored(video.videoId), messages]).toEqual([before, []]);
        if (expected === 404) expect(answer).toEqual(await retry({ videoId: idOf(9999) }, { userId, groups }));
      });
    });
  });
});
