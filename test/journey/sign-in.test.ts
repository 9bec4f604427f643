import { createHash } from 'crypto';
import { readFileSync } from 'fs';
import * as path from 'path';
import { readToken } from './bad-tokens';
import { type Callback, CALLBACK_FAULTS, OTHER, withCookie, withQuery } from './callbacks';
import { Client, problemOf } from './client';
import { PATIENCE_MS, StackProcess, stopAll, until } from './stack';
import { passPages, SignIn, type Tokens } from '../../local/client';
import { CookieJar } from '../../local/cookie-jar';
import type { StackFacts } from '../../local/stack';

jest.setTimeout(PATIENCE_MS);

/** The five minutes of an authorization code become ten seconds. */
const DIVISOR = 30;
const CODE_MS = 10_000;
const PROBLEM_JSON = 'application/problem+json';

let stack: StackProcess;
let facts: StackFacts;
let late: { readonly signIn: SignIn; readonly callback: URL; readonly since: number };

beforeAll(async () => {
  stack = await StackProcess.start({ app: path.join(__dirname, 'sign-in.fixture.ts'), divideLifetimes: DIVISOR });
  facts = stack.facts;
  const { signIn, callback } = await signedIn('/');
  late = { signIn, callback, since: Date.now() };
});
afterAll(stopAll);

async function signedIn(returnTo?: string, jar?: CookieJar): Promise<{ signIn: SignIn; callback: URL }> {
  const signIn = await SignIn.begin(facts, returnTo, jar);
  return { signIn, callback: await signIn.callback(facts.users[0]) };
}

async function browser(): Promise<CookieJar> {
  const { signIn, callback } = await signedIn('/');
  await signIn.finish(callback);
  return signIn.jar;
}

/** By default, `headers` contains the same `Origin` header as a request from a page of the service. */
function ask(jar: CookieJar, route: '/token' | '/token/revoke', headers: Record<string, string> = { origin: facts.origin }): Promise<Response> {
  return jar.fetch(`${facts.api}${route}`, { method: 'POST', headers });
}

function post(route: string, body: object | string): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${facts.api}${route}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
}

function cookiesOf({ headers }: Response): [pair: string, attributes: string[]][] {
  return headers.getSetCookie().map((line) => line.split('; ')).map(([pair, ...attributes]) => [pair, attributes.sort()]);
}

async function status(idToken: string): Promise<number> {
  return (await fetch(`${facts.api}/streams`, { headers: { authorization: idToken } })).status;
}

describe('a sign-in with return_to', () => {
  it.each([
    'https://evil.example/', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '\\/evil.example', '/\t/evil.example',
    'http:evil.example', 'evil.example', 'javascript:alert(1)', 'JavaScript:alert(1)//', 'data:text/html,x', '%2F%2Fevil.example', '/%0d%0a/../\r\nx: y',
    'ORIGIN.evil.example/', 'ORIGIN@evil.example/', 'http://user@HOST/', 'http://:pass@HOST/', 'http://evil.example\\@HOST/', 'ORIGIN\\@evil.example',
    'blob:ORIGIN/x', 'https://HOST/', 'http://localhost:1/', 'ftp://HOST/', 'ＨＴＴＰ://evil.example', '/LONG',
  ])('rejects the return URL %j', async (template) => {
    const { host, origin } = new URL(facts.origin);
    const returnTo = template.replace('ORIGIN', origin).replace('HOST', host).replace('LONG', 'x'.repeat(500));
    const answer = await fetch(`${facts.api}/login?return_to=${encodeURIComponent(returnTo)}`, { redirect: 'manual' });
    expect([answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([null, []]);
    expect(await problemOf(answer)).toEqual([400, PROBLEM_JSON, 'invalid_return_to']);
  });

  it.each(['?return_to=', '?return_to=/&return_to=//evil.example', '?return_to[]=/', '?returnTo=/', '?redirect_uri=/'])('rejects the query %s', async (query) => {
    const answer = await fetch(`${facts.api}/login${query}`, { redirect: 'manual' });
    expect([answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([null, []]);
    expect(await problemOf(answer)).toEqual([400, PROBLEM_JSON, 'invalid_request']);
  });

  it.each(['/', '/watch?v=1&t=2#chapter', '/%5Cevil.example', 'ORIGIN/watch'])('returns to %s with a refresh cookie that no script can read', async (template) => {
    const returnTo = template.replace('ORIGIN', facts.origin);
    const login = await fetch(`${facts.api}/login?return_to=${encodeURIComponent(returnTo)}`, { redirect: 'manual' });
    expect([login.status, cookiesOf(login)]).toEqual([302, [[
      expect.stringMatching(/^__Host-vod-sign-in-[0-3]=/), ['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure'],
    ]]]);

    const { signIn, callback } = await signedIn(returnTo);
    const answer = await signIn.finish(callback);
    expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([302, new URL(returnTo, facts.origin).href, '']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [cleared, refresh] = cookiesOf(answer);
    expect(cleared).toEqual([`${signIn.cookie.split('=')[0]}=`, expect.arrayContaining(['Max-Age=0', 'Path=/'])]);
    const age = `Max-Age=${30 * 86_400}`;
    expect(refresh).toEqual([expect.stringMatching(/^__Secure-vod-refresh=[\w-]{20,}/), ['HttpOnly', age, 'Path=/api/token', 'SameSite=Strict', 'Secure']]);
  });

  it('gives its page ID and access tokens until the sign-out, and never the refresh token', async () => {
    const jar = await browser();
    const renewed = await ask(jar, '/token');
    expect([renewed.status, renewed.headers.get('cache-control'), cookiesOf(renewed)]).toEqual([200, 'no-store', []]);
    const tokens = await renewed.json();
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'token_type']);
    expect(await status(tokens.id_token)).toBe(200);

    const revoked = await ask(jar, '/token/revoke');
    expect([revoked.status, cookiesOf(revoked)]).toEqual([200, [['__Secure-vod-refresh=', expect.arrayContaining(['Max-Age=0', 'Path=/api/token'])]]]);
    const left = await jar.fetch((await revoked.json()).logoutUrl, {}, 0);
    expect([left.status, left.headers.get('location')]).toEqual([302, `${facts.origin}/`]);
    for (const route of ['/token', '/token/revoke'] as const) expect(await problemOf(await ask(jar, route))).toEqual([401, PROBLEM_JSON, 'not_signed_in']);
  });
});

describe('a script', () => {
  it('gets tokens as JSON, renews them and revokes them', async () => {
    const { signIn, callback } = await signedIn();
    const answer = await signIn.finish(callback);
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([200, 'no-store', 'no-cache']);
    expect(cookiesOf(answer).map(([pair]) => pair)).toEqual([`${signIn.cookie.split('=')[0]}=`]);
    const tokens: Tokens = await answer.json();
    expect(tokens).toEqual({
      id_token: expect.any(String), access_token: expect.any(String), refresh_token: expect.any(String), expires_in: 3600 / DIVISOR, token_type: 'Bearer',
    });
    const { refresh_token } = tokens;

    const renewed = await post('/token', { refresh_token });
    expect([renewed.status, renewed.headers.get('cache-control'), cookiesOf(renewed)]).toEqual([200, 'no-store', []]);
    const { id_token } = await renewed.json();
    expect([await status(tokens.id_token), await status(id_token)]).toEqual([200, 200]);
    expect(await problemOf(await post('/token', { refresh_token: tokens.access_token }))).toEqual([400, PROBLEM_JSON, 'invalid_grant']);

    for (const _ of ['once', 'again']) {
      const revoked = await post('/token/revoke', { refresh_token });
      expect([revoked.status, cookiesOf(revoked), Object.keys(await revoked.json())]).toEqual([200, [], ['logoutUrl']]);
    }
    expect(await problemOf(await post('/token', { refresh_token }))).toEqual([400, PROBLEM_JSON, 'invalid_grant']);
  });

  it('gets an error for an invalid body, which changes nothing', async () => {
    const { tokens: { refresh_token } } = await Client.signIn(facts);
    for (const route of ['/token', '/token/revoke']) {
      for (const body of [{ refresh_token, client_id: 'x' }, { refresh_token: '' }, { refresh_token: [refresh_token] }, { refreshToken: refresh_token }, [], 'x', '{']) {
        expect(await problemOf(await post(route, body))).toEqual([400, PROBLEM_JSON, expect.stringMatching(/^(invalid_request|malformed_json)$/)]);
      }
    }
    expect((await post('/token', { refresh_token })).status).toBe(200);
  });
});

describe('the refresh cookie', () => {
  it.each([
    ['no Origin and no Sec-Fetch-Site', {}],
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['an origin with the right prefix', { origin: 'ORIGIN.evil.example' }],
    ['another port', { origin: 'http://localhost:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site request', { 'sec-fetch-site': 'same-site' }],
    ['a typed URL', { 'sec-fetch-site': 'none' }],
    ['our origin, but from another site', { 'origin': 'ORIGIN', 'sec-fetch-site': 'cross-site' }],
    ['the same site, but a foreign origin', { 'origin': 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['only a Referer', { referer: 'ORIGIN/' }],
  ])('neither renews nor revokes with %s', async (_, template) => {
    const jar = await browser();
    const headers = Object.fromEntries(Object.entries(template).map(([name, value]) => [name, value.replace('ORIGIN', facts.origin)]));
    for (const route of ['/token/revoke', '/token'] as const) {
      const answer = await ask(jar, route, headers);
      expect(cookiesOf(answer)).toEqual([]);
      expect(await problemOf(answer)).toEqual([403, PROBLEM_JSON, 'cross_site']);
    }
    expect((await ask(jar, '/token')).status).toBe(200);
    expect((await ask(jar, '/token', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('a callback', () => {
  function open({ callback, cookie }: Callback): Promise<Response> {
    return fetch(callback, { redirect: 'manual', headers: { cookie } });
  }

  async function expectRefused(answer: Response, jar: CookieJar, own: SignIn, pending: SignIn): Promise<void> {
    expect(answer.headers.get('location')).toBeNull();
    const touched = cookiesOf(answer).map(([pair]) => pair).filter((pair) => pair !== `${own.cookie.split('=')[0]}=`);
    expect([touched, await problemOf(answer)]).toEqual([[], [400, PROBLEM_JSON, 'sign_in_failed']]);
    expect((await ask(jar, '/token')).status).toBe(200);
    expect((await pending.finish(await pending.callback(facts.users[0]))).status).toBe(302);
  }

  it('succeeds with its own code, state, nonce and verifier', async () => {
    const { signIn: { cookie }, callback } = await signedIn('/');
    expect((await open(withCookie(withQuery({ callback, cookie }, {}), {}))).status).toBe(302);
  });

  it.each(Object.entries(CALLBACK_FAULTS))('fails with %s and changes nothing', async (_, make) => {
    const jar = await browser();
    const pending = await SignIn.begin(facts, '/', jar);
    const { signIn: own, callback } = await signedIn('/', jar);
    const other = await signedIn('/');
    const bad = make({ callback, cookie: own.cookie }, { callback: other.callback, cookie: other.signIn.cookie });
    await expectRefused(await open({ ...bad, cookie: [bad.cookie, pending.cookie].filter(Boolean).join('; ') }), jar, own, pending);
    expect((await other.signIn.finish(other.callback)).status).toBe(302);
  });

  it('fails at the second request, and the session continues', async () => {
    const { signIn, callback } = await signedIn('/');
    expect((await signIn.finish(callback)).status).toBe(302);
    const pending = await SignIn.begin(facts, '/', signIn.jar);
    await expectRefused(await signIn.finish(callback), signIn.jar, signIn, pending);
    await expectRefused(await signIn.finish(callback), signIn.jar, signIn, await SignIn.begin(facts, '/', signIn.jar));
  });

  it('fails with unknown or duplicate parameters', async () => {
    const { signIn, callback } = await signedIn('/');
    for (const more of ['&return_to=/', `&code=${callback.searchParams.get('code')}`, `&state=${OTHER}`]) {
      expect(await problemOf(await signIn.finish(new URL(`${callback}${more}`)))).toEqual([400, PROBLEM_JSON, 'invalid_request']);
    }
    expect((await signIn.finish(callback)).status).toBe(302);
  });

  it('fails after its code has expired', async () => {
    const { signIn, callback, since } = late;
    await until('the code has expired', () => Date.now() > since + CODE_MS + 1000);
    const pending = await SignIn.begin(facts, '/', signIn.jar);
    expect(await problemOf(await signIn.finish(callback))).toEqual([400, PROBLEM_JSON, 'sign_in_failed']);
    expect((await pending.finish(await pending.callback(facts.users[0]))).status).toBe(302);
  });
});

describe('a native app', () => {
  const redirectUri = 'com.example.app://callback';
  const verifier = 'a-verifier-of-43-characters-or-more-as-it-must-be';
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  /** Starts a sign-in only to learn the URL of the sign-in pages. */
  async function code(change: Record<string, string> = {}): Promise<{ readonly answer: URL; readonly tokenAddress: URL }> {
    const { location } = await SignIn.begin(facts);
    const query = { response_type: 'code', client_id: facts.outputs.PublicClientId, redirect_uri: redirectUri, scope: 'openid', state: 'any' };
    const pages = new URL(`${location.pathname}?${new URLSearchParams({ ...query, code_challenge: challenge, code_challenge_method: 'S256', ...change })}`, location);
    return { answer: await passPages(new CookieJar(), pages.href, facts.users[0]), tokenAddress: new URL('/oauth2/token', location) };
  }

  async function exchange(answer: URL, tokenAddress: URL, change: Record<string, string>): Promise<[status: number, tokens: Tokens & { error?: string }]> {
    const form = { grant_type: 'authorization_code', client_id: facts.outputs.PublicClientId, redirect_uri: redirectUri, code: answer.searchParams.get('code')! };
    const response = await fetch(tokenAddress, { method: 'POST', body: new URLSearchParams({ ...form, ...change }) });
    return [response.status, await response.json()];
  }

  it('signs in with PKCE and without a secret, and the API accepts its ID token', async () => {
    const { answer, tokenAddress } = await code();
    expect(answer.href).toMatch(/^com\.example\.app:\/\/callback\?code=/);
    const [ended, { id_token, access_token }] = await exchange(answer, tokenAddress, { code_verifier: verifier });
    expect([ended, readToken(id_token)[1].aud]).toEqual([200, facts.outputs.PublicClientId]);
    expect([await status(id_token), await status(access_token)]).toEqual([200, 401]);
  });

  it.each([
    ['no verifier', {}],
    ['another verifier', { code_verifier: verifier.toUpperCase() }],
    ['the challenge as verifier', { code_verifier: challenge }],
    ['another redirect URI', { code_verifier: verifier, redirect_uri: 'com.example.evil://callback' }],
  ])('gets no tokens with %s', async (_, change) => {
    const { answer, tokenAddress } = await code();
    const [ended, tokens] = await exchange(answer, tokenAddress, change);
    expect([ended, Object.keys(tokens)]).toEqual([400, expect.arrayContaining(['error'])]);
    expect(tokens).not.toHaveProperty('id_token');
  });

  it('cannot use the client that has a secret', async () => {
    const { location } = await SignIn.begin(facts);
    const web = location.searchParams.get('client_id')!;
    const redirect_uri = location.searchParams.get('redirect_uri')!;
    expect(web).not.toBe(facts.outputs.PublicClientId);
    const { answer, tokenAddress } = await code({ client_id: web, redirect_uri });
    const [ended, { error }] = await exchange(answer, tokenAddress, { client_id: web, redirect_uri, code_verifier: verifier });
    expect([ended, error]).toEqual([400, 'invalid_client']);
    await expect(code({ redirect_uri: 'com.example.evil://callback' })).rejects.toThrow('the sign-in pages returned 400');
  });
});

it('deploys managed login and a first admin', () => {
  const { Resources } = JSON.parse(readFileSync(path.join(stack.data, 'cdk.out', 'Videos.template.json'), 'utf8'));
  const types = Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
  const wanted = ['AWS::Cognito::ManagedLoginBranding', 'AWS::Cognito::UserPoolUser', 'AWS::Cognito::UserPoolUserToGroupAttachment'];
  expect(wanted.map((type) => types.filter((each) => each === type).length)).toEqual([2, 1, 1]);
});
