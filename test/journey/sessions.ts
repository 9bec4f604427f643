import type { Browser, BrowserContext, Route } from 'playwright-core';
import { PATIENCE_MS, StackProcess, stopAll, until } from './stack';
import { launchBrowser, LISTS, Tab } from './tab';

jest.setTimeout(PATIENCE_MS);

/** Divides token lifetimes, so that one hour becomes five seconds. */
const DIVISOR = 720;
const REFUSED = { status: 400, contentType: 'application/problem+json', body: '{"status":400,"code":"invalid_grant","detail":"over"}' };

function claimsOf(idToken: string): { readonly sub: string; readonly iat: number; readonly exp: number } {
  return JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url').toString());
}

function tokensOf(tab: Tab): string[] {
  return [...new Set(tab.answers.flatMap(({ token }) => token ?? []))];
}

function isExpired(idToken: string): boolean {
  return claimsOf(idToken).exp * 1000 < Date.now();
}

interface Session { readonly context: BrowserContext; readonly tabs: readonly [Tab, Tab] }

/** With `rotates`, each renewal of the tokens returns a new refresh token. */
export function testSessions({ app, rotates }: { readonly app?: string; readonly rotates: boolean }): void {
  let browser: Browser;
  let stack: StackProcess;

  beforeAll(async () => {
    stack = await StackProcess.start({ app, divideLifetimes: DIVISOR });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  async function signIn(context: BrowserContext): Promise<Session> {
    const first = await Tab.open(context, stack.facts);
    await first.signIn();
    const second = await Tab.open(context, stack.facts);
    await second.isSignedIn();
    const tabs = [first, second] as const;
    for (const tab of tabs) await tab.page.locator('#own li').first().waitFor();
    // Clears the records, which contain responses with the status 401 from the time before the sign-in.
    for (const { answers, requests } of tabs) answers.length = requests.length = 0;
    return { context, tabs };
  }

  let lastSignIn: Promise<unknown> = Promise.resolve();

  /**
   * The tests run concurrently, because they mostly wait for tokens to expire. The sign-ins run sequentially, because an authorization code expires after five
   * seconds.
   */
  const withSession = (work: (session: Session) => Promise<void>) => async () => {
    const context = await browser.newContext();
    try {
      const signedIn = lastSignIn.catch(() => undefined).then(() => signIn(context));
      lastSignIn = signedIn;
      await work(await signedIn);
    } finally {
      await context.close();
    }
  };

  async function refreshToken(of: BrowserContext): Promise<string | undefined> {
    const cookies = await of.cookies(`${stack.facts.api}/token`);
    return cookies.find(({ name }) => name.endsWith('vod-refresh'))?.value;
  }

  async function expectUndisturbed(tabs: readonly Tab[]): Promise<void> {
    for (const tab of tabs) {
      await tab.isSignedIn();
      expect(tab.answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await tab.message()).toBe('');
      expect(await tab.page.locator('#welcome').isVisible()).toBe(false);
    }
  }

  it.concurrent('stays signed in across the expiries of its tokens', withSession(async ({ context, tabs }) => {
    const before = await refreshToken(context);
    const overOf = (tab: Tab) => tokensOf(tab).filter(isExpired);
    await until('four tokens of each tab have expired', async () => {
      await Promise.all(tabs.map(async (tab) => {
        await tab.renews();
        await tab.wake();
      }));
      return tabs.every((tab) => overOf(tab).length >= 4);
    });
    await expectUndisturbed(tabs);
    for (const tab of tabs) {
      const [first, ...others] = tokensOf(tab).map(claimsOf);
      expect(first.exp - first.iat).toBe(3600 / DIVISOR);
      expect([...new Set(others.map(({ sub }) => sub))]).toEqual([first.sub]);
    }
    expect(await refreshToken(context) !== before).toBe(rotates);
  }));

  it.concurrent('renews in one tab after the other if both start at the same time', withSession(async ({ context, tabs }) => {
    const held: Route[] = [];
    let isHeld = true;
    await context.route('**/api/token', (route) => (isHeld ? void held.push(route) : route.continue()));
    await until('one tab renews and the other one waits for the lock', async () => {
      const { pending } = await tabs[0].page.evaluate(() => navigator.locks.query());
      return held.length > 0 && pending!.some(({ name }) => name === 'vod-session');
    });
    expect(held).toHaveLength(1);

    isHeld = false;
    const renewed = Promise.all(tabs.map((tab) => tab.renews()));
    await held[0].continue();
    await renewed;
    // With rotation, each renewal used a different refresh token. Without rotation, all renewals used the same token.
    const renewals = tabs.flatMap(({ requests }) => requests.filter((request) => request.url().endsWith('/api/token')));
    const cookies = await Promise.all(renewals.map(async (request) => (await request.allHeaders()).cookie));
    expect(new Set(cookies).size).toBe(rotates ? cookies.length : 1);
    expect(cookies.length).toBeGreaterThan(1);
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
  }));

  it.concurrent('retries a rejected renewal once, because another tab may have received a newer refresh token', withSession(async ({ tabs }) => {
    const [tab] = tabs;
    await tab.page.route('**/api/token', (route) => route.fulfill(REFUSED), { times: 1 });
    await until('one renewal is rejected and the next one succeeds', () => /400,200/.test(tab.renewals().map(({ status }) => status).join()));
    await tab.wake();
    await tab.isSignedIn();
    expect(await tab.message()).toBe('');
    expect(tab.answers.filter(({ status }) => status !== 200)).toHaveLength(1);
  }));

  it.concurrent.each([
    { how: 'is interrupted', lose: (route: Route) => route.abort('connectionreset') },
    { how: 'never arrives', lose: async () => undefined },
  ])('retries immediately if the response to a renewal $how', ({ lose }) => withSession(async ({ context, tabs }) => {
    // The response with the new cookie goes to a different browser context, so `context` keeps the old cookie.
    const elsewhere = await browser.newContext();
    const said = await Promise.all(tabs.map((tab) => tab.watchMessages()));
    const lost: { status: number; sent?: string; received?: string; kept?: string }[] = [];
    await context.route('**/api/token', async (route) => {
      await elsewhere.addCookies(await context.cookies());
      const sent = await refreshToken(elsewhere);
      const answer = await elsewhere.request.fetch(route.request());
      lost.push({ status: answer.status(), sent, received: await refreshToken(elsewhere), kept: await refreshToken(context) });
      await lose(route);
    }, { times: 1 });
    await until('a response is lost', () => lost.length > 0);
    const [{ status, sent, received, kept }] = lost;
    expect([status, received !== sent, kept]).toEqual([200, rotates, sent]);
    await Promise.all(tabs.map((tab) => tab.renews()));
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
    expect(await Promise.all(said.map((texts) => texts()))).toEqual([[], []]);
    expect(await refreshToken(context) !== sent).toBe(rotates);
    await elsewhere.close();
  })());

  it.concurrent('shows a message while the service is unreachable, and removes it after a successful renewal', withSession(async ({ tabs }) => {
    const [{ page }] = tabs;
    await page.route('**/api/token', (route) => route.abort(), { times: 2 });
    await page.getByText(/^The service can't be reached/).waitFor();
    await page.locator('#message:empty').waitFor({ state: 'attached' });
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
  }));

  it.concurrent('renews before other requests when a tab wakes up', withSession(async ({ tabs }) => {
    const [tab] = tabs;
    await tab.sleep();
    await tab.wake();
    const idToken = tokensOf(tab).at(-1)!;
    await until('its token has expired', () => isExpired(idToken));
    tab.answers.length = 0;
    await tab.wake();
    expect(tab.answers.map(({ route, status }) => `${route.split('?')[0]} ${status}`)).toEqual(['/token 200', ...Array(LISTS).fill('/streams 200')]);
    expect(await tab.message()).toBe('');
  }));

  it.concurrent('reloads the other tabs if another user signs in', withSession(async ({ context, tabs }) => {
    const [ada, grace] = stack.facts.users;
    const [first, second] = tabs;
    await first.wake();
    const before = tokensOf(first).at(-1)!;
    // Without timers, only the second tab can cause a reload of the first tab.
    await first.sleep();
    const loaded = first.page.waitForEvent('load');
    await context.clearCookies();
    await second.page.reload();
    await second.signIn(grace);
    await loaded;
    await first.isSignedIn();
    await first.wake();
    await second.wake();
    const [now, other] = tabs.map((tab) => claimsOf(tokensOf(tab).at(-1)!).sub);
    expect(now).toBe(other);
    expect(now).not.toBe(claimsOf(before).sub);
    expect(ada.username).not.toBe(grace.username);
  }));

  it.concurrent('ends in every tab after a sign-out in one tab', withSession(async ({ context, tabs }) => {
    const [first, second] = tabs;
    await second.page.locator('#file').setInputFiles({ name: 'private.mp4', mimeType: 'video/mp4', buffer: Buffer.from('a video') });
    await second.page.getByLabel('Title of private.mp4').fill('Half a title');
    // `sleep` stops the timers of the second tab. Then only the first tab can cause the sign-out in the second tab.
    await second.sleep();
    const renewals = second.renewals().length;
    const kept = await refreshToken(context);
    expect(kept).toMatch(/.{20}/);
    await first.page.getByRole('button', { name: 'Sign out' }).click();
    await second.isSignedOut();
    expect(second.renewals()).toHaveLength(renewals);
    expect(await second.page.locator('#sign-out, #player, #upload, #lists').count()).toBe(0);
    expect(await second.page.content()).not.toContain('private.mp4');
    expect(await second.message()).toBe('');
    await first.isSignedOut();
    await first.page.waitForURL(`${stack.facts.origin}/`);

    for (const tab of tabs) {
      expect(await tab.page.evaluate(async () => (await fetch('/api/token', { method: 'POST' })).status)).toBe(401);
      await tab.page.reload();
      await tab.isSignedOut();
    }
    expect(await refreshToken(context)).toBeUndefined();
    const body = JSON.stringify({ refresh_token: decodeURIComponent(kept!) });
    const refused = await fetch(`${stack.facts.api}/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ code: 'invalid_grant' })]);
  }));
}
