import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { errorOf, front, keys, policyOf, raw, signedCookies, stopAll } from './fixture';

afterEach(stopAll);

describe('signed media', () => {
  const signers = [['rsa', 'KRSA', 'SHA1'], ['rsa', 'KRSA', 'SHA256'], ['ec', 'KEC', 'SHA256']] as const;

  test.each(signers)('cookies with a custom policy open media: %s key %s with %s', async (type, keyPairId, algorithm) => {
    const { origin, fetch: ask } = await front();
    const cookie = signedCookies({ keyPairId, privateKey: keys[type].privateKey, algorithm, policy: policyOf(`${origin}/v/*`) });
    const opened = await ask('/v/a.m3u8?x=1', { headers: { cookie } });
    expect([opened.status, await opened.text(), opened.headers.get('content-type')]).toEqual([200, '0123456789', 'application/vnd.apple.mpegurl']);
    expect(await errorOf(await ask('/v/other', { headers: { cookie } }))).toEqual([404, 'NoSuchKey']);
  });

  test('rejects all other requests with CloudFront\'s errors', async () => {
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
    // CloudFront does not decode cookies, and accepts base64 only in its own alphabet.
    const value = /CloudFront-Policy=([^;]+)/.exec(good)![1];
    const plain = value.replace(/-/g, '+').replace(/_/g, '=').replace(/~/g, '/');
    expect(plain).not.toBe(value);
    for (const other of [plain, encodeURIComponent(plain), `%${value.charCodeAt(0).toString(16)}${value.slice(1)}`, `${value}!`]) {
      expect(await answer(good.replace(value, () => other))).toEqual([403, 'AccessDenied']);
    }
    expect(await answer(`theme=a&${good}`)).toEqual([403, 'MissingKey']);
    const narrow = signedCookies({ policy: policyOf(`${origin}/v/b/*`) });
    expect(await raw(origin, '/v/b/../a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/v/b/%2e%2E/a.m3u8', { cookie: narrow })).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8')).toBe(403);
    expect(await raw(origin, '/x/../v/a.m3u8', { cookie: good })).toBe(200);
  });

  const inAMinute = () => Math.floor(Date.now() / 1000) + 60;
  const canned = (url: string, dateLessThan = inAMinute()) => ({ url, dateLessThan: new Date(dateLessThan * 1000).toISOString() });
  const key = { keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256' as const };

  test.each(signers)('cookies with a canned policy and signed URLs open media: %s key %s with %s', async (type, keyPairId, algorithm) => {
    const { origin, fetch: ask } = await front();
    const signer = { keyPairId, privateKey: keys[type].privateKey, algorithm };
    const cookie = signedCookies({ ...signer, ...canned(`${origin}/v/a.m3u8?x=1`) });
    expect((await ask('/v/a.m3u8?x=1', { headers: { cookie } })).status).toBe(200);
    for (const changed of ['/v/a.m3u8', '/v/a.m3u8?x=2', '/v/other?x=1']) expect(await errorOf(await ask(changed, { headers: { cookie } }))).toEqual([403, 'AccessDenied']);

    for (const input of [canned(`${origin}/v/a.m3u8?x=1&y=2`), { url: `${origin}/v/a.m3u8?x=1&y=2`, policy: policyOf(`${origin}/v/*`) }]) {
      const url = getSignedUrl({ ...signer, ...input } as Parameters<typeof getSignedUrl>[0]);
      expect((await fetch(url)).status).toBe(200);
      expect(await errorOf(await fetch(url.replace('/a.m3u8', '/other')))).toEqual('policy' in input ? [404, 'NoSuchKey'] : [403, 'AccessDenied']);
      expect(await errorOf(await fetch(url.replace(/Signature=[^&]+/, 'Signature=AAAA')))).toEqual([403, 'AccessDenied']);
    }
  });

  test('rejects a canned policy that is expired, changed or incomplete', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const { origin, fetch: ask } = await front();
    const url = getSignedUrl({ ...key, ...canned(`${origin}/v/a.m3u8`) });
    const cookie = signedCookies(canned(`${origin}/v/a.m3u8`));
    const custom = signedCookies({ policy: policyOf(`${origin}/v/*`) });
    const over = Math.floor(Date.now() / 1000) - 5;
    const refused: [path: string, cookies: string, code?: string][] = [
      [getSignedUrl({ ...key, ...canned(`${origin}/v/a.m3u8`, over) }), ''],
      [url.replace(/Expires=\d+/, `Expires=${inAMinute() + 9}`), ''], [url.replace(/Expires=\d+/, 'Expires=9e9'), ''], [url.replace(/Expires=\d+&?/, ''), ''],
      [url.replace(/Signature=[^&]+&?/, ''), ''], [url.replace(/Key-Pair-Id=[^&]+&?/, ''), '', 'MissingKey'], [url.replace('KEC', 'KNONE'), '', 'InvalidKey'],
      [`${url}?x=1`, ''], [url.replace('KEC', '%4BEC'), '', 'InvalidKey'], [url.replace('Key-Pair-Id', 'Key-Pair%2DId'), '', 'MissingKey'],
      [url.replace('Key-Pair-Id', 'key-pair-id'), '', 'MissingKey'], [url.replace('SHA256', 'sha256'), ''], [url.replace('SHA256', 'SHA1'), ''],
      ...url.split('?')[1].split('&').map((pair): [string, string] => [`${url}&${pair}`, '']),
      ...['Expires=1', 'Policy=a', 'Signature=AAAA', 'Hash-Algorithm=SHA256'].map((pair): [string, string, string] => [`/v/a.m3u8?${pair}`, custom, 'MissingKey']),
      ['/v/a.m3u8', signedCookies(canned(`${origin}/v/a.m3u8`, over))], ['/v/a.m3u8', cookie.replace(/Expires=\d+/, `Expires=${inAMinute() + 9}`)],
      ['/v/a.m3u8', 'CloudFront-Expires=1', 'MissingKey'], ['/v/a.m3u8', 'CloudFront-Expires=1; CloudFront-Signature=a; CloudFront-Key-Pair-Id=KEC'],
    ];
    for (const [address, sent, code = 'AccessDenied'] of refused) {
      const answer = await ask(address.replace(origin, ''), { headers: sent ? { cookie: sent } : {} });
      expect([address, ...await errorOf(answer)]).toEqual([address, 403, code]);
    }
    expect(log).not.toHaveBeenCalled();
  });

  test('fails with a reason if the policy has an unsupported condition', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const { fetch: ask } = await front();
    const limited = { DateLessThan: { 'AWS:EpochTime': inAMinute() }, IpAddress: { 'AWS:SourceIp': '10.0.0.0/8' } };
    expect((await ask('/v/a.m3u8', { headers: { cookie: signedCookies({ policy: policyOf('*', limited) }) } })).status).toBe(503);
    expect(log.mock.calls.flat().join()).toMatch(/IpAddress/);
    expect(log.mock.calls.flat().join()).not.toMatch(/Signature=|Policy=/);
    log.mockRestore();
  });
});
