import { connect } from 'net';
import { Readable } from 'stream';
import { ALIASES, arn, cloudFunction, config, errorOf, front, on, optimized, policyOf, raw, signedCookies, stopAll } from './fixture';

afterEach(stopAll);

describe('objects', () => {
  test('are read as the CloudFront service principal, under the bucket\'s policy', async () => {
    const { fetch: ask, asked } = await front();
    await ask('/a%20b/%C3%A9.txt');
    expect(asked).toEqual([{
      principal: 'cloudfront.amazonaws.com', action: 's3:GetObject', resource: 'arn:aws:s3:::media-bucket/a b/é.txt',
      context: { 'aws:SourceArn': arn },
    }]);
  });

  test('a missing object is 404 only with ListBucket', async () => {
    expect(await errorOf(await (await front()).fetch('/none.txt'))).toEqual([404, 'NoSuchKey']);
    const { fetch: ask, asked } = await front({ allow: ({ action }) => action === 's3:GetObject' });
    expect(await errorOf(await ask('/none.txt'))).toEqual([403, 'AccessDenied']);
    expect(asked.map((need) => `${need.action} ${need.resource}`)).toEqual(['s3:GetObject arn:aws:s3:::media-bucket/none.txt', 's3:ListBucket arn:aws:s3:::media-bucket']);
    expect(asked.map(({ context }) => context)).toEqual(Array(2).fill({ 'aws:SourceArn': arn }));
    const shut = await front({ allow: () => false });
    expect(await errorOf(await shut.fetch('/index.html'))).toEqual([403, 'AccessDenied']);
  });

  test.each(['/index.html', '/app/a.html'])('%s supports HEAD, ranges and conditional requests', async (path) => {
    const { fetch: ask } = await front();
    const whole = await (await ask(path)).text();
    const size = whole.length;
    const { headers } = await ask(path, { method: 'HEAD' });
    expect([headers.get('content-length'), headers.get('accept-ranges')]).toEqual([String(size), 'bytes']);
    const etag = headers.get('etag')!;
    const asking = async (sent: Record<string, string>) => {
      const response = await ask(path, { headers: sent });
      return [response.status, await response.text(), response.headers.get('content-range')];
    };
    expect(await asking({ range: 'bytes=1-3' })).toEqual([206, whole.slice(1, 4), `bytes 1-3/${size}`]);
    expect(await asking({ range: 'bytes=-2' })).toEqual([206, whole.slice(-2), `bytes ${size - 2}-${size - 1}/${size}`]);
    expect(await asking({ range: 'bytes=2-' })).toEqual([206, whole.slice(2), `bytes 2-${size - 1}/${size}`]);
    expect(await asking({ range: 'bytes=0-999' })).toEqual([206, whole, `bytes 0-${size - 1}/${size}`]);
    expect((await asking({ range: 'bytes=99-' }))[0]).toBe(416);
    expect(await asking({ 'range': 'bytes=1-3', 'if-range': '"old"' })).toEqual([200, whole, null]);
    expect(await asking({ 'if-none-match': etag })).toEqual([200, whole, null]);
    expect(await asking({ 'if-match': etag })).toEqual([200, whole, null]);
    expect(await asking({ 'if-match': '"old"' })).toEqual([412, expect.stringContaining('PreconditionFailed'), null]);
    expect(await asking({ 'if-unmodified-since': new Date().toUTCString() })).toEqual([501, expect.stringContaining('if-unmodified-since'), null]);
  });
});

test('a viewer who disconnects in the middle of an object causes no error', async () => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const { fetch: ask, put } = await front();
  await put('large.bin', 'x'.repeat(32 * 1024 * 1024));
  const { body } = await ask('/large.bin');
  const reader = body!.getReader();
  await reader.read();
  await reader.cancel();
  expect((await ask('/index.html')).status).toBe(200);
  expect(log).not.toHaveBeenCalled();
  log.mockRestore();
});

describe('behaviours', () => {
  test('the API gets the viewer\'s request with another host', async () => {
    const { fetch: ask, api } = await front();
    const response = await ask('/api/x%2Fy?a=1&b=%20', { method: 'POST', headers: { 'X-Own': '1', 'Cookie': 'c=d' }, body: 'payload' });
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([201, '{"api":true}', ['a=1', 'b=2']]);
    expect(api).toEqual([expect.objectContaining({ host: 'api1.execute-api.eu-west-1.amazonaws.com', path: '/api/x%2Fy?a=1&b=%20', body: Buffer.from('payload') })]);
    expect([api[0].raw.method, api[0].raw.headers]).toEqual(['POST', expect.objectContaining({ 'x-own': '1', 'cookie': 'c=d' })]);
    expect((await ask('/api/x', { method: 'PUT', body: 'x'.repeat(10 * 1024 * 1024 + 100_000) })).status).toBe(201);
    expect(api[1].body.length).toBeGreaterThan(10 * 1024 * 1024);
  });

  test('rejects unknown methods, hosts and origins', async () => {
    const { port, origin, fetch: ask } = await front();
    expect((await ask('/index.html', { method: 'POST' })).status).toBe(403);
    expect((await ask('/%zz')).status).toBe(400);
    expect(await raw(origin, '/index.html', { host: 'evil.example' })).toBe(403);
    expect(await raw(origin, '//index.html')).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/index.html`)).status).toBe(200);
    const large = await ask('/api/x', { headers: { 'x-large': 'x'.repeat(10_240) } });
    expect([large.status, large.headers.get('content-type'), await large.text()]).toEqual([431, 'text/html', expect.stringContaining('Request header or cookie too large')]);
    await expect(front({ distribution: { DefaultCacheBehavior: { ...config.DefaultCacheBehavior, AllowedMethods: ['GET', 'HEAD', 'OPTIONS'] } } })).rejects.toThrow('OPTIONS');
  });

  test('functions get host and query, and can pass the request on', async () => {
    const code = `function handler({ request }) {
  const { value: host } = request.headers.host;
  return request.rawQueryString() === undefined ? request : { statusCode: 302, headers: { location: { value: host + request.uri + '?' + request.rawQueryString() } } };
}`;
    const { fetch: ask, ofName } = await front({
      distribution: { ...ALIASES, CacheBehaviors: [], DefaultCacheBehavior: { ...config.DefaultCacheBehavior, FunctionAssociations: [on('viewer-request', 'Look')] } },
      more: [cloudFunction('Look', code)],
    });
    const locationOf = (response: Response) => response.headers.get('location');
    expect(await (await ask('/app/a.html')).text()).toBe('<h1>app</h1>');
    expect(locationOf(await ask('/a?x=%20&x=b'))).toBe('d1.cloudfront.net/a?x=%20&x=b');
    expect(locationOf(await ofName('videos.example.com', '/a?x=1'))).toBe('videos.example.com/a?x=1');
    expect((await ofName('other.example.com', '/app/a.html')).status).toBe(403);
  });

  test('functions run without Node\'s globals and return a response, or fail', async () => {
    const { fetch: ask } = await front();
    const none = await ask('/none/here?x=1');
    expect([none.status, await none.text(), none.headers.get('content-type')]).toEqual([404, '/none/here', 'text/plain']);
    expect((await ask('/go/on?x=1')).headers.get('location')).toBe('/GET/go/on');
    const log = jest.spyOn(console, 'error').mockImplementation();
    const bad = ['return require("fs")', 'event.request.uri = "x"; return event.request', 'event.request.method = "HEAD"; return event.request', 'return event.request.querystring.x.value', 'return event.request.headers.host', 'return { statusCode: 200, cookies: {} }', 'for (;;);'];
    for (const body of bad) {
      const { fetch: broken } = await front({
        distribution: { CacheBehaviors: [], DefaultCacheBehavior: { ...config.DefaultCacheBehavior, FunctionAssociations: [on('viewer-request', 'Bad')] } },
        more: [cloudFunction('Bad', `function handler(event) { ${body}; }`)],
      });
      expect([body, (await broken('/')).status]).toEqual([body, 503]);
    }
    log.mockRestore();
  });

  test('a function can change the path, but the path of the viewer selects the behavior', async () => {
    const code = `function handler({ request }) {
  request.uri = { '/page': '/app/a.html', '/x': '/none/a' }[request.uri] || request.uri;
  return request;
}`;
    const { fetch: ask } = await front({
      distribution: { DefaultCacheBehavior: { ...config.DefaultCacheBehavior, FunctionAssociations: [on('viewer-request', 'Change')] } },
      more: [cloudFunction('Change', code)],
    });
    expect(await (await ask('/page')).text()).toBe('<h1>app</h1>');
    // The function of the behavior `/none/*` would return the path as text. This function must not run.
    expect([(await ask('/x')).status, await (await ask('/x')).text()]).toEqual([404, expect.not.stringMatching(/^\/none/)]);
  });

  test('adds the managed security headers, and serves the root object for /', async () => {
    const { fetch: ask } = await front();
    const managed = (await ask('/v/a.m3u8')).headers;
    expect([managed.get('x-content-type-options'), managed.get('x-frame-options'), managed.get('strict-transport-security')]).toEqual(['nosniff', 'SAMEORIGIN', 'max-age=31536000']);
    const home = await ask('/');
    expect([await home.text(), home.headers.get('x-frame-options')]).toEqual(['<h1>home</h1>', null]);
  });
});

/** Returns the status as soon as the response arrives, even while the body is being sent. */
const send = (port: number, head: string, body: Iterable<Buffer> = []) => new Promise<number>((resolve, reject) => {
  const socket = connect(port, '127.0.0.1').on('error', reject);
  socket.once('data', (data) => {
    resolve(Number(String(data).split(' ')[1]));
    socket.destroy();
  });
  socket.write(`${head}\r\nhost: localhost:${port}\r\n\r\n`);
  Readable.from(body).pipe(socket, { end: false });
});

describe('what CloudFront refuses itself', () => {
  test.each(['content-length: 2', 'transfer-encoding: chunked'])('a GET with a body (%s)', async (header) => {
    const { port, api } = await front();
    expect(await send(port, `GET /api/streams HTTP/1.1\r\n${header}`, [Buffer.from('2\r\n{}\r\n0\r\n\r\n')])).toBe(403);
    expect(await send(port, 'GET /api/streams HTTP/1.1\r\ncontent-length: 0')).toBe(201);
    expect(api).toHaveLength(1);
  });

  test('a URL of more than 8,192 bytes', async () => {
    const { port, api } = await front();
    const most = 8192 - `http://localhost:${port}/api/?q=`.length;
    for (const [length, status] of [[most, 201], [most + 1, 414]]) expect(await send(port, `GET /api/?q=${'a'.repeat(length)} HTTP/1.1`)).toBe(status);
    expect(api).toHaveLength(1);
  });
});

test.each([['location', '/\u0100'], ['location', '/a\r\nset-cookie: b=1'], ['x y', '1']])('a response with the header %j: %j returns 502, and the server continues', async (name, value) => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const { fetch: ask } = await front({ answer: () => ({ status: 302, headers: { [name]: value } }) });
  expect((await ask('/api/login')).status).toBe(502);
  expect((await ask('/index.html')).status).toBe(200);
  expect(log).toHaveBeenCalledTimes(1);
  log.mockRestore();
});

test('a body without an end is rejected as too large, with little memory', async () => {
  const { port, api } = await front();
  const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
  const endless = (function* () {
    for (let count = 0; count < 3200; count++) yield chunk;
  })();
  expect(await send(port, 'POST /api/upload HTTP/1.1\r\ntransfer-encoding: chunked', endless)).toBe(201);
  expect(api[0].body.length).toBeGreaterThan(10 * 1024 * 1024);
  expect(api[0].body.length).toBeLessThan(11 * 1024 * 1024);
});

test.each(['/%', '/%zz', '/%ff', '/api/streams/%ff', '/api/%c3%28', '/v/%ff.m3u8', '/none/%e0%a4'])('%s can\'t be decoded: the edge returns 400, and no origin gets the request', async (path) => {
  const { origin, api, asked } = await front();
  expect(await raw(origin, path)).toBe(400);
  expect([api, asked]).toEqual([[], []]);
});

test.each([['/app/a.html', {}], ['/v/a.m3u8', {}], ['/', { DefaultRootObject: '' }], ['/missing', {}]])('an S3 error for %s contains no bucket name', async (path, distribution) => {
  const { origin, fetch: ask } = await front({ distribution, allow: ({ action }) => path === '/missing' && action === 's3:GetObject' });
  const cookie = signedCookies({ policy: policyOf(`${origin}/*`) });
  const answer = await ask(path, { headers: { cookie } });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code><Message>Access Denied</Message>')]);
  expect(text).not.toMatch(/media-bucket|arn:/);
});

test('rejects unsupported settings by name', async () => {
  const start = (distribution: object) => front({ distribution });
  const withDefault = (more: object) => ({ DefaultCacheBehavior: { ...config.DefaultCacheBehavior, ...more } });
  const withApi = (more: object) => ({ CacheBehaviors: [{ ...config.CacheBehaviors[0], ...more }] });
  const withOrigin = (more: object) => ({ Origins: [{ ...config.Origins[0], ...more }, config.Origins[1]] });
  const { OriginRequestPolicyId, ...unforwarded } = config.CacheBehaviors[0];
  const responsePage = [{ ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/index.html' }];
  await expect(start({ Aliases: ['videos.example.com'] })).rejects.toThrow('certificate');
  await expect(start({ ...ALIASES, ViewerCertificate: { ...ALIASES.ViewerCertificate, AcmCertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1' } })).rejects.toThrow('us-east-1');
  await expect(start({ ...ALIASES, ViewerCertificate: { ...ALIASES.ViewerCertificate, SslSupportMethod: 'vip' } })).rejects.toThrow('SslSupportMethod "vip"');
  await expect(start({ WebACLId: 'x' })).rejects.toThrow('WebACLId');
  await expect(start({ CustomErrorResponses: responsePage })).rejects.toThrow('CustomErrorResponses: the local stack does not support ResponseCode 200');
  // CloudFront's API also rejects these settings.
  await expect(start({ CustomErrorResponses: [{ ErrorCode: 429, ErrorCachingMinTTL: 0 }] })).rejects.toThrow('ErrorCode 429');
  await expect(start(withDefault({ LambdaFunctionAssociations: [] }))).rejects.toThrow('LambdaFunctionAssociations');
  for (const name of ['CachePolicyId', 'OriginRequestPolicyId', 'ResponseHeadersPolicyId']) {
    await expect(start(withDefault({ [name]: 'another' }))).rejects.toThrow(`behaviour '*': the local stack does not support ${name} "another"`);
  }
  await expect(start(withDefault({ FunctionAssociations: [on('viewer-response', 'Bare')] }))).rejects.toThrow('viewer-response');
  await expect(start(withDefault({ TrustedKeyGroups: ['no-such-group'] }))).rejects.toThrow('no-such-group');
  await expect(start({ CacheBehaviors: [unforwarded] })).rejects.toThrow('OriginRequestPolicyId "none"');
  await expect(start(withApi({ CachePolicyId: optimized }))).rejects.toThrow('CachePolicyId');
  await expect(start(withOrigin({ OriginAccessControlId: undefined }))).rejects.toThrow('OriginAccessControl');
  await expect(start(withOrigin({ OriginShield: {} }))).rejects.toThrow('OriginShield');
  await expect(start(withOrigin({ DomainName: 'example.com' }))).rejects.toThrow('example.com');
});
