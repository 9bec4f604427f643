import { CLIENT_ID } from './sign-in-server';
import { type Browser, SERVICE_URL, REFRESH, SAME_SITE, SignInService } from './sign-in-service';
import { SIGN_IN_COOKIES } from '../../../src/auth/sign-in/cookies.runtime';
import { buildPendingSignIn, parsePendingSignIn, signInSecrets } from '../../../src/auth/sign-in/pending-sign-in.runtime';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

const LONGEST = `${SERVICE_URL}/`.padEnd(512, 'x');
const now = () => Math.floor(Date.now() / 1000);

async function expectRefused(browser: Browser, query: Record<string, string>, reason: string) {
  const { status, body, location, set } = await browser.authorize(query);
  expect([status, body.code, location]).toEqual([400, 'sign_in_failed', undefined]);
  expect(set.join()).not.toContain(REFRESH);
  expect(service.logged.at(-1)).toContain(`"reason":"${reason}"`);
}

describe('pending sign-ins', () => {
  test('finish in any order in up to four tabs', async () => {
    const browser = service.browser();
    const callbacks = [];
    for (const tab of ['/1', '/2', '/3', '/4']) callbacks.push([tab, await browser.start(tab)] as const);
    expect([...browser.names].sort()).toEqual(SIGN_IN_COOKIES);
    for (const [tab, callback] of callbacks.reverse()) expect((await browser.authorize(callback)).location).toBe(`${SERVICE_URL}${tab}`);
    expect(browser.names).toEqual([REFRESH]);
  });

  test('replace the oldest one when a fifth starts', async () => {
    const browser = service.browser();
    const callbacks = [];
    for (let tab = 0; tab < 5; tab++) {
      callbacks.push(await browser.start('/'));
      service.pass(1000);
    }
    const [oldest, ...others] = callbacks;
    await expectRefused(browser, oldest, 'wrong state parameter or changed cookie');
    for (const callback of others) expect((await browser.authorize(callback)).status).toBe(302);
  });

  test.each([
    ['one after the other', async (browser: Browser) => { for (let time = 0; time < 40; time++) await browser.start(LONGEST); }],
    ['at the same moment', async (browser: Browser) => { await Promise.all(Array.from({ length: 40 }, () => browser.start(LONGEST))); }],
  ])('leave more than 7,000 of the 10,240 header bytes of API Gateway after forty starts %s', async (_, begin) => {
    const browser = service.browser();
    await begin(browser);
    expect(browser.cookie.length).toBeLessThanOrEqual(2958);
    expect(browser.cookie.length).toBeGreaterThan(700);
    expect((await browser.authorize(await browser.start('/'))).status).toBe(302);
  });

  test.each([
    ['is missing', undefined],
    ['is unreadable', 'garbage'],
    ['is empty', ''],
    ['has expired', buildPendingSignIn({ seed: 'A'.repeat(22), expiresAt: now() - 1 })],
    ['expires later than a new sign-in', buildPendingSignIn({ seed: 'A'.repeat(22), expiresAt: 9_999_999_999 })],
    ['has the format of an earlier version', Buffer.from('{"state":"a","nonce":"b","verifier":"c","expiresAt":1}').toString('base64url')],
  ])('replace a cookie that %s before any other cookie', async (_, value) => {
    const browser = service.browser();
    const callbacks = [];
    for (const tab of ['/1', '/2', '/3']) callbacks.push(await browser.start(tab));
    const free = SIGN_IN_COOKIES.find((name) => !browser.cookies.has(name))!;
    if (value !== undefined) browser.cookies.set(free, value);
    expect((await browser.begin('/4')).cookie).toBe(free);
    for (const callback of callbacks) expect((await browser.authorize(callback)).status).toBe(302);
  });
});

describe('the cookie of a pending sign-in', () => {
  const parts = (value: string) => value.split('.') as [seed: string, expiresAt: string, returnTo: string];

  test.each<[string, (value: string) => string]>([
    ['another seed', (value) => ['A'.repeat(22), ...parts(value).slice(1)].join('.')],
    ['a later expiry', (value) => [parts(value)[0], Number(parts(value)[1]) + 1, parts(value)[2]].join('.')],
    ['a return URL of another site', (value) => [...parts(value).slice(0, 2), Buffer.from('https://evil.example/').toString('base64url')].join('.')],
    ['no return URL, for tokens as JSON', (value) => [...parts(value).slice(0, 2), ''].join('.')],
    ['another encoding of the same return URL', (value) => `${value}A`],
    ['the cookie of another browser', () => buildPendingSignIn({ seed: 'A'.repeat(22), expiresAt: now() + 500, returnTo: '/' })],
  ])('is rejected with %s', async (_, change) => {
    const browser = service.browser();
    const { callback, cookie } = await browser.begin('/');
    browser.cookies.set(cookie, change(browser.cookies.get(cookie)!));
    await expectRefused(browser, callback, 'wrong state parameter or changed cookie');
    expect(service.server.calls).toEqual([]);
  });

  test.each([
    '', 'e30', 'bnVsbA', '!!!', '..', '.'.repeat(3000), `${'A'.repeat(22)}.9e99.`, `${'A'.repeat(22)}.1e9000000.`, `${'A'.repeat(22)}.1234567890.%00`, '__proto__', 'constructor.constructor.',
    Buffer.from(JSON.stringify({ state: 's'.repeat(43), nonce: 'n', verifier: '\ud800', expiresAt: 9e99 })).toString('base64url'),
  ])('is rejected with the value %j', async (value) => {
    const browser = service.browser();
    const { callback, cookie } = await browser.begin('/');
    browser.cookies.set(cookie, value);
    await expectRefused(browser, callback, 'no pending sign-in');
    expect(service.server.calls).toEqual([]);
    expect(service.logged.join()).not.toContain('upstream failed');
  });

  test.each([['an empty key', ''], ['a key of zeros', '\0'.repeat(32)], ['the client id as key', CLIENT_ID]])('cannot be forged with %s', async (_, key) => {
    const browser = service.browser();
    const value = buildPendingSignIn({ seed: 'A'.repeat(22), expiresAt: now() + 500 });
    const { state } = signInSecrets(value, Buffer.from(key));
    browser.cookies.set(SIGN_IN_COOKIES[0], value);
    await expectRefused(browser, { code: 'any', state }, 'wrong state parameter or changed cookie');
  });

  test('is accepted only under its four names', async () => {
    const browser = service.browser();
    const { callback, cookie } = await browser.begin('/');
    const value = browser.cookies.get(cookie)!;
    for (const name of [`${cookie}0`, cookie.toUpperCase(), '__Host-vod-sign-in-4', cookie.replace('__Host-', ''), cookie.replace('__Host-', '__Secure-')]) {
      browser.cookies.clear();
      browser.cookies.set(name, value);
      await expectRefused(browser, callback, 'no pending sign-in');
    }
  });

  test.each([undefined, '/', LONGEST])('is parsed as it was built, with return_to %j', (returnTo) => {
    const pending = { seed: 'a-_9'.repeat(6).slice(0, 22), expiresAt: now(), ...(returnTo && { returnTo }) };
    expect(parsePendingSignIn(buildPendingSignIn(pending))).toEqual(pending);
  });
});

describe('the callback', () => {
  test.each([
    ['fetch', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['fetch in same-origin mode', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'same-origin', 'sec-fetch-dest': 'empty' }],
    ['fetch in a browser that sends no destination', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['an embedded object', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }],
    ['only a site', { 'sec-fetch-site': 'none' }],
    ['only a destination', { 'sec-fetch-dest': 'iframe' }],
    ['a prefetch', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' }],
    ['a prerendered page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' }],
    ['an empty mode', { 'sec-fetch-site': 'none', 'sec-fetch-mode': '', 'sec-fetch-dest': 'document' }],
    ['a mode in upper case', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'Navigate', 'sec-fetch-dest': 'document' }],
  ])('is rejected for %s, and the user can still finish the sign-in', async (_, headers) => {
    const browser = service.browser();
    const callback = await browser.start();
    const { status, body, set } = await browser.authorize(callback, headers as Record<string, string>);
    expect([status, body.code, set]).toEqual([400, 'sign_in_failed', []]);
    expect(service.logged.at(-1)).toContain('"reason":"not a top-level navigation"');
    expect(service.server.calls).toEqual([]);
    expect((await browser.authorize(callback, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).status).toBe(200);
  });

  test.each([
    ['a browser that sends no destination', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['an old browser, or a client that is not a browser', {}],
    ['the fetch of Node.js, which is not a browser', { 'sec-fetch-mode': 'cors' }],
  ])('is accepted for %s', async (_, headers) => {
    const browser = service.browser();
    expect((await browser.authorize(await browser.start(), headers as Record<string, string>)).status).toBe(200);
  });

  test('has the sandbox header in every response', async () => {
    const browser = service.browser();
    const sandboxed = async (answer: Promise<{ status: number; headers?: any }>, status: number) => {
      const { status: given, headers } = await answer;
      expect([given, headers['content-security-policy']]).toEqual([status, 'default-src \'none\'; sandbox']);
    };
    await sandboxed(browser.call('GET', '/login'), 302);
    await sandboxed(browser.call('GET', '/login', { query: { return_to: '//evil.example' } }), 400);
    await sandboxed(browser.authorize({ state: 'none', code: 'none' }), 400);
    await sandboxed(browser.authorize({ unknown: 'parameter' }), 400);
    service.server.broken.set('/hosted/oauth2/token', () => new Response('', { status: 503 }));
    const callback = await browser.start();
    await sandboxed(browser.authorize(callback), 502);
    service.server.broken.clear();
    await sandboxed(browser.authorize(callback), 200);
    await sandboxed(browser.authorize(await browser.start('/')), 302);
    await sandboxed(browser.call('POST', '/token', { headers: SAME_SITE }), 200);
    await sandboxed(browser.call('POST', '/token'), 403);
  });
});

test.each(['/token', '/token/revoke'])('POST %s rejects a repeated refresh cookie', async (path) => {
  const browser = await service.browser().session();
  const calls = service.server.calls.length;
  for (const Cookie of [`${browser.cookie}; ${REFRESH}=planted`, `${REFRESH}=planted; ${browser.cookie}`, `${browser.cookie}; ${browser.cookie}`]) {
    const { status, body, set } = await browser.call('POST', path, { headers: { ...SAME_SITE, Cookie } });
    expect([status, body.code, set]).toEqual([400, 'invalid_request', []]);
    expect(body.detail).toContain('delete the cookies of this site');
  }
  expect(service.server.calls).toHaveLength(calls);
});
