import type { APIGatewayProxyEvent } from 'aws-lambda';
import { errorPage } from '../../src/runtime/error-page';
import { serveRoutes } from '../../src/runtime/http';
import { HttpProblem } from '../../src/runtime/http-problem';

const VIDEO_ID = '0199f3c0-0000-7000-8000-000000000001';

function event(overrides: Record<string, unknown>): APIGatewayProxyEvent {
  return {
    httpMethod: 'GET', resource: '/streams', headers: {}, pathParameters: null, multiValueQueryStringParameters: null, body: null, isBase64Encoded: false,
    requestContext: { requestId: 'r-1', authorizer: { claims: { 'sub': 'user-1', 'cognito:groups': 'admins,uploaders' } } },
    ...overrides,
  } as unknown as APIGatewayProxyEvent;
}

const seen: any[] = [];
const read = serveRoutes('catalog/read-videos', {
  listVideos: async (request) => { seen.push(request); return { body: { items: [] } }; },
  getVideo: async (request) => { seen.push(request); throw new Error('token=abc'); },
});
const unused = async () => { throw new Error('not used'); };
const plan = serveRoutes('upload/manage-uploads', {
  planUpload: async (request) => { seen.push(request); throw new HttpProblem('too_large', 'at most 5 bytes'); },
  getUpload: unused, signParts: unused, completeUpload: unused, abortUpload: unused,
});

async function call(handler: typeof read, overrides: Record<string, unknown>) {
  const result = await handler(event(overrides));
  return { ...result, json: JSON.parse(result.body) };
}

describe('serveRoutes', () => {
  beforeEach(() => { seen.length = 0; });

  test('passes a valid request and its caller to the operation', async () => {
    const { statusCode, json } = await call(read, { multiValueQueryStringParameters: { limit: ['5'] }, headers: { 'X-Any': 'a' } });
    expect([statusCode, json]).toEqual([200, { items: [] }]);
    expect(seen[0]).toMatchObject({ caller: { userId: 'user-1', groups: ['admins', 'uploaders'] }, query: { limit: 5 } });
    expect(seen[0].headers).toEqual({});
  });

  test('passes the caller that a Lambda authorizer has verified', async () => {
    const { statusCode } = await call(read, { requestContext: { requestId: 'r-1', authorizer: { principalId: 'user-2', groups: '["admins"]' } } });
    expect([statusCode, seen[0].caller]).toEqual([200, { userId: 'user-2', groups: ['admins'] }]);
  });

  test('treats a group name with a comma as one group', async () => {
    const token = `e30.${Buffer.from('{"cognito:groups":["a,admins"]}').toString('base64url')}.c2ln`;
    const requestContext = { requestId: 'r-1', authorizer: { claims: { 'sub': 'user-1', 'cognito:groups': 'a,admins' } } };
    await call(read, { headers: { Authorization: token }, requestContext });
    expect(seen[0].caller.groups).toEqual(['a,admins']);
  });

  test('accepts one Authorization header, and repeated headers that the route does not read', async () => {
    const multiValueHeaders = { 'Authorization': ['one'], 'X-Forwarded-For': ['a', 'b'] };
    expect((await call(read, { multiValueHeaders })).statusCode).toBe(200);
  });

  test('omits keys that the response schema does not contain, at any depth', async () => {
    const shown = {
      videoId: VIDEO_ID, title: 'A', tags: ['x'], visibility: 'private', metadata: { own: 'b' }, owner: 'ann', status: 'ready', progress: 100,
      createdAt: '2026-11-29T00:00:00.000Z', updatedAt: '2026-11-29T00:00:00.000Z', renditions: [{ codec: 'h264', width: 2, height: 2, bitsPerSecond: 1 }],
    };
    const row: any = { ...shown, pk: 'video#1', source: { bucket: 'secret' }, claim: { token: 'secret' }, renditions: [{ ...shown.renditions[0], key: 'secret' }] };
    const rows = serveRoutes('catalog/read-videos', { listVideos: async () => ({ body: { items: [row] } }), getVideo: async () => ({ body: row }) });
    expect((await call(rows, { resource: '/streams/{videoId}', pathParameters: { videoId: VIDEO_ID } })).json).toEqual(shown);
    expect((await call(rows, {})).json).toEqual({ items: [shown] });
  });

  test('joins several Cookie headers, and rejects any other repeated header', async () => {
    const handed: any[] = [];
    const refresh = serveRoutes('auth/sign-in', {
      login: async () => { throw new Error(); }, authorize: async () => { throw new Error(); }, revokeTokens: async () => { throw new Error(); },
      refreshTokens: async ({ headers }) => { handed.push(headers); throw new HttpProblem('not_signed_in', 'as expected'); },
    });
    const send = (multiValueHeaders: object) => call(refresh, { httpMethod: 'POST', resource: '/token', multiValueHeaders });
    await send({ Cookie: ['a=1', 'b=2'], Origin: ['https://videos.example.com'] });
    expect(handed).toEqual([{ cookie: 'a=1; b=2', origin: 'https://videos.example.com' }]);
    for (const headers of [{ origin: ['https://a.example', 'https://b.example'] }, { Origin: ['https://a.example'], origin: ['https://a.example'] }]) {
      expect((await send(headers)).json).toMatchObject({ code: 'invalid_request', detail: 'origin: can be given only once' });
    }
  });

  test.each([
    ['an unknown parameter', { multiValueQueryStringParameters: { colour: ['red'] } }, 400, 'invalid_request'],
    ['a parameter given twice', { multiValueQueryStringParameters: { limit: ['1', '2'] } }, 400, 'invalid_request'],
    ['a limit of 0', { multiValueQueryStringParameters: { limit: ['0'] } }, 400, 'invalid_request'],
    ['a limit of 101', { multiValueQueryStringParameters: { limit: ['101'] } }, 400, 'invalid_request'],
    ['a limit that is no number', { multiValueQueryStringParameters: { limit: ['ten'] } }, 400, 'invalid_request'],
    ['a body on a route without a body', { body: '{}' }, 400, 'invalid_request'],
    ['two Authorization headers', { multiValueHeaders: { Authorization: ['one', 'two'] } }, 400, 'invalid_request'],
    ['two Authorization headers, spelled in two ways', { multiValueHeaders: { AUTHORIZATION: ['one'], authorization: ['two'] } }, 400, 'invalid_request'],
    ['the same Authorization header twice', { multiValueHeaders: { authorization: ['one', 'one'] } }, 400, 'invalid_request'],
    ['no caller on a guarded route', { requestContext: { requestId: 'r-1' } }, 401, 'not_signed_in'],
    ['a route of another handler', { resource: '/upload' }, 404, 'not_found'],
    ['an invalid id', { resource: '/streams/{videoId}', pathParameters: { videoId: '../x' } }, 404, 'not_found'],
  ])('rejects %s', async (_what, overrides, status, code) => {
    const { statusCode, json, headers } = await call(read, overrides);
    expect([statusCode, json.code, json.status]).toEqual([status, code, status]);
    expect(headers?.['content-type']).toBe('application/problem+json');
    expect(seen).toEqual([]);
  });

  test.each([
    ['text that is no JSON', '{', 'malformed_json'],
    ['no body', null, 'malformed_json'],
    ['an unknown field', '{"fileName":"a","contentType":"video/mp4","size":1,"colour":"red"}', 'invalid_request'],
    ['a missing field', '{"fileName":"a","contentType":"video/mp4"}', 'invalid_request'],
    ['a field of another type', '{"fileName":"a","contentType":"video/mp4","size":"1"}', 'invalid_request'],
    ['half a byte', '{"fileName":"a","contentType":"video/mp4","size":1.5}', 'invalid_request'],
  ])('rejects %s', async (_what, body, code) => {
    const { statusCode, json } = await call(plan, { httpMethod: 'POST', resource: '/upload', body });
    expect([statusCode, json.code]).toEqual([400, code]);
    expect(seen).toEqual([]);
  });

  test('reports each invalid field', async () => {
    const { json } = await call(plan, { httpMethod: 'POST', resource: '/upload', body: '{"fileName":"","contentType":"video/mp4","size":0}' });
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/fileName', '/size']);
    const unknown = await call(plan, { httpMethod: 'POST', resource: '/upload', body: '{"fileName":"a","contentType":"video/mp4","size":1,"colour":"red"}' });
    expect(unknown.json.errors).toEqual([{ pointer: '/colour', detail: 'is not an allowed field' }]);
  });

  test('reads a body that API Gateway has encoded as Base64', async () => {
    const body = Buffer.from('{"fileName":"ä","contentType":"video/mp4","size":1}').toString('base64');
    const { statusCode, json } = await call(plan, { httpMethod: 'POST', resource: '/upload', body, isBase64Encoded: true });
    expect([statusCode, json.code, json.detail]).toEqual([413, 'too_large', 'at most 5 bytes']);
    expect(seen[0].body.fileName).toBe('ä');
  });

  test('an open route has no caller, even if the event contains an authorizer', async () => {
    const requests: object[] = [];
    const describeApi = serveRoutes('api/describe-api', { describeApi: async (request) => { requests.push(request); return { body: {} }; } });
    await call(describeApi, { resource: '/openapi.json' });
    expect(requests).toEqual([{ path: {}, query: {}, headers: {}, body: undefined }]);
  });

  test('sets the cookies of an error', async () => {
    const cookies = serveRoutes('api/describe-api', { describeApi: async () => { throw new HttpProblem('sign_in_failed', 'no', undefined, { cookies: ['a=; Max-Age=0'] }); } });
    const { statusCode, json, multiValueHeaders } = await call(cookies, { resource: '/openapi.json' });
    expect([statusCode, json.code, multiValueHeaders]).toEqual([400, 'sign_in_failed', { 'set-cookie': ['a=; Max-Age=0'] }]);
  });

  test('adds security headers to each response, and disables caching unless the operation allows it', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const expected = { 'cache-control': 'no-store', 'content-security-policy': 'default-src \'none\'; sandbox' };
    for (const overrides of [{}, { resource: '/nowhere' }, { requestContext: { requestId: 'r-1' } }, { resource: '/streams/{videoId}', pathParameters: { videoId: VIDEO_ID } }]) {
      expect((await call(read, overrides)).headers).toMatchObject(expected);
    }
    const cached = serveRoutes('api/describe-api', { describeApi: async () => ({ body: {}, headers: { 'cache-control': 'public, max-age=300' } }) });
    const { headers } = await call(cached, { resource: '/openapi.json' });
    expect(headers).toMatchObject({ ...expected, 'cache-control': 'public, max-age=300' });
    log.mockRestore();
  });

  test('an unexpected error returns only the request id to the caller', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const { statusCode, body } = await call(read, { resource: '/streams/{videoId}', pathParameters: { videoId: VIDEO_ID } });
    expect(statusCode).toBe(500);
    expect(body).not.toContain('abc');
    expect(body).toContain('r-1');
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });

  test('an unexpected error is a page with the request id, for a person at a route with an error page', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const fail = async () => { throw new Error('token=abc'); };
    const operations = { login: fail, authorize: fail, refreshTokens: fail, revokeTokens: fail };
    const navigation = { headers: { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Accept': 'text/html' } };
    const type = async (handler: typeof read, httpMethod: string, resource: string) => {
      const { statusCode, headers, body } = await handler(event({ ...navigation, httpMethod, resource }));
      expect([statusCode, body]).toEqual([500, expect.stringContaining('r-1')]);
      expect(body).not.toContain('abc');
      return headers!['content-type'];
    };
    const pages = serveRoutes('auth/sign-in', operations, errorPage);
    expect(await type(pages, 'GET', '/login')).toBe('text/html; charset=utf-8');
    expect(await type(pages, 'POST', '/token')).toBe('application/problem+json');
    expect(await type(serveRoutes('auth/sign-in', operations), 'GET', '/login')).toBe('application/problem+json');
    log.mockRestore();
  });
});
