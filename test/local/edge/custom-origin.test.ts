import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, type RequestListener } from 'http';
import { connect } from 'net';
import { setTimeout as wait } from 'timers/promises';
import { config, front, stopAll } from './fixture';
import { listen } from '../../../local/listen';
import type { Part } from '../../../local/types';

const ALL = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'];
const DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const ALL_VIEWER = '216adef6-5c7f-47e4-b989-5492eafa07d3';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

interface Asked { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }

const apps: Part[] = [];
afterEach(async () => {
  await stopAll();
  await Promise.all(apps.splice(0).map((app) => app.stop()));
});

/** The behaviors `/cached/*` and `/host/*` have the same origin as the default behavior, but different policies. */
async function frontOf(answer: RequestListener = (_, response) => response.end('hello'), custom: object = {}, more: object = {}) {
  const asked: Asked[] = [];
  const app = await listen(createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({ method: request.method!, url: request.url!, headers: request.headers, body: String(Buffer.concat(chunks)) });
    answer(request, response);
  }), 0);
  apps.push(app);
  const behavior = { TargetOriginId: 'app', AllowedMethods: ALL, CachePolicyId: DISABLED, OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST };
  const edge = await front({
    distribution: {
      DefaultRootObject: '',
      Origins: [...config.Origins, { Id: 'app', DomainName: 'app.localhost', CustomOriginConfig: { OriginProtocolPolicy: 'http-only', HTTPPort: app.port, ...custom }, ...more }],
      CacheBehaviors: [
        ...config.CacheBehaviors,
        { ...behavior, PathPattern: '/cached/*', CachePolicyId: OPTIMIZED, OriginRequestPolicyId: undefined },
        { ...behavior, PathPattern: '/plain/*', OriginRequestPolicyId: undefined },
        { ...behavior, PathPattern: '/host/*', OriginRequestPolicyId: ALL_VIEWER },
      ],
      DefaultCacheBehavior: behavior,
      CustomErrorResponses: [404, 500, 502, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
    },
  });
  return { ...edge, app, asked };
}

const sendRaw = (port: number, text: string) => new Promise<string>((resolve, reject) => {
  const chunks: Buffer[] = [];
  connect(port, '127.0.0.1').on('error', reject).on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(String(Buffer.concat(chunks)))).write(text);
});

describe('an app under AllViewerExceptHostHeader', () => {
  test.each(ALL)('gets %s with its body', async (method) => {
    const { fetch: ask, asked } = await frontOf();
    const body = ['GET', 'HEAD'].includes(method) ? undefined : 'a=1&b=%20';
    const answer = await ask('/x', { method, body });
    expect([answer.status, await answer.text()]).toEqual([200, method === 'HEAD' ? '' : 'hello']);
    expect(asked).toEqual([expect.objectContaining({ method, url: '/x', body: body ?? '' })]);
  });

  test('gets a body without content-length, also for DELETE', async () => {
    const { port, asked } = await frontOf();
    for (const target of ['POST /x', 'DELETE /x', 'DELETE /plain/x']) {
      await sendRaw(port, `${target} HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`);
    }
    expect(asked.map(({ body }) => body)).toEqual(['abc', 'abc', 'abc']);
  });

  test('gets path and query as they were sent', async () => {
    const { port, asked } = await frontOf();
    for (const target of ['/a%2Fb/%C3%A9?x=1&x=&y&=z&q=a+b%20c&r=\'"|', '/?', '/']) {
      await sendRaw(port, `GET ${target} HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n\r\n`);
      expect(asked.at(-1)!.url).toBe(target);
    }
  });

  test('gets the viewer\'s headers and cookies, except those that CloudFront removes or sets', async () => {
    const { port, asked } = await frontOf();
    const sent = [
      'accept-encoding: gzip', 'user-agent: me', 'cookie: a=1; b=2; a=3', 'authorization: Bearer x', 'origin: https://x.example', 'x-own: 1', 'x-forwarded-for: 192.0.2.1', 'via: 1.0 x',
      'proxy-authorization: x', 'te: trailers', 'x-edge-a: 1', 'x-forwarded-proto: https', 'x-real-ip: 192.0.2.2', 'x-amz-cf-id: mine',
    ];
    const answer = await sendRaw(port, `GET / HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n${sent.join('\r\n')}\r\n\r\n`);
    expect(asked[0].headers).toEqual({
      'accept-encoding': 'gzip', 'user-agent': 'me', 'cookie': 'a=1; b=2; a=3', 'authorization': 'Bearer x', 'origin': 'https://x.example', 'x-own': '1',
      'host': 'app.localhost', 'connection': 'close', 'via': '1.0 x, 1.1 localhost (CloudFront)', 'x-forwarded-for': '192.0.2.1, 127.0.0.1',
      'x-amz-cf-id': /x-amz-cf-id: (\S+)/i.exec(answer)![1],
    });
  });

  test('returns status, headers and cookies to the viewer, also for errors and redirects', async () => {
    const answers = { '/a': [404, {}], '/b': [500, {}], '/c': [303, { location: '/d' }], '/d': [403, {}], '/e': [200, { 'set-cookie': ['a=1', 'b=2; HttpOnly'], 'via': '1.1 app', 'keep-alive': 'timeout=5' }] } as const;
    const { fetch: ask } = await frontOf((request, response) => {
      const [status, headers] = answers[request.url as keyof typeof answers];
      response.writeHead(status, headers as OutgoingHttpHeaders).end(`of ${request.url}`);
    });
    for (const [path, [status]] of Object.entries(answers)) {
      const answer = await ask(path);
      expect([answer.status, await answer.text()]).toEqual([status, `of ${path}`]);
    }
    const { headers } = await ask('/e');
    expect([headers.getSetCookie(), headers.get('via')]).toEqual([['a=1', 'b=2; HttpOnly'], '1.1 localhost (CloudFront)']);
    expect((await ask('/c')).headers.get('location')).toBe('/d');
  });

  test('accepts larger headers than the API', async () => {
    const { fetch: ask, asked, api } = await frontOf();
    const headers = { 'x-large': 'x'.repeat(10_240) };
    expect([(await ask('/x', { headers })).status, (await ask('/api/x', { headers })).status]).toEqual([200, 431]);
    expect((await ask('/x', { headers: { 'x-large': 'x'.repeat(20_480) } })).status).toBe(431);
    expect([asked.length, api.length]).toEqual([1, 0]);
  });

  test('gets no request that CloudFront rejects', async () => {
    const { fetch: ask, port, asked } = await frontOf();
    expect((await ask('/app/a.html', { method: 'POST' })).status).toBe(403);
    expect(await sendRaw(port, `GET / HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx`)).toMatch(/^HTTP\/1.1 403/);
    expect(asked).toEqual([]);
  });
});

test('with AllViewer an app gets the viewer\'s host', async () => {
  const { fetch: ask, asked, port } = await frontOf();
  await ask('/host/x');
  expect(asked[0].headers.host).toBe(`localhost:${port}`);
});

test.each(['/plain/x', '/cached/x'])('%s without an origin request policy gets no query, no cookies and few headers, and sets no cookies', async (path) => {
  const { fetch: ask, asked } = await frontOf((_, response) => response.writeHead(200, { 'set-cookie': 'a=1', 'x-own': '1' }).end('hello'));
  const answer = await ask(`${path}?x=1`, { headers: { 'cookie': 'a=1', 'authorization': 'Bearer x', 'user-agent': 'me' } });
  expect([await answer.text(), answer.headers.get('x-own'), answer.headers.getSetCookie()]).toEqual(['hello', '1', []]);
  const { url, headers } = asked[0];
  expect([url, Object.keys(headers).sort(), headers['user-agent'], headers.host]).toEqual([
    path, ['connection', 'host', 'user-agent', 'via', 'x-amz-cf-id', 'x-forwarded-for'], 'Amazon CloudFront', 'app.localhost',
  ]);
  await ask(path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
  expect([asked.at(-1)!.body, asked.at(-1)!.headers['content-type']]).toEqual(['{}', 'application/json']);
});

test('caches responses only if the behavior caches', async () => {
  const { fetch: ask, asked } = await frontOf();
  for (const path of ['/cached/x', '/cached/x?y', '/x', '/x']) await (await ask(path)).text();
  expect(asked.map(({ url }) => url)).toEqual(['/cached/x', '/x', '/x']);
});

test('the origin\'s path and custom headers are added to each request and replace the viewer\'s', async () => {
  const { fetch: ask, asked } = await frontOf(undefined, {}, { OriginPath: '/base', OriginCustomHeaders: [{ HeaderName: 'X-Secret', HeaderValue: 's' }] });
  await ask('/x', { headers: { 'x-secret': 'forged' } });
  expect([asked[0].url, asked[0].headers['x-secret']]).toEqual(['/base/x', 's']);
});

describe('an app that does not respond', () => {
  let log: jest.SpyInstance;
  beforeEach(() => { log = jest.spyOn(console, 'error').mockImplementation(); });
  afterEach(() => log.mockRestore());

  test('returns 502 without a connection or valid HTTP, and 504 after the timeout', async () => {
    const broken = await frontOf((request) => request.socket.end('nonsense\r\n\r\n'));
    expect((await broken.fetch('/')).status).toBe(502);
    await apps.splice(0)[0].stop();
    expect((await broken.fetch('/')).status).toBe(502);
    const late = await frontOf(() => undefined, { OriginReadTimeout: 1 });
    expect((await late.fetch('/')).status).toBe(504);
    expect(log).toHaveBeenCalledTimes(3);
  });

  test('aborts the viewer\'s response when it aborts, and the server continues', async () => {
    const { fetch: ask, asked } = await frontOf((request, response) => {
      if (request.url === '/ok') return void response.end('ok');
      response.writeHead(200, { 'content-length': 10 }).write('half');
      if (request.url === '/broken') setTimeout(() => response.destroy(), 20);
    }, { OriginReadTimeout: 1 });
    for (const path of ['/broken', '/hanging']) await expect(ask(path).then((answer) => answer.text())).rejects.toThrow();
    expect(await (await ask('/ok')).text()).toBe('ok');
    expect(asked).toHaveLength(3);
  });

  test('loses its connection when the viewer disconnects', async () => {
    let left = () => undefined as void;
    const leaving = new Promise<void>((resolve) => { left = resolve; });
    const { port } = await frontOf((_, response) => { response.once('close', left); });
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
    setTimeout(() => socket.destroy(), 50);
    await leaving;
    await wait(20);
    expect(log).not.toHaveBeenCalled();
  });
});

test('rejects unsupported settings of an app by name', async () => {
  await expect(frontOf(undefined, { OriginProtocolPolicy: 'https-only' })).rejects.toThrow('OriginProtocolPolicy "https-only"');
  await expect(frontOf(undefined, { OriginMtlsConfig: {} })).rejects.toThrow('OriginMtlsConfig');
  await expect(frontOf(undefined, {}, { OriginShield: {} })).rejects.toThrow('OriginShield');
});
