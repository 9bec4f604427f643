import * as path from 'path';
import type { Browser } from 'playwright-core';
import { Client } from './client';
import { RenderedApp } from './rendered-app';
import { PATIENCE_MS, StackProcess, stopAll, WAIT_MS } from './stack';
import { launchBrowser } from './tab';
import { useEverything } from './whole-journey';
import { resolveLocalhostNames } from '../../local/localhost-names';

jest.setTimeout(PATIENCE_MS);

describe('a server-rendered app as defaultBehavior', () => {
  let app: RenderedApp;
  let stack: StackProcess;
  let browser: Browser;

  beforeAll(async () => {
    app = await RenderedApp.start();
    stack = await StackProcess.start({ app: path.join(__dirname, '../../examples/typescript/ssr/app.ts'), environment: { APP_PORT: String(app.port) } });
    resolveLocalhostNames();
    app.service = stack.facts.origin;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
    await app?.stop();
  });
  beforeEach(() => { app.asked.length = 0; });

  const ask = (target: string, init?: RequestInit) => fetch(`${stack.facts.origin}${target}`, { redirect: 'manual', ...init });
  const cookieNames = () => app.asked.flatMap(({ headers: { cookie } }) => cookie?.split('; ').map((pair) => pair.split('=', 1)[0]) ?? []);

  it('does not affect sign-in, API, upload and playback, and shows the user\'s videos and a player', async () => {
    const ready = await useEverything(await Client.signIn(stack.facts), 2);
    expect(app.asked.filter(({ url }) => !['/', '/missing.css'].includes(url))).toEqual([]);

    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${stack.facts.origin}/watch/${ready}`);
    expect(page.url()).toBe(`${stack.facts.origin}/`);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();
    const signIn = (await context.cookies(stack.facts.origin)).map(({ name }) => name);
    const other = await context.newPage();
    await other.goto(stack.facts.origin);
    expect([signIn.length, cookieNames()]).toEqual([1, signIn]);
    await other.close();

    app.asked.length = 0;
    const [{ username, password }] = stack.facts.users;
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Your videos' }).waitFor();
    expect(await page.getByRole('link').allTextContents()).toEqual(expect.arrayContaining(['ready', 'errored']));
    await page.getByRole('link', { name: 'ready' }).click();
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.5);
    await page.reload();
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.5);

    // The sign-in cookie is deleted after the sign-in. The browser sends the refresh cookie and the playback cookies only to paths that the app
    // does not serve.
    const held = (await context.cookies()).filter(({ domain }) => domain === new URL(stack.facts.origin).hostname).map(({ name }) => name);
    expect(held).toEqual(expect.arrayContaining(['__Secure-vod-refresh', 'CloudFront-Signature']));
    expect([...new Set(cookieNames())]).toEqual(['__Host-app-session']);
    const gone = await page.goto(`${stack.facts.origin}/watch/0199f3c0-0000-7000-8000-000000000001`);
    expect([gone!.status(), await page.locator('h1').textContent()]).toEqual([404, 'The app did not find this video']);
    await context.close();
  });

  it('cannot get a token with the cookies that it receives', async () => {
    const login = await ask('/api/login?return_to=/');
    const cookie = login.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ');
    await ask('/echo', { headers: { cookie } });
    expect(app.asked[0].headers.cookie).toBe(cookie);
    const tokens = await ask('/api/token', { method: 'POST', headers: { cookie, origin: stack.facts.origin } });
    expect([tokens.status, (await tokens.json() as any).code]).toEqual([401, 'not_signed_in']);
    const { searchParams } = new URL(login.headers.get('location')!);
    const callback = await ask(`/api/authorize?code=guessed&state=${searchParams.get('state')}`, { headers: { cookie } });
    expect([callback.status, (await callback.json() as any).code]).toEqual([400, 'sign_in_failed']);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('receives %s with query, cookies, headers and body', async (method) => {
    const query = 'x=1&x=&empty&x=2&encoded=%C3%A9%2B+%26&quote=\'';
    const body = ['GET', 'HEAD'].includes(method) ? undefined : 'a body é';
    const answer = await ask(`/echo/a%2Fb?${query}`, { method, body, headers: { 'cookie': 'a=1; b=%20; a=2', 'authorization': 'Bearer own', 'x-own': '1' } });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, ['app-a=1; Path=/', 'app-b=two%20words; Path=/; HttpOnly']]);
    expect(app.asked).toEqual([expect.objectContaining({ method, url: expect.stringMatching(/^\/echo\/a%2Fb\?x=1&x=&empty&x=2&encoded=%C3%A9%2B\+%26&quote=(?:'|%27)$/), body: body ?? '' })]);
    expect(app.asked[0].headers).toMatchObject({ 'host': 'app.localhost', 'cookie': 'a=1; b=%20; a=2', 'authorization': 'Bearer own', 'x-own': '1', 'x-forwarded-for': '127.0.0.1' });
    expect(await answer.text()).toBe(method === 'HEAD' ? '' : JSON.stringify(app.asked[0]));
  });

  it('returns its own errors and redirects, which CloudFront does not cache', async () => {
    for (const [target, status, text] of [['/none', 404, 'Not found'], ['/broken', 500, 'Broken'], ['/forbidden', 403, 'Forbidden']] as const) {
      for (let time = 0; time < 2; time++) {
        const answer = await ask(target);
        expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(`<h1>${text}, says the app</h1>`)]);
      }
    }
    expect(app.asked).toHaveLength(6);
    const { status, headers } = await ask('/old');
    expect([status, headers.get('location')]).toEqual([308, '/new?from=old']);
  });

  it('serves a path of additionalBehaviors from the cache, without cookies and query', async () => {
    const fileOf = async () => {
      const answer = await ask('/assets/hls.min.js?v=1', { headers: { cookie: 'a=1', authorization: 'Bearer own' } });
      await answer.arrayBuffer();
      return [answer.status, answer.headers.getSetCookie(), answer.headers.get('x-cache')];
    };
    await fileOf();
    expect(await fileOf()).toEqual([200, [], 'Hit from cloudfront']);
    // If the player's page has already requested the file, the file is in the cache. The app then receives no request.
    expect(app.asked.length).toBeLessThan(2);
    const missing = await ask('/assets/none?v=1', { headers: { cookie: 'a=1', authorization: 'Bearer own' } });
    expect(missing.status).toBe(404);
    expect(app.asked.at(-1)).toMatchObject({ url: '/assets/none', headers: expect.not.objectContaining({ cookie: expect.anything() }) });
    expect((await ask('/assets/none', { method: 'POST' })).status).toBe(403);
  });
});
