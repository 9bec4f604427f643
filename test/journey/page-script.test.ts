import { createHash, randomBytes } from 'crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PATIENCE_MS, StackProcess, stopAll, until } from './stack';
import { launchBrowser, Tab } from './tab';
import { SignIn } from '../../local/client';

jest.setTimeout(PATIENCE_MS);

/** The total size of these cookies exceeds CloudFront's limit for headers. CloudFront's own error response does not have the API's headers. */
const FLOOD = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, 'x'.repeat(4000)]);

/** An attacker's script runs in a page of the service's origin (cross-site scripting). The user has a session at the sign-in pages. */
describe('a script on the service\'s own origin', () => {
  let stack: StackProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    stack = await StackProcess.start();
    browser = await launchBrowser();
    context = await browser.newContext();
    const tab = await Tab.open(context, stack.facts);
    await tab.signIn();
    ({ page } = tab);
    // The test opens the style sheet as a page. The response has no Content-Security-Policy header, so the attacker's script can run in this page. Only the
    // headers of the API's responses protect the sign-in from the script.
    await page.goto(`${stack.facts.origin}/style.css`);
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  async function popUp(address: string): Promise<Page> {
    const opened = context.waitForEvent('page');
    await page.evaluate((url) => void Object.assign(window, { popup: window.open(url) }), address);
    const popup = await opened;
    await popup.waitForURL(/\/api\/authorize\?/);
    return popup;
  }

  function readPopup(): Promise<string> {
    return page.evaluate(() => {
      try {
        const { location, document } = (window as unknown as { popup: Window }).popup;
        return `${location.href} ${document.documentElement.textContent}`;
      } catch (error) {
        return (error as Error).name;
      }
    });
  }

  function fetchCallback(address: string): Promise<[status: number, body: string]> {
    return page.evaluate(async (url) => {
      const answer = await fetch(url);
      return [answer.status, await answer.text()];
    }, address);
  }

  async function frameCallback(address: string): Promise<[status: number, text: string | undefined]> {
    const answered = page.waitForResponse((response) => response.url() === address);
    const frame = await page.evaluateHandle((src) => {
      const element = document.createElement('iframe');
      document.documentElement.append(Object.assign(element, { src }));
      return element;
    }, address);
    const answer = await answered;
    await answer.finished();
    const text = await frame.evaluate(({ contentDocument }) => contentDocument?.documentElement.textContent ?? undefined);
    await frame.evaluate((element) => element.remove());
    return [answer.status(), text];
  }

  const setCookies = (cookies: string[]) => page.evaluate((lines) => lines.forEach((line) => { document.cookie = line; }), cookies);

  it('can read neither the tokens in a popup nor the URL of the popup', async () => {
    const popup = await popUp('/api/login');
    expect(await popup.textContent('body')).toContain('refresh_token');
    expect(await readPopup()).toBe('SecurityError');
    await popup.close();
  });

  it('gets no code from a failed callback, and no tokens with its own state and PKCE pair', async () => {
    const { location } = await SignIn.begin(stack.facts);
    const [state, nonce, verifier] = [randomBytes(32), randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64url'));
    location.searchParams.set('state', state);
    location.searchParams.set('nonce', nonce);
    location.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
    const popup = await popUp(location.href);
    expect(new URL(popup.url()).searchParams.get('code')).toBeTruthy();
    expect(await readPopup()).toBe('SecurityError');

    // An attacker with a stolen authorization code also needs the sign-in cookie, and cannot create it without the server's key.
    const expiresAt = Math.floor(Date.now() / 1000) + 500;
    const pending = Buffer.from(JSON.stringify({ state, nonce, verifier, expiresAt })).toString('base64url');
    await setCookies([
      `__Secure-vod-sign-in-${state.slice(0, 12)}=${pending}; Path=/api/authorize; Secure`,
      `__Host-vod-sign-in-0=${verifier.slice(0, 22)}.${expiresAt}.; Path=/; Secure`, `__Host-vod-sign-in-1=${pending}; Path=/; Secure`,
    ]);
    expect(await fetchCallback(popup.url())).toEqual([400, expect.stringContaining('sign_in_failed')]);
    const again = await popUp(popup.url());
    expect(await again.textContent('body')).toContain('sign_in_failed');
    await setCookies([0, 1].map((slot) => `__Host-vod-sign-in-${slot}=; Max-Age=0; Path=/; Secure`));
    await Promise.all([popup.close(), again.close()]);
  });

  it('gets no tokens with fetch or a frame if it makes CloudFront reject the callback and so reads code and state', async () => {
    await setCookies(FLOOD.map(([name, value]) => `${name}=${value}; Path=/api/authorize`));
    const popup = await popUp('/api/login');
    const callback = popup.url();
    expect(await readPopup()).toContain(callback);
    await setCookies(FLOOD.map(([name]) => `${name}=; Max-Age=0; Path=/api/authorize`));

    expect(await fetchCallback(callback)).toEqual([400, expect.stringContaining('sign_in_failed')]);
    const loaded = await page.evaluate((url) => new Promise<string>((resolve) => {
      const asked = new XMLHttpRequest();
      asked.open('GET', url);
      asked.onload = () => resolve(`${asked.status} ${asked.responseText}`);
      asked.send();
    }), callback);
    expect(loaded).toMatch(/^400 .*sign_in_failed/);
    expect(await frameCallback(callback)).toEqual([400, undefined]);
    // The user can still finish the sign-in, and the script cannot read the result of the sign-in.
    const finished = await popUp(callback);
    expect(await finished.textContent('body')).toContain('refresh_token');
    expect(await readPopup()).toBe('SecurityError');
    await Promise.all([popup.close(), finished.close()]);
  });

  it('starts no sign-in with requests, frames or prefetched links', async () => {
    const other = await browser.newContext();
    const { page: bystander } = await Tab.open(other, stack.facts);
    await bystander.goto(`${stack.facts.origin}/style.css`);
    // Only DevTools events such as `Preload.prefetchStatusUpdated` report pages that Chromium loads ahead of time.
    const devTools = await other.newCDPSession(bystander);
    const ahead = new Set<string>();
    for (const kind of ['prefetch', 'prerender'] as const) {
      devTools.on(`Preload.${kind}StatusUpdated`, ({ key, status }) => {
        if (!['Pending', 'Running'].includes(status)) ahead.add(key.url.split('return_to=/')[1]);
      });
    }
    await devTools.send('Preload.enable');
    const answered = new Set<string>();
    other.on('response', (response) => answered.add(response.url().split('return_to=/')[1]));
    await bystander.evaluate(async () => {
      const add = (tag: string, properties: object) => document.documentElement.append(Object.assign(document.createElement(tag), properties));
      const speculate = (kind: string, url: string) => add('script', { type: 'speculationrules', textContent: JSON.stringify({ [kind]: [{ urls: [url], eagerness: 'immediate' }] }) });
      await Promise.all((['no-cors', 'cors', 'same-origin'] as const).map((mode) => fetch(`/api/login?return_to=/${mode}`, { mode, redirect: 'manual' })));
      for (const tag of ['iframe', 'embed', 'img']) add(tag, { src: `/api/login?return_to=/${tag}` });
      add('link', { rel: 'prefetch', href: '/api/login?return_to=/link' });
      for (const kind of ['prefetch', 'prerender']) speculate(kind, `/api/login?return_to=/${kind}`);
    });
    await until('Chromium has loaded both ahead of time', () => ahead.has('prefetch') && ahead.has('prerender'));
    const others = ['no-cors', 'cors', 'same-origin', 'iframe', 'embed', 'img', 'link'];
    await until('all other requests have a response', () => others.every((name) => answered.has(name)));
    expect(await other.cookies(stack.facts.api)).toEqual([]);
    await other.close();
  });

  it.each([
    [401, 'GET', '/streams', ''], [404, 'GET', '/nowhere', ''], [404, 'POST', '/authorize', ''], [413, 'POST', '/token', 'x'.repeat(10 * 1024 * 1024 + 1)],
  ])('receives the sandbox header in API Gateway\'s own responses: %d for %s %s', async (status, method, route, body) => {
    const answer = await fetch(`${stack.facts.api}${route}`, { method, ...(body && { body }) });
    expect([answer.status, answer.headers.get('content-security-policy')]).toEqual([status, 'default-src \'none\'; sandbox']);
  });

  it('cannot block the sign-in with forty popups that have the longest return_to', async () => {
    const { origin, api } = stack.facts;
    const other = await browser.newContext();
    const tab = await Tab.open(other, stack.facts);
    let answered = 0;
    other.on('response', (response) => { if (response.url().startsWith(`${api}/login`)) answered += 1; });
    await tab.page.evaluate((url) => { for (let time = 0; time < 40; time++) window.open(url); }, `/api/login?return_to=${encodeURIComponent(`${origin}/`.padEnd(512, 'x'))}`);
    await until('all popups have a response', () => answered === 40);
    await Promise.all(other.pages().filter((each) => each !== tab.page).map((each) => each.close()));
    const kept = (await other.cookies(`${api}/authorize`)).filter(({ name }) => name.includes('vod-sign-in'));
    expect(kept.length).toBeLessThanOrEqual(4);
    expect(kept.map(({ name, value }) => `${name}=${value}`).join('; ').length).toBeLessThanOrEqual(2958);
    await tab.signIn();
    await other.close();
  });
});
