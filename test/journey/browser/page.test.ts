import { statSync } from 'fs';
import * as path from 'path';
import { own, serveSite } from './fixture';
import { makeClip } from '../../../local/clip';
import { PATIENCE_MS, temporaryFolder, until } from '../stack';

jest.setTimeout(PATIENCE_MS);

describe('the page in a browser', () => {
  const site = serveSite();

  it('signs in, uploads, plays and signs out', async () => {
    const { origin } = site.stack.facts;
    const clip = makeClip(path.join(temporaryFolder(), 'clip.mp4'), 8);
    const tab = await site.open();
    const { page, requests, complaints } = tab;
    await tab.signIn();
    // The URL contains no authorization code and no state.
    expect(page.url()).toBe(`${origin}/`);

    // After a reload, the refresh cookie continues the session without a sign-in.
    await page.reload();
    await page.getByText('Nothing yet: upload your first video.').waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).isVisible()).toBe(false);

    await page.locator('#file').setInputFiles(clip);
    await page.getByLabel('Title').fill('A test card');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    const listed = own(page, 'A test card');
    await page.locator('#own :is([data-status=uploaded], [data-status=processing], [data-status=ready])').waitFor();
    expect(await listed.count()).toBe(1);

    await page.locator('#own [data-status=ready]').waitFor();
    const announcements = await page.locator('#announcements p').allTextContents();
    expect(announcements.at(-1)).toBe('A test card is ready.');
    expect(announcements).toContain('A test card is uploaded.');
    expect(await listed.locator('.about').textContent()).toMatch(/^0:08 · 640×360 · /);
    const session = page.waitForResponse((response) => response.url().endsWith('/playback'));
    await listed.getByRole('link', { name: 'Play' }).click();
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
    expect(await page.locator('#sign-out, #player, #upload, #own').count()).toBe(0);
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    // Sign-out also ended the session at the sign-in pages, so the sign-in form appears.
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();

    // The browser console logs the 401 and 400 responses that a page without a session receives.
    const unexpected = complaints.filter((line) => !(/status of 40[01] /.test(line) && line.endsWith(`${origin}/api/token`)));
    expect(unexpected).toEqual([]);
    expect(complaints).toHaveLength(3);
    expect(site.stack.output).not.toContain('access denied');
    await page.context().close();
  });

  it('opens a video by its address, after a reload, and with the buttons back and forward', async () => {
    const { origin } = site.stack.facts;
    const tab = await site.open();
    const { page } = tab;
    const plays = () => page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2);
    await tab.signIn();
    const address = `${origin}${await page.locator('#own [data-status=ready] a').first().getAttribute('href')}`;
    expect(address).toMatch(/\/watch\/[\w-]{36}$/);
    await page.locator('#own').getByRole('link', { name: 'Play A test card' }).click();
    await plays();
    expect([page.url(), await page.title()]).toEqual([address, 'A test card – Videos']);
    await page.reload();
    await plays();
    await page.goBack();
    await page.locator('#player').waitFor({ state: 'hidden' });
    expect(page.url()).toBe(`${origin}/`);
    await page.goForward();
    await plays();
    await page.goto(`${origin}/watch/00000000-0000-7000-8000-000000000000`);
    await page.getByText('This video is gone, or its owner keeps it private.').waitFor();
    expect(await page.locator('#player').isVisible()).toBe(false);

    await page.context().close();
  });

  it('returns to the video after a sign-in, and lets the user start a video whose autoplay the browser blocks', async () => {
    const owner = await site.openSignedIn();
    const address = `${site.stack.facts.origin}${await owner.page.locator('#own [data-status=ready] a').first().getAttribute('href')}`;
    await owner.page.context().close();
    const tab = await site.open();
    const { page, complaints } = tab;
    // Browsers block autoplay after a sign-in on another site, because the user has not interacted with the page.
    await page.addInitScript(() => {
      HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('autoplay is blocked', 'NotAllowedError'));
    });
    await page.goto(address);
    await tab.signIn();
    expect(page.url()).toBe(address);
    await page.waitForFunction(() => document.querySelector('video')?.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA);
    await page.waitForFunction(() => document.activeElement?.id === 'video');
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => [video.paused, video.currentTime])).toEqual([true, 0]);
    expect([await tab.message(), complaints.filter((line) => line.includes('autoplay'))]).toEqual(['', []]);
    await page.keyboard.press('Space');
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.2);
    await page.context().close();
  });

  it('returns a page with the status 404 for unknown paths', async () => {
    const { page, complaints } = await site.open();
    for (const unknown of ['/nowhere', '/watch', '/watch/a/b', '/watch/%2e', '/index.htm', '/app.js/']) {
      const response = await page.goto(`${site.stack.facts.origin}${unknown}`);
      expect([unknown, response!.status(), await page.getByRole('heading', { level: 2 }).textContent()]).toEqual([unknown, 404, 'This page does not exist']);
    }
    expect(complaints.filter((line) => line.includes('policy violated'))).toEqual([]);
    await page.getByRole('link', { name: 'Show all videos' }).click();
    expect(page.url()).toBe(`${site.stack.facts.origin}/`);
    expect((await fetch(`${site.stack.facts.origin}/nowhere.js`)).status).toBe(404);
    await page.context().close();
  });

  it('shows why a sign-in failed, and then accepts the right password', async () => {
    const { page } = await site.open();
    await page.getByRole('link', { name: 'Sign in' }).click();
    const [{ username, password }] = site.stack.facts.users;
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

  it('signs out at the service and at the sign-in pages although the first response is lost', async () => {
    const { page, ...tab } = await site.openSignedIn();
    const statuses: number[] = [];
    // The response with the deleted cookie goes to a different browser context.
    const elsewhere = await site.newContext();
    await page.route('**/token/revoke', async (route) => {
      await elsewhere.addCookies(await page.context().cookies());
      statuses.push((await elsewhere.request.fetch(route.request())).status());
      await route.abort('connectionreset');
    }, { times: 1 });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=password]').waitFor();
    expect(statuses).toEqual([200]);
    expect(tab.answers.filter(({ route }) => route === '/token/revoke').map(({ status }) => status)).toEqual([200]);
    for (const context of [elsewhere, page.context()]) await context.close();
  });

  it('renews its token once if the API refuses the token before the renewal', async () => {
    const tab = await site.open();
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

  it('runs no script and reaches no host that its Content-Security-Policy does not allow', async () => {
    const { page, complaints } = await site.open();
    const outcome = await page.evaluate(async ({ api, awsEndpoint }) => {
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
      // The last URL belongs to the server of the upload bucket, but to another bucket.
      const urls = ['https://evil.example/', 'https://other.s3.us-east-1.amazonaws.com/', 'http://127.0.0.1:1/', `${awsEndpoint}/other/key`];
      const reached = await Promise.all(urls.map((url) => fetch(url, { mode: 'no-cors' }).then(() => 'reached', () => 'refused')));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { ran, reached, base: document.baseURI };
    }, site.stack.facts);
    expect(outcome).toEqual({ ran: [], reached: ['refused', 'refused', 'refused', 'refused'], base: `${site.stack.facts.origin}/` });
    const reached = complaints.flatMap((line) => /^policy violated: connect-src (\S+)/.exec(line)?.[1] ?? []);
    expect(reached).toEqual(expect.arrayContaining(['https://other.s3.us-east-1.amazonaws.com/', 'http://127.0.0.1:1/', `${site.stack.facts.awsEndpoint}/other/key`]));
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
    const response = await fetch(`${site.stack.facts.api}/streams`);
    expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ status: 401, code: 'not_signed_in' });
  });
});
