import { createHash } from 'crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ISSUER } from './sign-in-server';
import { type Browser, DEVELOPMENT, NAVIGATION, SERVICE_URL, SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

const AGAIN = '/api/login?return_to=/';

function linkIn(page: string): string | undefined {
  return /<a href="([^"]*)">Sign in again<\/a>/.exec(page)?.[1].replaceAll('&#38;', '&');
}

async function open(browser: Browser, path: '/login' | '/authorize', query: Record<string, string>) {
  const { status, headers, body, set } = await browser.call('GET', path, { query, headers: NAVIGATION });
  return { status, type: headers['content-type'], body: String(body), link: linkIn(String(body)), set, headers };
}

const HTML = 'text/html; charset=utf-8';

describe('the error page of a failed sign-in', () => {
  test.each<[string, string, RegExp, (browser: Browser) => Promise<Record<string, string>>]>([
    ['took too long', '/watch?v=1&t=2', /took more than 10 minutes/, async (browser) => {
      const late = await browser.start('/watch?v=1&t=2');
      service.pass(601_000);
      return late;
    }],
    ['was cancelled', `${DEVELOPMENT}/a b`, /was cancelled/, async (browser) => {
      const { state } = await browser.start(`${DEVELOPMENT}/a%20b`);
      return { state, error: 'access_denied', error_description: 'no' };
    }],
    ['has a code that was already used', '/', /took too long or was already finished/, async (browser) => {
      const { state } = await browser.start('/');
      return { state, code: 'used' };
    }],
    ['comes from another issuer', '/', /could not verify/, async (browser) => ({ ...await browser.start('/'), iss: `${ISSUER}x` })],
  ])('says that the sign-in %s, and links to a sign-in that returns to %s', async (_, returnTo, text, fail) => {
    const browser = service.browser();
    const page = await open(browser, '/authorize', await fail(browser));
    expect([page.status, page.type]).toEqual([400, HTML]);
    expect(page.body).toMatch(text);
    expect(page.body).toContain('<code>sign_in_failed</code>');
    const link = new URL(page.link!, SERVICE_URL);
    expect([link.pathname, link.searchParams.get('return_to')]).toEqual(['/api/login', new URL(returnTo, SERVICE_URL).href]);
    const again = await open(browser, '/login', Object.fromEntries(link.searchParams));
    expect(again.status).toBe(302);
  });

  test('links to the start page if the sign-in of this browser is unknown', async () => {
    const browser = service.browser();
    const callback = await browser.start('/one');
    for (const cookies of [() => browser.cookies.clear(), () => browser.cookies.set('__Host-vod-sign-in-0', `${'A'.repeat(22)}.9999999999.${Buffer.from('https://evil.example/').toString('base64url')}`)]) {
      cookies();
      const page = await open(browser, '/authorize', callback);
      expect([page.status, page.link, page.set]).toEqual([400, AGAIN, []]);
      expect(page.body).toMatch(/already finished, has expired or was started in another browser/);
      expect(page.body).not.toContain('evil');
    }
  });

  test('links to a sign-in without return_to if the failed sign-in had none', async () => {
    const browser = service.browser();
    expect((await open(browser, '/authorize', { state: (await browser.start()).state })).link).toBe('/api/login');
  });

  test('deletes the cookie of the failed sign-in, and keeps it if a reload can finish the sign-in', async () => {
    const browser = service.browser();
    const callback = await browser.start('/');
    service.server.broken.set('/hosted/oauth2/token', () => new Response('', { status: 503 }));
    const unavailable = await open(browser, '/authorize', callback);
    expect([unavailable.status, unavailable.type, unavailable.set]).toEqual([502, HTML, []]);
    expect(unavailable.body).toMatch(/wait a moment, then reload this page/);
    service.server.broken.clear();
    expect((await open(browser, '/authorize', callback)).status).toBe(302);
    const { state } = await browser.start('/');
    expect((await open(browser, '/authorize', { state })).set).toEqual([expect.stringMatching(/^__Host-vod-sign-in-[0-3]=; Max-Age=0;/)]);
  });

  test.each([
    ['a code, a state and an error text', '/authorize', { state: 'secret-state', code: 'secret-code', error: '<script>', error_description: '<b>call 555</b>' }, 'sign_in_failed'],
    ['an unknown parameter', '/authorize', { '<script>call 555': 'secret-code' }, 'invalid_request'],
    ['a foreign return_to', '/login', { return_to: 'https://evil.example/"><script>' }, 'invalid_return_to'],
    ['an unknown parameter of the login', '/login', { '"><script>': '' }, 'invalid_request'],
  ] as const)('repeats nothing of a request with %s', async (_, path, query, code) => {
    const page = await open(service.browser(), path, query);
    expect([page.status, page.type, page.link]).toEqual([400, HTML, AGAIN]);
    expect(page.body).toContain(`<code>${code}</code>`);
    expect(page.body).not.toMatch(/<script|secret|555|evil/);
  });

  test('escapes the return URL in its link', async () => {
    const browser = service.browser();
    const returnTo = '/?a=1&b=\'x\'"<script>';
    const page = await open(browser, '/authorize', { state: (await browser.start(returnTo)).state });
    expect(page.body).not.toContain('<script');
    expect(new URL(page.link!, SERVICE_URL).searchParams.get('return_to')).toBe(new URL(returnTo, SERVICE_URL).href);
  });

  test('keeps the return URL if the login fails', async () => {
    service.secretsManager.on(GetSecretValueCommand).rejects(new Error('throttled'));
    const page = await open(service.browser(), '/login', { return_to: '/watch' });
    expect([page.status, page.link]).toEqual([502, `/api/login?return_to=${encodeURIComponent(`${SERVICE_URL}/watch`)}`]);
  });

  test('is sandboxed, not cached, sends no referrer, and its policy allows only its own style', async () => {
    const { headers, body } = await open(service.browser(), '/authorize', { state: 'none' });
    const style = /<style>([^<]*)<\/style>/.exec(body)![1];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers).toEqual({
      'content-type': HTML, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
      'content-security-policy': `default-src 'none'; sandbox; style-src 'sha256-${hash}'`,
    });
  });
});

test.each([
  ['a script in a page', { ...NAVIGATION, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
  ['a frame', { ...NAVIGATION, 'sec-fetch-dest': 'iframe' }],
  ['a client that accepts only JSON', { ...NAVIGATION, accept: 'application/json' }],
  ['a client that accepts anything', { ...NAVIGATION, accept: '*/*' }],
  ['a client that is not a browser', { accept: NAVIGATION.accept }],
])('%s receives a failed sign-in as problem+json', async (_, headers) => {
  for (const [path, query] of [['/authorize', { state: 'none' }], ['/login', { return_to: '//evil.example' }]] as const) {
    const response = await service.browser().call('GET', path, { query, headers });
    expect([response.status, response.headers['content-type']]).toEqual([400, 'application/problem+json']);
    expect(response.headers['content-security-policy']).toBe('default-src \'none\'; sandbox');
  }
});

test('a browser that does not send a destination receives a page', async () => {
  const { 'sec-fetch-dest': _, ...headers } = NAVIGATION;
  expect((await service.browser().call('GET', '/authorize', { headers })).headers['content-type']).toBe(HTML);
});
