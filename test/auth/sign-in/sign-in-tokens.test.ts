import { CLIENT_ID, HOSTED_UI } from './sign-in-server';
import { DEVELOPMENT, SERVICE_URL, REFRESH, SAME_SITE, SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

/** [sender of the request, request headers, whether the request is allowed]. Each request contains the refresh cookie. */
const SITES: [string, Record<string, string>, boolean][] = [
  ['a page of the service', SAME_SITE, true],
  ['a page of the service in a browser without Sec-Fetch-Site', { origin: SERVICE_URL }, true],
  ['a page of the service in a browser without Origin', { 'sec-fetch-site': 'same-origin' }, true],
  ['a page of an allowed origin, forwarded by its server', { 'origin': DEVELOPMENT, 'sec-fetch-site': 'same-origin' }, true],
  ['a page of an allowed origin, across sites', { 'origin': DEVELOPMENT, 'sec-fetch-site': 'cross-site' }, false],
  ['another site', { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
  ['another site in an old browser', { origin: 'https://evil.example' }, false],
  ['a sandboxed frame', { 'origin': 'null', 'sec-fetch-site': 'cross-site' }, false],
  ['a subdomain of the service', { 'origin': 'https://x.videos.example.com', 'sec-fetch-site': 'same-site' }, false],
  ['the origin of the service, but typed or from a bookmark', { 'origin': SERVICE_URL, 'sec-fetch-site': 'none' }, false],
  ['the origin of the service with http', { origin: 'http://videos.example.com' }, false],
  ['another origin that claims to be same-origin', { 'origin': 'https://evil.example', 'sec-fetch-site': 'same-origin' }, false],
  ['a client that is not a browser', {}, false],
];

describe.each(['/token', '/token/revoke'])('POST %s', (path) => {
  test.each(SITES)('accepts or rejects the cookie from %s', async (_, headers, allowed) => {
    const browser = await service.browser().session();
    const calls = service.server.calls.length;
    const response = await browser.call('POST', path, { headers });
    expect([response.status, response.body.code]).toEqual(allowed ? [200, undefined] : [403, 'cross_site']);
    expect(service.server.calls.length - calls).toBe(allowed ? 1 : 0);
    if (!allowed) expect(response.set).toEqual([]);
  });

  test('returns 401 without a token in the body or the cookie', async () => {
    for (const value of [undefined, '', '%']) {
      const browser = service.browser();
      if (value !== undefined) browser.cookies.set(REFRESH, value);
      const response = await browser.call('POST', path, { headers: SAME_SITE });
      expect([response.status, response.body.code]).toEqual([401, 'not_signed_in']);
    }
  });

  test('rejects invalid and unknown fields', async () => {
    for (const body of [{ refresh_token: '' }, { refresh_token: 1 }, { token: 'x' }]) {
      expect((await service.browser().call('POST', path, { body })).body.code).toBe('invalid_request');
    }
  });

  test('does not change the session if it returns 502', async () => {
    const browser = await service.browser().session();
    service.server.broken.set(`/hosted/oauth2${path === '/token' ? path : '/revoke'}`, () => new Response('', { status: 500 }));
    const response = await browser.call('POST', path, { headers: SAME_SITE });
    expect([response.status, response.body.code, response.set]).toEqual([502, 'upstream_failed', []]);
  });
});

describe('refreshTokens', () => {
  test('with the cookie returns tokens without the refresh token, also repeatedly', async () => {
    const browser = await service.browser().session();
    for (let time = 0; time < 2; time++) {
      const { body, set, headers } = await browser.call('POST', '/token', { headers: SAME_SITE });
      expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'token_type']);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'pragma': 'no-cache' });
      expect(set).toEqual([]);
    }
  });

  test('with the cookie sends a rotated refresh token only in the cookie', async () => {
    const browser = await service.browser().session();
    const first = browser.cookies.get(REFRESH)!;
    service.server.rotates = true;
    const { body, set } = await browser.call('POST', '/token', { headers: SAME_SITE });
    expect(body.refresh_token).toBeUndefined();
    expect(set).toHaveLength(1);
    expect(set[0]).toMatch(/HttpOnly; Secure; SameSite=Strict$/);
    expect(browser.cookies.get(REFRESH)).not.toBe(first);
    expect((await browser.call('POST', '/token', { headers: SAME_SITE })).status).toBe(200);
  });

  test('with a token in the body requires no origin, sets no cookie and returns a rotated token', async () => {
    const body = { refresh_token: service.server.newRefreshToken() };
    const kept = await service.browser().call('POST', '/token', { body });
    expect([kept.status, kept.body.refresh_token, kept.set, kept.headers.pragma]).toEqual([200, undefined, [], 'no-cache']);
    service.server.rotates = true;
    const rotated = await service.browser().call('POST', '/token', { body, headers: { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
    expect(service.server.refreshTokens).toContain(rotated.body.refresh_token);
    expect(rotated.set).toEqual([]);
  });

  test('ignores the cookie if the body contains a token', async () => {
    const browser = await service.browser().session();
    const response = await browser.call('POST', '/token', { body: { refresh_token: 'unknown' }, headers: SAME_SITE });
    expect([response.status, response.body.code, response.set]).toEqual([400, 'invalid_grant', []]);
  });

  test('rejects an expired refresh token but keeps the cookie, which another tab can have replaced', async () => {
    const browser = await service.browser().session();
    service.server.refreshTokens.clear();
    const response = await browser.call('POST', '/token', { headers: SAME_SITE });
    expect([response.status, response.body.code, response.headers['content-type']]).toEqual([400, 'invalid_grant', 'application/problem+json']);
    expect(response.set).toEqual([]);
  });
});

describe('revokeTokens', () => {
  test('with the cookie revokes the token, clears the cookie and returns the sign-out URL', async () => {
    const browser = await service.browser().session();
    const { body } = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect(service.server.refreshTokens.size).toBe(0);
    expect(browser.names).toEqual([]);
    const url = new URL(body.logoutUrl);
    expect(`${url.origin}${url.pathname}`).toBe(`${HOSTED_UI}/logout`);
    expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: CLIENT_ID, logout_uri: `${SERVICE_URL}/` });
  });

  test('with a token in the body revokes that token and keeps the cookie', async () => {
    const browser = await service.browser().session();
    const token = service.server.newRefreshToken();
    const { status, set } = await browser.call('POST', '/token/revoke', { body: { refresh_token: token } });
    expect([status, set]).toEqual([200, []]);
    expect(service.server.refreshTokens).not.toContain(token);
    expect(service.server.refreshTokens).toContain(browser.cookies.get(REFRESH));
  });

  test.each([['cookie'], ['body']])('accepts a token in the %s that was already revoked or replaced', async (from) => {
    const browser = await service.browser().session();
    const token = browser.cookies.get(REFRESH)!;
    service.server.rotates = true;
    await browser.call('POST', '/token', { headers: SAME_SITE });
    browser.cookies.set(REFRESH, token);
    const sent = from === 'body' ? { body: { refresh_token: token } } : { headers: SAME_SITE };
    for (let time = 0; time < 2; time++) {
      const { status, body } = await browser.call('POST', '/token/revoke', sent);
      expect([status, Object.keys(body)]).toEqual([200, ['logoutUrl']]);
      if (from === 'cookie') browser.cookies.set(REFRESH, token);
    }
  });

  test.each(['unsupported_token_type', 'invalid_request', 'invalid_grant'])('ends the session even if the server returns %s', async (error) => {
    const browser = service.browser();
    browser.cookies.set(REFRESH, 'garbage');
    service.server.broken.set('/hosted/oauth2/revoke', () => Response.json({ error }, { status: 400 }));
    const response = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect([response.status, Object.keys(response.body), browser.names]).toEqual([200, ['logoutUrl'], []]);
    expect(service.logged.join()).toContain(error);
    const inBody = await service.browser().call('POST', '/token/revoke', { body: { refresh_token: 'garbage' } });
    expect([inBody.status, inBody.set]).toEqual([200, []]);
  });

  test('returns 502 and keeps the session on any other error of the server', async () => {
    const browser = await service.browser().session();
    service.server.broken.set('/hosted/oauth2/revoke', () => Response.json({ error: 'unauthorized_client' }, { status: 400 }));
    const response = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect([response.status, response.body.code, browser.names]).toEqual([502, 'upstream_failed', [REFRESH]]);
  });
});
