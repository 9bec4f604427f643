import type { Browser, BrowserContext, Locator } from 'playwright-core';
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

const MEDIA = [['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['forced', { forcedColors: 'active' }]] as const;

it.each([
  ['the error page of a failed sign-in', () => `${stack.facts.api}/authorize?state=none`],
  ['the sign-in form of the local stack', () => `${stack.facts.api}/login`],
])('%s fits into 320 pixels, and has separate colors for light, dark and forced colors', async (_, address) => {
  const page = await context.newPage();
  await page.setViewportSize({ width: 320, height: 600 });
  const colors = new Set<string>();
  for (const [, media] of MEDIA) {
    await page.emulateMedia(media);
    await page.goto(address());
    await page.locator('main').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    colors.add(await page.locator('body').evaluate((body) => `${getComputedStyle(body).color} ${getComputedStyle(body).backgroundColor}`));
  }
  expect(colors.size).toBe(MEDIA.length);
});

// With forced colors, browsers choose different colors for links and buttons.
it.each(MEDIA.slice(0, 2))('the sign-in form of the local stack has the %s colors, the font and the button of the example page', async (_, media) => {
  const { page } = await Tab.open(context, stack.facts);
  await page.emulateMedia(media);
  const look = async (button: Locator) => [await button.evaluate(lookOf), await page.locator('body').evaluate(lookOf)];
  const link = page.getByRole('link', { name: 'Sign in' });
  await link.waitFor();
  const [ofLink, ofPage] = await look(link);
  await link.click();
  const button = page.getByRole('button', { name: 'Sign in' });
  await button.waitFor();
  const [ofButton, ofForm] = await look(button);
  expect(ofForm).toEqual(ofPage);
  expect(ofButton).toEqual(ofLink);
});

function lookOf(element: Element): Record<string, string> {
  const { color, backgroundColor: background, fontFamily, borderRadius } = getComputedStyle(element);
  return { color, background, fontFamily, borderRadius };
}

it('the sign-in form names its fields, and keeps the user name after a wrong password', async () => {
  const page = await context.newPage();
  await page.goto(`${stack.facts.api}/login`);
  expect(await page.locator(':focus').getAttribute('name')).toBe('username');
  await page.getByLabel('User name').fill('"><script>');
  await page.getByLabel('Password').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Incorrect username or password.').waitFor();
  expect(await page.getByLabel('User name').inputValue()).toBe('"><script>');
  expect(await page.getByLabel('Password').inputValue()).toBe('');
  expect(await page.locator(':focus').getAttribute('name')).toBe('password');
  const descriptions = await page.locator('[aria-invalid=true]').evaluateAll((fields) => fields.map((field) => field.getAttribute('aria-describedby')));
  expect(descriptions).toEqual(['alert', 'alert']);
});

describe('the error page of a failed sign-in', () => {
  it.each([
    // In this case, the sign-in server already knows the user, so a second sign-in shows no form.
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
    // If the page inherited the sandbox of the error page, its origin would be opaque.
    expect(await page.evaluate(() => self.origin)).toBe(stack.facts.origin);
  });

});

it('a client that is not a browser receives a failed callback as problem+json', async () => {
  const callback = await (await SignIn.begin(stack.facts)).callback(stack.facts.users[0]);
  const answer = await fetch(callback, { headers: { accept: 'text/html' } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
});
