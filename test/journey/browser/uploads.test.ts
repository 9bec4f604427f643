import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import type { Browser, Page } from 'playwright-core';
import { makeClip, padClip } from '../../../local/clip';
import { partFiles } from '../source-files';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from '../stack';
import { launchBrowser, Tab } from '../tab';

jest.setTimeout(PATIENCE_MS);

describe('uploads of the page', () => {
  let stack: StackProcess;
  let browser: Browser;

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, '../parts.fixture.ts') });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  const open = async () => Tab.open(await browser.newContext(), stack.facts);

  /** Records each value of the progress bar, because a local upload can finish before a test reads the bar. */
  async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
    const seen = await page.evaluateHandle(() => {
      const bar = document.querySelector<HTMLProgressElement>('#upload-progress')!;
      const values: number[] = [];
      new MutationObserver(() => { if (bar.checkVisibility()) values.push(bar.value); }).observe(bar, { attributes: true });
      return values;
    });
    return () => seen.jsonValue();
  }

  /** Creates a playable file that the page uploads in two parts. */
  function makeLargeClip(): string {
    const file = path.join(temporaryFolder(), 'large.mp4');
    writeFileSync(file, padClip(readFileSync(makeClip(file, 4)), 20 * 1024 ** 2));
    return file;
  }

  async function startLargeUpload(page: Page, title: string): Promise<void> {
    await page.locator('#file').setInputFiles(makeLargeClip());
    await page.getByLabel('Title').fill(title);
    await page.getByRole('button', { name: 'Upload' }).click();
  }

  it('uploads a large file in parts, repeats a part after a lost connection, and plays the video', async () => {
    const tab = await open();
    const { page, requests, answers } = tab;
    await tab.signIn();
    await page.route(/[?&]partNumber=2&/, (route) => route.abort('connectionreset'), { times: 1 });
    const progress = await watchProgress(page);
    await startLargeUpload(page, 'In parts');
    const own = page.locator('#own li').filter({ hasText: 'In parts' });
    await page.locator('#own [data-status=ready]').filter({ hasText: 'In parts' }).waitFor();
    const puts = requests.filter((request) => request.method() === 'PUT').map((request) => new URL(request.url()).searchParams.get('partNumber'));
    expect(puts).toEqual(['1', '2', '2']);
    expect(answers.filter(({ route }) => route.endsWith('/complete')).map(({ status }) => status)).toEqual([200]);
    const seen = await progress();
    expect(seen.at(-1)).toBe(100);
    expect(seen.some((percent) => percent > 0 && percent < 100)).toBe(true);
    expect(await tab.message()).toBe('');

    await own.getByRole('link', { name: 'Play' }).click();
    await page.waitForFunction(() => document.querySelector('video')!.currentTime > 1);
    await page.context().close();
  });

  it('removes a cancelled upload', async () => {
    const tab = await open();
    const { page, answers } = tab;
    await tab.signIn();
    // S3 never answers the second part.
    await page.route(/[?&]partNumber=2&/, () => undefined);
    const second = page.waitForRequest(/[?&]partNumber=2&/);
    await startLargeUpload(page, 'Cancelled');
    await second;
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#upload-state').waitFor({ state: 'hidden' });
    expect(answers.filter(({ route, status }) => route.startsWith('/upload/') && status === 204)).toHaveLength(1);
    expect(partFiles(stack.data)).toEqual([]);
    expect(await page.locator('#own li').filter({ hasText: 'Cancelled' }).count()).toBe(0);
    expect(await tab.message()).toBe('');
    expect(await page.getByRole('button', { name: 'Upload' }).isEnabled()).toBe(true);
    await page.context().close();
  });

});
