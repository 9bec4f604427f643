import { createHash } from 'crypto';
import { statSync } from 'fs';
import { join } from 'path';
import { authorize, Browser, callback, clientProperties, callAws, exchange, poolArn, redirect, signIn, started, stopAll, token, verifier } from './fixture';
import { refuseForeignPools } from '../../../../local/issuers/cognito/cognito';
import { sampleUsers } from '../../../../local/issuers/users';
import { fakeStack, resource } from '../../edge/fakes';

afterEach(async () => {
  jest.restoreAllMocks();
  await stopAll();
});

describe('the hosted sign-in', () => {
  test('returns a code, then tokens with Cognito\'s claims', async () => {
    const pool = await started();
    const back = await signIn(pool, 'ada', '&nonce=n1');
    expect(back.origin + back.pathname).toBe(callback);
    expect(back.searchParams.get('state')).toBe('s1');

    const { body } = await exchange(pool, back.searchParams.get('code')!);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'refresh_token', 'token_type']);
    expect(body).toMatchObject({ expires_in: 600, token_type: 'Bearer' });
    expect(body.refresh_token).not.toContain('.');

    const verify = await verifier(pool.issuer);
    const id = await verify.verify(body.id_token) as Record<string, any>;
    expect(id).toMatchObject({
      'iss': pool.issuer, 'aud': 'client1', 'token_use': 'id', 'cognito:username': 'ada', 'cognito:groups': ['admins', 'uploaders'],
      'email': 'ada@example.com', 'email_verified': true, 'nonce': 'n1', 'auth_time': expect.any(Number),
    });
    expect(id.exp - id.iat).toBe(300);
    expect(id.sub).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

    const access = await verify.verify(body.access_token) as Record<string, any>;
    expect(access).toMatchObject({
      'iss': pool.issuer, 'token_use': 'access', 'client_id': 'client1', 'scope': 'openid email', 'username': 'ada', 'cognito:groups': ['admins', 'uploaders'],
      'sub': id.sub, 'origin_jti': id.origin_jti, 'auth_time': id.auth_time,
    });
    expect(access).not.toHaveProperty('aud');
    expect(access.exp - access.iat).toBe(600);
  });

  test('users are in those of their groups that the template contains', async () => {
    const groupsOf = async (groups: string[]) => {
      const { cognito: { users } } = await started({ groups });
      return users.map((user) => [user.username, user.groups]);
    };
    expect(await groupsOf(['viewers', 'uploaders', 'admins'])).toEqual([
      ['ada', ['admins', 'uploaders']], ['grace', ['uploaders']], ['katherine', ['uploaders', 'viewers']], ['linus', []],
    ]);
    expect(await groupsOf(['uploaders'])).toEqual([['ada', ['uploaders']], ['grace', ['uploaders']], ['katherine', ['uploaders']], ['linus', []]]);
    const pool = await started({ groups: ['viewers'] });
    const { body } = await exchange(pool, (await signIn(pool, 'katherine')).searchParams.get('code')!);
    expect(await (await verifier(pool.issuer)).verify(body.id_token)).toMatchObject({ 'cognito:groups': ['viewers'] });
  });

  test('a user without a group has no groups claim', async () => {
    const pool = await started();
    const { body } = await exchange(pool, (await signIn(pool, 'linus')).searchParams.get('code')!);
    const verify = await verifier(pool.issuer);
    expect(await verify.verify(body.id_token)).not.toHaveProperty('cognito:groups');
    expect(await verify.verify(body.access_token)).not.toHaveProperty('cognito:groups');
  });

  test('shows the form again after a wrong password, then accepts the right one', async () => {
    const { browser } = await started();
    const form = await browser.follow(await browser.fetch(authorize()));
    expect(form.headers.get('content-type')).toContain('text/html');
    const again = await browser.submit(form, 'ada', 'wrong');
    expect(again.status).toBe(401);
    expect(await again.clone().text()).toContain('Incorrect username or password.');
    const unknown = await browser.submit(again, 'nobody', '');
    expect(unknown.status).toBe(401);
    const done = await browser.submit(unknown, 'ada', sampleUsers[0].password);
    expect(done.headers.get('location')).toContain(callback);
  });

  test('rejects a form without its hidden input', async () => {
    jest.spyOn(console, 'error').mockImplementation();
    const { browser } = await started();
    const form = await browser.follow(await browser.fetch(authorize()));
    const body = new URLSearchParams({ username: 'ada', password: sampleUsers[0].password });
    const answer = await browser.fetch(new URL(form.url).pathname, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });

  test('keeps the session until the sign-out, which redirects to registered URLs only', async () => {
    const pool = await started();
    await signIn(pool);
    const silent = await pool.browser.follow(await pool.browser.fetch(authorize()));
    expect(silent.headers.get('location')).toContain(`${callback}?code=`);

    const elsewhere = await pool.browser.fetch('/logout?client_id=client1&logout_uri=http%3A%2F%2Fevil.example%2F');
    expect(elsewhere.status).toBe(400);
    const kept = new Map(pool.browser.cookies);
    const out = await pool.browser.fetch('/logout?client_id=client1&logout_uri=http%3A%2F%2Flocalhost%3A8000%2F');
    expect([out.status, out.headers.get('location')]).toEqual([302, 'http://localhost:8000/']);
    const form = await pool.browser.follow(await pool.browser.fetch(authorize()));
    expect(await form.text()).toContain('name="password"');
    kept.forEach((value, name) => pool.browser.cookies.set(name, value));
    const replayed = await pool.browser.follow(await pool.browser.fetch(authorize()));
    expect(await replayed.text()).toContain('name="password"');
  });

  test('rejects callbacks, clients and scopes that are not in the template', async () => {
    const { browser } = await started();
    const foreign = await browser.fetch(authorize().replace(redirect, encodeURIComponent(`${callback}/x`)));
    expect([foreign.status, foreign.headers.get('location')]).toEqual([400, null]);
    expect(foreign.headers.get('content-type')).toContain('text/html');
    expect((await browser.fetch(authorize().replace('client1', 'other'))).status).toBe(400);
    const scope = await browser.fetch(authorize().replace('openid+email', 'openid+phone'));
    expect(scope.headers.get('location')).toContain('error=invalid_scope');
  });
});

describe('the token endpoint', () => {
  test('verifies PKCE if the sign-in started with it, and accepts a code only once', async () => {
    const pool = await started();
    const proof = 'a-verifier-of-the-least-length-that-is-allowed-43';
    const challenge = createHash('sha256').update(proof).digest('base64url');
    const extra = `&code_challenge=${challenge}&code_challenge_method=S256`;
    const code = (await signIn(pool, 'ada', extra)).searchParams.get('code')!;
    expect(await exchange(pool, code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const wrong = (await signIn({ browser: new Browser(pool.base) }, 'ada', extra)).searchParams.get('code')!;
    expect(await exchange(pool, wrong, { code_verifier: `${proof}x` })).toMatchObject({ status: 400 });
    const right = (await signIn({ browser: new Browser(pool.base) }, 'ada', extra)).searchParams.get('code')!;
    expect(await exchange(pool, right, { code_verifier: proof })).toMatchObject({ status: 200 });
    expect(await exchange(pool, right, { code_verifier: proof })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('authenticates the client with its secret in the header or the body', async () => {
    const pool = await started();
    const code = (await signIn(pool)).searchParams.get('code')!;
    const fields = { grant_type: 'authorization_code', code, redirect_uri: callback };
    for (const basic of [true, false]) expect(await token({ ...pool, secret: 'wrong' }, fields, basic)).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    expect((await token(pool, fields, false)).status).toBe(200);
  });

  test('keeps the refresh token on a refresh, and rejects it after revocation', async () => {
    const pool = await started();
    const { body: first } = await exchange(pool, (await signIn(pool)).searchParams.get('code')!);
    const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
    const { body: second } = await token(pool, refresh);
    expect(Object.keys(second).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'token_type']);
    const verify = await verifier(pool.issuer);
    const [before, after] = [await verify.verify(first.id_token), await verify.verify(second.id_token)];
    expect(after).toMatchObject({ sub: before.sub, origin_jti: before.origin_jti, auth_time: before.auth_time, token_use: 'id' });
    expect(after.jti).not.toBe(before.jti);

    const revoke = async (secret: string) => {
      const headers = { authorization: `Basic ${Buffer.from(`client1:${secret}`).toString('base64')}` };
      return (await fetch(`${pool.base}/oauth2/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token: first.refresh_token }) })).status;
    };
    expect(await revoke('wrong')).toBe(401);
    expect((await token(pool, refresh)).status).toBe(200);
    expect(await revoke(pool.secret)).toBe(200);
    expect(await token(pool, refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('sign-ins survive a restart', async () => {
    const pool = await started();
    const { body: first } = await exchange(pool, (await signIn(pool)).searchParams.get('code')!);
    const { sub } = await (await verifier(pool.issuer)).verify(first.id_token);
    await stopAll();
    const next = await started({ dataFolder: pool.stack.dataFolder });
    expect(next.secret).toBe(pool.secret);
    const { body: second } = await token(next, { grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect((await (await verifier(next.issuer)).verify(second.id_token)).sub).toBe(sub);
    for (const file of ['state.json', 'sessions.json']) expect(statSync(join(pool.stack.dataFolder, 'cognito', file)).mode % 0o1000).toBe(0o600);
  });
});

describe('around it', () => {
  test('publishes its issuer and only the public key', async () => {
    const { issuer, base, cognito } = await started();
    const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
    expect(discovery).toMatchObject({
      issuer, authorization_endpoint: `${base}/oauth2/authorize`, token_endpoint: `${base}/oauth2/token`, jwks_uri: `${issuer}/.well-known/jwks.json`,
      revocation_endpoint: `${base}/oauth2/revoke`,
    });
    const jwks = await (await fetch(`${issuer}/.well-known/jwks.json`)).json() as { keys: object[] };
    expect(Object.keys(jwks.keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(cognito.keysOf(poolArn)).toEqual({ issuer, ...jwks.keys.length && { keys: { keys: [expect.objectContaining(jwks.keys[0])] } } });
    expect(JSON.stringify(cognito.keysOf(poolArn))).not.toContain('"d"');
  });

  test('DescribeUserPoolClient returns the client secret; other operations are rejected', async () => {
    const { cognito, secret } = await started();
    const { needs } = await callAws(cognito, 'DescribeUserPoolClient', { UserPoolId: 'eu-west-1_Pool12345', ClientId: 'client1' });
    expect(needs).toEqual([{ action: 'cognito-idp:DescribeUserPoolClient', resource: poolArn }]);
    expect(secret).toMatch(/^[0-9a-f]{50}$/);
    await expect(callAws(cognito, 'ListUsers', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
    await expect(callAws(cognito, 'DescribeUserPoolClient', { UserPoolId: 'eu-west-1_Pool12345', ClientId: 'other' }))
      .rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  test('rejects unsupported settings by name', async () => {
    const units = (more: object) => ({ TokenValidityUnits: { ...clientProperties.TokenValidityUnits, ...more } });
    await expect(started({ client: { ReadAttributes: ['email'] } })).rejects.toThrow('Client: the local stack does not support ReadAttributes ["email"]');
    await expect(started({ client: { AllowedOAuthFlows: ['code', 'implicit'] } })).rejects.toThrow('code,implicit');
    await expect(started({ client: { SupportedIdentityProviders: ['COGNITO', 'Google'] } })).rejects.toThrow('COGNITO,Google');
    await expect(started({ client: units({ IdToken: 'weeks' }) })).rejects.toThrow('IdToken "weeks"');
    await expect(started({ client: { UserPoolId: 'eu-west-1_Imported1' } })).rejects.toThrow('Client: the template has no user pool eu-west-1_Imported1');
    await expect(started({ domain: { Domain: 'auth.example.com', CustomDomainConfig: {} } })).rejects.toThrow('Domain: the local stack does not support CustomDomainConfig');
    await started({ domain: { Domain: 'vod', ManagedLoginVersion: 2 } });
    const authorizer = (...ProviderARNs: string[]) => fakeStack([
      resource('AWS::Cognito::UserPool', 'Pool', {}, { attributes: { Arn: poolArn } }), resource('AWS::ApiGateway::Authorizer', 'Authorizer', { ProviderARNs }),
    ]);
    expect(() => refuseForeignPools(authorizer(poolArn))).not.toThrow();
    expect(() => refuseForeignPools(authorizer(poolArn, `${poolArn}9`))).toThrow(`Authorizer: the template has no user pool ${poolArn}9`);
  });

  test('writes nothing to the console', async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level).mockImplementation());
    const pool = await started();
    await exchange(pool, (await signIn(pool)).searchParams.get('code')!);
    spies.forEach((spy) => expect(spy).not.toHaveBeenCalled());
  });
});
