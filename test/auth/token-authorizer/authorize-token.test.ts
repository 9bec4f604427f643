import { AuthorizerSetting, claims, curve, expectUnauthorized, expectUser, ID_RULES, key, sealing, seconds, stranger } from './authorizer-setting';
import { AUDIENCE, hmacToken, ISSUER, unsignedToken } from './oidc-issuer';
import type { TokenRules } from '../../../src/contract/token-rules';

const ACCESS_RULES: TokenRules = { ...ID_RULES, use: 'access' };

let setting: AuthorizerSetting;
beforeEach(() => { setting = new AuthorizerSetting(); });
afterEach(() => setting.end());

describe('a token that counts', () => {
  test('lets its user call every method of the stage, since the answer is kept for the next requests', async () => {
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

  test.each(['', 'Bearer ', 'bearer ', 'BEARER  ', '  '])('may come after %j', async (prefix) => {
    await expectUser(setting.authorizer()(`${prefix}${key.token(claims())}`));
  });

  test('may be signed on a curve', async () => {
    await expectUser(setting.authorizer()(curve.token(claims())));
  });

  test.each([[AUDIENCE], ['client0'], [['other', AUDIENCE]]])('may be for %j', async (aud) => {
    await expectUser(setting.authorizer()(key.token(claims({ aud }))));
  });

  test.each([
    [{ exp: -29 }, true], [{ exp: -31 }, false],
    [{ nbf: 30 }, true], [{ nbf: 31 }, false],
    [{ iat: 30 }, true], [{ iat: 31 }, false],
  ])('may be off by the skew and no more: %j', async (offsets, good) => {
    const off = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, seconds() + offset]));
    const answer = setting.authorizer()(key.token(claims(off)));
    if (good) await expectUser(answer);
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
    const call = setting.authorizer();
    await call(good());
    await expectUnauthorized(call(token()));
    expect(setting.logged).toHaveLength(1);
    expect(setting.logged[0]).toMatch(/"message":"token refused","reason":"[a-zA-Z ]+"/);
    // Nor has it changed anything for the next.
    await expectUser(call(good()));
  });

  test.each([undefined, null])('a header that is %s', async (header) => {
    await expectUnauthorized(setting.authorizer()(header as unknown as string).finally(() => setting.sent.pop()));
  });

  test('costs the issuer nothing when it is no JWT or another issuer\'s', async () => {
    const call = setting.authorizer();
    for (const token of ['', 'abc', key.token(claims({ iss: 'https://evil.example/' }))]) await expectUnauthorized(call(token));
    expect(setting.issuer.calls).toEqual([]);
  });

  test('says why in the log, in words', async () => {
    const call = setting.authorizer();
    for (const token of [key.token(claims({ exp: 1 })), stranger.token(claims()), key.token(claims({ aud: 'x' })), key.token(claims({ scope: 'openid' }))]) await expectUnauthorized(call(token));
    expect(setting.logged.map((line) => JSON.parse(line)[0].reason)).toEqual(['expired', 'signature', 'audience', 'use']);
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
    ['an application\'s token of Entra, version 1', {}, { appidacr: '1', roles: ['a'], ver: '1.0' }, false, true],
    ['an application\'s token of Entra, version 2', {}, { azp: 'a', azpacr: '1', oid: 'o', roles: ['a'], tid: 't', ver: '2.0' }, false, true],
    ['an application\'s token of Entra, by its kind alone', {}, { idtyp: 'app', roles: ['a'] }, false, true],
    ['an application\'s token of Auth0', {}, { azp: 'c', gty: 'client-credentials' }, false, true],
    ['an id token of Entra, with roles', {}, { name: 'Ada', oid: 'o', roles: ['a'], tid: 't', ver: '2.0' }, true, false],
    ['a token about its client, as Google has them for service accounts', {}, { azp: 'user-1', email: 'a@b.example' }, false, false],
    ['a token about its audience, as Spring has them', {}, { aud: [AUDIENCE, 'user-1'] }, false, false],
    ['an access token about its client', {}, { azp: 'user-1', scope: 'upload' }, false, true],
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
    const { context } = await setting.authorizer({ ...ID_RULES, groupsClaim })(key.token(claims(more)));
    expect(context).toEqual({ groups: JSON.stringify(expected) });
  });
});
