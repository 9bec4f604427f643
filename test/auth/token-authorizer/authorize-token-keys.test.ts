import { AuthorizerSetting, claims, curve, expectUnauthorized, expectUser, ID_RULES, key, METHOD, seconds, stranger } from './authorizer-setting';
import { ISSUER, SigningKey } from './oidc-issuer';
import { authorizeToken } from '../../../src/auth/token-authorizer/authorize-token.runtime';

let setting: AuthorizerSetting;
beforeEach(() => { setting = new AuthorizerSetting(); });
afterEach(() => setting.end());

describe('keys', () => {
  test('are fetched once for many concurrent and sequential calls, through the discovery document', async () => {
    const call = setting.authorizer();
    await Promise.all(Array.from({ length: 20 }, () => call(key.token(claims()))));
    for (let time = 0; time < 20; time++) await call(time % 2 ? key.token(claims()) : curve.token(claims()));
    expect(new Set(setting.issuer.calls)).toEqual(new Set([`${ISSUER}.well-known/openid-configuration`, `${ISSUER}keys`]));
    expect(setting.issuer.calls.filter((address) => address.endsWith('keys'))).toHaveLength(1);
  });

  test('are fetched from jwksUri without discovery', async () => {
    const rules = { ...ID_RULES, jwksUri: `${ISSUER}keys` };
    const call = setting.authorizer(rules);
    await call(key.token(claims()));
    await call(key.token(claims()));
    expect(setting.issuer.calls).toEqual([`${ISSUER}keys`]);
  });

  test('are fetched without redirects and with a timeout', async () => {
    await setting.authorizer()(key.token(claims()));
    for (const init of setting.issuer.inits) expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
  });

  test('can be added by the issuer at any time', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    const next = new SigningKey('key9', 'ES256');
    setting.issuer.keys = [key, next];
    await expectUser(call(next.token(claims())));
    await expectUser(call(key.token(claims())));
  });

  test('are rejected when the issuer has removed them and a new key is found', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    const next = new SigningKey('key9');
    setting.issuer.keys = [next];
    await call(next.token(claims()));
    await expectUnauthorized(call(key.token(claims())));
  });

  test('are rejected one hour after the issuer has removed them, even without a new key', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    setting.issuer.keys = [curve];
    jest.advanceTimersByTime(3_590_000);
    await expectUser(call(key.token(claims())));
    jest.advanceTimersByTime(10_000);
    await expectUnauthorized(call(key.token(claims())));
    await expectUser(call(curve.token(claims())));
  });

  test('are renewed one hour after the issuer has replaced them under the same id', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    setting.issuer.keys = [stranger];
    jest.advanceTimersByTime(3_600_000);
    await expectUser(call(stranger.token(claims())));
    await expectUnauthorized(call(key.token(claims())));
  });

  test('are not requested again for each made-up key id', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    const before = setting.issuer.calls.length;
    for (let time = 0; time < 5; time++) await expectUnauthorized(call(key.token(claims(), { kid: `made-up-${time}` })));
    expect(setting.issuer.calls).toHaveLength(before + 1);
    await expectUser(call(key.token(claims())));
    // Ten seconds later, the authorizer fetches the keys again and finds a new key.
    const next = new SigningKey('key9');
    setting.issuer.keys = [key, next];
    jest.advanceTimersByTime(10_000);
    await expectUser(call(next.token(claims())));
  });
});

describe('an issuer that fails', () => {
  const failures: [string, () => Response | Promise<Response>][] = [
    ['is unreachable', () => { throw new TypeError('fetch failed'); }],
    ['fails', () => new Response('<html>', { status: 503 })],
    ['redirects', () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } })],
    ['returns HTML', () => new Response('<html>')],
    ['returns an empty body', () => new Response('')],
    ['returns null', () => Response.json(null)],
    ['returns keys that are not a list', () => Response.json({ keys: 'x' })],
    ['returns invalid keys', () => Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}keys`, keys: [{ kid: 'key1' }] })],
    ['returns too much', () => new Response(`{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}keys","keys":[],"x":"${'x'.repeat(500_000)}"}`)],
    ['aborts the response', () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('broken')) }))],
  ];

  test.each(failures)('does not cause a 401 if it %s from the start, and the next call retries', async (_, answer) => {
    const call = setting.authorizer();
    setting.issuer.broken = answer;
    for (let time = 0; time < 2; time++) await expect(call(key.token(claims()))).rejects.toThrow(/^(discovery|key set): /);
    expect(setting.logged.join()).toContain('issuer failed');
    setting.issuer.broken = (path) => path.endsWith('keys') ? answer() : undefined;
    await expect(call(key.token(claims()))).rejects.toThrow(/^key set: /);
    setting.issuer.broken = undefined;
    await expectUser(call(key.token(claims())));
  });

  test.each(failures)('is requested again after one minute if it %s later, while the known keys stay in use', async (_, answer) => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    setting.issuer.broken = answer;
    jest.advanceTimersByTime(3_600_000);
    for (let time = 0; time < 3; time++) await expectUser(call(key.token(claims())));
    expect(setting.issuer.calls).toHaveLength(3);
    expect(setting.logged).toHaveLength(1);
    expect(setting.logged[0]).toContain('keys not renewed');
    setting.issuer.broken = undefined;
    setting.issuer.keys = [curve];
    jest.advanceTimersByTime(59_000);
    await expectUser(call(key.token(claims())));
    jest.advanceTimersByTime(1_000);
    await expectUnauthorized(call(key.token(claims())));
  });

  test.each(failures)('makes all keys untrusted if it %s for one day, until it responds again', async (_, answer) => {
    const call = setting.authorizer();
    const token = key.token(claims({ exp: seconds() + 10 * 86_400 }));
    await call(token);
    setting.issuer.broken = answer;
    jest.advanceTimersByTime(86_399_000);
    await expectUser(call(token));
    jest.advanceTimersByTime(1_000);
    for (let time = 0; time < 2; time++) await expect(call(token)).rejects.toThrow(/^key set: /);
    expect(setting.logged.at(-1)).toContain('issuer failed');
    setting.issuer.broken = undefined;
    await expectUser(call(token));
    // After a successful fetch, the keys are trusted for another day.
    setting.issuer.broken = answer;
    jest.advanceTimersByTime(86_399_000);
    await expectUser(call(token));
  });

  test('causes an error only for tokens of a new key if it fails when that key is needed', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    setting.issuer.broken = () => new Response('', { status: 500 });
    await expect(call(new SigningKey('key9').token(claims()))).rejects.toThrow(/^key set: status 500$/);
    await expectUser(call(key.token(claims())));
  });

  test('is not requested again for each made-up key id, and the error is not a 401', async () => {
    const call = setting.authorizer();
    await call(key.token(claims()));
    const before = setting.issuer.calls.length;
    setting.issuer.broken = () => new Response('', { status: 500 });
    for (let time = 0; time < 5; time++) await expect(call(key.token(claims(), { kid: `made-up-${time}` }))).rejects.toThrow(/^key set: status 500$/);
    expect(setting.issuer.calls).toHaveLength(before + 1);
    await expectUser(call(key.token(claims())));
    setting.issuer.broken = undefined;
    const next = new SigningKey('key9');
    setting.issuer.keys = [key, next];
    jest.advanceTimersByTime(10_000);
    await expectUser(call(next.token(claims())));
  });

  test.each([
    ['another issuer', { issuer: 'https://evil.example/' }],
    ['the issuer without the trailing slash', { issuer: ISSUER.slice(0, -1) }],
    ['no issuer', { issuer: undefined }],
    ['no URL of keys', { jwks_uri: undefined }],
    ['a path instead of a URL', { jwks_uri: '/keys' }],
    ['a file URL', { jwks_uri: 'file:///etc/passwd' }],
    ['a data URL', { jwks_uri: 'data:application/json,{}' }],
    ['keys with http', { jwks_uri: 'http://identity.example.com/tenant/keys' }],
  ])('is rejected if its discovery document contains %s', async (_, discovery) => {
    setting.issuer.discovery = discovery;
    await expect(setting.authorizer()(key.token(claims()))).rejects.toThrow(/^discovery: /);
    expect(setting.issuer.calls).toHaveLength(1);
  });

  test('can use http if it runs locally', async () => {
    const local = 'http://127.0.0.1:1';
    const fetched: string[] = [];
    const handler = authorizeToken({ ...ID_RULES, issuer: local }, {
      now: () => new Date(),
      fetch: (async (address: string) => {
        fetched.push(address);
        return Response.json(address.endsWith('/keys') ? { keys: [key.jwk] } : { issuer: local, jwks_uri: `${local}/keys` });
      }) as typeof fetch,
    });
    const { principalId } = await handler({ type: 'TOKEN', authorizationToken: key.token(claims({ iss: local })), methodArn: METHOD });
    expect([principalId, fetched]).toEqual(['user-1', [`${local}/.well-known/openid-configuration`, `${local}/keys`]]);
  });
});
