import { readFileSync } from 'fs';
import * as path from 'path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Client, type Plan, type SinglePlan } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { launchBrowser } from './tab';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

/** Two allowed origins with different schemes, and an origin that is not in `appOrigins`. None of the three is on the site of the service, http://localhost. */
const [LISTED, SECOND, STRANGE] = ['https://app.example.org', 'http://127.0.0.1:5173', 'https://evil.example'];

interface Seen { readonly status: number; readonly headers: Record<string, string>; readonly text: string }

describe('a page of another site', () => {
  let stack: StackProcess;
  let browser: Browser;
  let context: BrowserContext;
  let client: Client;

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'other-site.fixture.ts') });
    // Without this option, Chromium asks the user before a page from the internet calls the local stack.
    browser = await launchBrowser('--disable-features=LocalNetworkAccessChecks');
    client = await Client.signIn(stack.facts);
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });
  beforeEach(async () => { context = await browser.newContext(); });
  afterEach(() => context.close());

  /** Opens a page of an origin. Later requests are not intercepted, because Playwright would then respond to preflight requests itself. */
  async function open(origin: string): Promise<Page> {
    const page = await context.newPage();
    await serve(page, origin);
    await page.goto(`${origin}/`);
    await page.unrouteAll();
    return page;
  }

  const serve = (page: Page, origin: string) =>
    page.route(`${origin}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html><title>Another site</title><link rel="icon" href="data:,">' }));

  function ask(page: Page, address: string, options: RequestInit = {}): Promise<Seen | 'unreadable'> {
    return page.evaluate(([url, init]) => fetch(url as string, init as RequestInit).then(
      async (response) => ({ status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }), () => 'unreadable' as const,
    ), [address, options] as const);
  }

  /** Uses DevTools, because CORS hides some responses from the page. */
  async function watch(page: Page): Promise<{ statuses: number[]; sent: string[]; kept: string[] }> {
    const seen = { statuses: [] as number[], sent: [] as string[], kept: [] as string[] };
    const session = await context.newCDPSession(page);
    session.on('Network.responseReceivedExtraInfo', ({ statusCode }) => seen.statuses.push(statusCode));
    session.on('Network.requestWillBeSentExtraInfo', ({ associatedCookies }) => {
      for (const { cookie: { name }, blockedReasons } of associatedCookies) {
        if (blockedReasons.length === 0) seen.sent.push(name);
        else seen.kept.push(`${name}: ${blockedReasons}`);
      }
    });
    await session.send('Network.enable');
    return seen;
  }

  const api = (route: string) => `${stack.facts.api}${route}`;
  const withToken = (more: Record<string, string> = {}) => ({ headers: { authorization: `Bearer ${client.tokens.id_token}`, ...more } });
  const codeOf = (seen: Seen | 'unreadable') => seen === 'unreadable' ? seen : [seen.status, JSON.parse(seen.text).code];

  it('calls the API with a bearer token and reads responses and errors', async () => {
    for (const origin of [LISTED, SECOND]) {
      const page = await open(origin);
      const list = await ask(page, api('/streams?owner=me'), withToken());
      expect(list).toMatchObject({ status: 200, headers: { 'x-amzn-requestid': expect.any(String) } });
      expect(await ask(page, api('/openapi.json'))).toMatchObject({ status: 200 });
      // Handlers return the first two errors, and API Gateway returns the last two errors.
      expect(codeOf(await ask(page, api('/streams/0199f3c0-0000-7000-8000-000000000001'), withToken()))).toEqual([404, 'not_found']);
      expect(codeOf(await ask(page, api('/upload'), { method: 'POST', body: '{}', ...withToken({ 'content-type': 'application/json' }) }))).toEqual([400, 'invalid_request']);
      const refused = await ask(page, api('/streams'), { headers: { authorization: 'Bearer not-a-token' } });
      expect(codeOf(refused)).toEqual([401, 'not_signed_in']);
      expect((refused as Seen).headers['www-authenticate']).toBe('Bearer');
      expect(codeOf(await ask(page, api('/nowhere')))).toEqual([404, 'not_found']);
    }
  });

  it('uploads', async () => {
    const page = await open(LISTED);
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 4));
    const body = JSON.stringify({ fileName: 'clip.mp4', contentType: 'video/mp4', size: clip.length, title: 'From another site' });
    const planned = await ask(page, api('/upload'), { method: 'POST', body, ...withToken({ 'content-type': 'application/json' }) }) as Seen;
    const { video, upload }: Plan<SinglePlan> = JSON.parse(planned.text);
    const status = await page.evaluate(async ([{ url, method, headers }, base64]) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      return (await fetch(url, { method, headers, body: content })).status;
    }, [upload, clip.toString('base64')] as const);
    expect(status).toBe(200);
    expect(await client.settled(video.videoId)).toMatchObject({ status: 'ready', title: 'From another site' });
  });

  it('cannot read responses if its site is not listed', async () => {
    const page = await open(STRANGE);
    const { statuses } = await watch(page);
    // The preflight response contains no allowed origin, so the browser does not send the request.
    expect(await ask(page, api('/streams'), withToken())).toBe('unreadable');
    await until('the preflight was recorded', () => statuses.length > 0);
    expect(statuses).toEqual([204]);
    // For a request without a token, the browser sends no preflight. The script still cannot read the response.
    expect(await ask(page, api('/openapi.json'))).toBe('unreadable');
    await until('the response was recorded', () => statuses.length > 1);
    expect(statuses).toEqual([204, 200]);
    const response = await fetch(api('/streams'), { headers: { ...withToken().headers, origin: STRANGE } });
    expect([response.status, response.headers.get('access-control-allow-origin'), response.headers.get('vary')]).toEqual([200, null, 'Origin']);
  });

  async function signInFrom(origin: string): Promise<Page> {
    const page = await open(origin);
    await page.goto(`${api('/login')}?return_to=${encodeURIComponent(`${origin}/back`)}`);
    const [{ username, password }] = stack.facts.users;
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(password);
    await serve(page, origin);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${origin}/back`);
    await page.unrouteAll();
    return page;
  }

  it.each([LISTED, SECOND])('%s can start a sign-in but cannot use the refresh cookie', async (origin) => {
    const page = await signInFrom(origin);
    const cookies = await context.cookies(`${stack.facts.api}/token`);
    expect(cookies.map(({ name, sameSite }) => [name, sameSite])).toContainEqual(['__Secure-vod-refresh', 'Strict']);

    const { statuses, sent, kept } = await watch(page);
    // The browser sends these two requests without a preflight request and without the cookie.
    expect(await ask(page, api('/token'), { method: 'POST', credentials: 'include' })).toBe('unreadable');
    expect(await ask(page, api('/token/revoke'), { method: 'POST', credentials: 'include' })).toBe('unreadable');
    // The service rejects the preflight request that the browser sends first.
    expect(await ask(page, api('/token'), { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}' })).toBe('unreadable');
    await until('the three responses were recorded', () => statuses.length > 2 && kept.length > 0);
    expect(statuses).toEqual([401, 401, 404]);
    expect(sent).toEqual([]);
    expect(kept).toContainEqual(expect.stringMatching(/^__Secure-vod-refresh: .*SameSiteStrict/));
    const own = await context.newPage();
    await own.goto(stack.facts.origin);
    await own.getByRole('button', { name: 'Sign out' }).waitFor();
    // Even if the browser sent the cookie, the service would reject the request because of its Origin and Sec-Fetch-Site headers.
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const forged = await fetch(api('/token'), { method: 'POST', headers: { cookie, origin, 'sec-fetch-site': 'cross-site' } });
    expect([forged.status, (await forged.json() as any).code, forged.headers.get('access-control-allow-origin')]).toEqual([403, 'cross_site', null]);
  });

  it.each([LISTED, SECOND])('%s can neither set playback cookies nor use existing ones', async (origin) => {
    const videoId = await client.upload(readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 4)), 'To be played');
    await client.settled(videoId);
    const route = api(`/streams/${videoId}/playback`);
    const page = await open(origin);
    const ofMedia = async () => (await context.cookies(JSON.parse(session.text).hls)).map(({ name }) => name);

    const session = await ask(page, route, { method: 'POST', ...withToken() }) as Seen;
    expect(session.status).toBe(200);
    expect(await ofMedia()).toEqual([]);
    expect(await ask(page, route, { method: 'POST', credentials: 'include', ...withToken() })).toBe('unreadable');
    expect(await ofMedia()).toEqual([]);

    const own = await context.newPage();
    await own.goto(stack.facts.origin);
    expect(await ask(own, route, { method: 'POST', ...withToken() })).toMatchObject({ status: 200 });
    expect(await ofMedia()).toContain('CloudFront-Signature');
    const { hls } = JSON.parse(session.text);
    expect(await ask(own, hls)).toMatchObject({ status: 200 });

    const { statuses, sent, kept } = await watch(page);
    expect(await ask(page, hls, { credentials: 'include' })).toBe('unreadable');
    // DevTools reports a response after the page has received it.
    await until('the response and its cookies were recorded', () => statuses.length > 0 && kept.length > 0);
    expect([statuses, sent]).toEqual([[403], []]);
    expect(kept).toContainEqual(expect.stringMatching(/^CloudFront-Signature: .*SameSiteLax/));
  });
});
