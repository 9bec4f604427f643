import { ISSUER, type Tampering } from './sign-in-server';
import { type Browser, DEVELOPMENT, SERVICE_URL, REFRESH, SAME_SITE, SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

describe('authorize', () => {
  test('without return_to returns the tokens as JSON and starts no session', async () => {
    const browser = service.browser();
    const { status, body, headers } = await browser.authorize(await browser.start());
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'refresh_token', 'token_type']);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'pragma': 'no-cache' });
    expect(browser.names).toEqual([]);
  });

  test.each([['/watch?v=1#t', `${SERVICE_URL}/watch?v=1#t`], [`${DEVELOPMENT}/`, `${DEVELOPMENT}/`]])('with return_to %s starts a session and redirects to it', async (returnTo, location) => {
    const browser = service.browser();
    const response = await browser.authorize(await browser.start(returnTo));
    expect([response.status, response.location, response.body, response.headers['cache-control']]).toEqual([302, location, undefined, 'no-store']);
    expect(browser.names).toEqual([REFRESH]);
    expect(response.set[1]).toMatch(/^__Secure-vod-refresh=[^;]+; Max-Age=2592000; Path=\/api\/token; HttpOnly; Secure; SameSite=Strict$/);
    expect(service.server.refreshTokens).toContain(browser.cookies.get(REFRESH));
  });

  test('finishes the sign-ins of two tabs independently', async () => {
    const browser = service.browser();
    const [one, two] = [await browser.start('/one'), await browser.start('/two')];
    expect((await browser.authorize(one)).location).toBe(`${SERVICE_URL}/one`);
    expect((await browser.authorize(two)).location).toBe(`${SERVICE_URL}/two`);
  });

  async function expectRefused(response: { status: number; body: any; location?: string; set: string[] }) {
    expect([response.status, response.body.code, response.location]).toEqual([400, 'sign_in_failed', undefined]);
    expect(response.set.join()).not.toContain(REFRESH);
  }

  test('without a code or with an empty code ends the sign-in without a call to the sign-in server', async () => {
    // A correct server returns `invalid_request` for an empty code (see RFC 6749, appendix A.11).
    service.server.broken.set('/hosted/oauth2/token', () => Response.json({ error: 'invalid_request' }, { status: 400 }));
    for (const code of [undefined, '']) {
      const browser = service.browser();
      const { state } = await browser.start('/');
      await expectRefused(await browser.authorize({ state, ...(code !== undefined && { code }) }));
      expect(browser.names).toEqual([]);
      expect(service.logged.at(-1)).toContain('"reason":"no code"');
    }
    expect(service.server.calls).toEqual([]);
  });

  test('accepts a callback only once, since the cookie is then deleted', async () => {
    const browser = service.browser();
    const callback = await browser.start('/');
    await browser.authorize(callback);
    const calls = service.server.calls.length;
    await expectRefused(await browser.authorize(callback));
    expect(service.server.calls).toHaveLength(calls);
  });

  test('rejects a repeated callback even with a copy of the cookie, since the code is used up', async () => {
    const browser = service.browser();
    const callback = await browser.start('/');
    const kept = new Map(browser.cookies);
    await browser.authorize(callback);
    kept.forEach((value, name) => browser.cookies.set(name, value));
    await expectRefused(await browser.authorize(callback));
  });

  test('rejects the callback of another browser before its code is used', async () => {
    const [victim, attacker] = [service.browser(), service.browser()];
    await victim.start('/');
    await expectRefused(await victim.authorize(await attacker.start('/')));
    expect(service.server.calls).toEqual([]);
    expect(victim.names).toHaveLength(1);
  });

  interface Misused {
    readonly browser: Browser;
    readonly other: { code: string; state: string };
  }

  test.each<[string, (given: Misused) => Promise<Record<string, string>>]>([
    ['a repeated callback', async ({ browser }) => {
      const used = await browser.start('/');
      await browser.authorize(used);
      return used;
    }],
    ['a used code with the state of another sign-in of this browser', async ({ browser }) => {
      const used = await browser.start('/');
      await browser.authorize(used);
      return { code: used.code, state: (await browser.start('/')).state };
    }],
    ['the code and state of another user', () => service.browser().start('/')],
    ['the code of another user with the state of this browser', async ({ browser }) => (
      { code: (await service.browser().start('/')).code, state: (await browser.start('/')).state }
    )],
    ['the code of another tab', async ({ browser, other }) => ({ code: other.code, state: (await browser.start('/')).state })],
    ['an unknown state', async ({ other }) => ({ code: other.code, state: 'A'.repeat(43) })],
    ['the nonce of another tab', async ({ browser }) => {
      service.server.tampering = { claims: { nonce: (await browser.begin('/')).nonce } };
      return browser.start('/');
    }],
    ['an expired sign-in', async ({ browser }) => {
      const late = await browser.start('/');
      service.pass(601_000);
      return late;
    }],
  ])('%s does not change the session or the sign-in of another tab', async (_, misuse) => {
    const browser = await service.browser().session();
    const { callback: other, cookie } = await browser.begin('/other');
    const kept = browser.cookies.get(cookie);
    const query = await misuse({ browser, other });
    const renewed = browser.cookies.get(REFRESH);
    const response = await browser.authorize(query);
    await expectRefused(response);
    expect(response.headers['content-type']).toBe('application/problem+json');
    // The response must not change any cookie except the cookie of the misused sign-in.
    for (const line of response.set) expect(line).toMatch(/^__Host-vod-sign-in-[0-3]=; Max-Age=0; Path=\/; /);
    expect(browser.cookies.get(cookie)).toBe(kept);
    expect([renewed, browser.cookies.get(REFRESH)]).toEqual([expect.any(String), renewed]);
    service.server.tampering = {};
    expect((await browser.call('POST', '/token', { headers: SAME_SITE })).status).toBe(200);
  });

  test.each([{}, { state: '' }, { state: 'short' }, { state: 'a;b=c' }, { state: '='.repeat(43) }])('rejects the state %j', async (query) => {
    const browser = service.browser();
    const { code } = await browser.start('/');
    await expectRefused(await browser.authorize({ code, ...query } as Record<string, string>));
    expect(service.server.calls).toEqual([]);
  });

  test('rejects a sign-in that took more than ten minutes', async () => {
    const browser = service.browser();
    const late = await browser.start('/');
    service.pass(601_000);
    await expectRefused(await browser.authorize(late));
    expect(service.server.calls).toEqual([]);
  });

  test('accepts a sign-in that took nearly ten minutes', async () => {
    const browser = service.browser();
    const callback = await browser.start('/');
    service.pass(598_000);
    expect((await browser.authorize(callback)).status).toBe(302);
  });

  test('rejects a code with the verifier of another sign-in', async () => {
    const browser = service.browser();
    const { code } = await browser.start('/');
    await expectRefused(await browser.authorize({ code, state: (await browser.start('/')).state }));
    expect(service.logged.join()).toContain('"reason":"code"');
  });

  test.each<[string, Tampering]>([
    ['another nonce', { claims: { nonce: 'n'.repeat(43) } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'client2' } }],
    ['another issuer', { claims: { iss: 'http://127.0.0.1:1/other' } }],
    ['an expiry in the past', { claims: { exp: 1 } }],
    ['the use of an access token', { claims: { token_use: 'access' } }],
    ['the signature of an unknown key', { foreignKey: true }],
  ])('rejects an id token with %s and ends the sign-in', async (_, tampering) => {
    const browser = service.browser();
    const callback = await browser.start('/');
    service.server.tampering = tampering;
    await expectRefused(await browser.authorize(callback));
    expect(browser.names).toEqual([]);
    expect(service.logged.join()).toContain('"reason":"id token"');
  });

  test('ends the sign-in on an error of the sign-in server and does not repeat its text', async () => {
    const browser = service.browser();
    const { state } = await browser.start('/');
    const response = await browser.authorize({ state, error: '<script>', error_description: '<b>call 555</b>' });
    await expectRefused(response);
    expect(JSON.stringify(response.body)).not.toMatch(/script|555/);
    expect(service.logged.join()).toMatch(/^(?!.*(script|555)).*"reason":"error in the callback"/);
    expect(browser.names).toEqual([]);
    expect(service.server.calls).toEqual([]);
  });

  test('rejects a callback without code and error, and a callback of another issuer', async () => {
    const browser = service.browser();
    await expectRefused(await browser.authorize({ state: (await browser.start('/')).state }));
    expect(service.logged.at(-1)).toContain('"reason":"no code"');
    await expectRefused(await browser.authorize({ ...await browser.start('/'), iss: 'https://other.example' }));
    expect(service.logged.at(-1)).toContain('"reason":"other issuer"');
    expect((await browser.authorize({ ...await browser.start('/'), iss: ISSUER })).status).toBe(302);
  });

  test.each<[string, string, () => Response]>([
    ['the server is unreachable', '/hosted/oauth2/token', () => { throw new TypeError('fetch failed'); }],
    ['the server fails', '/hosted/oauth2/token', () => new Response('<html>', { status: 503 })],
    ['the server returns other fields', '/hosted/oauth2/token', () => Response.json({ access_token: 'a' })],
    ['the server returns JSON that is not an object', '/hosted/oauth2/token', () => Response.json(null)],
    ['the keys are missing', '/pool/.well-known/jwks.json', () => new Response('', { status: 500 })],
  ])('returns 502 if %s, and a reload of the page can finish the sign-in', async (_, path, answer) => {
    const browser = service.browser();
    const callback = await browser.start('/');
    service.server.broken.set(path, answer);
    const response = await browser.authorize(callback);
    expect([response.status, response.body.code, response.set]).toEqual([502, 'upstream_failed', []]);
    expect(service.logged.join()).toContain('upstream failed');
    service.server.broken.clear();
    expect((await browser.authorize(callback)).status).toBe(path.startsWith('/hosted') ? 302 : 400);
  });

  test('requires a refresh token for a session', async () => {
    service.server.givesRefreshTokens = false;
    const browser = service.browser();
    expect((await browser.authorize(await browser.start('/'))).body.code).toBe('upstream_failed');
    expect((await browser.authorize(await browser.start())).status).toBe(200);
  });
});
