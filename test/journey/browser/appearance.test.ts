import { mkdirSync, readFileSync, rmSync } from 'fs';
import * as path from 'path';
import type { Page } from 'playwright-core';
import { serveSite } from './fixture';
import { serveLists, STATES, type Lists } from './page-states';
import { PATIENCE_MS } from '../stack';
import type { Tab } from '../tab';

jest.setTimeout(PATIENCE_MS);

const FOLDER = path.join(__dirname, '../../../.local/screenshots');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [320, 768, 1280];
const LOOKS = {
  light: { colorScheme: 'light', forcedColors: 'none' }, dark: { colorScheme: 'dark', forcedColors: 'none' }, forced: { colorScheme: 'dark', forcedColors: 'active' },
} as const;

describe('the appearance of the page', () => {
  const site = serveSite();

  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
  });

  /** Opens the page with a service that lists the given videos. */
  async function open(lists: Lists): Promise<Tab> {
    // Without `bypassCSP`, axe could not run in the sandboxed error page of the sign-in.
    const context = await site.newContext({ locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce', bypassCSP: true });
    const tab = await site.open(context);
    await serveLists(tab.page, lists);
    return tab;
  }

  /** Takes screenshots, looks for problems with axe, and checks that no page scrolls sideways. */
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
    const { page } = tab;
    await STATES[state]({ tab, page, lists, facts: site.stack.facts });
    await look(page, state);
    await page.context().close();
  });

  it('does not animate if the user prefers reduced motion, and shows buttons and progress in forced colors', async () => {
    const lists: Lists = { own: [], published: [], waiting: [] };
    const tab = await open(lists);
    const { page } = tab;
    await STATES.lists({ tab, page, lists, facts: site.stack.facts });
    const bar = page.locator('#own [data-video-id=starting] progress');
    expect(await bar.evaluate((element) => getComputedStyle(element).animationName)).toBe('none');
    // The bar of the browser would cover the animation.
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await bar.evaluate((element) => [getComputedStyle(element).animationName, getComputedStyle(element, '::-webkit-progress-bar').backgroundColor])).toEqual(['slide', 'rgba(0, 0, 0, 0)']);
    await page.emulateMedia({ forcedColors: 'active' });
    const border = (selector: string) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).borderStyle !== 'none' && getComputedStyle(element).borderWidth !== '0px');
    expect([await border('#sign-out'), await border('#own progress'), await border('#own li')]).toEqual([true, true, true]);
    await page.context().close();
  });
});
