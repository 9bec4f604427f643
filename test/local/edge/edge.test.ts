import { generateKeyPairSync } from 'crypto';
import { mkdtempSync, writeFileSync } from 'fs';
import { get } from 'http';
import { tmpdir } from 'os';
import { join } from 'path';
import { getSignedCookies, getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { fakeAccess, fakeStack, resource } from './fakes';
import { startEdge } from '../../../local/edge/edge';
import type { StoredObject } from '../../../local/edge/objects';
import type { ApiRequest } from '../../../local/gateway/responses';
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
const rewrite = `async function handler(event) {
  const request = event.request;
  if (typeof process !== 'undefined' || typeof require !== 'undefined' || event.context.eventType !== 'viewer-request') throw new Error('not bare');
  if (request.querystring.home) request.uri = '/app/index.html';
  if (request.cookies.who) request.headers['x-who'] = { value: request.cookies.who.value };
  delete request.cookies.gone;
  return request;
}`;
const stamp = 'function handler(event) { const r = event.response; r.headers["x-stamp"] = { value: event.request.uri + r.statusCode }; return r; }';

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
    { Id: 'other', DomainName: 'example.com', CustomOriginConfig: {} },
  ],
  CacheBehaviors: [
    {
      PathPattern: '/api/*', TargetOriginId: 'api', CachePolicyId: disabled, OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'], ViewerProtocolPolicy: 'redirect-to-https',
    },
    { PathPattern: '/v/*', TargetOriginId: 'media', CachePolicyId: optimized, TrustedKeyGroups: ['Group'], ResponseHeadersPolicyId: '67f7725c-6f97-4210-82d7-5512b31e9d03' },
    { PathPattern: '/away/?', TargetOriginId: 'other', CachePolicyId: disabled },
    { PathPattern: '/app/*', TargetOriginId: 'media', CachePolicyId: 'Short', ResponseHeadersPolicyId: 'Headers', FunctionAssociations: [on('viewer-response', 'Stamp')] },
    { PathPattern: '/edit*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'Rewrite')] },
    { PathPattern: '/none/*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'NotFound')] },
  ],
  DefaultCacheBehavior: { TargetOriginId: 'media', CachePolicyId: disabled, ViewerProtocolPolicy: 'redirect-to-https', Compress: true },
};

function resources(distribution: object = {}, more: Resource[] = []): Resource[] {
  return [
    resource('AWS::CloudFront::Distribution', 'Distribution', { DistributionConfig: { ...config, ...distribution } }, { physicalId: 'EDIST', attributes: { DomainName: 'd1.cloudfront.net' } }),
    resource('AWS::CloudFront::OriginAccessControl', 'OAC', { OriginAccessControlConfig: objectControl }),
    resource('AWS::CloudFront::KeyGroup', 'Group', { KeyGroupConfig: { Items: ['KRSA', 'KEC'] } }),
    resource('AWS::CloudFront::PublicKey', 'KRSA', { PublicKeyConfig: { EncodedKey: keys.rsa.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KEC', { PublicKeyConfig: { EncodedKey: keys.ec.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KOTHER', { PublicKeyConfig: { EncodedKey: keys.stranger.publicKey } }),
    resource('AWS::CloudFront::CachePolicy', 'Short', {
      CachePolicyConfig: {
        MinTTL: 0, DefaultTTL: 60, MaxTTL: 60,
        ParametersInCacheKeyAndForwardedToOrigin: {
          CookiesConfig: { CookieBehavior: 'none' }, HeadersConfig: { HeaderBehavior: 'none' }, QueryStringsConfig: { QueryStringBehavior: 'whitelist', QueryStrings: ['lang'] },
        },
      },
    }),
    resource('AWS::CloudFront::ResponseHeadersPolicy', 'Headers', {
      ResponseHeadersPolicyConfig: {
        CustomHeadersConfig: { Items: [{ Header: 'X-Own', Value: 'yes', Override: true }, { Header: 'Cache-Control', Value: 'no-store', Override: false }] },
        RemoveHeadersConfig: { Items: [{ Header: 'Server' }] },
        CorsConfig: {
          AccessControlAllowOrigins: { Items: ['https://app.example.com'] }, AccessControlAllowHeaders: { Items: ['range'] }, AccessControlAllowMethods: { Items: ['GET'] },
          AccessControlAllowCredentials: true, OriginOverride: true,
        },
        SecurityHeadersConfig: { ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'self'", Override: true } },
      },
    }),
    cloudFunction('NotFound', notFound), cloudFunction('Rewrite', rewrite), cloudFunction('Stamp', stamp), ...more,
  ];
}

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** A front with some objects in `media-bucket` and an API that echoes. */
interface Setting { allow?: (need: Need) => boolean; distribution?: object; more?: Resource[] }
async function front({ allow = () => true, distribution = {}, more = [] }: Setting = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vod-edge-'));
  const objects = new Map<string, StoredObject>();
  const put = (key: string, body: string, contentType = 'text/plain', headers: Record<string, string> = {}) => {
    const file = join(folder, String(objects.size));
    writeFileSync(file, body);
    objects.set(key, { size: body.length, etag: `"${key.length}-${body.length}"`, contentType, headers, lastModified: new Date('2026-01-02T03:04:05Z'), path: file });
  };
  put('v/a.m3u8', '0123456789', 'application/vnd.apple.mpegurl');
  put('index.html', '<h1>home</h1>', 'text/html', { 'cache-control': 'max-age=5' });
  put('app/index.html', '<h1>app</h1>', 'text/html');
  put('app/private.html', 'mine', 'text/html', { 'cache-control': 'private, max-age=9' });
  put('a b/é.txt', 'named');
  const api: ApiRequest[] = [];
  const { access, asked } = fakeAccess(allow);
  const edge = await startEdge({
    stack: fakeStack(resources(distribution, more)), access, port: 0,
    store: { get: (bucket, key) => bucket === 'media-bucket' ? objects.get(key) : undefined },
    gateway: {
      handle: async (request) => {
        api.push(request);
        return { status: request.path.includes('missing') ? 404 : 201, headers: { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] }, body: '{"api":true}' };
      },
    },
  });
  running.push(edge);
  const origin = `http://localhost:${edge.port}`;
  return { edge, origin, api, asked, put, fetch: (path: string, init?: RequestInit) => fetch(`${origin}${path}`, { redirect: 'manual', ...init }) };
}

const later = () => new Date(Date.now() + 60_000).toISOString();
/** The status of a path that is sent as it is: fetch would tidy it. */
const raw = (origin: string, path: string, headers = {}) => new Promise((resolve, reject) => {
  const [, port] = /:(\d+)$/.exec(origin)!;
  get({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => resolve(response.resume().statusCode)).on('error', reject);
});
const cookieHeader = (cookies: object) => Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ');
const errorOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

describe('signed media', () => {
  const signers = [['rsa', 'KRSA', 'SHA1'], ['rsa', 'KRSA', 'SHA256'], ['ec', 'KEC', 'SHA256']] as const;

  test.each(signers)('%s key %s with %s opens by cookies and by address, of both kinds of policy', async (type, keyPairId, algorithm) => {
    const { origin, fetch: ask } = await front();
    const signer = { keyPairId, privateKey: keys[type].privateKey, algorithm };
    const url = `${origin}/v/a.m3u8`;
    const policy = JSON.stringify({ Statement: [{ Resource: `${origin}/v/*`, Condition: { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) + 60 } } }] });
    for (const input of [{ ...signer, url, dateLessThan: later() }, { ...signer, url, policy }]) {
      const cookie = cookieHeader(getSignedCookies(input));
      const byCookie = await ask('/v/a.m3u8', { headers: { cookie } });
      expect([byCookie.status, await byCookie.text(), byCookie.headers.get('content-type')]).toEqual([200, '0123456789', 'application/vnd.apple.mpegurl']);
      const byUrl = await fetch(getSignedUrl(input));
      expect([byUrl.status, await byUrl.text()]).toEqual([200, '0123456789']);
      expect(await errorOf(await ask('/v/other', { headers: { cookie } }))).toEqual('policy' in input ? [404, 'NoSuchKey'] : [403, 'AccessDenied']);
    }
    const withQuery = getSignedUrl({ ...signer, url: `${url}?x=1`, dateLessThan: later() });
    expect((await fetch(withQuery)).status).toBe(200);
    expect((await fetch(withQuery.replace('x=1', 'x=2'))).status).toBe(403);
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
    expect(await answer(cookies({ dateLessThan: later() }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf({ DateLessThan: { 'AWS:EpochTime': now - 5 } }) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf({ ...soon, DateGreaterThan: { 'AWS:EpochTime': now + 30 } }) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf({ ...soon, DateGreaterThan: { 'AWS:EpochTime': now - 30 } }) }))).toEqual([200, undefined]);
    expect(await answer(cookies({ policy: policyOf(soon, `${origin}/w/*`) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf(soon, `${origin}/v/?.m3u8`) }))).toEqual([200, undefined]);
    expect(await answer(cookies({ policy: policyOf({ ...soon, IpAddress: { 'AWS:SourceIp': '127.0.0.0/8' } }) }))).toEqual([200, undefined]);
    expect(await answer(cookies({ policy: policyOf({ ...soon, IpAddress: { 'AWS:SourceIp': '10.0.0.0/8' } }) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(cookies({ policy: policyOf({}) }))).toEqual([403, 'MalformedPolicy']);
    const narrow = cookies({ policy: policyOf(soon, `${origin}/v/b/*`) });
    expect(await raw(origin, '/v/b/../a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/v/b/%2e%2E/a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8')).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8', { cookie: good })).toBe(200);
    const expired = getSignedUrl({ ...signer, url: `${origin}/v/a.m3u8`, dateLessThan: new Date(Date.now() - 5000).toISOString() });
    expect((await fetch(expired, { headers: { cookie: good } })).status).toBe(403);
  });
});

describe('objects', () => {
  test('are read as CloudFront, under the bucket\'s policy', async () => {
    const { fetch: ask, asked } = await front();
    await ask('/a%20b/%C3%A9.txt');
    expect(asked).toEqual([{
      principal: 'cloudfront.amazonaws.com', action: 's3:GetObject', resource: 'arn:aws:s3:::media-bucket/a b/é.txt',
      context: { 'aws:SourceArn': arn, 'aws:SourceAccount': '111122223333' },
    }]);
  });

  test('a missing one is 404 only to who may list', async () => {
    expect(await errorOf(await (await front()).fetch('/none.txt'))).toEqual([404, 'NoSuchKey']);
    const { fetch: ask, asked } = await front({ allow: ({ action }) => action === 's3:GetObject' });
    expect(await errorOf(await ask('/none.txt'))).toEqual([403, 'AccessDenied']);
    expect(asked.map((need) => `${need.action} ${need.resource}`)).toEqual(['s3:GetObject arn:aws:s3:::media-bucket/none.txt', 's3:ListBucket arn:aws:s3:::media-bucket']);
    const shut = await front({ allow: () => false });
    expect(await errorOf(await shut.fetch('/index.html'))).toEqual([403, 'AccessDenied']);
  });

  test.each(['/index.html', '/app/index.html'])('%s answers HEAD, ranges and conditions, cached or not', async (path) => {
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
    expect((await asking({ range: 'bytes=99-' })).filter((_, index) => index !== 1)).toEqual([416, `bytes */${size}`]);
    expect(await asking({ 'range': 'bytes=1-3', 'if-range': '"old"' })).toEqual([200, whole, null]);
    expect(await asking({ 'if-none-match': `"x", ${etag}` })).toEqual([304, '', null]);
    expect(await asking({ 'if-modified-since': headers.get('last-modified')! })).toEqual([304, '', null]);
    expect((await asking({ 'if-match': '"old"' }))[0]).toBe(412);
  });

  test('are kept as the cache policy and their own header say', async () => {
    const { fetch: ask, put, edge, asked } = await front();
    const state = async (path: string) => {
      const response = await ask(path);
      return [response.headers.get('x-cache'), await response.text()];
    };
    expect(await state('/app/index.html')).toEqual(['Miss from cloudfront', '<h1>app</h1>']);
    put('app/index.html', 'newer', 'text/html');
    expect(await state('/app/index.html?other=1')).toEqual(['Hit from cloudfront', '<h1>app</h1>']);
    expect(asked).toHaveLength(1);
    expect(await state('/app/index.html?lang=de')).toEqual(['Miss from cloudfront', 'newer']);
    edge.invalidate(['/app/*']);
    expect(await state('/app/index.html')).toEqual(['Miss from cloudfront', 'newer']);
    for (const path of ['/app/private.html', '/index.html']) {
      await state(path);
      expect((await state(path))[0]).toBe('Miss from cloudfront');
    }
  });
});

describe('behaviours', () => {
  test('the API gets the viewer\'s request, but for the host', async () => {
    const { fetch: ask, api } = await front();
    const response = await ask('/api/x%2Fy?a=1&b=%20', { method: 'POST', headers: { 'X-Own': '1', 'Cookie': 'c=d' }, body: 'payload' });
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([201, '{"api":true}', ['a=1', 'b=2']]);
    expect(api).toEqual([expect.objectContaining({ method: 'POST', path: '/api/x%2Fy?a=1&b=%20', body: Buffer.from('payload'), ip: '127.0.0.1' })]);
    const headers = Object.fromEntries(Object.entries(api[0].headers).map(([name, value]) => [name.toLowerCase(), value]));
    expect(headers).toMatchObject({ 'host': ['api1.execute-api.eu-west-1.amazonaws.com'], 'x-own': ['1'], 'cookie': ['c=d'] });
    const large = await ask('/api/x', { method: 'PUT', body: 'x'.repeat(10 * 1024 * 1024 + 100_000) }).catch(() => undefined);
    expect(large?.status ?? 201).toBe(201);
    expect(api[1].body.length).toBeGreaterThan(10 * 1024 * 1024);
  });

  test('methods, hosts and origins that are none are refused', async () => {
    const { edge, origin, fetch: ask } = await front();
    expect((await ask('/index.html', { method: 'POST' })).status).toBe(403);
    expect((await ask('/away/x')).status).toBe(502);
    expect((await ask('/away/xy')).status).toBe(404);
    expect((await ask('/%zz')).status).toBe(400);
    expect(await raw(origin, '/index.html', { host: 'evil.example' })).toBe(403);
    expect(await raw(origin, '//index.html')).toBe(404);
    expect((await fetch(`http://127.0.0.1:${edge.port}/index.html`)).status).toBe(200);
  });

  test('functions run bare, before and after', async () => {
    const { fetch: ask } = await front();
    const none = await ask('/none/here?x=1');
    expect([none.status, await none.text(), none.headers.get('content-type')]).toEqual([404, '/none/here', 'text/plain']);
    expect(await (await ask('/edit?home=1', { headers: { cookie: 'who=me; gone=1' } })).text()).toBe('<h1>app</h1>');
    expect((await ask('/app/index.html')).headers.get('x-stamp')).toBe('/app/index.html200');
    expect((await ask('/app/none.html')).headers.get('x-stamp')).toBeNull();
    const log = jest.spyOn(console, 'error').mockImplementation();
    const broken = await front({ distribution: { CacheBehaviors: [], DefaultCacheBehavior: { ...config.DefaultCacheBehavior, FunctionAssociations: [on('viewer-request', 'Bad')] } }, more: [cloudFunction('Bad', 'function handler() { return require("fs"); }')] });
    expect((await broken.fetch('/')).status).toBe(503);
    log.mockRestore();
  });

  test('response headers policies add, override and remove', async () => {
    const { fetch: ask, origin } = await front();
    const own = (await ask('/app/private.html', { headers: { origin: 'https://app.example.com' } })).headers;
    expect(['x-own', 'cache-control', 'server', 'access-control-allow-origin', 'access-control-allow-credentials', 'content-security-policy'].map((name) => own.get(name)))
      .toEqual(['yes', 'private, max-age=9', null, 'https://app.example.com', 'true', "default-src 'self'"]);
    expect((await ask('/app/index.html', { headers: { origin: 'https://evil.example' } })).headers.get('access-control-allow-origin')).toBeNull();
    const managed = (await fetch(getSignedUrl({ keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256', url: `${origin}/v/a.m3u8`, dateLessThan: later() }))).headers;
    expect([managed.get('x-content-type-options'), managed.get('x-frame-options'), managed.get('strict-transport-security')]).toEqual(['nosniff', 'SAMEORIGIN', 'max-age=31536000']);
  });

  test('the root object and custom error pages', async () => {
    const { fetch: ask } = await front({ distribution: { CustomErrorResponses: [{ ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/app/index.html' }, { ErrorCode: 403 }] } });
    expect(await (await ask('/')).text()).toBe('<h1>home</h1>');
    const page = await ask('/some/route');
    expect([page.status, await page.text()]).toEqual([200, '<h1>app</h1>']);
    const api = await ask('/api/missing');
    expect([api.status, await api.text()]).toEqual([200, '<h1>app</h1>']);
    expect((await ask('/v/a.m3u8')).status).toBe(403);
  });
});

test('what it does not know stops it, by name', async () => {
  const start = (distribution: object) => front({ distribution });
  const withDefault = (more: object) => ({ DefaultCacheBehavior: { ...config.DefaultCacheBehavior, ...more } });
  await expect(start({ WebACLId: 'x' })).rejects.toThrow('WebACLId');
  await expect(start(withDefault({ LambdaFunctionAssociations: [], ForwardedValues: {} }))).rejects.toThrow('LambdaFunctionAssociations, ForwardedValues');
  await expect(start(withDefault({ CachePolicyId: 'no-such-policy' }))).rejects.toThrow('no-such-policy');
  await expect(start(withDefault({ OriginRequestPolicyId: 'no-such-policy' }))).rejects.toThrow('no-such-policy');
  const { OriginRequestPolicyId, ...unforwarded } = config.CacheBehaviors[0];
  await expect(start({ CacheBehaviors: [unforwarded] })).rejects.toThrow('origin request policy');
  await expect(start(withDefault({ ResponseHeadersPolicyId: 'no-such-policy' }))).rejects.toThrow('no-such-policy');
  await expect(start(withDefault({ TrustedKeyGroups: ['no-such-group'] }))).rejects.toThrow('no-such-group');
  await expect(start({ Origins: [{ ...config.Origins[0], OriginAccessControlId: undefined }] })).rejects.toThrow('OriginAccessControl');
  await expect(start({ Origins: [{ ...config.Origins[0], OriginShield: {} }] })).rejects.toThrow('OriginShield');
});
