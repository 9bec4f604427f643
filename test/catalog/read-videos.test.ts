import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Validator } from '@cfworker/json-schema';
import { mockClient } from 'aws-sdk-client-mock';
import { videoListSchema, videoSchema } from '../../src/contract/schemas';
import { publishedCursor } from '../../src/domain/cursor';
import { apiEvent } from '../runtime/api-event';
import { idOf, videoRow } from '../runtime/catalog-table';

const ready = { status: 'ready' as const, media: { hls: 'hls', poster: 'v/p.jpg' }, publishedAt: '2026-11-22T10:00:00.000Z' };

type Entry = typeof import('../../src/catalog/read-videos.lambda');

describe('catalog/read-videos', () => {
  const dynamodb = mockClient(DynamoDBDocumentClient);
  let handler: Entry['handler'];

  beforeAll(() => {
    // The entry reads its environment when it is loaded.
    Object.assign(process.env, { TABLE_NAME: 'videos', ORIGIN: 'https://videos.example.com', AWS_REGION: 'eu-central-1' });
    ({ handler } = jest.requireActual<Entry>('../../src/catalog/read-videos.lambda'));
  });
  beforeEach(() => dynamodb.reset());

  const call = async (resource: string, given: Parameters<typeof apiEvent>[2]) => {
    const { statusCode, headers, body } = await handler(apiEvent('GET', resource, given));
    return { statusCode, headers, body: JSON.parse(body) };
  };
  const get = (videoId: string, userId?: string) => call('/streams/{videoId}', { userId, path: { videoId } });
  const list = (query: Record<string, string>, userId = 'bob') => call('/streams', { userId, query });

  test('shows a video with its ETag', async () => {
    dynamodb.on(GetCommand).resolves({ Item: videoRow({ videoId: idOf(1), owner: 'ann', revision: 7, ...ready }) });
    const { statusCode, headers, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'etag': '"7"', 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(new Validator(videoSchema as object, '4').validate(body).valid).toBe(true);
    expect(body.poster).toBe('https://videos.example.com/v/p.jpg');
    expect(dynamodb.commandCalls(GetCommand)[0].args[0].input).toMatchObject({ TableName: 'videos', Key: { pk: `video#${idOf(1)}`, sk: 'video' } });
  });

  test.each([
    ['there is none', undefined],
    ['it is another\'s private one', videoRow({ videoId: idOf(1), owner: 'ann', ...ready, visibility: 'private' })],
    ['it is another\'s and not ready', videoRow({ videoId: idOf(1), owner: 'ann', status: 'errored' })],
    ['it is being deleted', videoRow({ videoId: idOf(1), owner: 'bob', status: 'deleting' })],
  ])('answers one and the same 404 where %s', async (_, Item) => {
    dynamodb.on(GetCommand).resolves({ Item });
    const { statusCode, headers, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(404);
    expect(headers?.['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'not_found', detail: 'no such video' });
  });

  test('asks who calls, and takes no id of another form', async () => {
    expect((await get(idOf(1))).statusCode).toBe(401);
    expect((await get('..%2fsecret', 'bob')).statusCode).toBe(404);
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('lists what is published, twenty at most', async () => {
    const at = (n: number) => ({ listedAt: `2026-11-22T10:00:00.000Z#${idOf(n)}` });
    dynamodb.on(QueryCommand).resolvesOnce({ Items: Array.from({ length: 21 }, (_, i) => at(30 - i)) });
    dynamodb.on(BatchGetCommand).callsFake(({ RequestItems }) => ({
      Responses: { videos: RequestItems.videos.Keys.map(({ pk }: { pk: string }) => videoRow({ videoId: pk.slice('video#'.length), owner: 'ann', ...ready })).reverse() },
    }));
    const { statusCode, body } = await list({});
    expect(statusCode).toBe(200);
    expect(new Validator(videoListSchema as object, '4').validate(body).valid).toBe(true);
    expect(body.items.map(({ videoId }: { videoId: string }) => videoId)).toEqual(Array.from({ length: 20 }, (_, i) => idOf(30 - i)));
    expect(body.cursor).toBe(publishedCursor({ month: '2026-11', after: { publishedAt: '2026-11-22T10:00:00.000Z', videoId: idOf(11) } }));
    expect(dynamodb.commandCalls(QueryCommand)[0].args[0].input).toMatchObject({ IndexName: 'byPublication', Limit: 21 });
  });

  test('lists the caller\'s own by the token, never by the request', async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [{ videoId: idOf(1) }] });
    dynamodb.on(BatchGetCommand).resolves({ Responses: { videos: [videoRow({ videoId: idOf(1), owner: 'bob', error: { code: 'corrupt', message: 'no' }, status: 'errored' })] } });
    const { body } = await list({ owner: 'me', status: 'errored', limit: '5' });
    expect(body).toMatchObject({ items: [{ videoId: idOf(1), error: { code: 'corrupt' } }] });
    expect(body).not.toHaveProperty('cursor');
    expect(dynamodb.commandCalls(QueryCommand)[0].args[0].input).toMatchObject({ IndexName: 'byOwner', ExpressionAttributeValues: { ':partition': 'bob' } });
  });

  test.each([
    ['invalid_request', { status: 'processing' }],
    ['invalid_request', { owner: 'ann' }],
    ['invalid_request', { limit: '101' }],
    ['invalid_request', { limit: '1e1' }],
    ['invalid_request', { page: '2' }],
    ['invalid_cursor', { cursor: 'AXg' }],
    ['invalid_cursor', { owner: 'me', cursor: publishedCursor({ month: '2026-11' }) }],
    ['invalid_cursor', { cursor: publishedCursor({ month: '2026-10' }) }],
  ])('answers %s to %j', async (code, query) => {
    const { statusCode, body } = await list(query);
    expect({ statusCode, code: body.code }).toEqual({ statusCode: 400, code });
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('takes status=ready of everyone\'s, which is what is listed anyway', async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    expect(await list({ status: 'ready' })).toMatchObject({ statusCode: 200, body: { items: [] } });
  });

  test('keeps what went wrong inside to the log', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    dynamodb.on(GetCommand).rejects(new Error('inner detail'));
    const { statusCode, body } = await get(idOf(1), 'bob');
    expect(statusCode).toBe(500);
    expect(JSON.stringify(body)).not.toContain('inner detail');
    expect(JSON.stringify(log.mock.calls)).toContain('inner detail');
  });
});
