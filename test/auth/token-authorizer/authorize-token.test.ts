import { AuthorizerSetting, claims, curve, expectUnauthorized, expectUser, ID_RULES, key, sealing, seconds, stranger } from './authorizer-setting';
import { AUDIENCE, hmacToken, ISSUER, unsignedToken } from './oidc-issuer';
import type { TokenRules } from '../../../src/contract/token-rules';

const ACCESS_RULES: TokenRules = { ...ID_RULES, use: 'access' };

let setting: AuthorizerSetting;
beforeEach(() => { setting = new AuthorizerSetting(); });
afterEach(() => setting.end());

describe('a valid token', () => {
  test('allows every method of the stage, since API Gateway caches the policy for the next requests', async () => {
    expect(await setting.authorizer()(key.token(claims({ groups: ['a', 'b c'] })))).toEqual({
      principalId: 'user-1',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: 'arn:aws:execute-api:eu-west-1:123456789012:api1/api/*/*' }],
      },
      context: { groups: '["a","b c"]' },
    });
    expect(setting.logged).toEqual([]);
  });

  test.each(['', 'Bearer ', 'bearer ', 'BEARER  ', '  '])('is accepted after the prefix %j', async (prefix) => {
    await expectUser(setting.authorizer()(`${prefix}${key.token(claims())}`));
  });

  test('can be signed with ES256', async () => {
    await expectUser(setting.authorizer()(curve.token(claims())));
  });

  test.each([[AUDIENCE], ['client0'], [['other', AUDIENCE]]])('can have the audience %j', async (aud) => {
    await expectUser(setting.authorizer()(key.token(claims({ aud }))));
  });

  test.each([
    [{ exp: -29 }, true], [{ exp: -31 }, false],
    [{ nbf: 30 }, true], [{ nbf: 31 }, false],
    [{ iat: 30 }, true], [{ iat: 31 }, false],
  ])('is accepted within the clock skew: %j', async (offsets, good) => {
    const off = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, seconds() + offset]));
    const answer = setting.authorizer()(key.token(claims(off)));
    if (good) await expectUser(answer);
    else await expectUnauthorized(answer);
  });
});

describe('an invalid token', () => {
  const good = () => key.token(claims());
  test.each<[string, () => string]>([
    ['an empty header', () => ''],
    ['only Bearer', () => 'Bearer '],
    ['two tokens', () => `${good()} ${good()}`],
    ['two tokens, as a list', () => `${good()}, ${good()}`],
    ['another scheme', () => `Basic ${good()}`],
    ['a value that is not a JWT', () => 'abc'],
    ['two parts', () => good().split('.').slice(0, 2).join('.')],
    ['parts that are not JSON', () => 'abcd.abcd.abcd'],
    ['parts that are not objects', () => 'bnVsbA.bnVsbA.abcd'],
    ['an expired token', () => key.token(claims({ exp: seconds() - 60 }))],
    ['a token that is not valid yet', () => key.token(claims({ nbf: seconds() + 60 }))],
    ['a token that was issued in the future', () => key.token(claims({ iat: seconds() + 60 }))],
    ['a token without an expiry', () => key.token(claims({ exp: undefined }))],
    ['a token whose expiry is a string', () => key.token(claims({ exp: String(seconds() + 60) }))],
    ['a token whose expiry is null', () => key.token(claims({ exp: null }))],
    ['alg none', () => unsignedToken({ kid: 'key1' }, claims())],
    ['alg none with a signature', () => unsignedToken({ kid: 'key1' }, claims(), 'abcd')],
    ['alg None', () => unsignedToken({ alg: 'None', kid: 'key1' }, claims(), 'abcd')],
    ['no alg', () => key.token(claims(), { alg: undefined })],
    ['an HMAC with the public key as PEM', () => hmacToken(key.publicPem, { kid: 'key1' }, claims())],
    ['an HMAC with the public key as JWK', () => hmacToken(JSON.stringify(key.jwk), { kid: 'key1' }, claims())],
    ['an HMAC with the modulus of the key', () => hmacToken(key.jwk.n!, { kid: 'key1' }, claims())],
    ['an HMAC that is declared as RS256', () => hmacToken(key.publicPem, { alg: 'RS256', kid: 'key1' }, claims())],
    ['an algorithm that its key does not have', () => key.token(claims(), { alg: 'RS512' })],
    ['the algorithm of another key', () => key.token(claims(), { alg: 'ES256' })],
    ['an unknown key under the id of a known key', () => stranger.token(claims())],
    ['a known key under the id of another key', () => key.token(claims(), { kid: 'key2' })],
    ['a key for encryption', () => sealing.token(claims())],
    ['a key in the token itself', () => stranger.token(claims(), { jwk: stranger.jwk, kid: undefined })],
    ['no key id', () => key.token(claims(), { kid: undefined })],
    ['a key id that is not a string', () => key.token(claims(), { kid: 1 })],
    ['changed claims', () => good().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims({ sub: 'user-2' }))).toString('base64url')}.`)],
    ['another issuer', () => key.token(claims({ iss: 'https://evil.example/' }))],
    ['the issuer without the trailing slash', () => key.token(claims({ iss: ISSUER.slice(0, -1) }))],
    ['no issuer', () => key.token(claims({ iss: undefined }))],
    ['another audience', () => key.token(claims({ aud: 'client2' }))],
    ['an audience with a valid prefix', () => key.token(claims({ aud: `${AUDIENCE}x` }))],
    ['no audience', () => key.token(claims({ aud: undefined }))],
    ['an empty list of audiences', () => key.token(claims({ aud: [] }))],
    ['no subject', () => key.token(claims({ sub: undefined }))],
    ['an empty subject', () => key.token(claims({ sub: '' }))],
    ['a subject that is not a string', () => key.token(claims({ sub: 1 }))],
  ])('is rejected: %s', async (_, token) => {
    const call = setting.authorizer();
    await call(good());
    await expectUnauthorized(call(token()));
    expect(setting.logged).toHaveLength(1);
    expect(setting.logged[0]).toMatch(/"message":"token refused","reason":"[a-zA-Z ]+"/);
    await expectUser(call(good()));
  });

  test.each([undefined, null])('is rejected: a header that is %s', async (header) => {
    await expectUnauthorized(setting.authorizer()(header as unknown as string).finally(() => setting.sent.pop()));
  });

  test('causes no request to the issuer if it is not a JWT or is from another issuer', async () => {
    const call = setting.authorizer();
    for (const token of ['', 'abc', key.token(claims({ iss: 'https://evil.example/' }))]) await expectUnauthorized(call(token));
    expect(setting.issuer.calls).toEqual([]);
  });

  test('is logged with a readable reason', async () => {
    const call = setting.authorizer();
    for (const token of [key.token(claims({ exp: 1 })), stranger.token(claims()), key.token(claims({ aud: 'x' })), key.token(claims({ scope: 'openid' }))]) await expectUnauthorized(call(token));
    expect(setting.logged.map((line) => JSON.parse(line)[0].reason)).toEqual(['expired', 'signature', 'audience', 'use']);
  });
});

describe('the kind of a token', () => {
  // [name, header, claims, whether it is accepted as an id token, whether it is accepted as an access token]
  test.each<[string, object, object, boolean, boolean]>([
    ['an id token of Okta: no typ', { typ: undefined }, { amr: ['pwd'], idp: 'x', nonce: 'n' }, true, false],
    ['an id token with a hash', {}, { at_hash: 'h', azp: 'client1', nonce: 'n' }, true, false],
    ['an id token of the hybrid flow', {}, { c_hash: 'h' }, true, false],
    ['an id token of Keycloak', {}, { typ: 'ID', azp: 'client1', sid: 's' }, true, false],
    ['an id token of Cognito', {}, { 'token_use': 'id', 'cognito:groups': ['a'] }, true, false],
    ['an access token of RFC 9068', { typ: 'at+jwt' }, { client_id: 'c' }, false, true],
    ['an access token marked only by its header', { typ: 'AT+JWT' }, {}, false, true],
    ['an access token marked by the full media type', { typ: 'application/at+jwt' }, {}, false, true],
    ['an access token marked by client_id', {}, { client_id: 'c' }, false, true],
    ['an access token marked by cid, as in Okta', {}, { cid: 'c' }, false, true],
    ['an access token of Auth0', {}, { scope: 'openid', azp: 'c', permissions: [] }, false, true],
    ['an access token of Okta', { typ: undefined }, { scp: ['openid'], cid: 'c', uid: 'u' }, false, true],
    ['an access token of Entra, version 1', {}, { appid: 'a', ver: '1.0' }, false, true],
    ['an access token of Entra, version 2', {}, { scp: 'read', azp: 'a', ver: '2.0' }, false, true],
    ['an application token of Entra, version 1', {}, { appidacr: '1', roles: ['a'], ver: '1.0' }, false, true],
    ['an application token of Entra, version 2', {}, { azp: 'a', azpacr: '1', oid: 'o', roles: ['a'], tid: 't', ver: '2.0' }, false, true],
    ['an application token of Entra marked only by idtyp', {}, { idtyp: 'app', roles: ['a'] }, false, true],
    ['an application token of Auth0', {}, { azp: 'c', gty: 'client-credentials' }, false, true],
    ['an id token of Entra, with roles', {}, { name: 'Ada', oid: 'o', roles: ['a'], tid: 't', ver: '2.0' }, true, false],
    ['a token about its client, as in service accounts of Google', {}, { azp: 'user-1', email: 'a@b.example' }, false, false],
    ['a token about its audience, as in Spring', {}, { aud: [AUDIENCE, 'user-1'] }, false, false],
    ['an access token about its client', {}, { azp: 'user-1', scope: 'upload' }, false, true],
    ['an access token of Keycloak, with a nonce', {}, { typ: 'Bearer', azp: 'c', nonce: 'n', realm_access: { roles: [] } }, false, true],
    ['an access token of Cognito', {}, { token_use: 'access' }, false, true],
    ['a token marked as both kinds by its header', { typ: 'at+jwt' }, { at_hash: 'h' }, false, false],
    ['a token marked as both kinds by its claims', {}, { scope: 'openid', typ: 'ID' }, false, false],
    ['a token marked as both kinds by token_use', {}, { scope: 'openid', token_use: 'id' }, false, false],
    ['a token with a hash and a scope', {}, { scope: 'openid', c_hash: 'h' }, false, false],
    ['a logout token', { typ: 'logout+jwt' }, { sid: 's' }, false, false],
    ['a logout token without the header', {}, { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, false, false],
    ['a logout token of Keycloak', {}, { typ: 'Logout' }, false, false],
    ['a refresh token of Keycloak', {}, { typ: 'Refresh', scope: 'openid' }, false, false],
    ['a DPoP token of Keycloak', {}, { typ: 'DPoP', scope: 'openid' }, false, false],
    ['a DPoP proof', { typ: 'dpop+jwt' }, {}, false, false],
  ])('decides whether it is accepted: %s', async (_, header, more, asId, asAccess) => {
    for (const [rules, good] of [[ID_RULES, asId], [ACCESS_RULES, asAccess]] as const) {
      const answer = setting.authorizer(rules)(key.token(claims(more), header));
      if (good) await expectUser(answer);
      else await expectUnauthorized(answer);
    }
  });
});

describe('groups', () => {
  test.each<[string, string, object, string[]]>([
    ['a list', 'groups', { groups: ['a', 'b c', 'd,e'] }, ['a', 'b c', 'd,e']],
    ['an empty list', 'groups', { groups: [] }, []],
    ['a single name', 'groups', { groups: 'Video Editors, North' }, ['Video Editors, North']],
    ['an empty string', 'groups', { groups: '' }, []],
    ['no claim', 'groups', {}, []],
    ['a reference of Entra to a long list', 'groups', { _claim_names: { groups: 'src1' }, groups: undefined }, []],
    ['a list with a number', 'groups', { groups: ['a', 1] }, []],
    ['a list of lists', 'groups', { groups: [['a']] }, []],
    ['an object', 'groups', { groups: { a: true } }, []],
    ['a number', 'groups', { groups: 1 }, []],
    ['a claim whose name is a URL', 'https://example.com/roles', { 'https://example.com/roles': ['a'] }, ['a']],
    ['a nested claim', 'realm_access.roles', { realm_access: { roles: ['a'] } }, ['a']],
    ['a more deeply nested claim', 'resource_access.web.roles', { resource_access: { web: { roles: ['a'] } } }, ['a']],
    ['a claim with dots in its name, instead of a path', 'a.b', { 'a.b': ['name'], 'a': { b: ['way'] } }, ['name']],
    ['a path that ends early', 'realm_access.roles', { realm_access: 'x' }, []],
    ['an inherited property of objects', 'constructor.name', {}, []],
    ['a property of strings', 'sub.length', {}, []],
    ['an item of a list', 'groups.0', { groups: ['a'] }, ['a']],
  ])('are read from %s', async (_, groupsClaim, more, expected) => {
    const { context } = await setting.authorizer({ ...ID_RULES, groupsClaim })(key.token(claims(more)));
    expect(context).toEqual({ groups: JSON.stringify(expected) });
  });
});
