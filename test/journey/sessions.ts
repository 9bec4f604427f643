import type { Browser, BrowserContext, Route } from 'playwright-core';
import { PATIENCE_MS, StackProcess, stopAll, until } from './stack';
import { launchBrowser, Tab } from './tab';

jest.setTimeout(PATIENCE_MS);

/** An hour becomes five seconds. */
const DIVISOR = 720;
const REFUSED = { status: 400, contentType: 'application/problem+json', body: '{"status":400,"code":"invalid_grant","detail":"over"}' };

function claimsOf(idToken: string): { readonly sub: string; readonly iat: number; readonly exp: number } {
  return JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url').toString());
}

/** The id tokens that the tab has sent. */
function tokensOf(tab: Tab): string[] {
  return [...new Set(tab.answers.flatMap(({ token }) => token ?? []))];
}

function isOver(idToken: string): boolean {
  return claimsOf(idToken).exp * 1000 < Date.now();
}

/** A browser's own cookies, and two tabs that are signed in by them. */
interface Session { readonly context: BrowserContext; readonly tabs: readonly [Tab, Tab] }

/** A session of two tabs. `rotates`: each renewal brings a new refresh token. */
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
    // Whoever opened the page before the sign-in was told 401.
    for (const { answers, requests } of tabs) answers.length = requests.length = 0;
    return { context, tabs };
  }

  let lastSignIn: Promise<unknown> = Promise.resolve();

  /**
   * A test with a session of its own. The tests run concurrently, since most of their time they wait for tokens to end; the sign-ins run one after the
   * other, since a code lasts five seconds.
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

  /** Nobody was thrown out, nothing was refused, and no person has noticed anything. */
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
    const overOf = (tab: Tab) => tokensOf(tab).filter(isOver);
    await until('four tokens of each tab are over', async () => {
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

  it.concurrent('renews in one tab after the other when both want to at the same moment', withSession(async ({ context, tabs }) => {
    const held: Route[] = [];
    let isHeld = true;
    await context.route('**/api/token', (route) => (isHeld ? void held.push(route) : route.continue()));
    await until('one renews, and the other waits for its turn', async () => {
      const { pending } = await tabs[0].page.evaluate(() => navigator.locks.query());
      return held.length > 0 && pending!.some(({ name }) => name === 'vod-session');
    });
    expect(held).toHaveLength(1);

    isHeld = false;
    const renewed = Promise.all(tabs.map((tab) => tab.renews()));
    await held[0].continue();
    await renewed;
    // Where each renewal brings another refresh token, none was used twice.
    const renewals = tabs.flatMap(({ requests }) => requests.filter((request) => request.url().endsWith('/api/token')));
    const cookies = await Promise.all(renewals.map(async (request) => (await request.allHeaders()).cookie));
    expect(new Set(cookies).size).toBe(rotates ? cookies.length : 1);
    expect(cookies.length).toBeGreaterThan(1);
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
  }));

  it.concurrent('tries once more before it gives up, since another tab may just have got a newer refresh token', withSession(async ({ tabs }) => {
    const [tab] = tabs;
    await tab.page.route('**/api/token', (route) => route.fulfill(REFUSED), { times: 1 });
    await until('a renewal is refused, and the next one not', () => /400,200/.test(tab.renewals().map(({ status }) => status).join()));
    await tab.wake();
    await tab.isSignedIn();
    expect(await tab.message()).toBe('');
    expect(tab.answers.filter(({ status }) => status !== 200)).toHaveLength(1);
  }));

  it.concurrent.each([
    { how: 'is cut off', lose: (route: Route) => route.abort('connectionreset') },
    { how: 'never comes', lose: async () => undefined },
  ])('asks again at once when the answer to a renewal $how', ({ lose }) => withSession(async ({ context, tabs }) => {
    // What the service answers goes there: this browser's own cookie stays the old one.
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
    await until('an answer is lost', () => lost.length > 0);
    const [{ status, sent, received, kept }] = lost;
    expect([status, received !== sent, kept]).toEqual([200, rotates, sent]);
    await Promise.all(tabs.map((tab) => tab.renews()));
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
    expect(await Promise.all(said.map((texts) => texts()))).toEqual([[], []]);
    expect(await refreshToken(context) !== sent).toBe(rotates);
    await elsewhere.close();
  })());

  it.concurrent('tells of a service that stays away, and takes it back once a renewal works', withSession(async ({ tabs }) => {
    const [{ page }] = tabs;
    await page.route('**/api/token', (route) => route.abort(), { times: 2 });
    await page.getByText(/^The service can't be reached/).waitFor();
    await page.locator('#message:empty').waitFor({ state: 'attached' });
    await Promise.all(tabs.map((tab) => tab.wake()));
    await expectUndisturbed(tabs);
  }));

  it.concurrent('renews before it asks for anything when a tab wakes up', withSession(async ({ tabs }) => {
    const [tab] = tabs;
    await tab.sleep();
    await tab.wake();
    const idToken = tokensOf(tab).at(-1)!;
    await until('its token is over', () => isOver(idToken));
    tab.answers.length = 0;
    await tab.wake();
    expect(tab.answers.map(({ route, status }) => `${route.split('?')[0]} ${status}`)).toEqual(['/token 200', '/streams 200', '/streams 200']);
    expect(await tab.message()).toBe('');
  }));

  it.concurrent('begins anew in the other tabs when another person signs in', withSession(async ({ context, tabs }) => {
    const [ada, grace] = stack.facts.users;
    const [first, second] = tabs;
    await first.wake();
    const before = tokensOf(first).at(-1)!;
    // By itself it would find out at its next renewal only.
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

  it.concurrent('is over for good, in every tab, once a person signs out in one', withSession(async ({ context, tabs }) => {
    const [first, second] = tabs;
    await second.page.locator('#title').fill('Half a title');
    // So that nothing but the other tab can tell it.
    await second.sleep();
    const renewals = second.renewals().length;
    const kept = await refreshToken(context);
    expect(kept).toMatch(/.{20}/);
    await first.page.getByRole('button', { name: 'Sign out' }).click();
    await second.isSignedOut();
    expect(second.renewals()).toHaveLength(renewals);
    const hidden = second.page.locator('#sign-out, #player, #upload, #lists');
    expect(await hidden.evaluateAll((elements) => elements.map((element) => element.checkVisibility()))).toEqual([false, false, false, false]);
    expect(await second.page.locator('#title').inputValue()).toBe('');
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
