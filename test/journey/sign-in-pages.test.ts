import type { Browser, BrowserContext } from 'playwright-core';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';
import { launchBrowser, Tab } from './tab';
import { SignIn } from '../../local/client';

jest.setTimeout(PATIENCE_MS);

let stack: StackProcess;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  stack = await StackProcess.start();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stopAll();
});
beforeEach(async () => { context = await browser.newContext(); });
afterEach(() => context.close());

async function fillForm({ page }: Tab): Promise<void> {
  const [{ username, password }] = stack.facts.users;
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

describe('the error page of a failed sign-in', () => {
  it.each([
    // The sign-in server already knows the user, so it shows no form again.
    ['lost its cookie', '/', async (tab: Tab) => {
      await tab.page.getByRole('link', { name: 'Sign in' }).click();
      await tab.page.getByLabel('User name').waitFor();
      await context.clearCookies({ name: /vod-sign-in/ });
      await fillForm(tab);
    }],
    ['was cancelled', '/?from=the-link', async ({ page }: Tab) => {
      const sent = page.waitForRequest(/\/oauth2\/authorize\?/);
      await page.goto(`${stack.facts.api}/login?return_to=${encodeURIComponent('/?from=the-link')}`);
      const { searchParams } = new URL((await sent).url());
      await page.goto(`${stack.facts.api}/authorize?error=access_denied&state=${searchParams.get('state')}`);
    }],
  ])('leads a person whose sign-in %s to the page %s', async (_, returnTo, fail) => {
    const tab = await Tab.open(context, stack.facts);
    const { page, complaints } = tab;
    await fail(tab);
    await page.getByRole('heading', { name: 'The sign-in failed' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/api/authorize');
    // The style sheet applies only if the hash in the policy is right.
    expect(await page.locator('main').evaluate((element) => getComputedStyle(element).borderRadius)).toBe('16px');
    expect(complaints.filter((line) => line.includes('policy violated'))).toEqual([]);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    if (returnTo !== '/') await fillForm(tab);
    await tab.isSignedIn();
    expect(page.url()).toBe(`${stack.facts.origin}${returnTo}`);
    // A page that inherited the sandbox would have an opaque origin.
    expect(await page.evaluate(() => self.origin)).toBe(stack.facts.origin);
  });

  it('is readable at 320 pixels, in the dark and with forced colors', async () => {
    const page = await context.newPage();
    const measure = () => page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return { backgroundColor, color, isWider: document.documentElement.scrollWidth > innerWidth };
    });
    await page.setViewportSize({ width: 320, height: 600 });
    const seen = [];
    for (const media of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { forcedColors: 'active' }] as const) {
      await page.emulateMedia(media);
      await page.goto(`${stack.facts.api}/authorize?state=none`);
      await page.getByRole('link', { name: 'Sign in again' }).waitFor();
      seen.push(await measure());
    }
    expect(seen.map(({ isWider }) => isWider)).toEqual([false, false, false]);
    expect(new Set(seen.map(({ backgroundColor, color }) => `${backgroundColor} ${color}`)).size).toBe(3);
  });
});

it('a client that is not a browser receives a failed callback as problem+json', async () => {
  const callback = await (await SignIn.begin(stack.facts)).callback(stack.facts.users[0]);
  const answer = await fetch(callback, { headers: { accept: 'text/html' } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
});
