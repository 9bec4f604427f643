import { readFileSync, statSync, writeFileSync } from 'fs';
import * as path from 'path';
import type { Browser, Page } from 'playwright-core';
import { partFiles } from './source-files';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { launchBrowser, Tab } from './tab';
import { makeClip, padClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

describe('the page in a browser', () => {
  let stack: StackProcess;
  let browser: Browser;

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'parts.fixture.ts') });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  const open = async () => Tab.open(await browser.newContext(), stack.facts);

  /** Records each value of the progress bar, because a local upload can finish before a test reads the bar. */
  async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
    const seen = await page.evaluateHandle(() => {
      const bar = document.querySelector<HTMLProgressElement>('#upload-progress')!;
      const values: number[] = [];
      new MutationObserver(() => { if (bar.checkVisibility()) values.push(bar.value); }).observe(bar, { attributes: true });
      return values;
    });
    return () => seen.jsonValue();
  }

  it('signs in, uploads, plays and signs out', async () => {
    const { origin } = stack.facts;
    const clip = makeClip(path.join(temporaryFolder(), 'clip.mp4'), 8);
    const tab = await open();
    const { page, requests, complaints } = tab;
    await tab.signIn();
    // The URL contains no authorization code and no state.
    expect(page.url()).toBe(`${origin}/`);

    // After a reload, the refresh cookie continues the session without a sign-in.
    await page.reload();
    await page.getByText('Nothing yet: upload your first video.').waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).isVisible()).toBe(false);

    const progress = await watchProgress(page);
    await page.locator('#file').setInputFiles(clip);
    await page.getByLabel('Title').fill('A test card');
    await page.getByRole('button', { name: 'Upload' }).click();
    const own = page.locator('#own li').filter({ hasText: 'A test card' });
    await page.locator('#own :is([data-status=uploaded], [data-status=processing], [data-status=ready])').waitFor();
    expect(await own.count()).toBe(1);
    expect((await progress()).at(-1)).toBe(100);
    expect(await page.locator('#upload-progress').isVisible()).toBe(false);

    await page.locator('#own [data-status=ready]').waitFor();
    expect(await own.locator('.about').textContent()).toMatch(/^0:08 · 640×360 · /);
    const session = page.waitForResponse((response) => response.url().endsWith('/playback'));
    await own.getByRole('button', { name: 'Play' }).click();
    const currentTime = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 1);
    const before = await currentTime();
    await page.waitForFunction((time) => document.querySelector('video')!.currentTime > time, before);
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => [video.error, video.videoWidth > 0])).toEqual([null, true]);

    const media = requests.map((request) => new URL(request.url())).filter(({ pathname }) => /^\/v\/|\.(m3u8|m4s|mp4|cmf[va]|ts)$/.test(pathname));
    expect(media.length).toBeGreaterThan(4);
    expect([...new Set(media.map((url) => url.origin))]).toEqual([origin]);
    const elsewhere = requests.filter((request) => request.url().startsWith('http') && new URL(request.url()).origin !== origin);
    expect(elsewhere.filter((request) => request.resourceType() !== 'document').map((request) => request.method())).toEqual(['PUT']);
    const upload = elsewhere.find((request) => request.method() === 'PUT')!;
    expect((await upload.allHeaders())['content-length']).toBe(String(statSync(clip).size));

    const { hls } = await (await session).json();
    expect((await page.context().request.get(hls)).status()).toBe(200);
    expect((await fetch(hls)).status).toBe(403);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(page.url()).toBe(`${origin}/`);
    // The page had played the video before the sign-out, so the sign-out deleted the playback cookies.
    expect((await page.context().request.get(hls)).status()).toBe(403);
    const ofTheSignedIn = page.locator('#sign-out, #player, #upload, #own');
    expect(await ofTheSignedIn.evaluateAll((elements) => elements.map((element) => element.checkVisibility()))).toEqual([false, false, false, false]);
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    // Sign-out also ended the session at the sign-in pages, so the sign-in form appears.
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();

    // The browser console logs the 401 and 400 responses that a page without a session receives.
    const unexpected = complaints.filter((line) => !(/status of 40[01] /.test(line) && line.endsWith(`${origin}/api/token`)));
    expect(unexpected).toEqual([]);
    expect(complaints).toHaveLength(3);
    expect(stack.output).not.toContain('access denied');
    await page.context().close();
  });

  /** Creates a playable file that the page uploads in two parts. */
  function makeLargeClip(): string {
    const file = path.join(temporaryFolder(), 'large.mp4');
    writeFileSync(file, padClip(readFileSync(makeClip(file, 4)), 20 * 1024 ** 2));
    return file;
  }

  async function startLargeUpload(page: Page, title: string): Promise<void> {
    await page.locator('#file').setInputFiles(makeLargeClip());
    await page.getByLabel('Title').fill(title);
    await page.getByRole('button', { name: 'Upload' }).click();
  }

  it('uploads a large file in parts, repeats a part after a lost connection, and plays the video', async () => {
    const tab = await open();
    const { page, requests, answers } = tab;
    await tab.signIn();
    await page.route(/[?&]partNumber=2&/, (route) => route.abort('connectionreset'), { times: 1 });
    const progress = await watchProgress(page);
    await startLargeUpload(page, 'In parts');
    const own = page.locator('#own li').filter({ hasText: 'In parts' });
    await page.locator('#own [data-status=ready]').filter({ hasText: 'In parts' }).waitFor();
    const puts = requests.filter((request) => request.method() === 'PUT').map((request) => new URL(request.url()).searchParams.get('partNumber'));
    expect(puts).toEqual(['1', '2', '2']);
    expect(answers.filter(({ route }) => route.endsWith('/complete')).map(({ status }) => status)).toEqual([200]);
    const seen = await progress();
    expect(seen.at(-1)).toBe(100);
    expect(seen.some((percent) => percent > 0 && percent < 100)).toBe(true);
    expect(await tab.message()).toBe('');

    await own.getByRole('button', { name: 'Play' }).click();
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 1);
    await page.context().close();
  });

  it('removes a cancelled upload', async () => {
    const tab = await open();
    const { page, answers } = tab;
    await tab.signIn();
    // S3 never answers the second part.
    await page.route(/[?&]partNumber=2&/, () => undefined);
    const second = page.waitForRequest(/[?&]partNumber=2&/);
    await startLargeUpload(page, 'Cancelled');
    await second;
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#upload-state').waitFor({ state: 'hidden' });
    expect(answers.filter(({ route, status }) => route.startsWith('/upload/') && status === 204)).toHaveLength(1);
    expect(partFiles(stack.data)).toEqual([]);
    expect(await page.locator('#own li').filter({ hasText: 'Cancelled' }).count()).toBe(0);
    expect(await tab.message()).toBe('');
    expect(await page.getByRole('button', { name: 'Upload' }).isEnabled()).toBe(true);
    await page.context().close();
  });

  it('shows why a sign-in failed, and then accepts the right password', async () => {
    const { page } = await open();
    await page.getByRole('link', { name: 'Sign in' }).click();
    const [{ username, password }] = stack.facts.users;
    for (const typed of [`${password}!`, password]) {
      await page.locator('[name=username]').fill(username);
      await page.locator('[name=password]').fill(typed);
      await page.getByRole('button', { name: 'Sign in' }).click();
      if (typed !== password) await page.getByText('Incorrect username or password.').waitFor();
    }
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });

  it('continues if its token expired before the renewal, as after a sleep of the machine', async () => {
    const tab = await open();
    const { page, requests } = tab;
    await tab.signIn();
    const renewals = () => requests.filter((request) => request.url().endsWith('/api/token')).length;
    const before = renewals();
    const refused = { status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in","detail":"over"}' };
    await page.route('**/api/streams?owner=me*', (route) => route.fulfill(refused), { times: 1 });
    await page.reload();
    await page.locator('#own li').first().waitFor();
    expect(await tab.message()).toBe('');
    // The page renews its token once when it opens, and once when the token has expired.
    expect(renewals() - before).toBe(2);
    await page.context().close();
  });

  it('explains missing permissions and rejected uploads', async () => {
    const tab = await open();
    const { page } = tab;
    await tab.signIn();
    const problem = (status: number, code: string) =>
      ({ status, contentType: 'application/problem+json', body: JSON.stringify({ status, code, detail: 'as machines say it' }) });
    await page.route('**/api/streams?limit=50', (route) => route.fulfill(problem(403, 'wrong_role')));
    await page.route('**/api/upload', (route) => route.fulfill(problem(403, 'wrong_role')));
    await page.reload();
    await page.locator('#published').getByText(/^You can watch only your own videos/).waitFor();
    await page.locator('#own li').first().waitFor();
    expect(await tab.message()).toBe('');

    const upload = async (buffer: Buffer) => {
      await page.locator('#file').setInputFiles({ name: 'clip.mp4', mimeType: 'video/mp4', buffer });
      await page.getByRole('button', { name: 'Upload' }).click();
    };
    await upload(Buffer.from('a video'));
    await page.getByText(/^You are not allowed to upload videos/).waitFor();
    // An automatic reload of the lists does not replace the message about the user's action.
    await tab.wake();
    expect(await tab.message()).toMatch(/^You are not allowed to upload videos/);

    await upload(Buffer.alloc(0));
    await page.getByText('This file is empty.').waitFor();
    for (const [status, code, words] of [
      [415, 'type_not_allowed', /^Files of this kind can't be uploaded here/], [429, 'limit_reached', /^A limit is reached: as machines say it\.$/],
      [400, 'a_code_of_tomorrow', /^as machines say it$/], [500, 'internal', /as machines say it\.$/],
    ] as const) {
      await page.route('**/api/upload', (route) => route.fulfill(problem(status, code)));
      await upload(Buffer.from('a video'));
      await page.getByText(words).waitFor();
    }
    await page.route('**/api/upload', (route) => route.abort());
    await upload(Buffer.from('a video'));
    await page.getByText(/^The service can't be reached/).waitFor();
    await tab.isSignedIn();
    await page.context().close();
  });

  it('removes the message about an unavailable service after a successful retry', async () => {
    const tab = await open();
    const { page } = tab;
    await tab.signIn();
    await page.locator('#own li').first().waitFor();
    await page.route('**/api/token', (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Sorry</h1>' }), { times: 2 });
    await page.route('**/api/streams?*', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"code":"not_signed_in"}' }), { times: 1 });
    await tab.wake();
    await page.getByText(/503/).waitFor();
    await tab.isSignedIn();
    await page.locator('#message:empty').waitFor({ state: 'attached' });
    await page.context().close();
  });

  it('reports an expired playback session and keeps the message while the lists still work', async () => {
    const tab = await open();
    const { page } = tab;
    await tab.signIn();
    await page.clock.install();
    const video = { videoId: 'a-video', title: 'A test card', status: 'ready', publishedAt: '2026-01-01T00:00:00.000Z' };
    let listed = 0;
    await page.route('**/api/streams?*', async (route) => {
      await route.fulfill({ json: { items: [video] } });
      listed++;
    });
    // The test needs only the session, so no player is loaded.
    await page.route('**/hls.min.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    const asked: boolean[] = [];
    let isUp = true;
    await page.route('**/playback', async (route) => {
      asked.push(isUp);
      const expiresAt = new Date(await page.evaluate(() => Date.now()) + 300_000).toISOString();
      await (isUp ? route.fulfill({ json: { hls: '/v/none.m3u8', expiresAt } }) : route.abort());
    });
    const listsAgain = async () => {
      const before = listed;
      // The page schedules a request for the list only after the previous request, so the clock may have to advance more than once.
      await until('the page lists again', async () => {
        await page.clock.fastForward(60_000);
        return listed > before;
      });
    };
    const complaint = page.getByText(/^The service can't be reached/);
    await page.reload();
    await page.locator('#own').getByRole('button', { name: 'Play' }).click();
    await page.locator('#player').waitFor();

    isUp = false;
    await page.clock.fastForward(360_000);
    await complaint.waitFor();
    await listsAgain();
    await listsAgain();
    expect(await complaint.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await tab.message()).toBe('');
    expect(asked).toEqual([true, false]);
    await page.context().close();
  });

  it('runs no script and reaches no host that its Content-Security-Policy does not allow', async () => {
    const { page, complaints } = await open();
    const outcome = await page.evaluate(async (api) => {
      const ran: string[] = [];
      Object.assign(window, { ran });
      const add = (tag: string, properties: object, attributes: Record<string, string> = {}) => {
        const element = Object.assign(document.createElement(tag), properties);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        document.body.append(element);
        return element;
      };
      add('script', { textContent: 'ran.push("inline script")' });
      add('script', { src: 'data:text/javascript,ran.push("data script")' });
      add('img', { src: 'data:,' }, { onerror: 'ran.push("event handler")' });
      add('a', { href: 'javascript:ran.push("javascript address")' }).click();
      add('iframe', { srcdoc: '<script>parent.ran.push("frame")</script>' });
      add('iframe', { src: `${api}/openapi.json` });
      add('object', { data: `${api}/openapi.json` });
      add('base', { href: 'https://evil.example/' });
      const reached = await fetch('https://evil.example/').then(() => 'reached', () => 'refused');
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { ran, reached, base: document.baseURI };
    }, stack.facts.api);
    expect(outcome).toEqual({ ran: [], reached: 'refused', base: `${stack.facts.origin}/` });
    const violated = () => [...new Set(complaints.flatMap((line) => /^policy violated: (\S+)/.exec(line)?.[1] ?? []))].sort();
    const expected = ['base-uri', 'connect-src', 'frame-src', 'object-src', 'script-src-attr', 'script-src-elem'];
    await until('each violation was reported', async () => {
      // Chromium loads an <object> only after layout, which a busy machine can delay.
      await page.evaluate(() => document.body.offsetHeight);
      return violated().length >= expected.length;
    }).catch(() => undefined);
    expect(violated()).toEqual(expected);
    await page.context().close();
  });

  it('receives problem+json from the API without a token', async () => {
    const response = await fetch(`${stack.facts.api}/streams`);
    expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ status: 401, code: 'not_signed_in' });
  });
});
