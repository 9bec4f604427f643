import * as path from 'path';
import type { Page } from 'playwright-core';
import { serveSite, withoutHandles } from './fixture';
import { makeClip } from '../../../local/clip';
import { PATIENCE_MS, temporaryFolder } from '../stack';

jest.setTimeout(PATIENCE_MS);

describe('the page without a mouse', () => {
  const site = serveSite();

  const focused = (page: Page) => page.evaluate(() => {
    const { activeElement: element } = document;
    return element?.getAttribute('aria-label') ?? (element as HTMLInputElement)?.name ?? (element as HTMLElement)?.innerText ?? '';
  }).then(async (label) => label || page.evaluate(() => (document.activeElement as HTMLElement)?.innerText || document.activeElement?.id || ''));

  /** Presses Tab until the control has the keyboard focus. */
  async function tabTo(page: Page, name: string): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      passed.push(await focused(page));
      if (passed.at(-1) !== name) continue;
      const outline = await page.evaluate(() => {
        const element = document.activeElement!;
        // The file input is invisible, so its label shows the focus.
        return getComputedStyle(element.id === 'file' ? element.closest('label')! : element).outlineStyle;
      });
      expect([name, outline]).not.toEqual([name, 'none']);
      return;
    }
    throw new Error(`no control '${name}', only ${passed.join(', ')}`);
  }

  it('signs in, uploads, plays, closes the player and signs out', async () => {
    const { page } = await site.open();
    await withoutHandles(page);
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await tabTo(page, 'Sign in');
    await page.keyboard.press('Enter');
    const [{ username, password }] = site.stack.facts.users;
    await page.locator('[name=password]').waitFor();
    if (await focused(page) !== 'username') await tabTo(page, 'username');
    await page.keyboard.type(username);
    await tabTo(page, 'password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.locator('#file').waitFor({ state: 'attached' });

    await tabTo(page, 'file');
    const choosing = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await choosing).setFiles(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 4));
    await tabTo(page, 'Title of clip.mp4');
    await page.keyboard.type('By keyboard');
    await tabTo(page, 'Upload');
    await page.keyboard.press('Enter');
    await page.locator('#own [data-status=ready]').waitFor();

    await tabTo(page, 'Play By keyboard');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('video');
    // The player's own controls react to the keyboard.
    await page.keyboard.press('Space');
    await page.waitForFunction(() => document.querySelector('video')!.paused);
    await page.keyboard.press('Escape');
    await page.locator('#player').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe('Play By keyboard');
    await page.keyboard.press('Enter');
    await page.locator('#player').waitFor();
    await tabTo(page, 'Close By keyboard');
    await page.keyboard.press('Enter');
    await page.locator('#player').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe('Play By keyboard');

    await tabTo(page, 'Edit By keyboard');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'edit-title');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('Edited by keyboard');
    await tabTo(page, 'description');
    await page.keyboard.type('One line');
    await page.keyboard.press('Enter');
    await page.keyboard.type('and another');
    await tabTo(page, 'tags');
    await page.keyboard.type('keys');
    await tabTo(page, 'visibility');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Save the changes of By keyboard');
    await page.keyboard.press('Enter');
    await page.locator('#own').getByText(/ · Unlisted$/).waitFor();
    expect(await focused(page)).toBe('Edit Edited by keyboard');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'edit-title');
    expect(await page.getByLabel('Description').inputValue()).toBe('One line\nand another');
    await tabTo(page, 'Cancel the edit of Edited by keyboard');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Edit Edited by keyboard');

    for (let presses = 0; presses < 40 && await focused(page) !== 'Sign out'; presses++) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
