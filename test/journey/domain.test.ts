import * as path from 'path';
import type { Browser } from 'playwright-core';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import { launchBrowser, Tab } from './tab';
import { makeClip } from '../../local/clip';
import { resolveLocalhostNames } from '../../local/localhost-names';

jest.setTimeout(PATIENCE_MS);

/** The local stack serves `videos.example.com` and `www.example.com` as `http://NAME.localhost:PORT`, without TLS. */
describe('a custom domain', () => {
  let stack: StackProcess;
  let browser: Browser;

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'domain.fixture.ts') });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  const port = () => new URL(stack.facts.origin).port;
  const at = (name: string) => `http://${name}.localhost:${port()}`;

  it('serves sign-in, upload, playback and sign-out', async () => {
    const { origin, outputs } = stack.facts;
    expect([origin, outputs.Url]).toEqual([at('videos.example.com'), at('videos.example.com')]);
    const tab = await Tab.open(await browser.newContext(), stack.facts);
    const { page, requests } = tab;
    await tab.signIn();
    expect(page.url()).toBe(`${origin}/`);

    await page.locator('#file').setInputFiles(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 2));
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.locator('#own [data-status=ready]').waitFor();
    const session = page.waitForResponse((response) => response.url().endsWith('/playback'));
    await page.locator('#own').getByRole('link', { name: 'Play' }).click();
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.5);
    const { hls } = await (await session).json();
    expect(hls).toMatch(`${origin}/v/`);
    const elsewhere = requests.filter((request) => request.resourceType() !== 'document' && /^http/.test(request.url()) && new URL(request.url()).origin !== origin);
    expect(elsewhere.map((request) => request.method())).toEqual(['PUT']);

    // The domain of a cookie with a Domain attribute would start with a dot.
    const ofTheService = (await page.context().cookies()).filter(({ name }) => /vod|CloudFront/.test(name));
    expect(ofTheService.map(({ name }) => name).sort()).toEqual(
      ['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id', 'CloudFront-Policy', 'CloudFront-Signature', '__Secure-vod-refresh'],
    );
    for (const cookie of ofTheService) expect(cookie).toMatchObject({ domain: 'videos.example.com.localhost', secure: true, httpOnly: true });

    await page.getByRole('button', { name: 'Sign out' }).click();
    await tab.isSignedOut();
    expect(page.url()).toBe(`${origin}/`);
    await page.context().close();
  });

  it('stores a pending sign-in in a cookie that no other host can set', async () => {
    const { page } = await Tab.open(await browser.newContext(), stack.facts);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();
    expect(await page.context().cookies(stack.facts.origin)).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^__Host-vod-sign-in-/), domain: 'videos.example.com.localhost', path: '/', secure: true }),
    ]);
    await page.context().close();
  });

  it('redirects pages of other names to the first name, with path and query', async () => {
    const tab = await Tab.open(await browser.newContext(), { ...stack.facts, origin: `${at('www.example.com')}/?video=a%20b&video=c` });
    expect(tab.page.url()).toBe(`${stack.facts.origin}/?video=a%20b&video=c`);
    await tab.signIn();
    await tab.page.context().close();
    // The distribution also redirects requests that arrive at its cloudfront.net name. In the local stack, this name is `localhost`.
    const { status, headers } = await fetch(`http://localhost:${port()}/`, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([307, `${stack.facts.origin}/`]);
  });

  it('serves the API at other names, but a sign-in there fails, because the callback at the first name has no cookie', async () => {
    const { page } = await Tab.open(await browser.newContext(), stack.facts);
    await page.goto(`${at('www.example.com')}/api/login?return_to=/`);
    const [{ username, password }] = stack.facts.users;
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(password);
    const callback = page.waitForResponse((response) => response.url().startsWith(`${stack.facts.api}/authorize`));
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect([(await callback).status(), await (await callback).text()]).toEqual([400, expect.stringContaining('sign_in_failed')]);
    await page.context().close();
  });

  it('returns 403 for an unknown name', async () => {
    resolveLocalhostNames();
    expect((await fetch(`${at('other.example.com')}/`)).status).toBe(403);
  });
});
