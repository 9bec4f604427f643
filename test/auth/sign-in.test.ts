import { createHash, randomBytes } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { CLIENT_ID, HOSTED_UI, ISSUER, SignInServer, Tampering } from './sign-in-server';
import { signIn } from '../../src/auth/sign-in.lambda-shared';
import { serveRoutes } from '../../src/runtime/http';

const ORIGIN = 'https://videos.example.com';
const DEVELOPMENT = 'http://localhost:5173';
const SAME_SITE = { 'origin': ORIGIN, 'sec-fetch-site': 'same-origin' };

const secretsManager = mockClient(SecretsManagerClient);
let server: SignInServer;
let now: Date;
let handler: (event: APIGatewayProxyEvent) => Promise<{ statusCode: number; headers?: any; multiValueHeaders?: any; body: string }>;
let logged: string[];

beforeEach(() => {
  server = new SignInServer();
  now = new Date();
  secretsManager.reset();
  secretsManager.on(GetSecretValueCommand).callsFake(async () => ({ SecretString: server.clientSecret }));
  const environment = {
    HOSTED_UI, ISSUER, CLIENT_ID, SECRET_ARN: 'arn:secret', ORIGIN, RETURN_ORIGINS: JSON.stringify([DEVELOPMENT]), REFRESH_SECONDS: '2592000',
  };
  handler = serveRoutes('auth/sign-in', signIn(environment, {
    fetch: server.fetch as typeof fetch, now: () => now, random: randomBytes, secrets: new SecretsManagerClient({ region: 'us-east-1' }),
  }));
  logged = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...values) => void logged.push(JSON.stringify(values)));
  }
});

afterEach(() => {
  for (const secret of [server.clientSecret, ...server.issued]) expect(logged.join()).not.toContain(secret);
  jest.restoreAllMocks();
});

interface Sent {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

/** Holds cookies as a browser does, paths apart. */
class Browser {
  readonly cookies = new Map<string, string>();

  async call(method: string, resource: string, { query = {}, headers = {}, body }: Sent = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await handler({
      httpMethod: method, resource, path: resource, pathParameters: null, requestContext: { requestId: 'r1' }, isBase64Encoded: false,
      headers: { ...(cookie && { Cookie: cookie }), ...headers },
      multiValueQueryStringParameters: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      body: body === undefined ? null : JSON.stringify(body),
    } as unknown as APIGatewayProxyEvent);
    const set: string[] = response.multiValueHeaders?.['set-cookie'] ?? [];
    for (const line of set) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/Max-Age=0(;|$)/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const { statusCode: status, headers: answered, body: text } = response;
    return { status, location: answered?.location as string | undefined, headers: answered, set, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Up to the point where the browser is about to come back. */
  async start(returnTo?: string) {
    const { location } = await this.call('GET', '/login', { query: returnTo ? { return_to: returnTo } : {} });
    return server.signIn(location!);
  }

  authorize(query: Record<string, string>) {
    return this.call('GET', '/authorize', { query });
  }

  /** Signed in, with the refresh cookie. */
  async session(): Promise<this> {
    expect((await this.authorize(await this.start('/'))).status).toBe(302);
    return this;
  }
}

const names = (browser: Browser) => [...browser.cookies.keys()];
const REFRESH = '__Secure-vod-refresh';

describe('login', () => {
  test('sends the browser to the sign-in page, with state, nonce and PKCE', async () => {
    const browser = new Browser();
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
    const pending = JSON.parse(Buffer.from([...browser.cookies.values()][0], 'base64url').toString());
    expect(createHash('sha256').update(pending.verifier).digest('base64url')).toBe(code_challenge);
    expect(location).not.toContain(pending.verifier);
  });

  test('each sign-in has its own state, nonce and verifier', async () => {
    const locations = await Promise.all([1, 2].map(async () => (await new Browser().call('GET', '/login')).location!));
    const [one, two] = locations.map((location) => new URL(location).searchParams);
    for (const name of ['state', 'nonce', 'code_challenge']) expect(one.get(name)).not.toBe(two.get(name));
  });

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', '/a\nb', 'watch'])('refuses return_to %j without a redirect', async (returnTo) => {
    const { status, body, location, set } = await new Browser().call('GET', '/login', { query: { return_to: returnTo } });
    expect([status, body.code, location, set]).toEqual([400, 'invalid_return_to', undefined, []]);
    expect(JSON.stringify(body)).not.toContain('evil');
  });

  test('refuses parameters that it does not define', async () => {
    expect((await new Browser().call('GET', '/login', { query: { redirect_uri: 'https://evil.example' } })).body.code).toBe('invalid_request');
  });
});

describe('authorize', () => {
  test('without return_to answers the tokens as JSON, and sets no session', async () => {
    const browser = new Browser();
    const { status, body, headers } = await browser.authorize(await browser.start());
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'refresh_token', 'token_type']);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'pragma': 'no-cache' });
    expect(names(browser)).toEqual([]);
  });

  test.each([['/watch?v=1#t', `${ORIGIN}/watch?v=1#t`], [`${DEVELOPMENT}/`, `${DEVELOPMENT}/`]])('with return_to %s begins a session and goes there', async (returnTo, location) => {
    const browser = new Browser();
    const response = await browser.authorize(await browser.start(returnTo));
    expect([response.status, response.location, response.body, response.headers['cache-control']]).toEqual([302, location, undefined, 'no-store']);
    expect(names(browser)).toEqual([REFRESH]);
    expect(response.set[1]).toMatch(/^__Secure-vod-refresh=[^;]+; Max-Age=2592000; Path=\/api\/token; HttpOnly; Secure; SameSite=Strict$/);
    expect(server.refreshTokens).toContain(browser.cookies.get(REFRESH));
  });

  test('two tabs that sign in at once do not disturb each other', async () => {
    const browser = new Browser();
    const [one, two] = [await browser.start('/one'), await browser.start('/two')];
    expect((await browser.authorize(one)).location).toBe(`${ORIGIN}/one`);
    expect((await browser.authorize(two)).location).toBe(`${ORIGIN}/two`);
  });

  async function expectRefused(response: { status: number; body: any; location?: string; set: string[] }) {
    expect([response.status, response.body.code, response.location]).toEqual([400, 'sign_in_failed', undefined]);
    expect(response.set.join()).not.toContain(REFRESH);
  }

  test('a callback works once: the browser has lost the cookie by then', async () => {
    const browser = new Browser();
    const callback = await browser.start('/');
    await browser.authorize(callback);
    const calls = server.calls.length;
    await expectRefused(await browser.authorize(callback));
    expect(server.calls).toHaveLength(calls);
  });

  test('nor does it work for someone who kept the cookie: the code is used up', async () => {
    const browser = new Browser();
    const callback = await browser.start('/');
    const kept = new Map(browser.cookies);
    await browser.authorize(callback);
    kept.forEach((value, name) => browser.cookies.set(name, value));
    await expectRefused(await browser.authorize(callback));
  });

  test('a callback that another browser began is refused, before its code is used', async () => {
    const [victim, attacker] = [new Browser(), new Browser()];
    await victim.start('/');
    await expectRefused(await victim.authorize(await attacker.start('/')));
    expect(server.calls).toEqual([]);
    expect(names(victim)).toHaveLength(1);
  });

  test('a state that begins like the cookie\'s but goes on otherwise is refused', async () => {
    const browser = new Browser();
    const { code, state } = await browser.start('/');
    await expectRefused(await browser.authorize({ code, state: `${state.slice(0, 12)}${'A'.repeat(31)}` }));
    expect(server.calls).toEqual([]);
  });

  interface Misused {
    readonly browser: Browser;
    readonly other: { code: string; state: string };
  }

  test.each<[string, (given: Misused) => Promise<Record<string, string>>]>([
    ['a callback used before', async ({ browser }) => {
      const used = await browser.start('/');
      await browser.authorize(used);
      return used;
    }],
    ['a used code with a state of one\'s own', async ({ browser }) => {
      const used = await browser.start('/');
      await browser.authorize(used);
      return { code: used.code, state: (await browser.start('/')).state };
    }],
    ['another person\'s code and state', () => new Browser().start('/')],
    ['another person\'s code with a state of one\'s own', async ({ browser }) => (
      { code: (await new Browser().start('/')).code, state: (await browser.start('/')).state }
    )],
    ['the code of another tab', async ({ browser, other }) => ({ code: other.code, state: (await browser.start('/')).state })],
    ['a state that begins like another tab\'s', async ({ other }) => ({ code: other.code, state: `${other.state.slice(0, 12)}${'A'.repeat(31)}` })],
    ['the nonce of another tab', async ({ browser }) => {
      const [pending] = [...browser.cookies.values()].filter((value) => value !== browser.cookies.get(REFRESH));
      server.tampering = { claims: { nonce: JSON.parse(Buffer.from(pending, 'base64url').toString()).nonce } };
      return browser.start('/');
    }],
    ['a sign-in that took too long', async ({ browser }) => {
      const late = await browser.start('/');
      now = new Date(now.getTime() + 601_000);
      return late;
    }],
  ])('%s changes nothing for the session and for the sign-in of another tab', async (_, misuse) => {
    const browser = await new Browser().session();
    const other = await browser.start('/other');
    const signIns = names(browser).filter((name) => name !== REFRESH);
    const query = await misuse({ browser, other });
    const renewed = browser.cookies.get(REFRESH);
    const response = await browser.authorize(query);
    await expectRefused(response);
    expect(response.headers['content-type']).toBe('application/problem+json');
    // At most the cookie of the very sign-in that was misused ends; every other is as it was.
    for (const line of response.set) expect(line).toMatch(new RegExp(`^__Secure-vod-sign-in-${query.state.slice(0, 12)}=; Max-Age=0; `));
    expect(response.set.join()).not.toContain(other.state.slice(0, 12));
    expect(names(browser)).toEqual(expect.arrayContaining(signIns));
    expect([renewed, browser.cookies.get(REFRESH)]).toEqual([expect.any(String), renewed]);
    server.tampering = {};
    expect((await browser.call('POST', '/token', { headers: SAME_SITE })).status).toBe(200);
  });

  test.each([{}, { state: '' }, { state: 'short' }, { state: 'a;b=c' }, { state: '='.repeat(43) }])('state %j is refused', async (query) => {
    const browser = new Browser();
    const { code } = await browser.start('/');
    await expectRefused(await browser.authorize({ code, ...query } as Record<string, string>));
    expect(server.calls).toEqual([]);
  });

  test('a sign-in that took more than ten minutes is refused', async () => {
    const browser = new Browser();
    const late = await browser.start('/');
    now = new Date(now.getTime() + 601_000);
    await expectRefused(await browser.authorize(late));
    expect(server.calls).toEqual([]);
  });

  test('a sign-in that took nearly ten minutes is fine', async () => {
    const browser = new Browser();
    const callback = await browser.start('/');
    now = new Date(now.getTime() + 598_000);
    expect((await browser.authorize(callback)).status).toBe(302);
  });

  test.each(['', 'e30', 'bnVsbA', '!!!', Buffer.from('{"state":1,"nonce":1,"verifier":1,"expiresAt":9e99}').toString('base64url')])('a cookie of %j is refused', async (value) => {
    const browser = new Browser();
    const callback = await browser.start('/');
    browser.cookies.set(names(browser)[0], value);
    await expectRefused(await browser.authorize(callback));
  });

  test('a cookie whose return address was changed leads nowhere else', async () => {
    const browser = new Browser();
    const callback = await browser.start('/');
    const [[name, value]] = [...browser.cookies];
    const pending = JSON.parse(Buffer.from(value, 'base64url').toString());
    browser.cookies.set(name, Buffer.from(JSON.stringify({ ...pending, returnTo: 'https://evil.example/' })).toString('base64url'));
    await expectRefused(await browser.authorize(callback));
  });

  test('without the right PKCE verifier the code is worth nothing', async () => {
    const browser = new Browser();
    const callback = await browser.start('/');
    const [[name, value]] = [...browser.cookies];
    const pending = JSON.parse(Buffer.from(value, 'base64url').toString());
    browser.cookies.set(name, Buffer.from(JSON.stringify({ ...pending, verifier: 'x'.repeat(43) })).toString('base64url'));
    await expectRefused(await browser.authorize(callback));
  });

  test.each<[string, Tampering]>([
    ['another nonce', { claims: { nonce: 'n'.repeat(43) } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'client2' } }],
    ['another issuer', { claims: { iss: 'http://127.0.0.1:1/other' } }],
    ['an end that has passed', { claims: { exp: 1 } }],
    ['the use of an access token', { claims: { token_use: 'access' } }],
    ['another\'s signature', { foreignKey: true }],
  ])('an id token with %s is refused, and the sign-in is over', async (_, tampering) => {
    const browser = new Browser();
    const callback = await browser.start('/');
    server.tampering = tampering;
    await expectRefused(await browser.authorize(callback));
    expect(names(browser)).toEqual([]);
    expect(logged.join()).toContain('"reason":"id token"');
  });

  test('an error of the sign-in server ends the sign-in and is not repeated', async () => {
    const browser = new Browser();
    const { state } = await browser.start('/');
    const response = await browser.authorize({ state, error: '<script>', error_description: '<b>call 555</b>' });
    await expectRefused(response);
    expect(JSON.stringify(response.body)).not.toMatch(/script|555/);
    expect(logged.join()).toMatch(/^(?!.*(script|555)).*"reason":"callback"/);
    expect(names(browser)).toEqual([]);
    expect(server.calls).toEqual([]);
  });

  test('neither code nor error, or the callback of another issuer, is refused', async () => {
    const browser = new Browser();
    await expectRefused(await browser.authorize({ state: (await browser.start('/')).state }));
    await expectRefused(await browser.authorize({ ...await browser.start('/'), iss: 'https://other.example' }));
    expect((await browser.authorize({ ...await browser.start('/'), iss: ISSUER })).status).toBe(302);
  });

  test.each<[string, string, () => Response]>([
    ['the server can\'t be reached', '/hosted/oauth2/token', () => { throw new TypeError('fetch failed'); }],
    ['the server fails', '/hosted/oauth2/token', () => new Response('<html>', { status: 503 })],
    ['the server answers another thing', '/hosted/oauth2/token', () => Response.json({ access_token: 'a' })],
    ['the server answers JSON that is no object', '/hosted/oauth2/token', () => Response.json(null)],
    ['the keys are missing', '/pool/.well-known/jwks.json', () => new Response('', { status: 500 })],
  ])('when %s the answer is 502, and loading the page again may still finish', async (_, path, answer) => {
    const browser = new Browser();
    const callback = await browser.start('/');
    server.broken.set(path, answer);
    const response = await browser.authorize(callback);
    expect([response.status, response.body.code, response.set]).toEqual([502, 'upstream_failed', []]);
    expect(logged.join()).toContain('upstream failed');
    server.broken.clear();
    expect((await browser.authorize(callback)).status).toBe(path.startsWith('/hosted') ? 302 : 400);
  });

  test('a session needs a refresh token', async () => {
    server.givesRefreshTokens = false;
    const browser = new Browser();
    expect((await browser.authorize(await browser.start('/'))).body.code).toBe('upstream_failed');
    expect((await browser.authorize(await browser.start())).status).toBe(200);
  });
});

describe('the client\'s secret', () => {
  test('is read once a container', async () => {
    await new Browser().session();
    await new Browser().session();
    expect(secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(1);
    expect(secretsManager.commandCalls(GetSecretValueCommand)[0].args[0].input).toEqual({ SecretId: 'arn:secret' });
  });

  test('is read again when the server does not take it any more', async () => {
    await new Browser().session();
    server.clientSecret = 'the-secret-of-the-next-client';
    await new Browser().session();
    expect(secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test('is read again once only', async () => {
    secretsManager.on(GetSecretValueCommand).resolves({ SecretString: 'stale' });
    const browser = new Browser();
    const response = await browser.authorize(await browser.start('/'));
    expect([response.status, response.body.code]).toEqual([502, 'upstream_failed']);
    expect(server.calls).toHaveLength(2);
    expect(secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test.each([[{ SecretString: undefined }], [new Error('denied')]])('that can\'t be had is a 502', async (answer) => {
    if (answer instanceof Error) secretsManager.on(GetSecretValueCommand).rejects(answer);
    else secretsManager.on(GetSecretValueCommand).resolves(answer);
    const browser = new Browser();
    expect((await browser.authorize(await browser.start('/'))).body.code).toBe('upstream_failed');
    expect(server.calls).toEqual([]);
  });

  test('never follows a redirect', async () => {
    await new Browser().session();
    for (const { init } of server.calls) expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
  });
});

/** Who may use the cookie, on both routes that take it. */
const SITES: [string, Record<string, string>, boolean][] = [
  ['our page', SAME_SITE, true],
  ['our page in a browser without Sec-Fetch-Site', { origin: ORIGIN }, true],
  ['our page in a browser that leaves Origin out', { 'sec-fetch-site': 'same-origin' }, true],
  ['a page of an allowed origin, through its own server', { 'origin': DEVELOPMENT, 'sec-fetch-site': 'same-origin' }, true],
  ['a page of an allowed origin, across sites', { 'origin': DEVELOPMENT, 'sec-fetch-site': 'cross-site' }, false],
  ['another site', { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
  ['another site in an old browser', { origin: 'https://evil.example' }, false],
  ['a sandboxed frame', { 'origin': 'null', 'sec-fetch-site': 'cross-site' }, false],
  ['a sibling of our host', { 'origin': 'https://x.videos.example.com', 'sec-fetch-site': 'same-site' }, false],
  ['our origin, but typed or from a bookmark', { 'origin': ORIGIN, 'sec-fetch-site': 'none' }, false],
  ['our origin over http', { origin: 'http://videos.example.com' }, false],
  ['a claim of same-origin by another origin', { 'origin': 'https://evil.example', 'sec-fetch-site': 'same-origin' }, false],
  ['something that is no browser', {}, false],
];

describe.each(['/token', '/token/revoke'])('POST %s', (path) => {
  test.each(SITES)('with the cookie, from %s', async (_, headers, allowed) => {
    const browser = await new Browser().session();
    const calls = server.calls.length;
    const response = await browser.call('POST', path, { headers });
    expect([response.status, response.body.code]).toEqual(allowed ? [200, undefined] : [403, 'cross_site']);
    expect(server.calls.length - calls).toBe(allowed ? 1 : 0);
    if (!allowed) expect(response.set).toEqual([]);
  });

  test('with neither body nor cookie', async () => {
    for (const value of [undefined, '', '%']) {
      const browser = new Browser();
      if (value !== undefined) browser.cookies.set(REFRESH, value);
      const response = await browser.call('POST', path, { headers: SAME_SITE });
      expect([response.status, response.body.code]).toEqual([401, 'not_signed_in']);
    }
  });

  test('refuses what it does not define', async () => {
    for (const body of [{ refresh_token: '' }, { refresh_token: 1 }, { token: 'x' }]) {
      expect((await new Browser().call('POST', path, { body })).body.code).toBe('invalid_request');
    }
  });

  test('502 leaves the session as it is', async () => {
    const browser = await new Browser().session();
    server.broken.set(`/hosted/oauth2${path === '/token' ? path : '/revoke'}`, () => new Response('', { status: 500 }));
    const response = await browser.call('POST', path, { headers: SAME_SITE });
    expect([response.status, response.body.code, response.set]).toEqual([502, 'upstream_failed', []]);
  });
});

describe('refreshTokens', () => {
  test('by cookie answers tokens without the refresh token, again and again', async () => {
    const browser = await new Browser().session();
    for (let time = 0; time < 2; time++) {
      const { body, set, headers } = await browser.call('POST', '/token', { headers: SAME_SITE });
      expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'token_type']);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'pragma': 'no-cache' });
      expect(set).toEqual([]);
    }
  });

  test('by cookie puts a rotated refresh token in the cookie and nowhere else', async () => {
    const browser = await new Browser().session();
    const first = browser.cookies.get(REFRESH)!;
    server.rotates = true;
    const { body, set } = await browser.call('POST', '/token', { headers: SAME_SITE });
    expect(body.refresh_token).toBeUndefined();
    expect(set).toHaveLength(1);
    expect(set[0]).toMatch(/HttpOnly; Secure; SameSite=Strict$/);
    expect(browser.cookies.get(REFRESH)).not.toBe(first);
    expect((await browser.call('POST', '/token', { headers: SAME_SITE })).status).toBe(200);
  });

  test('by body needs no origin, sets no cookie and hands a rotated token over', async () => {
    const body = { refresh_token: server.newRefreshToken() };
    const kept = await new Browser().call('POST', '/token', { body });
    expect([kept.status, kept.body.refresh_token, kept.set, kept.headers.pragma]).toEqual([200, undefined, [], 'no-cache']);
    server.rotates = true;
    const rotated = await new Browser().call('POST', '/token', { body, headers: { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
    expect(server.refreshTokens).toContain(rotated.body.refresh_token);
    expect(rotated.set).toEqual([]);
  });

  test('a token in the body keeps the cookie out of it', async () => {
    const browser = await new Browser().session();
    const response = await browser.call('POST', '/token', { body: { refresh_token: 'unknown' }, headers: SAME_SITE });
    expect([response.status, response.body.code, response.set]).toEqual([400, 'invalid_grant', []]);
  });

  test('a refresh token that has ended is refused, and leaves the cookie: another tab may have put a newer one there meanwhile', async () => {
    const browser = await new Browser().session();
    server.refreshTokens.clear();
    const response = await browser.call('POST', '/token', { headers: SAME_SITE });
    expect([response.status, response.body.code, response.headers['content-type']]).toEqual([400, 'invalid_grant', 'application/problem+json']);
    expect(response.set).toEqual([]);
  });
});

describe('revokeTokens', () => {
  test('by cookie revokes, clears the cookie and says where to sign out', async () => {
    const browser = await new Browser().session();
    const { body } = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect(server.refreshTokens.size).toBe(0);
    expect(names(browser)).toEqual([]);
    const url = new URL(body.logoutUrl);
    expect(`${url.origin}${url.pathname}`).toBe(`${HOSTED_UI}/logout`);
    expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: CLIENT_ID, logout_uri: `${ORIGIN}/` });
  });

  test('by body revokes that token and leaves the cookie', async () => {
    const browser = await new Browser().session();
    const token = server.newRefreshToken();
    const { status, set } = await browser.call('POST', '/token/revoke', { body: { refresh_token: token } });
    expect([status, set]).toEqual([200, []]);
    expect(server.refreshTokens).not.toContain(token);
    expect(server.refreshTokens).toContain(browser.cookies.get(REFRESH));
  });

  test.each([['cookie'], ['body']])('by %s a token that was revoked or replaced before is revoked', async (from) => {
    const browser = await new Browser().session();
    const token = browser.cookies.get(REFRESH)!;
    server.rotates = true;
    await browser.call('POST', '/token', { headers: SAME_SITE });
    browser.cookies.set(REFRESH, token);
    const sent = from === 'body' ? { body: { refresh_token: token } } : { headers: SAME_SITE };
    for (let time = 0; time < 2; time++) {
      const { status, body } = await browser.call('POST', '/token/revoke', sent);
      expect([status, Object.keys(body)]).toEqual([200, ['logoutUrl']]);
      if (from === 'cookie') browser.cookies.set(REFRESH, token);
    }
  });

  test.each(['unsupported_token_type', 'invalid_request', 'invalid_grant'])('what the server calls %s ends the session all the same', async (error) => {
    const browser = new Browser();
    browser.cookies.set(REFRESH, 'garbage');
    server.broken.set('/hosted/oauth2/revoke', () => Response.json({ error }, { status: 400 }));
    const response = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect([response.status, Object.keys(response.body), names(browser)]).toEqual([200, ['logoutUrl'], []]);
    expect(logged.join()).toContain(error);
    const inBody = await new Browser().call('POST', '/token/revoke', { body: { refresh_token: 'garbage' } });
    expect([inBody.status, inBody.set]).toEqual([200, []]);
  });

  test('any other refusal is the server\'s failure, and the session stays', async () => {
    const browser = await new Browser().session();
    server.broken.set('/hosted/oauth2/revoke', () => Response.json({ error: 'unauthorized_client' }, { status: 400 }));
    const response = await browser.call('POST', '/token/revoke', { headers: SAME_SITE });
    expect([response.status, response.body.code, names(browser)]).toEqual([502, 'upstream_failed', [REFRESH]]);
  });
});
