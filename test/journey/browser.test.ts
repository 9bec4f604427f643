import { statSync } from 'fs';
import * as path from 'path';
import { chromium, type Browser, type Page, type Request } from 'playwright-core';
import { makeClip, PATIENCE_MS, StackProcess, stopAll, temporaryFolder, WAIT_MS } from './stack';
import { ensure } from '../../local/system';

jest.setTimeout(PATIENCE_MS);

const ARGUMENTS = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

describe('the page in a browser', () => {
  let stack: StackProcess;
  let browser: Browser;

  beforeAll(async () => {
    // Chromium's own sandbox can't be had by root.
    const args = process.getuid?.() === 0 ? [...ARGUMENTS, '--no-sandbox'] : ARGUMENTS;
    const executablePath = ensure('chromium');
    stack = await StackProcess.start();
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  /** A page, with all that it asked for and complained of. */
  async function open(): Promise<{ page: Page; requests: Request[]; complaints: string[] }> {
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const requests: Request[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(stack.facts.origin);
    return { page, requests, complaints };
  }

  async function signIn(page: Page): Promise<void> {
    const [{ username, password }] = stack.facts.users;
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  /** Notes each state of the upload's progress bar, which on one machine may be over before it can be looked at. */
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
    const { page, requests, complaints } = await open();
    await signIn(page);
    // Nothing of the code or the state stays in the address.
    expect(page.url()).toBe(`${origin}/`);

    // Twice: a page that is opened anew finds its session by the cookie, and asks nobody to sign in.
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

    // All media came from the page's own origin, and nothing but the upload and the sign-in's pages from elsewhere.
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
    const ofTheSignedIn = page.locator('#sign-out, #player, #upload, #own');
    expect(await ofTheSignedIn.evaluateAll((elements) => elements.map((element) => element.checkVisibility()))).toEqual([false, false, false, false]);
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    // The sign-in's own session is over too: the form comes again.
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();

    // Whoever is not signed in is told so by 401 or 400, which the browser's console repeats.
    const unexpected = complaints.filter((line) => !(/status of 40[01] /.test(line) && line.endsWith(`${origin}/api/token`)));
    expect(unexpected).toEqual([]);
    expect(complaints).toHaveLength(3);
    expect(stack.output).not.toContain('access denied');
    await page.close();
  });

  it('tells why a sign-in failed, and takes the right password then', async () => {
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
    await page.close();
  });

  it('goes on when its token is over before it was renewed, as on a machine that slept', async () => {
    const { page, requests } = await open();
    await signIn(page);
    const renewals = () => requests.filter((request) => request.url().endsWith('/api/token')).length;
    const before = renewals();
    const refused = { status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in","detail":"over"}' };
    await page.route('**/api/streams?owner=me*', (route) => route.fulfill(refused), { times: 1 });
    await page.reload();
    await page.locator('#own li').first().waitFor();
    expect(await page.locator('#message').textContent()).toBe('');
    // Once as the page was opened, once for the token that was over.
    expect(renewals() - before).toBe(2);
    await page.close();
  });

  it('gets a problem from the API when it has no token', async () => {
    const response = await fetch(`${stack.facts.api}/streams`);
    expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ status: 401, code: 'not_signed_in' });
  });
});
