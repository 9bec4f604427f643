import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Validator } from '@cfworker/json-schema';
import { mockClient } from 'aws-sdk-client-mock';
import { ownedCursors, publishedCursors, titledCursors } from '../../src/catalog/cursor.runtime';
import { readVideos } from '../../src/catalog/read-videos.runtime';
import { videoListSchema, videoSchema } from '../../src/contract/schemas';
import { publicationKey } from '../../src/contract/table';
import { optionalPosterUrls, posterUrls } from '../../src/runtime/signing/poster-urls';
import { captureLog } from '../captured-log';
import { opensByItself } from '../delivery/cloudfront-rules';
import { fakeSecrets, keyPair } from '../delivery/fake-secrets';
import { apiEvent } from '../runtime/api-event';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

const PUBLISHED_AT = '2026-11-22T10:00:00.000Z';
const ready = { status: 'ready' as const, media: { hls: 'hls', poster: 'v/p.jpg' }, publishedAt: PUBLISHED_AT };
const listedRow = (videoId: string, given: Partial<Parameters<typeof videoRow>[0]> = {}) => (
  videoRow({ videoId, owner: 'ann', ...ready, ...publicationKey({ publishedAt: PUBLISHED_AT, videoId }), ...given }));

const KEY = keyPair('ec');
const SERVICE_URL = 'https://videos.example.com';

const ROLES = JSON.stringify({ viewers: ['watchers'], admins: ['bosses'] });

type Entry = typeof import('../../src/catalog/read-videos.lambda');

describe('catalog/read-videos', () => {
  const dynamodb = mockClient(DynamoDBDocumentClient);
  const { mock: secrets, values } = fakeSecrets();
  let handler: Entry['handler'];

  beforeAll(() => {
    // The handler reads its environment when it is imported.
    const SIGNING_KEYS = JSON.stringify([{ keyPairId: 'K1', secretArn: 'arn:1' }]);
    Object.assign(process.env, { TABLE_NAME: 'videos', SERVICE_URL, ROLES, SIGNING_KEYS, AWS_REGION: 'eu-central-1' });
    values.set('arn:1', { token: 'made', text: JSON.stringify({ privateKey: KEY.privateKey, createdAt: '2026-01-01T00:00:00.000Z' }) });
    ({ handler } = jest.requireActual<Entry>('../../src/catalog/read-videos.lambda'));
  });
  beforeEach(() => dynamodb.reset());

  const call = async (resource: string, given: Parameters<typeof apiEvent>[2]) => {
    const { statusCode, headers, body } = await handler(apiEvent('GET', resource, given));
    return { statusCode, headers, body: JSON.parse(body) };
  };
  const get = (videoId: string, userId?: string, groups = ['watchers']) => call('/streams/{videoId}', { userId, groups, path: { videoId } });
  const list = (query: Record<string, string>, userId = 'bob', groups = ['watchers']) => call('/streams', { userId, groups, query });

  test('returns a video with its ETag', async () => {
    dynamodb.on(GetCommand).resolves({ Item: videoRow({ videoId: idOf(1), owner: 'ann', revision: 7, ...ready }) });
    const { statusCode, headers, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'etag': `"${idOf(1)}.7"`, 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(new Validator(videoSchema as object, '4').validate(body).valid).toBe(true);
    expect(body.poster).toMatch(/^https:\/\/videos\.example\.com\/v\/p\.jpg\?Expires=/);
    expect(opensByItself(body.poster, { K1: KEY.publicKey }, new Date())).toBe(true);
    expect(dynamodb.commandCalls(GetCommand)[0].args[0].input).toMatchObject({ TableName: 'videos', Key: { pk: `video#${idOf(1)}`, sk: 'video' } });
  });

  test.each([
    ['does not exist', undefined],
    ['is a private video of another user', videoRow({ videoId: idOf(1), owner: 'ann', ...ready, visibility: 'private' })],
    ['is published later', videoRow({ videoId: idOf(1), owner: 'ann', ...ready, publishAt: '2036-01-01T00:00:00.000Z' })],
    ['is no longer published', videoRow({ videoId: idOf(1), owner: 'ann', ...ready, unpublishAt: '2020-01-01T00:00:00.000Z' })],
    ['is not ready and belongs to another user', videoRow({ videoId: idOf(1), owner: 'ann', status: 'errored' })],
    ['is being deleted', videoRow({ videoId: idOf(1), owner: 'bob', status: 'deleting' })],
  ])('returns the same 404 for a video that %s', async (_, Item) => {
    dynamodb.on(GetCommand).resolves({ Item });
    const { statusCode, headers, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(404);
    expect(headers?.['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'not_found', detail: 'no such video' });
  });

  test('returns 503 for a row of a newer format, and logs the reason', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    dynamodb.on(GetCommand).resolves({ Item: videoRow({ videoId: idOf(1), schemaVersion: 99 }) });
    const { statusCode, body } = await get(idOf(1), 'bob');
    expect([statusCode, body.code]).toEqual([503, 'unavailable']);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ error: expect.stringContaining('has the format 99') }));
    error.mockRestore();
  });

  test('requires a caller and a valid id', async () => {
    expect((await get(idOf(1))).statusCode).toBe(401);
    expect((await get('..%2fsecret', 'bob')).statusCode).toBe(404);
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('lists published videos, 20 per page by default', async () => {
    const at = (n: number) => ({ listedAt: `2026-11-22T10:00:00.000Z#${idOf(n)}` });
    dynamodb.on(QueryCommand).resolvesOnce({ Items: Array.from({ length: 21 }, (_, i) => at(30 - i)) });
    dynamodb.on(BatchGetCommand).callsFake(({ RequestItems }) => ({
      Responses: { videos: RequestItems.videos.Keys.map(({ pk }: { pk: string }) => listedRow(pk.slice('video#'.length))).reverse() },
    }));
    const { statusCode, body } = await list({});
    expect(statusCode).toBe(200);
    expect(new Validator(videoListSchema as object, '4').validate(body).valid).toBe(true);
    expect(body.items.map(({ videoId }: { videoId: string }) => videoId)).toEqual(Array.from({ length: 20 }, (_, i) => idOf(30 - i)));
    expect(body.cursor).toBe(publishedCursors.of({ publishedAt: '2026-11-22T10:00:00.000Z', videoId: idOf(11) }));
    expect(dynamodb.commandCalls(QueryCommand)[0].args[0].input).toMatchObject({ IndexName: 'byPublication', Limit: 21 });
  });

  test('lists the caller\'s videos by the user id in the token', async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [{ stageKey: `errored#${idOf(1)}` }] });
    dynamodb.on(BatchGetCommand).resolves({ Responses: { videos: [videoRow({ videoId: idOf(1), owner: 'bob', error: { code: 'corrupt', message: 'no' }, status: 'errored' })] } });
    const { body } = await list({ owner: 'me', status: 'errored', limit: '5' });
    expect(body).toMatchObject({ items: [{ videoId: idOf(1), error: { code: 'corrupt' } }] });
    expect(body).not.toHaveProperty('cursor');
    expect(dynamodb.commandCalls(QueryCommand)[0].args[0].input).toMatchObject({ IndexName: 'byOwnerStage', ExpressionAttributeValues: { ':partition': 'bob' } });
  });

  test.each([
    ['invalid_request', { status: 'processing' }],
    ['invalid_request', { owner: 'me', status: 'deleting' }],
    ['invalid_request', { owner: '' }],
    ['invalid_request', { limit: '101' }],
    ['invalid_request', { limit: '1e1' }],
    ['invalid_request', { page: '2' }],
    ['invalid_request', { titlePrefix: 'a' }],
    ['invalid_request', { owner: 'me', titlePrefix: '' }],
    ['invalid_request', { owner: 'me', titlePrefix: '\u0301' }],
    ['invalid_request', { owner: 'me', titlePrefix: '\u200b' }],
    ['invalid_request', { owner: 'me', titlePrefix: 'x'.repeat(201) }],
    ['invalid_request', { owner: 'me', titlePrefix: 'a\nb' }],
    ['invalid_request', { tag: '\u00b4' }],
    ['invalid_request', { tag: 'x'.repeat(65) }],
    ['invalid_request', { owner: 'me', tag: 'a', titlePrefix: 'a' }],
    ['invalid_request', { tag: 'a', status: 'ready' }],
    ['invalid_request', { owner: 'me', tag: 'a', status: 'ready' }],
    ['invalid_request', { owner: 'me', titlePrefix: 'a', status: 'ready' }],
    ['invalid_cursor', { tag: 'a', cursor: publishedCursors.of({ publishedAt: '2026-11-22T10:00:00.000Z', videoId: idOf(11) }) }],
    ['invalid_cursor', { owner: 'me', tag: 'a', cursor: ownedCursors.of({ videoId: idOf(11) }) }],
    ['invalid_cursor', { owner: 'me', titlePrefix: 'a', cursor: titledCursors('').of({ title: 'b', videoId: idOf(11) }) }],
    ['invalid_cursor', { cursor: 'AXg' }],
    ['invalid_cursor', { owner: 'me', cursor: publishedCursors.of({ publishedAt: '2026-11-22T10:00:00.000Z', videoId: idOf(11) }) }],
    ['invalid_cursor', { cursor: ownedCursors.of({ videoId: idOf(11) }) }],
  ])('returns %s for the query %j', async (code, query) => {
    const { statusCode, body } = await list(query);
    expect({ statusCode, code: body.code }).toEqual({ statusCode: 400, code });
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test.each([
    ['titlePrefix', { titlePrefix: 'a' }],
    ['titlePrefix', { owner: 'me', tag: 'a', titlePrefix: 'a' }],
    ['tag', { owner: 'me', tag: 'a', status: 'ready' }],
  ])('the error of a wrong combination names %s and the combinations that exist: %j', async (pointer, query) => {
    const { body } = await list(query);
    expect(body.errors).toEqual([{ pointer, detail: expect.stringContaining('With owner, use tag, titlePrefix or status') }]);
  });

  test('rejects a search in the videos of another user, unless the caller is an admin', async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    for (const query of [{ owner: 'ann', tag: 'a' }, { owner: 'ann', titlePrefix: 'a' }] as Record<string, string>[]) {
      expect((await list(query)).statusCode).toBe(403);
      expect((await list(query, 'eve', ['bosses'])).statusCode).toBe(200);
    }
    expect(dynamodb.commandCalls(QueryCommand).map(({ args }) => args[0].input.ExpressionAttributeValues![':pk'])).toEqual(['owntag#ann#a', 'titles#ann']);
  });

  test('accepts status=ready in the list of all videos', async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    expect(await list({ status: 'ready' })).toMatchObject({ statusCode: 200, body: { items: [] } });
  });

  /** Videos that Bob is not allowed to see, and an id that does not exist. */
  const hidden = [
    undefined,
    videoRow({ videoId: idOf(1), owner: 'ann', ...ready, visibility: 'private' }),
    videoRow({ videoId: idOf(1), owner: 'ann', status: 'processing' }),
    videoRow({ videoId: idOf(1), owner: 'bob', status: 'deleting' }),
  ];
  const open = [videoRow({ videoId: idOf(1), owner: 'ann', ...ready }), videoRow({ videoId: idOf(1), owner: 'ann', ...ready, visibility: 'unlisted' })];

  test.each([
    ['a viewer', ['watchers'], 404, 'not_found', hidden],
    ['a user who is not a viewer', ['uploaders'], 403, 'wrong_role', [...hidden, ...open]],
    ['a user in no group', [], 403, 'wrong_role', [...hidden, ...open]],
  ])('returns exactly the same response to %s, whether a video exists or not', async (_, groups, status, code, videos) => {
    const answers = [];
    for (const Item of videos) {
      dynamodb.on(GetCommand).resolves({ Item });
      answers.push(await handler(apiEvent('GET', '/streams/{videoId}', { userId: 'bob', groups, path: { videoId: idOf(1) } })));
    }
    expect(answers[0].statusCode).toBe(status);
    expect(JSON.parse(answers[0].body)).toMatchObject({ code });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('returns private and errored videos of other users to an admin, with their errors', async () => {
    dynamodb.on(GetCommand).resolves({ Item: videoRow({ videoId: idOf(1), owner: 'ann', ...ready, visibility: 'private' }) });
    expect(await get(idOf(1), 'bob', ['bosses'])).toMatchObject({ statusCode: 200, body: { visibility: 'private' } });
    dynamodb.on(GetCommand).resolves({ Item: videoRow({ videoId: idOf(1), owner: 'ann', status: 'errored', error: { code: 'corrupt', message: 'no' } }) });
    expect(await get(idOf(1), 'bob', ['bosses'])).toMatchObject({ statusCode: 200, body: { error: { code: 'corrupt' } } });
  });

  test('allows a user who is not a viewer to list and read only the user\'s videos', async () => {
    expect(await list({}, 'bob', [])).toMatchObject({ statusCode: 403, body: { code: 'wrong_role' } });
    expect(dynamodb.calls()).toHaveLength(0);
    const own = videoRow({ videoId: idOf(1), owner: 'bob', ...ready });
    dynamodb.on(QueryCommand).resolves({ Items: [{ videoId: idOf(1) }] });
    dynamodb.on(BatchGetCommand).resolves({ Responses: { videos: [own] } }).on(GetCommand).resolves({ Item: own });
    expect(await list({ owner: 'me' }, 'bob', [])).toMatchObject({ statusCode: 200, body: { items: [{ videoId: idOf(1) }] } });
    expect(await get(idOf(1), 'bob', [])).toMatchObject({ statusCode: 200, body: { videoId: idOf(1) } });
  });

  test.each([['its owner', 'ann', ['watchers']], ['an admin', 'bob', ['bosses']], ['a viewer', 'bob', ['watchers']]])(
    'does not list a video to %s if it was unpublished after the index was read', async (_, userId, groups) => {
      const changed = [
        { visibility: 'private' }, { visibility: 'unlisted' }, { status: 'processing' }, { status: 'deleting' }, { publishAt: '2036-01-01T00:00:00.000Z' },
        { unpublishAt: '2020-01-01T00:00:00.000Z' }, { listedAt: `2026-11-22T10:00:00.001Z#${idOf(6)}` },
      ] as const;
      dynamodb.on(QueryCommand).resolvesOnce({ Items: changed.map((_change, n) => ({ listedAt: `2026-11-22T10:00:00.000Z#${idOf(n)}` })) }).resolves({ Items: [] });
      dynamodb.on(BatchGetCommand).resolves({ Responses: { videos: changed.map((change, n) => listedRow(idOf(n), change)) } });
      expect(await list({}, userId, groups)).toMatchObject({ statusCode: 200, body: { items: [] } });
      expect(dynamodb.commandCalls(BatchGetCommand)[0].args[0].input.RequestItems?.videos.Keys).toHaveLength(7);
    });

  test('lists only those videos of a page that the caller is allowed to watch', async () => {
    const rows = [...hidden, ...open].filter((row) => row !== undefined);
    const page = async () => ({ rows });
    const videos = { findWhole: jest.fn(), listPublished: page, listOwned: page, listTagged: page, listOwnedTagged: page, listTitled: page };
    const { listVideos } = readVideos({ videos, roles: JSON.parse(ROLES), posterUrls: async () => undefined });
    const caller = { userId: 'bob', groups: ['watchers'] };
    for (const query of [{}, { owner: 'me' }, { tag: 'a' }, { owner: 'me', tag: 'a' }, { owner: 'me', titlePrefix: 'a' }]) {
      const { body } = await listVideos({ caller, path: {}, query, body: undefined, headers: {} } as Parameters<typeof listVideos>[0]);
      expect((body as { items: { visibility: string }[] }).items.map(({ visibility }) => visibility)).toEqual(['signed-in', 'unlisted']);
    }
  });

  describe('posters', () => {
    const videos = Array.from({ length: 100 }, (_, n) => listedRow(idOf(n), { media: { hls: 'hls', poster: `v/${n}.jpg` } }));
    const answerWith = (rows: typeof videos) => {
      dynamodb.on(QueryCommand).resolves({ Items: rows.map(({ videoId }) => ({ listedAt: `2026-11-22T10:00:00.000Z#${videoId}` })) });
      dynamodb.on(BatchGetCommand).resolves({ Responses: { videos: rows } });
    };
    const postersIn = async () => ((await list({ limit: '100' })).body.items as { poster?: string }[]).map(({ poster }) => poster);

    test('a page contains URLs that open the posters without cookies, and further pages need no call to Secrets Manager', async () => {
      answerWith(videos);
      const first = await postersIn();
      expect(first.filter((url) => url && opensByItself(url, { K1: KEY.publicKey }, new Date()))).toHaveLength(100);
      expect(await postersIn()).toEqual(first);
      expect(secrets.commandCalls(GetSecretValueCommand)).toHaveLength(1);
    });

    test('a response never contains the poster of a video that the caller is not allowed to watch', async () => {
      const hiddenRows = [
        { visibility: 'private' as const }, { status: 'deleting' as const }, { status: 'errored' as const },
        { publishAt: '2036-01-01T00:00:00.000Z' }, { unpublishAt: '2020-01-01T00:00:00.000Z' },
      ].map((change, n) => ({ ...videos[n], ...change }));
      answerWith([...hiddenRows, videos[5]]);
      const { body } = await list({});
      expect(JSON.stringify(body).match(/v\/\d+\.jpg/g)).toEqual(['v/5.jpg']);
      for (const Item of hiddenRows) {
        dynamodb.on(GetCommand).resolves({ Item });
        const { statusCode, body: problem } = await get(Item.videoId, 'bob');
        expect([statusCode, JSON.stringify(problem)]).toEqual([404, expect.not.stringContaining('jpg')]);
      }
    });

    test('the poster URL of a video expires at unpublishAt at the latest, except for its owner and admins', async () => {
      const unpublishAt = new Date(Date.now() + 60_500);
      dynamodb.on(GetCommand).resolves({ Item: listedRow(idOf(0), { unpublishAt: unpublishAt.toISOString() }) });
      const opensAt = (url: string, time: number) => opensByItself(url, { K1: KEY.publicKey }, new Date(time));
      const { body: { poster } } = await get(idOf(0), 'bob');
      expect([opensAt(poster, unpublishAt.getTime() - 1000), opensAt(poster, unpublishAt.getTime() + 1000)]).toEqual([true, false]);
      for (const [userId, groups] of [['ann', []], ['eve', ['bosses']]] as const) {
        expect(opensAt((await get(idOf(0), userId, [...groups])).body.poster, unpublishAt.getTime() + 3600_000)).toBe(true);
      }
    });

    test('a list contains no posters if no signing key can be read', async () => {
      const logged = captureLog();
      const now = () => new Date();
      const page = async () => ({ rows: videos });
      const { listVideos } = readVideos({
        videos: { findWhole: jest.fn(), listPublished: page, listOwned: page, listTagged: page, listOwnedTagged: page, listTitled: page },
        roles: {},
        posterUrls: optionalPosterUrls(posterUrls({ chooseKey: () => Promise.reject(new Error('none of the keys can be read')), serviceUrl: SERVICE_URL, now }), now),
      });
      const { body } = await listVideos({ caller: { userId: 'bob', groups: [] }, path: {}, query: {}, body: undefined, headers: {} } as Parameters<typeof listVideos>[0]);
      expect((body as { items: object[] }).items).toHaveLength(100);
      expect(JSON.stringify(body)).not.toContain('poster');
      expect(logged.join()).toMatch(/none of the keys can be read/);
      jest.restoreAllMocks();
    });

    test('a list contains no posters if the handler has no signing keys', async () => {
      const { SIGNING_KEYS, ...environment } = process.env;
      process.env = environment;
      await jest.isolateModulesAsync(async () => {
        const isolated = jest.requireActual<typeof import('@aws-sdk/lib-dynamodb')>('@aws-sdk/lib-dynamodb');
        mockClient(isolated.DynamoDBDocumentClient).on(isolated.GetCommand).resolves({ Item: videos[0] });
        const alone = jest.requireActual<Entry>('../../src/catalog/read-videos.lambda');
        const { statusCode, body } = await alone.handler(apiEvent('GET', '/streams/{videoId}', { userId: 'bob', groups: ['watchers'], path: { videoId: idOf(0) } }));
        expect([statusCode, JSON.parse(body).status, JSON.parse(body).poster]).toEqual([200, 'ready', undefined]);
      });
      process.env = { ...environment, SIGNING_KEYS };
    });
  });

  test('logs an internal error and does not return it', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    dynamodb.on(GetCommand).rejects(new Error('inner detail'));
    const { statusCode, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(500);
    expect(JSON.stringify(body)).not.toContain('inner detail');
    expect(JSON.stringify(log.mock.calls)).toContain('inner detail');
  });
});
