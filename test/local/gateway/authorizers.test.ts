import type { JWK, JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { api, base, issuer, method, poolArn } from './fixture';

let signingKey: CryptoKey;
let publicJwk: JWK;
beforeAll(async () => {
  const { exportJWK, generateKeyPair } = await import('jose');
  const pair = await generateKeyPair('RS256');
  signingKey = pair.privateKey;
  publicJwk = { ...await exportJWK(pair.publicKey), kid: 'k1', alg: 'RS256' };
});

const idClaims = { 'iss': issuer, 'aud': 'client1', 'sub': 's-1', 'token_use': 'id', 'cognito:groups': ['admins', 'uploaders'], 'email_verified': true };
async function tokenOf(claims: JWTPayload = {}, expires: string | number = '5m', key: CryptoKey = signingKey): Promise<string> {
  const { SignJWT } = await import('jose');
  return new SignJWT({ ...idClaims, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).setIssuedAt().setExpirationTime(expires).sign(key);
}

describe('the Cognito authorizer', () => {
  const list = '/api/streams';

  test.each(['', 'Bearer '])('passes claims on as strings, with %p before the token', async (prefix) => {
    const { call, calls } = api(undefined, base, [publicJwk]);
    expect((await call('GET', list, { authorization: prefix + await tokenOf() })).status).toBe(200);
    const { claims } = calls[0].event.requestContext.authorizer;
    expect(claims).toMatchObject({ 'sub': 's-1', 'cognito:groups': 'admins,uploaders', 'email_verified': 'true', 'token_use': 'id' });
    expect(claims.exp).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/);
  });

  test.each([
    [[['admins']], '[["admins"]]'], [['a', ['admins']], '["a",["admins"]]'], [[{ toString: 'admins' }], '[{"toString":"admins"}]'], [{ admins: true }, '{"admins":true}'], [null, 'null'],
  ])('formats %j so that it matches no group', async (groups, expected) => {
    const { call, calls } = api(undefined, base, [publicJwk]);
    await call('GET', list, { authorization: await tokenOf({ 'cognito:groups': groups }) });
    expect(calls[0].event.requestContext.authorizer.claims['cognito:groups']).toBe(expected);
  });

  test('refuses everything else', async () => {
    const { generateKeyPair, UnsecuredJWT } = await import('jose');
    const { privateKey } = await generateKeyPair('RS256');
    const { call, calls } = api(undefined, base, [publicJwk]);
    const refused: Record<string, string | undefined> = {
      'no token': undefined,
      'no JWT': 'abc',
      'another key': await tokenOf({}, '5m', privateKey),
      'no signature': new UnsecuredJWT({ ...idClaims, exp: 9e9 }).encode(),
      'another issuer': await tokenOf({ iss: 'http://127.0.0.1:4000/eu-west-1_Other' }),
      'another client': await tokenOf({ aud: 'client3' }),
      'a client with a longer name': await tokenOf({ aud: 'client11' }),
      'an access token': await tokenOf({ aud: undefined, token_use: 'access', client_id: 'client1' }),
      'an access token with an audience': await tokenOf({ token_use: 'access' }),
      'an expired token': await tokenOf({}, Math.floor(Date.now() / 1000) - 60),
    };
    const answers = await Promise.all(Object.entries(refused).map(async ([name, token]) => {
      const { status, text } = await call('GET', list, token === undefined ? {} : { Authorization: token });
      return [name, status, JSON.parse(text).message];
    }));
    expect(answers).toEqual(Object.keys(refused).map((name) => [name, 401, name.includes('expired') ? 'The incoming token has expired' : 'Unauthorized']));
    expect(calls).toEqual([]);
  });

  const made = { Type: 'COGNITO_USER_POOLS', IdentitySource: 'method.request.header.Authorization', Name: 'users', ProviderARNs: [poolArn], RestApiId: 'api1' };
  const authorizer = (properties: object) => base.map((each) => each.logicalId === 'auth1' ? { ...each, properties: { ...made, ...properties } } : each);

  test.each<[string | undefined, string, number]>([
    ['^(?:client1|client2)$', 'client2', 200], ['^(?:client1|client2)$', 'client22', 401], ['client', 'client1', 401],
    // The CDK's user pool authorizer has no validation expression, and accepts tokens of any client of the pool.
    [undefined, 'client9', 200],
  ])('with the expression %p returns for a token for %p: %d', async (IdentityValidationExpression, aud, status) => {
    const { call } = api(undefined, authorizer({ IdentityValidationExpression, AuthorizerResultTtlInSeconds: 300 }), [publicJwk]);
    expect((await call('GET', list, { authorization: await tokenOf({ aud }) })).status).toBe(status);
  });

  test('without an expression accepts only id tokens of its pool', async () => {
    const { call } = api(undefined, authorizer({}), [publicJwk]);
    const refused = [{ token_use: 'access' }, { aud: undefined }, { iss: 'http://127.0.0.1:4000/eu-west-1_Other' }];
    const answers = await Promise.all(refused.map(async (claims) => call('GET', list, { authorization: await tokenOf(claims) })));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test('reads the configured header', async () => {
    const { call } = api(undefined, authorizer({ IdentitySource: 'method.request.header.X-Token' }), [publicJwk]);
    const token = await tokenOf();
    expect((await call('GET', list, { 'x-token': token })).status).toBe(200);
    expect((await call('GET', list, { authorization: token })).status).toBe(401);
  });

  test('rejects unsupported settings by name', () => {
    const start = (properties: object) => () => api(undefined, authorizer(properties));
    expect(start({ AuthorizerUri: 'arn' })).toThrow('auth1: the local stack does not support AuthorizerUri');
    expect(start({ Type: 'AWS_IAM' })).toThrow('AWS_IAM');
    expect(start({ ProviderARNs: [poolArn, poolArn] })).toThrow('auth1: the local stack supports only one user pool');
    expect(start({ IdentitySource: 'method.request.querystring.token' })).toThrow('method.request.querystring.token');
    expect(start({ IdentitySource: undefined })).toThrow('requires exactly one IdentitySource');
    expect(() => api(undefined, [...base, method('Odd', 'files', 'PUT', { AuthorizationType: 'CUSTOM', AuthorizerId: 'auth1' })])).toThrow('Odd: AuthorizationType CUSTOM can\'t use an authorizer');
    expect(() => api(undefined, [...base, method('Odd', 'files', 'PUT', { AuthorizationType: 'CUSTOM', AuthorizerId: 'auth9' })])).toThrow('auth9');
  });
});
