import { createHash } from 'crypto';
import { setTimeout as wait } from 'timers/promises';
import { authorize, Browser, callback, callAws, exchange, poolId, signIn, started, stopAll, token, verifier, type Pool } from './fixture';

afterEach(stopAll);

const proof = 'a-verifier-of-the-least-length-that-is-allowed-43';
const challenge = `&code_challenge=${createHash('sha256').update(proof).digest('base64url')}&code_challenge_method=S256`;
const app = 'com.example.app://callback';
const native = { GenerateSecret: false, CallbackURLs: [app, 'http://localhost/done'], LogoutURLs: undefined };

const asSecond = async (pool: Pool, address = callback) => {
  const { body } = await callAws(pool.cognito, 'DescribeUserPoolClient', { UserPoolId: poolId, ClientId: 'client2' });
  const secret: string | undefined = body.UserPoolClient.ClientSecret;
  const start = (extra = '') => authorize(extra).replace('client1', 'client2').replace(encodeURIComponent(callback), encodeURIComponent(address));
  const ask = async (path: string, fields: Record<string, string>) => {
    const named = new URLSearchParams({ client_id: 'client2', ...secret && { client_secret: secret }, ...fields });
    const response = await fetch(`${pool.base}${path}`, { method: 'POST', body: named });
    return { status: response.status, body: await response.json().catch(() => undefined) as Record<string, any> };
  };
  return {
    secret, start, ask,
    signIn: async (extra = '') => {
      const browser = new Browser(pool.base);
      const done = await browser.submit(await browser.follow(await browser.fetch(start(extra))), 'grace', 'Compiler-A0-1952');
      return new URL(done.headers.get('location')!);
    },
    exchange: (code: string, more = {}) => ask('/oauth2/token', { grant_type: 'authorization_code', code, redirect_uri: address, ...more }),
  };
};
const codeOf = (url: URL) => url.searchParams.get('code')!;

describe('two clients of a pool', () => {
  test('have different tokens, lifetimes, secrets and redirect URIs', async () => {
    const other = 'http://localhost:9000/back';
    const pool = await started({
      second: { CallbackURLs: [other], LogoutURLs: ['http://localhost:9000/'], IdTokenValidity: 1, AccessTokenValidity: 2, TokenValidityUnits: { IdToken: 'hours' } },
    });
    const second = await asSecond(pool, other);
    expect(second.secret).toMatch(/^[0-9a-f]{50}$/);
    expect(second.secret).not.toBe(pool.secret);
    const { body } = await second.exchange(codeOf(await second.signIn()));
    const verify = await verifier(pool.issuer);
    const [id, access] = [await verify.verify(body.id_token), await verify.verify(body.access_token)] as Record<string, any>[];
    expect([id.aud, id.exp - id.iat, access.client_id, access.exp - access.iat]).toEqual(['client2', 3600, 'client2', 7200]);
    const { body: first } = await exchange(pool, codeOf(await signIn(pool, 'grace')));
    const firstId = await verify.verify(first.id_token) as Record<string, any>;
    expect([firstId.aud, firstId.exp - firstId.iat, firstId.sub]).toEqual(['client1', 300, id.sub]);

    expect((await pool.browser.fetch(authorize().replace('client1', 'client2'))).status).toBe(400);
    const logout = async (client: string, port: number) =>
      (await pool.browser.fetch(`/logout?client_id=${client}&logout_uri=${encodeURIComponent(`http://localhost:${port}/`)}`)).status;
    expect([await logout('client1', 9000), await logout('client2', 8000), await logout('client2', 9000)]).toEqual([400, 400, 302]);
  });

  test('reject each other\'s codes and refresh tokens', async () => {
    const pool = await started({ second: {} });
    const second = await asSecond(pool);
    expect(await second.exchange(codeOf(await signIn(pool)))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const { body } = await exchange(pool, codeOf(await signIn({ browser: new Browser(pool.base) })));
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    expect(await second.ask('/oauth2/token', refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await second.ask('/oauth2/revoke', { token: body.refresh_token });
    expect(await token(pool, refresh)).toMatchObject({ status: 200 });
  });

  test('a client without lifetimes has Cognito\'s defaults', async () => {
    const none = { IdTokenValidity: undefined, AccessTokenValidity: undefined, RefreshTokenValidity: undefined, TokenValidityUnits: undefined };
    const pool = await started({ second: none });
    const second = await asSecond(pool);
    const { body } = await second.exchange(codeOf(await second.signIn()));
    expect(body.expires_in).toBe(3600);
  });

  test('lifetimes are divided, and tokens expire', async () => {
    const pool = await started({ divideLifetimes: 300, second: { IdTokenValidity: 30, AccessTokenValidity: 60, RefreshTokenValidity: 10 } });
    const second = await asSecond(pool);
    const { body } = await second.exchange(codeOf(await second.signIn()));
    expect(body.expires_in).toBe(12);
    const id = await (await verifier(pool.issuer)).verify(body.id_token);
    expect(id.exp! - id.iat!).toBe(6);
    const refresh = () => second.ask('/oauth2/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token });
    expect((await refresh()).status).toBe(200);
    await wait(2100);
    expect(await refresh()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('a public client', () => {
  test('has no secret, and redirects to the app with PKCE', async () => {
    const pool = await started({ second: native });
    const second = await asSecond(pool, app);
    expect(second.secret).toBeUndefined();
    const back = await second.signIn(challenge);
    expect(back.href).toMatch(/^com\.example\.app:\/\/callback\?code=/);
    const { status, body } = await second.exchange(codeOf(back), { code_verifier: proof });
    expect([status, Object.keys(body).sort()]).toEqual([200, ['access_token', 'expires_in', 'id_token', 'refresh_token', 'token_type']]);
    expect(await (await verifier(pool.issuer)).verify(body.id_token)).toMatchObject({ 'aud': 'client2', 'cognito:username': 'grace' });
    expect((await second.ask('/oauth2/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token })).status).toBe(200);
    expect((await second.ask('/oauth2/revoke', { token: body.refresh_token })).status).toBe(200);
    expect((await second.ask('/oauth2/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token })).status).toBe(400);
  });

  test('is rejected without PKCE, with a wrong verifier, and with an unregistered redirect URI', async () => {
    const pool = await started({ second: native });
    const second = await asSecond(pool, app);
    const without = await new Browser(pool.base).fetch(second.start());
    expect(without.headers.get('location')).toMatch(/^com\.example\.app:\/\/callback\?error=invalid_request/);
    const code = codeOf(await second.signIn(challenge));
    expect(await second.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const again = codeOf(await second.signIn(challenge));
    expect(await second.exchange(again, { code_verifier: `${proof}x` })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    for (const address of ['http://localhost:9999/done', 'com.example.app://other', callback]) {
      const refused = await pool.browser.fetch((await asSecond(pool, address)).start(challenge));
      expect([refused.status, refused.headers.get('location')]).toEqual([400, null]);
    }
    expect((await pool.browser.fetch('/logout?client_id=client2&logout_uri=http%3A%2F%2Flocalhost%3A8000%2F')).status).toBe(400);
  });
});
