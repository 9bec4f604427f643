import { CLIENT_ID, HOSTED_UI } from './sign-in-server';
import { SERVICE_URL, SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

describe('login', () => {
  test('redirects the browser to the sign-in page, with state, nonce and PKCE', async () => {
    const browser = service.browser();
    const { status, location, set, headers } = await browser.call('GET', '/login');
    expect(status).toBe(302);
    expect(headers['cache-control']).toBe('no-store');
    const url = new URL(location!);
    expect(`${url.origin}${url.pathname}`).toBe(`${HOSTED_UI}/oauth2/authorize`);
    const { state, nonce, code_challenge, ...others } = Object.fromEntries(url.searchParams);
    expect(others).toEqual({
      response_type: 'code', client_id: CLIENT_ID, redirect_uri: `${SERVICE_URL}/api/authorize`, scope: 'openid email profile', code_challenge_method: 'S256',
    });
    expect(new Set([state, nonce, code_challenge].map((value) => /^[\w-]{43}$/.test(value) && value)).size).toBe(3);
    expect(set).toHaveLength(1);
    expect(set[0]).toMatch(/^__Host-vod-sign-in-[0-3]=[\w-]{22}\.\d{10}\.; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const [seed] = browser.cookies.get(browser.names[0])!.split('.');
    expect(location).not.toContain(seed);
  });

  test('creates a separate state, nonce and verifier for each sign-in', async () => {
    const locations = await Promise.all([1, 2].map(async () => (await service.browser().call('GET', '/login')).location!));
    const [one, two] = locations.map((location) => new URL(location).searchParams);
    for (const name of ['state', 'nonce', 'code_challenge']) expect(one.get(name)).not.toBe(two.get(name));
  });

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', '/a\nb', 'watch'])('rejects return_to %j without a redirect', async (returnTo) => {
    const { status, body, location, set } = await service.browser().call('GET', '/login', { query: { return_to: returnTo } });
    expect([status, body.code, location, set]).toEqual([400, 'invalid_return_to', undefined, []]);
    expect(JSON.stringify(body)).not.toContain('evil');
  });

  test('rejects a return_to that is too long', async () => {
    const { status, set } = await service.browser().call('GET', '/login', { query: { return_to: `${SERVICE_URL}/`.padEnd(513, 'x') } });
    expect([status, set]).toEqual([400, []]);
  });

  test('rejects unknown parameters', async () => {
    expect((await service.browser().call('GET', '/login', { query: { redirect_uri: 'https://evil.example' } })).body.code).toBe('invalid_request');
  });

  test.each([
    ['a request of another page of the site', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }],
    ['an image', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['a link that is prefetched', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' }],
    ['a link that is prerendered', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' }],
    ['a prefetch whose purpose has other parameters', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;anonymous-client-ip' }],
  ])('rejects %s, so that it cannot replace a pending sign-in', async (_, headers) => {
    const browser = service.browser();
    const callback = await browser.start('/');
    service.pass(1000);
    for (let time = 0; time < 4; time++) {
      const { status, body, location, set } = await browser.call('GET', '/login', { headers: headers as Record<string, string> });
      expect([status, body?.code, location, set]).toEqual([400, 'sign_in_failed', undefined, []]);
    }
    expect((await browser.authorize(callback)).status).toBe(302);
  });

  test('accepts navigations, and clients that are not browsers', async () => {
    const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' };
    for (const headers of [navigation, {}, { 'sec-fetch-mode': 'cors' }]) {
      expect((await service.browser().call('GET', '/login', { headers: headers as Record<string, string> })).status).toBe(302);
    }
  });
});
