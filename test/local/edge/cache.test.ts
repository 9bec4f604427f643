import { errorOf, front, policyOf, signedCookies, stopAll } from './fixture';

afterEach(stopAll);

describe('the cache', () => {
  test('returns cached objects until they expire, and only where the behavior caches', async () => {
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
    expect([await cacheOf('/index.html'), await cacheOf('/index.html')].map(([, hit]) => hit)).toEqual(['Miss', 'Miss']);
    await cacheOf('/app/b.html');
    jest.useFakeTimers({ now: Date.now() + 1500, doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'] });
    expect(await cacheOf('/app/b.html')).toEqual([200, 'Miss', 'brief']);
    jest.useRealTimers();
  });

  test('checks the cookies before it returns a cached object', async () => {
    const { fetch: ask, origin } = await front();
    const cookie = signedCookies({ policy: policyOf(`${origin}/v/*`) });
    await (await ask('/v/a.m3u8', { headers: { cookie } })).text();
    const [hit, without] = [await ask('/v/a.m3u8', { headers: { cookie } }), await ask('/v/a.m3u8')];
    expect([hit.status, hit.headers.get('x-cache')]).toEqual([200, 'Hit from cloudfront']);
    expect(await errorOf(without)).toEqual([403, 'MissingKey']);
  });
});

describe('the cache of errors', () => {
  const later = (seconds: number) => jest.useFakeTimers({
    now: Date.now() + seconds * 1000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'],
  });
  afterEach(() => jest.useRealTimers());

  async function twoCallers({ status, control, ttl, method = 'GET', after = 0 }:
  { status: number; control?: string; ttl?: number; method?: string; after?: number }) {
    const { fetch: ask } = await front({
      distribution: ttl === undefined ? {} : { CustomErrorResponses: [{ ErrorCode: status, ErrorCachingMinTTL: ttl }] },
      answer: ({ raw: { headers } }) => headers.authorization
        ? { status: 200, headers: {}, body: 'yours' } : { status, headers: { ...(control && { 'cache-control': control }) }, body: 'refused' },
    });
    expect((await ask('/api/streams?limit=1', { method })).status).toBe(status);
    if (after) later(after);
    const second = await ask('/api/streams?limit=2', { method, headers: { authorization: 'Bearer x' } });
    return [second.status, await second.text(), second.headers.get('x-cache')?.split(' ')[0]];
  }
  const own = [200, 'yours', 'Miss'];

  test.each([404, 414, 500, 501, 502, 503, 504])('caches %i for 10 seconds for all viewers, as CloudFront does, despite no-store', async (status) => {
    const kept = [status, 'refused', 'Error'];
    expect(await twoCallers({ status, control: 'no-store' })).toEqual(kept);
    expect(await twoCallers({ status, control: 'no-store', after: 9 })).toEqual(kept);
    expect(await twoCallers({ status, control: 'no-store', after: 11 })).toEqual(own);
    expect(await twoCallers({ status, control: 'max-age=60', after: 11 })).toEqual(kept);
    expect(await twoCallers({ status, ttl: 0 })).toEqual(own);
    expect(await twoCallers({ status, ttl: 300, after: 200 })).toEqual(kept);
    expect(await twoCallers({ status, method: 'POST' })).toEqual(own);
  });

  test.each([400, 403, 405, 412, 415])('caches %i only with max-age', async (status) => {
    expect(await twoCallers({ status, control: 'no-store' })).toEqual(own);
    expect(await twoCallers({ status, control: 'max-age=1', after: 5 })).toEqual([status, 'refused', 'Error']);
  });

  test.each([401, 409, 413, 416, 429])('never keeps %i', async (status) => {
    expect(await twoCallers({ status, control: 'max-age=60' })).toEqual(own);
  });

  test('applies to objects too', async () => {
    for (const [ttl, status] of [[undefined, 404], [0, 200]] as const) {
      const distribution = ttl === undefined ? {} : { CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: ttl }] };
      const { fetch: ask, put } = await front({ distribution });
      expect((await ask('/app/x.html')).status).toBe(404);
      await put('app/x.html', 'there now', 'text/html');
      expect((await ask('/app/x.html')).status).toBe(status);
    }
  });
});
