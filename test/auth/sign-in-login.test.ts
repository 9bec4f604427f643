import { createHash } from 'crypto';
import { CLIENT_ID, HOSTED_UI } from './sign-in-server';
import { ORIGIN, SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

describe('login', () => {
  test('sends the browser to the sign-in page, with state, nonce and PKCE', async () => {
    const browser = service.browser();
    const { status, location, set, headers } = await browser.call('GET', '/login');
    expect(status).toBe(302);
    expect(headers['cache-control']).toBe('no-store');
    const url = new URL(location!);
    expect(`${url.origin}${url.pathname}`).toBe(`${HOSTED_UI}/oauth2/authorize`);
    const { state, nonce, code_challenge, ...others } = Object.fromEntries(url.searchParams);
    expect(others).toEqual({
      response_type: 'code', client_id: CLIENT_ID, redirect_uri: `${ORIGIN}/api/authorize`, scope: 'openid email profile', code_challenge_method: 'S256',
    });
    expect(new Set([state, nonce, code_challenge].map((value) => /^[\w-]{43}$/.test(value) && value)).size).toBe(3);
    expect(set).toHaveLength(1);
    expect(set[0]).toMatch(/^__Secure-vod-sign-in-[\w-]{12}=[\w-]+; Max-Age=600; Path=\/api\/authorize; HttpOnly; Secure; SameSite=Lax$/);
    const verifier = String(browser.pending.verifier);
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(code_challenge);
    expect(location).not.toContain(verifier);
  });

  test('each sign-in has its own state, nonce and verifier', async () => {
    const locations = await Promise.all([1, 2].map(async () => (await service.browser().call('GET', '/login')).location!));
    const [one, two] = locations.map((location) => new URL(location).searchParams);
    for (const name of ['state', 'nonce', 'code_challenge']) expect(one.get(name)).not.toBe(two.get(name));
  });

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', '/a\nb', 'watch'])('refuses return_to %j without a redirect', async (returnTo) => {
    const { status, body, location, set } = await service.browser().call('GET', '/login', { query: { return_to: returnTo } });
    expect([status, body.code, location, set]).toEqual([400, 'invalid_return_to', undefined, []]);
    expect(JSON.stringify(body)).not.toContain('evil');
  });

  test('leaves room in API Gateway\'s 10,240 bytes of headers when eight sign-ins are under way, however long their return_to', async () => {
    const browser = service.browser();
    const longest = (length: number) => ({ query: { return_to: `${ORIGIN}/`.padEnd(length, 'x') } });
    for (let time = 0; time < 8; time++) expect((await browser.call('GET', '/login', longest(512))).status).toBe(302);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    expect(browser.names).toHaveLength(8);
    expect(cookie.length).toBeLessThan(10_240 - 2048);
    const { status, set } = await browser.call('GET', '/login', longest(513));
    expect([status, set]).toEqual([400, []]);
  });

  test('refuses parameters that it does not define', async () => {
    expect((await service.browser().call('GET', '/login', { query: { redirect_uri: 'https://evil.example' } })).body.code).toBe('invalid_request');
  });
});
