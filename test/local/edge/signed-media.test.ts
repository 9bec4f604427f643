import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { errorOf, front, keys, policyOf, raw, signedCookies, stopAll } from './fixture';

afterEach(stopAll);

describe('signed media', () => {
  const signers = [['rsa', 'KRSA', 'SHA1'], ['rsa', 'KRSA', 'SHA256'], ['ec', 'KEC', 'SHA256']] as const;

  test.each(signers)('%s key %s with %s opens by cookies with a custom policy', async (type, keyPairId, algorithm) => {
    const { origin, fetch: ask } = await front();
    const cookie = signedCookies({ keyPairId, privateKey: keys[type].privateKey, algorithm, policy: policyOf(`${origin}/v/*`) });
    const opened = await ask('/v/a.m3u8?x=1', { headers: { cookie } });
    expect([opened.status, await opened.text(), opened.headers.get('content-type')]).toEqual([200, '0123456789', 'application/vnd.apple.mpegurl']);
    expect(await errorOf(await ask('/v/other', { headers: { cookie } }))).toEqual([404, 'NoSuchKey']);
  });

  test('stays shut to everyone else, with CloudFront\'s errors', async () => {
    const { origin, fetch: ask } = await front();
    const policy = policyOf(`${origin}/v/*`);
    const over = { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) - 5 } };
    const good = signedCookies({ policy });
    const answer = async (cookie?: string, path = '/v/a.m3u8') => errorOf(await ask(path, { headers: cookie ? { cookie } : {} }));

    expect(await answer(good)).toEqual([200, undefined]);
    expect(await answer()).toEqual([403, 'MissingKey']);
    expect(await answer(good.replace('KEC', 'KOTHER'))).toEqual([403, 'InvalidKey']);
    expect(await answer(good.replace('KEC', 'KRSA'))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/; CloudFront-Hash-Algorithm=SHA256/, ''))).toEqual([403, 'AccessDenied']);
    expect(await answer(signedCookies({ policy, algorithm: 'SHA1' }))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/CloudFront-Signature=[^;]+/, 'CloudFront-Signature=AAAA'))).toEqual([403, 'AccessDenied']);
    expect(await answer(good.replace(/CloudFront-Policy=[^;]+; /, ''))).toEqual([403, 'AccessDenied']);
    expect(await answer(signedCookies({ policy, privateKey: keys.stranger.privateKey }))).toEqual([403, 'AccessDenied']);
    expect(await answer(signedCookies({ policy: policyOf(`${origin}/v/*`, over) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(signedCookies({ policy: policyOf(`${origin}/w/*`) }))).toEqual([403, 'AccessDenied']);
    expect(await answer(signedCookies({ policy: policyOf(`${origin}/v/?.m3u8`) }))).toEqual([200, undefined]);
    expect(await answer(signedCookies({ policy: policyOf(`${origin}/v/*`, {}) }))).toEqual([403, 'MalformedPolicy']);
    const narrow = signedCookies({ policy: policyOf(`${origin}/v/b/*`) });
    expect(await raw(origin, '/v/b/../a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/v/b/%2e%2E/a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8')).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8', { cookie: good })).toBe(200);
  });

  test('fails, and says why, when it is signed in a way that this machine does not know', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const { origin, fetch: ask } = await front();
    const dateLessThan = Math.floor(Date.now() / 1000) + 60;
    const limited = { DateLessThan: { 'AWS:EpochTime': dateLessThan }, IpAddress: { 'AWS:SourceIp': '10.0.0.0/8' } };
    const canned = { url: `${origin}/v/a.m3u8`, dateLessThan: new Date(dateLessThan * 1000).toISOString() };
    for (const input of [canned, { policy: policyOf('*', limited) }]) {
      expect((await ask('/v/a.m3u8', { headers: { cookie: signedCookies(input) } })).status).toBe(503);
    }
    expect((await fetch(getSignedUrl({ ...canned, keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256' }))).status).toBe(503);
    expect(log.mock.calls.flat().join()).toMatch(/canned policies.*IpAddress.*signed addresses/);
    expect(log.mock.calls.flat().join()).not.toMatch(/Signature=|Policy=/);
    log.mockRestore();
  });
});
