import { generateKeyPairSync } from 'crypto';
import { get } from 'http';
import { getSignedCookies, getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { fakeAccess, fakeStack, resource } from './fakes';
import { startEdge } from '../../../local/edge/edge';
import type { ApiRequest } from '../../../local/gateway/responses';
import { freePorts } from '../../../local/listen';
import { createS3 } from '../../../local/s3/s3';
import type { Need, Resource } from '../../../local/types';

const optimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const disabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const arn = 'arn:aws:cloudfront::111122223333:distribution/EDIST';
const keyPair = (type: 'rsa' | 'ec') => {
  const { publicKey, privateKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })), privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
};
const keys = { rsa: keyPair('rsa'), ec: keyPair('ec'), stranger: keyPair('ec') };

const notFound = 'function handler(event) { return { statusCode: 404, statusDescription: "Not Found", headers: { "content-type": { value: "text/plain" } }, body: event.request.uri }; }';
const bare = `async function handler({ request: { method, uri } }) {
  if (typeof process !== 'undefined' || typeof require !== 'undefined' || typeof fetch !== 'undefined') throw new Error('not bare');
  return { statusCode: 302, headers: { location: { value: '/' + method + uri } } };
}`;
const objectControl = { SigningProtocol: 'sigv4', SigningBehavior: 'always', OriginAccessControlOriginType: 's3' };
const cloudFunction = (id: string, code: string) =>
  resource('AWS::CloudFront::Function', id, { FunctionCode: code, FunctionConfig: { Runtime: 'cloudfront-js-2.0' } }, { physicalId: `arn:aws:cloudfront::111122223333:function/${id}` });
const on = (EventType: string, id: string) => ({ EventType, FunctionARN: `arn:aws:cloudfront::111122223333:function/${id}` });

const config = {
  Enabled: true,
  Comment: 'one',
  DefaultRootObject: 'index.html',
  Origins: [
    { Id: 'media', DomainName: 'media-bucket.s3.eu-west-1.amazonaws.com', OriginAccessControlId: 'OAC', S3OriginConfig: { OriginAccessIdentity: '' } },
    { Id: 'api', DomainName: 'api1.execute-api.eu-west-1.amazonaws.com', CustomOriginConfig: { OriginProtocolPolicy: 'https-only' } },
  ],
  CacheBehaviors: [
    {
      PathPattern: '/api/*', TargetOriginId: 'api', CachePolicyId: disabled, OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'], ViewerProtocolPolicy: 'redirect-to-https',
    },
    { PathPattern: '/v/*', TargetOriginId: 'media', CachePolicyId: optimized, TrustedKeyGroups: ['Group'], ResponseHeadersPolicyId: '67f7725c-6f97-4210-82d7-5512b31e9d03' },
    { PathPattern: '/app/?.html', TargetOriginId: 'media', CachePolicyId: optimized },
    { PathPattern: 'go*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'Bare')] },
    { PathPattern: '/none/*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'NotFound')] },
  ],
  DefaultCacheBehavior: { TargetOriginId: 'media', CachePolicyId: disabled, ViewerProtocolPolicy: 'redirect-to-https', Compress: true },
};

function resources(distribution: object = {}, more: Resource[] = []): Resource[] {
  return [
    resource('AWS::CloudFront::Distribution', 'Distribution', { DistributionConfig: { ...config, ...distribution } }, { physicalId: 'EDIST', attributes: { DomainName: 'd1.cloudfront.net' } }),
    resource('AWS::S3::Bucket', 'media-bucket', {}),
    resource('AWS::CloudFront::OriginAccessControl', 'OAC', { OriginAccessControlConfig: objectControl }),
    resource('AWS::CloudFront::KeyGroup', 'Group', { KeyGroupConfig: { Items: ['KRSA', 'KEC'] } }),
    resource('AWS::CloudFront::PublicKey', 'KRSA', { PublicKeyConfig: { EncodedKey: keys.rsa.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KEC', { PublicKeyConfig: { EncodedKey: keys.ec.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KOTHER', { PublicKeyConfig: { EncodedKey: keys.stranger.publicKey } }),
    cloudFunction('NotFound', notFound), cloudFunction('Bare', bare), ...more,
  ];
}

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** A front with some objects in `media-bucket` and an API that echoes. */
interface Setting { allow?: (need: Need) => boolean; distribution?: object; more?: Resource[] }
async function front({ allow = () => true, distribution = {}, more = [] }: Setting = {}) {
  const api: ApiRequest[] = [];
  const { access, asked } = fakeAccess(allow);
  const stack = fakeStack(resources(distribution, more));
  const { service: s3, store } = createS3({ stack, access, putEvent: () => undefined });
  const put = (key: string, body: string, contentType = 'text/plain', headers: Record<string, string> = {}) =>
    store.put('media-bucket', key, Buffer.from(body), { contentType, headers });
  await put('v/a.m3u8', '0123456789', 'application/vnd.apple.mpegurl');
  await put('index.html', '<h1>home</h1>', 'text/html', { 'cache-control': 'max-age=5' });
  await put('app/a.html', '<h1>app</h1>', 'text/html');
  await put('a b/é.txt', 'named');
  const [port] = await freePorts([0]);
  const edge = await startEdge({
    stack, access, port, s3,
    gateway: async (request) => {
      api.push(request);
      return { status: 201, headers: { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] }, body: '{"api":true}' };
    },
  });
  running.push(edge);
  const origin = `http://localhost:${port}`;
  return { port, origin, api, asked, put, fetch: (path: string, init?: RequestInit) => fetch(`${origin}${path}`, { redirect: 'manual', ...init }) };
}

/** The status of a path that is sent as it is: fetch would tidy it. */
const raw = (origin: string, path: string, headers = {}) => new Promise((resolve, reject) => {
  const [, port] = /:(\d+)$/.exec(origin)!;
  get({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => resolve(response.resume().statusCode)).on('error', reject);
});
const cookieHeader = (cookies: object) => Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ');
const errorOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

describe('signed media', () => {
  const signers = [['rsa', 'KRSA', 'SHA1'], ['rsa', 'KRSA', 'SHA256'], ['ec', 'KEC', 'SHA256']] as const;

  test.each(signers)('%s key %s with %s opens by cookies with a custom policy', async (type, keyPairId, algorithm) => {
    const { origin, fetch: ask } = await front();
    const policy = JSON.stringify({ Statement: [{ Resource: `${origin}/v/*`, Condition: { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) + 60 } } }] });
    const cookie = cookieHeader(getSignedCookies({ keyPairId, privateKey: keys[type].privateKey, algorithm, policy }));
    const opened = await ask('/v/a.m3u8?x=1', { headers: { cookie } });
    expect([opened.status, await opened.text(), opened.headers.get('content-type')]).toEqual([200, '0123456789', 'application/vnd.apple.mpegurl']);
    expect(await errorOf(await ask('/v/other', { headers: { cookie } }))).toEqual([404, 'NoSuchKey']);
  });

  test('stays shut to everyone else, with CloudFront\'s errors', async () => {
    const { origin, fetch: ask } = await front();
    const signer = { keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256' } as const;
    const cookies = (input: object) => cookieHeader(getSignedCookies({ ...signer, url: `${origin}/v/*`, ...input } as Parameters<typeof getSignedCookies>[0]));
    const policyOf = (condition: object, resourceName = `${origin}/v/*`) => JSON.stringify({ Statement: [{ Resource: resourceName, Condition: condition }] });
    const now = Math.floor(Date.now() / 1000);
    const soon = { DateLessThan: { 'AWS:EpochTime': now + 60 } };
    const good = cookies({ policy: policyOf(soon) });
    const answer = async (cookie?: string, path = '/v/a.m3u8') => errorOf(await ask(path, { headers: cookie ? { cookie } : {} }));

    expect(await answer(good)).toEqual([200, undefined]);
    expect(await answer()).toEqual([403, 'MissingKey']);
    expect(await answer(good.replace('KEC', 'KOTHER'))).toEqual([403, 'InvalidKey']);
    expect(await answer(good.replace('KEC', 'KRSA'))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/; CloudFront-Hash-Algorithm=SHA256/, ''))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf(soon), algorithm: 'SHA1' }))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/CloudFront-Signature=[^;]+/, 'CloudFront-Signature=AAAA'))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/CloudFront-Policy=[^;]+; /, ''))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ privateKey: keys.stranger.privateKey, policy: policyOf(soon) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf({ DateLessThan: { 'AWS:EpochTime': now - 5 } }) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf(soon, `${origin}/w/*`) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf(soon, `${origin}/v/?.m3u8`) }))).toEqual([200, undefined]);
    expect(await answer(cookies({ policy: policyOf({}) }))).toEqual([403, 'MalformedPolicy']);
    const narrow = cookies({ policy: policyOf(soon, `${origin}/v/b/*`) });
    expect(await raw(origin, '/v/b/../a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/v/b/%2e%2E/a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8')).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8', { cookie: good })).toBe(200);
  });

  test('fails, and says why, when it is signed in a way that this machine does not know', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const { origin, fetch: ask } = await front();
    const signer = { keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256', url: `${origin}/v/a.m3u8` } as const;
    const dateLessThan = Math.floor(Date.now() / 1000) + 60;
    const limited = { DateLessThan: { 'AWS:EpochTime': dateLessThan }, IpAddress: { 'AWS:SourceIp': '10.0.0.0/8' } };
    const policy = JSON.stringify({ Statement: [{ Resource: '*', Condition: limited }] });
    const inputs = [{ ...signer, dateLessThan: new Date(dateLessThan * 1000).toISOString() }, { ...signer, policy }];
    const cookies = inputs.map((input) => cookieHeader(getSignedCookies(input)));
    for (const cookie of cookies) expect((await ask('/v/a.m3u8', { headers: { cookie } })).status).toBe(503);
    expect((await fetch(getSignedUrl(inputs[0]))).status).toBe(503);
    expect(log.mock.calls.flat().join()).toMatch(/canned policies.*IpAddress.*signed addresses/);
    expect(log.mock.calls.flat().join()).not.toMatch(/Signature=|Policy=/);
    log.mockRestore();
  });
});

describe('objects', () => {
  test('are read as CloudFront, under the bucket\'s policy', async () => {
    const { fetch: ask, asked } = await front();
    await ask('/a%20b/%C3%A9.txt');
    expect(asked).toEqual([{
      principal: 'cloudfront.amazonaws.com', action: 's3:GetObject', resource: 'arn:aws:s3:::media-bucket/a b/é.txt',
      context: { 'aws:SourceArn': arn },
    }]);
  });

  test('a missing one is 404 only to who may list', async () => {
    expect(await errorOf(await (await front()).fetch('/none.txt'))).toEqual([404, 'NoSuchKey']);
    const { fetch: ask, asked } = await front({ allow: ({ action }) => action === 's3:GetObject' });
    expect(await errorOf(await ask('/none.txt'))).toEqual([403, 'AccessDenied']);
    expect(asked.map((need) => `${need.action} ${need.resource}`)).toEqual(['s3:GetObject arn:aws:s3:::media-bucket/none.txt', 's3:ListBucket arn:aws:s3:::media-bucket']);
    expect(asked.map(({ context }) => context)).toEqual(Array(2).fill({ 'aws:SourceArn': arn }));
    const shut = await front({ allow: () => false });
    expect(await errorOf(await shut.fetch('/index.html'))).toEqual([403, 'AccessDenied']);
  });

  test.each(['/index.html', '/app/a.html'])('%s answers HEAD and ranges, and a browser that has it already', async (path) => {
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
    expect(await asking({ 'if-match': '"old"' })).toEqual([501, expect.stringContaining('if-match'), null]);
  });
});

test('who leaves in the middle of an object does no harm', async () => {
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
  test('the API gets the viewer\'s request, but for the host', async () => {
    const { fetch: ask, api } = await front();
    const response = await ask('/api/x%2Fy?a=1&b=%20', { method: 'POST', headers: { 'X-Own': '1', 'Cookie': 'c=d' }, body: 'payload' });
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([201, '{"api":true}', ['a=1', 'b=2']]);
    expect(api).toEqual([expect.objectContaining({ host: 'api1.execute-api.eu-west-1.amazonaws.com', path: '/api/x%2Fy?a=1&b=%20', body: Buffer.from('payload') })]);
    expect([api[0].raw.method, api[0].raw.headers]).toEqual(['POST', expect.objectContaining({ 'x-own': '1', 'cookie': 'c=d' })]);
    expect((await ask('/api/x', { method: 'PUT', body: 'x'.repeat(10 * 1024 * 1024 + 100_000) })).status).toBe(201);
    expect(api[1].body.length).toBeGreaterThan(10 * 1024 * 1024);
  });

  test('methods, hosts and origins that are none are refused', async () => {
    const { port, origin, fetch: ask } = await front();
    expect((await ask('/index.html', { method: 'POST' })).status).toBe(403);
    expect((await ask('/%zz')).status).toBe(400);
    expect(await raw(origin, '/index.html', { host: 'evil.example' })).toBe(403);
    expect(await raw(origin, '//index.html')).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/index.html`)).status).toBe(200);
    expect((await ask('/api/x', { headers: { 'x-large': 'x'.repeat(10_240) } })).status).toBe(431);
    await expect(front({ distribution: { DefaultCacheBehavior: { ...config.DefaultCacheBehavior, AllowedMethods: ['GET', 'HEAD', 'OPTIONS'] } } })).rejects.toThrow('OPTIONS');
  });

  test('functions run bare and answer, or fail', async () => {
    const { fetch: ask } = await front();
    const none = await ask('/none/here?x=1');
    expect([none.status, await none.text(), none.headers.get('content-type')]).toEqual([404, '/none/here', 'text/plain']);
    expect((await ask('/go/on?x=1')).headers.get('location')).toBe('/GET/go/on');
    const log = jest.spyOn(console, 'error').mockImplementation();
    const bad = ['return require("fs")', 'return event.request', 'return event.request.headers.host', 'return { statusCode: 200, cookies: {} }', 'for (;;);'];
    for (const body of bad) {
      const { fetch: broken } = await front({
        distribution: { CacheBehaviors: [], DefaultCacheBehavior: { ...config.DefaultCacheBehavior, FunctionAssociations: [on('viewer-request', 'Bad')] } },
        more: [cloudFunction('Bad', `function handler(event) { ${body}; }`)],
      });
      expect([body, (await broken('/')).status]).toEqual([body, 503]);
    }
    log.mockRestore();
  });

  test('the managed security headers are added, and the root object stands for /', async () => {
    const { fetch: ask } = await front();
    const managed = (await ask('/v/a.m3u8')).headers;
    expect([managed.get('x-content-type-options'), managed.get('x-frame-options'), managed.get('strict-transport-security')]).toEqual(['nosniff', 'SAMEORIGIN', 'max-age=31536000']);
    const home = await ask('/');
    expect([await home.text(), home.headers.get('x-frame-options')]).toEqual(['<h1>home</h1>', null]);
  });
});

test('what it does not know stops it, by name', async () => {
  const start = (distribution: object) => front({ distribution });
  const withDefault = (more: object) => ({ DefaultCacheBehavior: { ...config.DefaultCacheBehavior, ...more } });
  const withApi = (more: object) => ({ CacheBehaviors: [{ ...config.CacheBehaviors[0], ...more }] });
  const withOrigin = (more: object) => ({ Origins: [{ ...config.Origins[0], ...more }, config.Origins[1]] });
  const { OriginRequestPolicyId, ...unforwarded } = config.CacheBehaviors[0];
  const responsePage = [{ ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/index.html' }];
  await expect(start({ WebACLId: 'x' })).rejects.toThrow('WebACLId');
  await expect(start({ CustomErrorResponses: responsePage })).rejects.toThrow('CustomErrorResponses');
  await expect(start(withDefault({ LambdaFunctionAssociations: [] }))).rejects.toThrow('LambdaFunctionAssociations');
  for (const name of ['CachePolicyId', 'OriginRequestPolicyId', 'ResponseHeadersPolicyId']) {
    await expect(start(withDefault({ [name]: 'another' }))).rejects.toThrow(`behaviour '*': this machine does not know ${name} "another"`);
  }
  await expect(start(withDefault({ FunctionAssociations: [on('viewer-response', 'Bare')] }))).rejects.toThrow('viewer-response');
  await expect(start(withDefault({ TrustedKeyGroups: ['no-such-group'] }))).rejects.toThrow('no-such-group');
  await expect(start({ CacheBehaviors: [unforwarded] })).rejects.toThrow('OriginRequestPolicyId "none"');
  await expect(start(withApi({ CachePolicyId: optimized }))).rejects.toThrow('CachePolicyId');
  await expect(start(withOrigin({ OriginAccessControlId: undefined }))).rejects.toThrow('OriginAccessControl');
  await expect(start(withOrigin({ OriginShield: {} }))).rejects.toThrow('OriginShield');
  await expect(start(withOrigin({ DomainName: 'example.com' }))).rejects.toThrow('example.com');
});

describe('the cache', () => {
  test('answers what it has, as long as the object lets it, and nothing that its behaviour does not cache', async () => {
    const { fetch: ask, put } = await front();
    await put('app/b.html', 'brief', 'text/html', { 'cache-control': 'no-store' });
    const cacheOf = async (path: string, init?: RequestInit) => {
      const answer = await ask(path, init);
      return [answer.status, answer.headers.get('x-cache')?.split(' ')[0], await answer.text()];
    };
    expect(await cacheOf('/app/a.html')).toEqual([200, 'Miss', '<h1>app</h1>']);
    await put('app/a.html', 'changed', 'text/html');
    expect(await cacheOf('/app/a.html')).toEqual([200, 'Hit', '<h1>app</h1>']);
    expect(await cacheOf('/app/a.html', { method: 'HEAD' })).toEqual([200, 'Hit', '']);
    expect(await cacheOf('/app/a.html', { headers: { range: 'bytes=0-1' } })).toEqual([206, 'Miss', 'ch']);
    expect((await cacheOf('/app/x.html')).slice(0, 2)).toEqual([404, 'Miss']);
    await put('app/x.html', 'there now', 'text/html');
    expect(await cacheOf('/app/x.html')).toEqual([200, 'Miss', 'there now']);
    expect([await cacheOf('/index.html'), await cacheOf('/index.html')].map(([, hit]) => hit)).toEqual(['Miss', 'Miss']);
    await cacheOf('/app/b.html');
    jest.useFakeTimers({ now: Date.now() + 1500, doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'] });
    expect(await cacheOf('/app/b.html')).toEqual([200, 'Miss', 'brief']);
    jest.useRealTimers();
  });

  test('opens nothing without a session: cookies are looked at first', async () => {
    const { fetch: ask, origin } = await front();
    const policy = JSON.stringify({ Statement: [{ Resource: `${origin}/v/*`, Condition: { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) + 60 } } }] });
    const cookie = cookieHeader(getSignedCookies({ keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256', policy }));
    await (await ask('/v/a.m3u8', { headers: { cookie } })).text();
    const [hit, without] = [await ask('/v/a.m3u8', { headers: { cookie } }), await ask('/v/a.m3u8')];
    expect([hit.status, hit.headers.get('x-cache')]).toEqual([200, 'Hit from cloudfront']);
    expect(await errorOf(without)).toEqual([403, 'MissingKey']);
  });
});
