import { mkdirSync, readFileSync, rmSync } from 'fs';
import * as path from 'path';
import type { Page } from 'playwright-core';
import { serveSite } from './fixture';
import { PATIENCE_MS } from '../stack';
import type { Tab } from '../tab';

jest.setTimeout(PATIENCE_MS);

const FOLDER = path.join(__dirname, '../../../.local/screenshots');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** `npm test` looks only at the narrowest page. CONTRIBUTING.md contains the command for all widths. */
const WIDTHS = process.env.SCREENSHOTS === 'all' ? [320, 768, 1280] : [320];
const LOOKS = {
  light: { colorScheme: 'light', forcedColors: 'none' }, dark: { colorScheme: 'dark', forcedColors: 'none' }, forced: { colorScheme: 'dark', forcedColors: 'active' },
} as const;

const problem = (status: number, code: string, detail: string) =>
  ({ status, contentType: 'application/problem+json', body: JSON.stringify({ status, code, detail }) });
const video = (videoId: string, status: string, more: object = {}) => ({
  videoId, status, title: `A video that is ${status}`, owner: 'me', createdAt: '2026-11-30T10:00:00.000Z', publishedAt: '2026-11-30T11:00:00.000Z',
  durationSeconds: 754, width: 1920, height: 1080, progress: 0, ...more,
});
const OWN = [
  video('ready', 'ready', { title: 'A_long_name_of_a_file_without_spaces_that_a_camera_has_chosen_2026-11-30_18-00-00.final.mp4' }),
  video('uploaded', 'uploaded'), video('processing', 'processing', { progress: 40 }), video('errored', 'errored', { error: { code: 'not_a_video', message: 'The file is not a video' } }),
];

describe('the appearance of the page', () => {
  const site = serveSite();

  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
  });

  interface Lists { own: object[]; published: object[]; waiting: object[] }

  /** Opens the page with a service that lists the given videos. */
  async function open(lists: Lists): Promise<Tab> {
    const tab = await site.open(await site.newContext({ locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce' }));
    await tab.page.route('**/api/streams?*', (route) => {
      const { searchParams } = new URL(route.request().url());
      const items = searchParams.has('status') ? lists.waiting : searchParams.has('owner') ? lists.own : lists.published;
      return route.fulfill({ json: { items } });
    });
    return tab;
  }

  const choose = (page: Page, ...names: string[]) =>
    page.locator('#file').setInputFiles(names.map((name) => ({ name, mimeType: 'video/mp4', buffer: Buffer.alloc(6 * 1024 ** 2, 'video') })));

  /** The states of the page. Each function brings a signed-in page with empty lists into its state. */
  const STATES: Readonly<Record<string, (page: Page, lists: Lists, tab: Tab) => Promise<unknown>>> = {
    empty: (page) => page.getByText('Nothing yet: upload your first video.').waitFor(),
    async lists(page, lists, tab) {
      Object.assign(lists, { own: OWN, published: [video('of-others', 'ready', { owner: 'ada', title: 'A video of somebody else' })] });
      await tab.wake();
      await page.getByRole('link', { name: 'Play A video of somebody else' }).waitFor();
    },
    async player(page, lists, tab) {
      lists.own = OWN.slice(0, 1);
      await page.route('**/playback', (route) => route.fulfill({ json: { hls: '/v/none.m3u8', expiresAt: new Date(Date.now() + 3_600_000).toISOString() } }));
      await page.route('**/hls.min.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: 'export default class { static isSupported() { return false; } }' }));
      await tab.wake();
      await page.locator('#own').getByRole('link', { name: /^Play/ }).click();
      await page.locator('#player').waitFor();
    },
    async chosen(page) {
      await choose(page, 'first.mp4', 'A_long_name_of_a_file_without_spaces_that_a_camera_has_chosen.mp4');
      await page.locator('#chosen li').nth(1).waitFor();
    },
    async queue(page) {
      await page.route('http://127.0.0.1:*/**', (route) => (route.request().method() === 'PUT' ? undefined : route.fallback()));
      await choose(page, 'paused.mp4', 'uploading.mp4', 'next.mp4');
      await page.locator('#send').click();
      await page.getByRole('button', { name: 'Pause the upload of paused.mp4' }).click();
      await page.locator('#queue [data-phase=uploading]').filter({ hasText: 'uploading.mp4' }).waitFor();
    },
    async rejected(page) {
      await page.route('**/api/upload', (route) => route.fulfill(problem(413, 'too_large', 'has 60 GiB, at most 50 GiB')));
      await choose(page, 'rejected.mp4');
      await page.locator('#send').click();
      await page.locator('#queue [data-phase=failed]').waitFor();
    },
    async offline(page) {
      await page.route('**/api/upload', (route) => route.abort());
      await choose(page, 'offline.mp4');
      await page.locator('#send').click();
      await page.locator('#queue [data-phase=waiting]').waitFor();
    },
    async unfinished(page, lists, tab) {
      lists.waiting = [video('left', 'waiting', { title: 'left.mp4' }), video('older', 'waiting', { title: 'older.mp4' })];
      await tab.wake();
      await page.locator('#unfinished li').nth(1).waitFor();
    },
    async confirmation(page, lists, tab) {
      lists.waiting = [video('left', 'waiting', { title: 'A_long_name_of_a_file_without_spaces_that_a_camera_has_chosen_2026-11-30_18-00-00.final.mp4' })];
      await tab.wake();
      await page.getByRole('button', { name: /^Remove the upload of/ }).click();
      await page.getByRole('alertdialog').waitFor();
    },
    async message(page, lists, tab) {
      await page.route('**/api/streams?*', (route) => route.abort());
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await page.getByText(/^The service can't be reached/).waitFor();
      expect([lists.own, tab.complaints.length > 0]).toEqual([[], true]);
    },
    async ended(page, _lists, tab) {
      await page.route('**/api/upload', () => undefined);
      await choose(page, 'ended.mp4');
      await page.locator('#send').click();
      await page.context().clearCookies();
      await page.route('**/api/streams?*', (route) => route.fulfill(problem(401, 'not_signed_in', 'over')));
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await tab.isSignedOut();
    },
  };

  /** Takes screenshots, looks for problems with axe, and checks that a narrow page does not scroll sideways. */
  async function look(page: Page, state: string): Promise<void> {
    const found: unknown[] = [];
    await page.evaluate(AXE);
    for (const [name, media] of Object.entries(LOOKS)) {
      await page.emulateMedia(media);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await page.screenshot({ path: path.join(FOLDER, `${state}-${width}-${name}.png`), fullPage: true, animations: 'disabled' });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) found.push({ state, width, overflow });
      }
      // Forced colors replace the colors of the page, so their contrast is not the contrast that axe computes.
      const rules = name === 'forced' ? { 'color-contrast': { enabled: false } } : {};
      const violations = await page.evaluate((options) => (window as any).axe.run(document, options), { rules }).then((result) => result.violations);
      for (const { id, nodes } of violations) found.push({ state, name, id, nodes: nodes.map(({ html, failureSummary }: any) => `${html} ${failureSummary}`) });
    }
    expect(found).toEqual([]);
  }

  it.each(Object.keys(STATES))('has no problem that axe finds, and no sideways scrolling: %s', async (state) => {
    const lists: Lists = { own: [], published: [], waiting: [] };
    const tab = await open(lists);
    await tab.signIn();
    await tab.page.getByText('Nothing yet: upload your first video.').waitFor();
    await STATES[state](tab.page, lists, tab);
    await look(tab.page, state);
    await tab.page.context().close();
  });

  it('has no problem that axe finds before the sign-in, and on the page for unknown paths', async () => {
    const { page } = await open({ own: [], published: [], waiting: [] });
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await look(page, 'signed-out');
    await page.goto(`${site.stack.facts.origin}/nowhere`);
    await look(page, 'not-found');
    await page.context().close();
  });

  it('does not animate if the user prefers reduced motion, and shows buttons and progress in forced colors', async () => {
    const lists: Lists = { own: OWN, published: [], waiting: [] };
    const { page } = await open(lists).then(async (tab) => { await tab.signIn(); return tab; });
    await page.locator('#own [data-status=uploaded] progress').waitFor();
    expect(await page.locator('#own [data-status=uploaded] progress').evaluate((bar) => getComputedStyle(bar).animationName)).toBe('none');
    await page.emulateMedia({ forcedColors: 'active' });
    const border = (selector: string) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).borderStyle !== 'none' && getComputedStyle(element).borderWidth !== '0px');
    expect([await border('#sign-out'), await border('#own progress'), await border('#own li')]).toEqual([true, true, true]);
    await page.context().close();
  });
});
