import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { AUDIENCE, hmacToken, ISSUER, OidcIssuer, SigningKey, unsignedToken } from './oidc-issuer';
import { authorizeToken } from '../../src/auth/authorize-token.lambda-shared';
import type { TokenRules } from '../../src/contract/token-rules';

const METHOD = 'arn:aws:execute-api:eu-west-1:123456789012:api1/api/GET/streams/1';
const ID_RULES: TokenRules = { issuer: ISSUER, audiences: ['client0', AUDIENCE], use: 'id', groupsClaim: 'groups' };
const ACCESS_RULES: TokenRules = { ...ID_RULES, use: 'access' };

const key = new SigningKey('key1');
const curve = new SigningKey('key2', 'ES256');
const stranger = new SigningKey('key1');
const sealing = new SigningKey('key3', 'RS256', 'enc');

let issuer: OidcIssuer;
let logged: string[];
let sent: string[];

beforeEach(() => {
  // One clock for the authorizer and the library, and the library's timers with it.
  jest.useFakeTimers({ now: Date.parse('2026-11-05T12:00:00Z'), doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  issuer = new OidcIssuer(key, curve, sealing);
  [logged, sent] = [[], []];
  for (const method of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, method).mockImplementation((...values) => void logged.push(JSON.stringify(values)));
});

afterEach(() => {
  for (const part of sent.flatMap((token) => token.split('.')).filter((text) => text.length > 20)) expect(logged.join()).not.toContain(part);
  expect(logged.join()).not.toContain('user-1');
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (changes: object = {}) => ({ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: seconds(), exp: seconds() + 3600, ...changes });
const accessClaims = (changes: object = {}) => claims({ scope: 'openid', ...changes });

function authorizer(rules: TokenRules = ID_RULES) {
  const handler = authorizeToken(rules, { fetch: issuer.fetch as typeof fetch, now: () => new Date() });
  return async (authorizationToken: string): Promise<APIGatewayAuthorizerResult> => {
    sent.push(authorizationToken);
    return handler({ type: 'TOKEN', authorizationToken, methodArn: METHOD } as APIGatewayTokenAuthorizerEvent);
  };
}

const expectUnauthorized = (answer: Promise<unknown>) => expect(answer).rejects.toThrow(/^Unauthorized$/);

describe('a token that counts', () => {
  test('lets its user call every method of the stage, since the answer is kept for the next requests', async () => {
    expect(await authorizer()(key.token(claims({ groups: ['a', 'b c'] })))).toEqual({
      principalId: 'user-1',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: 'arn:aws:execute-api:eu-west-1:123456789012:api1/api/*/*' }],
      },
      context: { groups: '["a","b c"]' },
    });
    expect(logged).toEqual([]);
  });

  test.each(['', 'Bearer ', 'bearer ', 'BEARER  ', '  '])('may come after %j', async (prefix) => {
    expect((await authorizer()(`${prefix}${key.token(claims())}`)).principalId).toBe('user-1');
  });

  test('may be signed on a curve', async () => {
    expect((await authorizer()(curve.token(claims()))).principalId).toBe('user-1');
  });

  test.each([[AUDIENCE], ['client0'], [['other', AUDIENCE]]])('may be for %j', async (aud) => {
    expect((await authorizer()(key.token(claims({ aud })))).principalId).toBe('user-1');
  });

  test.each([
    [{ exp: -29 }, true], [{ exp: -31 }, false],
    [{ nbf: 30 }, true], [{ nbf: 31 }, false],
    [{ iat: 30 }, true], [{ iat: 31 }, false],
  ])('may be off by the skew and no more: %j', async (offsets, good) => {
    const off = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, seconds() + offset]));
    const answer = authorizer()(key.token(claims(off)));
    if (good) expect((await answer).principalId).toBe('user-1');
    else await expectUnauthorized(answer);
  });
});

describe('a token that does not count', () => {
  const good = () => key.token(claims());
  test.each<[string, () => string]>([
    ['none', () => ''],
    ['nothing but Bearer', () => 'Bearer '],
    ['two tokens', () => `${good()} ${good()}`],
    ['two tokens, as a list', () => `${good()}, ${good()}`],
    ['another scheme', () => `Basic ${good()}`],
    ['no JWT', () => 'abc'],
    ['two parts', () => good().split('.').slice(0, 2).join('.')],
    ['parts that are no JSON', () => 'abcd.abcd.abcd'],
    ['parts that are no objects', () => 'bnVsbA.bnVsbA.abcd'],
    ['one that has expired', () => key.token(claims({ exp: seconds() - 60 }))],
    ['one that is not valid yet', () => key.token(claims({ nbf: seconds() + 60 }))],
    ['one from the future', () => key.token(claims({ iat: seconds() + 60 }))],
    ['one without an end', () => key.token(claims({ exp: undefined }))],
    ['one whose end is a text', () => key.token(claims({ exp: String(seconds() + 60) }))],
    ['one whose end is null', () => key.token(claims({ exp: null }))],
    ['alg none', () => unsignedToken({ kid: 'key1' }, claims())],
    ['alg none with something for a signature', () => unsignedToken({ kid: 'key1' }, claims(), 'abcd')],
    ['alg None', () => unsignedToken({ alg: 'None', kid: 'key1' }, claims(), 'abcd')],
    ['no alg', () => key.token(claims(), { alg: undefined })],
    ['the public key as a secret, in PEM', () => hmacToken(key.publicPem, { kid: 'key1' }, claims())],
    ['the public key as a secret, as a JWK', () => hmacToken(JSON.stringify(key.jwk), { kid: 'key1' }, claims())],
    ['the modulus as a secret', () => hmacToken(key.jwk.n!, { kid: 'key1' }, claims())],
    ['RS256 in name, a secret in truth', () => hmacToken(key.publicPem, { alg: 'RS256', kid: 'key1' }, claims())],
    ['another algorithm than its key\'s', () => key.token(claims(), { alg: 'RS512' })],
    ['the algorithm of another key', () => key.token(claims(), { alg: 'ES256' })],
    ['another\'s key under the id of a known one', () => stranger.token(claims())],
    ['a known key under the id of another', () => key.token(claims(), { kid: 'key2' })],
    ['a key for sealing', () => sealing.token(claims())],
    ['a key that it brings along', () => stranger.token(claims(), { jwk: stranger.jwk, kid: undefined })],
    ['no key id', () => key.token(claims(), { kid: undefined })],
    ['a key id that is no text', () => key.token(claims(), { kid: 1 })],
    ['changed claims', () => good().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims({ sub: 'user-2' }))).toString('base64url')}.`)],
    ['another issuer', () => key.token(claims({ iss: 'https://evil.example/' }))],
    ['the issuer without its slash', () => key.token(claims({ iss: ISSUER.slice(0, -1) }))],
    ['no issuer', () => key.token(claims({ iss: undefined }))],
    ['another audience', () => key.token(claims({ aud: 'client2' }))],
    ['an audience that begins alike', () => key.token(claims({ aud: `${AUDIENCE}x` }))],
    ['no audience', () => key.token(claims({ aud: undefined }))],
    ['an empty list of audiences', () => key.token(claims({ aud: [] }))],
    ['no subject', () => key.token(claims({ sub: undefined }))],
    ['an empty subject', () => key.token(claims({ sub: '' }))],
    ['a subject that is no text', () => key.token(claims({ sub: 1 }))],
  ])('%s', async (_, token) => {
    const call = authorizer();
    await call(good());
    await expectUnauthorized(call(token()));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/"message":"token refused","reason":"[a-zA-Z ]+"/);
    // Nor has it changed anything for the next.
    expect((await call(good())).principalId).toBe('user-1');
  });

  test.each([undefined, null])('a header that is %s', async (header) => {
    await expectUnauthorized(authorizer()(header as unknown as string).finally(() => sent.pop()));
  });

  test('costs the issuer nothing when it is no JWT or another issuer\'s', async () => {
    const call = authorizer();
    for (const token of ['', 'abc', key.token(claims({ iss: 'https://evil.example/' }))]) await expectUnauthorized(call(token));
    expect(issuer.calls).toEqual([]);
  });

  test('says why in the log, in words', async () => {
    const call = authorizer();
    for (const token of [key.token(claims({ exp: 1 })), stranger.token(claims()), key.token(claims({ aud: 'x' })), key.token(accessClaims())]) await expectUnauthorized(call(token));
    expect(logged.map((line) => JSON.parse(line)[0].reason)).toEqual(['expired', 'signature', 'audience', 'use']);
  });
});

describe('the kind of a token', () => {
  // [what it is, header, claims, counts as an id token, counts as an access token]
  test.each<[string, object, object, boolean, boolean]>([
    ['an id token of Okta: no typ', { typ: undefined }, { amr: ['pwd'], idp: 'x', nonce: 'n' }, true, false],
    ['an id token with a hash', {}, { at_hash: 'h', azp: 'client1', nonce: 'n' }, true, false],
    ['an id token of the hybrid flow', {}, { c_hash: 'h' }, true, false],
    ['an id token of Keycloak', {}, { typ: 'ID', azp: 'client1', sid: 's' }, true, false],
    ['an id token of Cognito', {}, { 'token_use': 'id', 'cognito:groups': ['a'] }, true, false],
    ['an access token of RFC 9068', { typ: 'at+jwt' }, { client_id: 'c' }, false, true],
    ['an access token by its header alone', { typ: 'AT+JWT' }, {}, false, true],
    ['an access token by its whole media type', { typ: 'application/at+jwt' }, {}, false, true],
    ['an access token by the id of its client', {}, { client_id: 'c' }, false, true],
    ['an access token by the id of its client, as Okta calls it', {}, { cid: 'c' }, false, true],
    ['an access token of Auth0', {}, { scope: 'openid', azp: 'c', permissions: [] }, false, true],
    ['an access token of Okta', { typ: undefined }, { scp: ['openid'], cid: 'c', uid: 'u' }, false, true],
    ['an access token of Entra, version 1', {}, { appid: 'a', ver: '1.0' }, false, true],
    ['an access token of Entra, version 2', {}, { scp: 'read', azp: 'a', ver: '2.0' }, false, true],
    ['an access token of Keycloak, with a nonce', {}, { typ: 'Bearer', azp: 'c', nonce: 'n', realm_access: { roles: [] } }, false, true],
    ['an access token of Cognito', {}, { token_use: 'access' }, false, true],
    ['one that is marked as both, by its header', { typ: 'at+jwt' }, { at_hash: 'h' }, false, false],
    ['one that is marked as both, by its claims', {}, { scope: 'openid', typ: 'ID' }, false, false],
    ['one that is marked as both, as Cognito does', {}, { scope: 'openid', token_use: 'id' }, false, false],
    ['one that has both hash and scope', {}, { scope: 'openid', c_hash: 'h' }, false, false],
    ['a logout token', { typ: 'logout+jwt' }, { sid: 's' }, false, false],
    ['a logout token without the header', {}, { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, false, false],
    ['a logout token of Keycloak', {}, { typ: 'Logout' }, false, false],
    ['a refresh token of Keycloak', {}, { typ: 'Refresh', scope: 'openid' }, false, false],
    ['a bound token of Keycloak', {}, { typ: 'DPoP', scope: 'openid' }, false, false],
    ['a proof', { typ: 'dpop+jwt' }, {}, false, false],
  ])('%s', async (_, header, more, asId, asAccess) => {
    for (const [rules, good] of [[ID_RULES, asId], [ACCESS_RULES, asAccess]] as const) {
      const answer = authorizer(rules)(key.token(claims(more), header));
      if (good) expect((await answer).principalId).toBe('user-1');
      else await expectUnauthorized(answer);
    }
  });
});

describe('groups', () => {
  test.each<[string, string, object, string[]]>([
    ['a list', 'groups', { groups: ['a', 'b c', 'd,e'] }, ['a', 'b c', 'd,e']],
    ['an empty list', 'groups', { groups: [] }, []],
    ['one name', 'groups', { groups: 'Video Editors, North' }, ['Video Editors, North']],
    ['an empty text', 'groups', { groups: '' }, []],
    ['nothing', 'groups', {}, []],
    ['Entra\'s pointer', 'groups', { _claim_names: { groups: 'src1' }, groups: undefined }, []],
    ['a list with something else in it', 'groups', { groups: ['a', 1] }, []],
    ['a list of lists', 'groups', { groups: [['a']] }, []],
    ['an object', 'groups', { groups: { a: true } }, []],
    ['a number', 'groups', { groups: 1 }, []],
    ['a claim called by an address', 'https://example.com/roles', { 'https://example.com/roles': ['a'] }, ['a']],
    ['a claim within another', 'realm_access.roles', { realm_access: { roles: ['a'] } }, ['a']],
    ['a claim deeper within', 'resource_access.web.roles', { resource_access: { web: { roles: ['a'] } } }, ['a']],
    ['a name with points before the way', 'a.b', { 'a.b': ['name'], 'a': { b: ['way'] } }, ['name']],
    ['a way that ends early', 'realm_access.roles', { realm_access: 'x' }, []],
    ['what every object has', 'constructor.name', {}, []],
    ['what every text has', 'sub.length', {}, []],
    ['what every list has', 'groups.0', { groups: ['a'] }, ['a']],
  ])('from %s', async (_, groupsClaim, more, expected) => {
    const { context } = await authorizer({ ...ID_RULES, groupsClaim })(key.token(claims(more)));
    expect(context).toEqual({ groups: JSON.stringify(expected) });
  });
});

describe('keys', () => {
  test('are fetched once for many calls, at once and after each other, by way of the discovery document', async () => {
    const call = authorizer();
    await Promise.all(Array.from({ length: 20 }, () => call(key.token(claims()))));
    for (let time = 0; time < 20; time++) await call(time % 2 ? key.token(claims()) : curve.token(claims()));
    expect(new Set(issuer.calls)).toEqual(new Set([`${ISSUER}.well-known/openid-configuration`, `${ISSUER}keys`]));
    expect(issuer.calls.filter((address) => address.endsWith('keys'))).toHaveLength(1);
  });

  test('are fetched from where the rules say, without discovery', async () => {
    const rules = { ...ID_RULES, jwksUri: `${ISSUER}keys` };
    const call = authorizer(rules);
    await call(key.token(claims()));
    await call(key.token(claims()));
    expect(issuer.calls).toEqual([`${ISSUER}keys`]);
  });

  test('are fetched without following anyone elsewhere, and not for ever', async () => {
    await authorizer()(key.token(claims()));
    for (const init of issuer.inits) expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
  });

  test('may be added at any time', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    const next = new SigningKey('key9', 'ES256');
    issuer.keys = [key, next];
    expect((await call(next.token(claims()))).principalId).toBe('user-1');
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
  });

  test('that the issuer dropped are gone as soon as a new one is met', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    const next = new SigningKey('key9');
    issuer.keys = [next];
    await call(next.token(claims()));
    await expectUnauthorized(call(key.token(claims())));
  });

  test('that the issuer dropped are gone within the hour, without a new one', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    issuer.keys = [curve];
    jest.advanceTimersByTime(3_590_000);
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
    jest.advanceTimersByTime(10_000);
    await expectUnauthorized(call(key.token(claims())));
    expect((await call(curve.token(claims()))).principalId).toBe('user-1');
  });

  test('that were replaced under their old id are the new ones within the hour', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    issuer.keys = [stranger];
    jest.advanceTimersByTime(3_600_000);
    expect((await call(stranger.token(claims()))).principalId).toBe('user-1');
    await expectUnauthorized(call(key.token(claims())));
  });

  test('are not asked for again and again for the sake of made-up ids', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    const before = issuer.calls.length;
    for (let time = 0; time < 5; time++) await expectUnauthorized(call(key.token(claims(), { kid: `made-up-${time}` })));
    expect(issuer.calls).toHaveLength(before + 1);
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
    // After a while a new key is found again.
    const next = new SigningKey('key9');
    issuer.keys = [key, next];
    jest.advanceTimersByTime(10_000);
    expect((await call(next.token(claims()))).principalId).toBe('user-1');
  });
});

describe('an issuer that fails', () => {
  const failures: [string, () => Response | Promise<Response>][] = [
    ['can\'t be reached', () => { throw new TypeError('fetch failed'); }],
    ['fails', () => new Response('<html>', { status: 503 })],
    ['moved', () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } })],
    ['says something else', () => new Response('<html>')],
    ['says nothing', () => new Response('')],
    ['says null', () => Response.json(null)],
    ['says something of another form', () => Response.json({ keys: 'x' })],
    ['has keys of another form', () => Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}keys`, keys: [{ kid: 'key1' }] })],
    ['says too much', () => new Response(`{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}keys","keys":[],"x":"${'x'.repeat(500_000)}"}`)],
    ['breaks off', () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('broken')) }))],
  ];

  test.each(failures)('from the start, as it %s, is no fault of the token, and the next call asks again', async (_, answer) => {
    const call = authorizer();
    issuer.broken = answer;
    for (let time = 0; time < 2; time++) await expect(call(key.token(claims()))).rejects.toThrow(/^(discovery|key set): /);
    expect(logged.join()).toContain('issuer failed');
    issuer.broken = (path) => path.endsWith('keys') ? answer() : undefined;
    await expect(call(key.token(claims()))).rejects.toThrow(/^key set: /);
    issuer.broken = undefined;
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
  });

  test.each(failures)('later, as it %s, is asked again after a minute, and what is known serves on', async (_, answer) => {
    const call = authorizer();
    await call(key.token(claims()));
    issuer.broken = answer;
    jest.advanceTimersByTime(3_600_000);
    for (let time = 0; time < 3; time++) expect((await call(key.token(claims()))).principalId).toBe('user-1');
    expect(issuer.calls).toHaveLength(3);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('keys not renewed');
    issuer.broken = undefined;
    issuer.keys = [curve];
    jest.advanceTimersByTime(59_000);
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
    jest.advanceTimersByTime(1_000);
    await expectUnauthorized(call(key.token(claims())));
  });

  test('while a new key is met can\'t have it checked', async () => {
    const call = authorizer();
    await call(key.token(claims()));
    issuer.broken = () => new Response('', { status: 500 });
    await expect(call(new SigningKey('key9').token(claims()))).rejects.toThrow(/^key set: status 500$/);
    expect((await call(key.token(claims()))).principalId).toBe('user-1');
  });

  test.each([
    ['another issuer', { issuer: 'https://evil.example/' }],
    ['the issuer without its slash', { issuer: ISSUER.slice(0, -1) }],
    ['no issuer', { issuer: undefined }],
    ['no address of keys', { jwks_uri: undefined }],
    ['a path for an address', { jwks_uri: '/keys' }],
    ['a file', { jwks_uri: 'file:///etc/passwd' }],
    ['data', { jwks_uri: 'data:application/json,{}' }],
    ['keys over a plain connection', { jwks_uri: 'http://identity.example.com/tenant/keys' }],
  ])('in that its discovery document names %s', async (_, discovery) => {
    issuer.discovery = discovery;
    await expect(authorizer()(key.token(claims()))).rejects.toThrow(/^discovery: /);
    expect(issuer.calls).toHaveLength(1);
  });

  test('may be on this machine, without https', async () => {
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
