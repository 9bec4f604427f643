import type { Page } from 'playwright-core';
import { serveSite } from './fixture';
import { serveLists, serveStubPlayer, STATES, type Lists } from './page-states';
import { PATIENCE_MS, until } from '../stack';
import type { Tab } from '../tab';

jest.setTimeout(PATIENCE_MS);

describe('controls of the page', () => {
  const site = serveSite();
  let tab: Tab;
  let page: Page;
  let lists: Lists;

  beforeEach(async () => {
    tab = await site.open();
    ({ page } = tab);
    lists = { own: [], published: [], waiting: [] };
    await serveLists(page, lists);
  });
  afterEach(() => page.context().close());

  const enter = (state: string) => STATES[state]({ tab, page, lists, facts: site.stack.facts });
  const focused = () => page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.id);
  const numbered = (count: number, status = 'ready') => Array.from({ length: count }, (_, index) =>
    ({ videoId: `video-${index}`, title: `Video ${index}`, owner: 'ada', status, createdAt: '2026-11-30T10:00:00.000Z', publishedAt: '2026-11-30T10:00:00.000Z' }));

  it.each([
    ['the link of the same video', 'Play A_long_name'], ['the button of the player', 'Try again to play A_long_name'],
  ])('start a video again after a fatal error, with %s', async (_, name) => {
    await enter('player-stopped');
    const playback = page.waitForRequest('**/playback');
    await page.locator(`[aria-label^="${name}"]`).click();
    await playback;
    // The new player fails like the first one.
    await page.locator('#stopped').waitFor();
    expect(await focused()).toMatch(/^A_long_name/);
    await page.getByRole('button', { name: /^Close/ }).click();
    await page.locator('#player').waitFor({ state: 'hidden' });
    expect([await tab.message(), await focused()]).toEqual(['', expect.stringMatching(/^Play A_long_name/)]);
  });

  it('report a video that the browser itself cannot play, and start it again', async () => {
    await page.route('**/hls.min.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: 'export default class { static isSupported() { return false; } }' }));
    await page.route('**/playback', (route) => route.fulfill({ json: { hls: '/v/none.m3u8', expiresAt: new Date(Date.now() + 3_600_000).toISOString() } }));
    lists.published = numbered(1);
    await tab.signIn();
    await page.getByRole('link', { name: 'Play Video 0' }).click();
    await page.locator('#stopped').waitFor();
    const again = page.waitForRequest('**/playback');
    await page.getByRole('link', { name: 'Play Video 0' }).click();
    await again;
  });

  it('close the player with Escape, but not while the user types', async () => {
    await enter('player');
    await page.locator('#file').setInputFiles({ name: 'clip.mp4', mimeType: 'video/mp4', buffer: Buffer.from('video') });
    const title = page.getByLabel('Title of clip.mp4');
    await title.fill('My title');
    await title.press('Escape');
    // An input method uses Escape to cancel the composition.
    await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true })));
    expect([await page.locator('#player').isVisible(), await title.inputValue()]).toEqual([true, 'My title']);
    await page.locator('#send').press('Escape');
    await page.locator('#player').waitFor({ state: 'hidden' });
  });

  it('let the browser insert text that is dropped on a text field', async () => {
    await enter('chosen');
    /** Drops text or a file on an element. Returns whether the page has prevented the default action of the browser. */
    const drop = (selector: string, hasFile: boolean) => page.locator(selector).first().evaluate((element, isFile) => {
      const dataTransfer = new DataTransfer();
      if (isFile) dataTransfer.items.add(new File(['video'], 'dropped.mp4'));
      else dataTransfer.setData('text/plain', 'A title');
      return ['dragover', 'drop'].map((type) => !element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer })));
    }, hasFile);
    expect(await drop('#chosen input', false)).toEqual([false, false]);
    expect(await drop('#chosen', false)).toEqual([true, true]);
    expect(await page.locator('#chosen li').count()).toBe(2);
    expect(await drop('#chosen input', true)).toEqual([true, true]);
    await page.locator('#chosen').getByText('dropped.mp4').waitFor();
  });

  it.each([
    ['videos', 'published', 'More videos of others', 'Play Video 24'],
    ['videos without a control', 'own', 'More of your videos', 'video-24'],
    ['unfinished uploads', 'waiting', 'More unfinished uploads', 'Resume the upload of Video 24'],
  ] as const)('keep the keyboard focus while more %s load, and then move it to the first new one', async (_, list, name, first) => {
    lists[list] = numbered(30, { published: 'ready', own: 'deleting', waiting: 'waiting' }[list]);
    await tab.signIn();
    const more = page.getByRole('button', { name });
    let answer!: () => void;
    const asked = new Promise<void>((resolve) => {
      void page.route('**/api/streams?*cursor=*', async (route) => {
        resolve();
        await new Promise<void>((go) => { answer = go; });
        await route.fallback();
      });
    });
    await more.press('Enter');
    await asked;
    expect([await more.getAttribute('aria-disabled'), await more.evaluate((button) => button === document.activeElement)]).toEqual(['true', true]);
    // A second press does nothing while the list loads.
    await more.press('Enter');
    answer();
    await more.waitFor({ state: 'detached' });
    await until('the focus is on the first new item', async () => await page.evaluate(() => {
      const { activeElement } = document;
      return activeElement!.getAttribute('aria-label') ?? (activeElement as HTMLElement).dataset.videoId;
    }) === first);
  });

  it('show a poster that loads only at a later time, and a new poster after a failed one', async () => {
    await serveStubPlayer(page);
    let isUp = false;
    const asked: string[] = [];
    await page.route('**/v/*.svg', (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return isUp ? route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"/>' }) : route.abort();
    });
    const [first, second] = numbered(2);
    lists.published = [{ ...first, poster: '/v/a.svg' }, { ...second, poster: '/v/b.svg' }];
    // With a stopped clock, the page tries again only when the test advances the clock.
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(Date.now());
    await tab.signIn();
    const images = page.locator('#published img');
    await until('both posters have failed', async () => await images.evaluateAll((all) => all.filter((image) => (image as HTMLElement).hidden).length) === 2);
    isUp = true;
    lists.published = [{ ...first, poster: '/v/new.svg' }, { ...second, poster: '/v/b.svg' }];
    await tab.wake();
    await images.nth(0).waitFor();
    await page.clock.runFor(9_999);
    expect([await images.nth(0).getAttribute('src'), await images.nth(1).isVisible()]).toEqual(['/v/new.svg', false]);
    await page.clock.runFor(1);
    await images.nth(1).waitFor();
    expect(asked).toEqual(['/v/a.svg', '/v/b.svg', '/v/new.svg', '/v/b.svg']);
  });

  it.each(['by itself', 'with the button, in another tab'])('move the keyboard focus to the sign-in message when the session ends %s', async (how) => {
    await enter('empty');
    await page.locator('#file').focus();
    if (how === 'by itself') {
      await page.context().clearCookies();
      await page.route('**/api/streams?*', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in"}' }));
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    } else {
      const other = await site.open(page.context());
      await other.isSignedIn();
      await other.page.getByRole('button', { name: 'Sign out' }).click();
    }
    await tab.isSignedOut();
    await until('the focus is on the heading', async () => await focused() === 'welcome-heading');
  });

  it('leave the keyboard focus where it is when the page opens without a session', async () => {
    await tab.isSignedOut();
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  });

  it('say that the page looks for unfinished uploads, until the list is loaded', async () => {
    let answer!: () => void;
    await page.route('**/api/streams?*status=waiting*', async (route) => {
      await new Promise<void>((go) => { answer = go; });
      await route.fallback();
    });
    await tab.signIn();
    await page.getByText('Looking for unfinished uploads…').waitFor();
    answer();
    await page.locator('#unfinished-loading').waitFor({ state: 'detached' });
    expect([await page.locator('#unfinished').count(), await tab.message()]).toEqual([0, '']);
  });

  it('keep the elements for announcements rendered while they are empty', async () => {
    await enter('empty');
    for (const id of ['message', 'announcements']) {
      const facts = await page.evaluate((name) => {
        const element = document.getElementById(name)!;
        const { display, visibility } = getComputedStyle(element);
        return { text: element.textContent!.trim(), isRendered: display !== 'none' && visibility === 'visible' };
      }, id);
      expect([id, facts]).toEqual([id, { text: '', isRendered: true }]);
    }
    // The page changes the text of the same element.
    const message = await page.locator('#message').elementHandle();
    await page.route('**/api/streams?*', (route) => route.abort());
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText(/^The service can't be reached/).waitFor();
    expect(await message!.textContent()).toMatch(/^The service can't be reached/);
  });
});
