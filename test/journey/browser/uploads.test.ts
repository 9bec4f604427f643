import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { makeClip, padClip } from '../../../local/clip';
import { partFiles, storedParts } from '../source-files';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from '../stack';
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

  async function open(context?: BrowserContext): Promise<Tab> {
    const tab = await Tab.open(context ?? await browser.newContext(), stack.facts);
    if (context) await tab.isSignedIn();
    else await tab.signIn();
    return tab;
  }

  /** Creates a playable file, which the page uploads in two parts if `mebibytes` is 20. */
  function makeFile(name: string, mebibytes = 20): string {
    const file = path.join(temporaryFolder(), name);
    writeFileSync(file, padClip(readFileSync(makeClip(file, 2)), mebibytes * 1024 ** 2));
    return file;
  }

  async function upload(page: Page, ...files: string[]): Promise<void> {
    await page.locator('#file').setInputFiles(files);
    await page.locator('#send').click();
  }

  /** Without this function, the page uses the file picker that returns file handles, and tests cannot use this picker. */
  const withoutHandles = (page: Page) => page.addInitScript(() => { delete (window as { showOpenFilePicker?: unknown }).showOpenFilePicker; });

  /** S3 never answers the second part. Returns a function that ends this fault. */
  async function stall(page: Page): Promise<{ isStalled: Promise<unknown>; end: () => Promise<void> }> {
    const pattern = /[?&]partNumber=2&/;
    await page.route(pattern, () => undefined);
    return { isStalled: page.waitForRequest(pattern), end: () => page.unroute(pattern) };
  }

  /** The dialog that asks before an upload is removed or interrupted. */
  const dialog = (page: Page) => page.getByRole('alertdialog');
  const proceed = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();
  const focused = (page: Page) => page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.textContent);

  const row = (page: Page, title: string) => page.locator('#queue li').filter({ hasText: title });
  const own = (page: Page, title: string) => page.locator('#own li').filter({ hasText: title });

  it('uploads a large file in parts, repeats a part after a lost connection, and plays the video', async () => {
    const tab = await open();
    const { page, answers } = tab;
    const second: Route[] = [];
    const completions: Route[] = [];
    await page.route(/[?&]partNumber=2&/, (route) => void second.push(route));
    await page.route('**/complete', (route) => void completions.push(route));
    await page.locator('#file').setInputFiles(makeFile('parts.mp4'));
    await page.getByLabel('Title of parts.mp4').fill('In parts');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    // The button is gone, so the keyboard focus is on the file chooser.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    // The second part waits, so the page shows the size of the first part.
    await row(page, 'In parts').getByText(/^80 % of 21 MB/).waitFor();
    expect(await row(page, 'In parts').locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(80);
    await until('S3 has the first part', () => storedParts(stack.data).length === 1);
    const stored = storedParts(stack.data);
    expect([stored[0].partNumber, second.length]).toEqual([1, 1]);
    await second[0].abort('connectionreset');
    await until('the page sends the second part again', () => second.length === 2);
    await second[1].continue();
    await until('the page completes the upload', () => completions.length === 1);
    // S3 would store a repeated part in a new file.
    expect(storedParts(stack.data).map(({ partNumber, file }) => [partNumber, file])).toEqual([[1, stored[0].file], [2, expect.any(String)]]);
    await completions[0].continue();
    await page.locator('#own [data-status=ready]').filter({ hasText: 'In parts' }).waitFor();
    expect([second.length, completions.length]).toEqual([2, 1]);
    expect(answers.filter(({ route }) => route.endsWith('/complete')).map(({ status }) => status)).toEqual([200]);
    expect([await tab.message(), await page.locator('#queue').count()]).toEqual(['', 0]);

    await own(page, 'In parts').getByRole('link', { name: 'Play In parts' }).click();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1);
    await page.context().close();
  });

  it('uploads several files one after another, and keeps a file that is chosen during an upload', async () => {
    const tab = await open();
    const { page, answers } = tab;
    const { isStalled } = await stall(page);
    await upload(page, makeFile('first.mp4'), makeFile('second.mp4', 1));
    await isStalled;
    await upload(page, makeFile('third.mp4', 1));
    expect(await page.locator('#queue li').evaluateAll((rows) => rows.map((each) => (each as HTMLElement).dataset.phase))).toEqual(['uploading', 'queued', 'queued']);
    // A paused upload lets the next file start.
    await page.getByRole('button', { name: 'Pause the upload of first.mp4' }).click();
    for (const title of ['second.mp4', 'third.mp4']) await own(page, title).waitFor();
    await row(page, 'first.mp4').getByText(/^Paused at /).waitFor();

    await page.getByRole('button', { name: 'Cancel the upload of first.mp4' }).click();
    await proceed(page, 'Cancel the upload');
    await row(page, 'first.mp4').waitFor({ state: 'detached' });
    expect(answers.filter(({ route, status }) => route.startsWith('/upload/') && status === 204)).toHaveLength(1);
    expect(partFiles(stack.data)).toEqual([]);
    await tab.wake();
    expect([await own(page, 'first.mp4').count(), await page.locator('#unfinished').count(), await tab.message()]).toEqual([0, 0, '']);
    await page.context().close();
  });

  it('asks before the page is closed during an upload, and offers to remove the upload later', async () => {
    const context = await browser.newContext();
    const first = await open();
    await first.page.context().close();
    const tab = await Tab.open(context, stack.facts);
    await tab.signIn();
    const { page } = tab;
    const asked: string[] = [];
    page.on('dialog', (question) => {
      asked.push(question.type());
      void question.accept();
    });
    await page.reload();
    expect(asked).toEqual([]);
    const { isStalled } = await stall(page);
    await upload(page, makeFile('left.mp4'));
    await isStalled;
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await page.locator('#unfinished').getByText('left.mp4').waitFor();
    expect(await own(page, 'left.mp4').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove the upload of left.mp4' }).click();
    await proceed(page, 'Remove the upload');
    await page.locator('#unfinished').waitFor({ state: 'detached' });
    expect(partFiles(stack.data)).toEqual([]);
    await context.close();
  });

  it('asks before it cancels an upload, and keeps the upload by default', async () => {
    const tab = await open();
    const { page } = tab;
    const { isStalled } = await stall(page);
    await upload(page, makeFile('kept.mp4'));
    await isStalled;
    await until('the first part is uploaded', async () => await row(page, 'kept.mp4').locator('progress').evaluate((bar: HTMLProgressElement) => bar.value) > 0);
    const name = 'Cancel the upload of kept.mp4';
    for (const key of ['Escape', 'Enter']) {
      await page.getByRole('button', { name }).press('Enter');
      await dialog(page).getByText(/ MB of .* are uploaded\. The uploaded part of the file is deleted/).waitFor();
      expect(await dialog(page).evaluate((element) => document.getElementById(element.getAttribute('aria-labelledby')!)!.textContent)).toBe('Cancel the upload of kept.mp4?');
      expect(await focused(page)).toBe('Keep the upload');
      await page.keyboard.press(key);
      await dialog(page).waitFor({ state: 'detached' });
      expect(await focused(page)).toBe(name);
    }
    expect(tab.answers.filter(({ status }) => status === 204)).toEqual([]);

    // The control that had the focus is gone.
    await page.getByRole('button', { name }).press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await row(page, 'kept.mp4').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    expect(await page.getByRole('alertdialog').count()).toBe(0);
    await page.context().close();
  });

  it('waits if the worker for the checksums cannot load without a connection, and says so if a file of the worker is missing', async () => {
    const tab = await open();
    const { page } = tab;
    const worker = '**/upload/checksum-worker.js';
    await page.route(worker, (route) => route.abort());
    await upload(page, makeFile('worker.mp4', 1));
    await row(page, 'worker.mp4').getByText(/No connection: tries again/).waitFor();
    await page.unroute(worker);
    await own(page, 'worker.mp4').waitFor();

    await page.route('**/upload/crc32.js', (route) => route.fulfill({ status: 404 }));
    await upload(page, makeFile('missing.mp4', 1));
    await row(page, 'missing.mp4').getByText(/^A file of this page does not load\. Reload the page, and then resume the upload\./).waitFor();
    expect(tab.answers.filter(({ route, status }) => route === '/upload' && status === 201)).toHaveLength(1);
    await page.context().close();
  });

  it('does not upload a file that another tab uploads', async () => {
    const context = await browser.newContext();
    const first = await Tab.open(context, stack.facts);
    await first.signIn();
    const second = await open(context);
    await withoutHandles(second.page);
    await second.page.reload();
    await second.isSignedIn();
    const { isStalled } = await stall(first.page);
    const file = makeFile('same.mp4');
    await upload(first.page, file);
    await isStalled;
    await upload(second.page, file);
    await row(second.page, 'same.mp4').getByText('Another tab is uploading this file.').waitFor();
    await second.wake();
    await second.page.locator('#unfinished li').filter({ hasText: 'same.mp4' }).getByText('Another tab is uploading this file.').waitFor();
    expect(await second.page.getByRole('button', { name: /^Resume/ }).count()).toBe(0);
    expect(second.answers.filter(({ route }) => route.startsWith('/upload'))).toEqual([]);

    // After the first tab was closed, the second tab can continue the upload.
    await first.page.close();
    await second.page.getByRole('button', { name: 'Dismiss the upload of same.mp4' }).click();
    const choosing = second.page.waitForEvent('filechooser');
    await second.page.getByRole('button', { name: 'Resume the upload of same.mp4' }).click();
    await (await choosing).setFiles(file);
    await own(second.page, 'same.mp4').waitFor();
    expect(second.answers.filter(({ route, status }) => route === '/upload' && status === 201)).toEqual([]);
    await context.close();
  });

  it('accepts dropped files, and rejects an empty file, a folder and a file that is in the list already', async () => {
    const tab = await open();
    const { page } = tab;
    const drop = (files: [name: string, text: string][]) => page.evaluate((given) => {
      const dataTransfer = new DataTransfer();
      for (const [name, text] of given) dataTransfer.items.add(new File([text], name, { type: 'video/mp4', lastModified: 1 }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, files);
    await page.route('**/api/upload', () => undefined);
    await drop([['a.mp4', 'a video'], ['nothing.mp4', '']]);
    await page.getByText('nothing.mp4: an empty file or a folder can\'t be uploaded.').waitFor();
    expect(await page.locator('#chosen .title').allTextContents()).toEqual(['a.mp4']);
    await page.locator('#send').click();
    await row(page, 'a.mp4').waitFor();
    await drop([['a.mp4', 'a video']]);
    await page.locator('#send').click();
    await page.getByText('a.mp4: this upload is in the list already.').waitFor();
    expect(await page.locator('#queue li').count()).toBe(1);
    await page.context().close();
  });

  it('pauses when the session ends, and continues after the user has signed in again in another tab', async () => {
    const context = await browser.newContext();
    const tab = await Tab.open(context, stack.facts);
    await tab.signIn();
    const { page } = tab;
    const { isStalled, end } = await stall(page);
    await upload(page, makeFile('ended.mp4'));
    await isStalled;
    await context.clearCookies();
    const over = { status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in","detail":"over"}' };
    await page.route('**/api/streams?*', (route) => route.fulfill(over));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await tab.isSignedOut();
    await page.getByText('Your uploads are paused.').waitFor();
    expect([await page.locator('#lists').count(), await page.locator('#queue li').count()]).toEqual([0, 1]);
    await page.unroute('**/api/streams?*');
    await end();

    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Sign in' }).click();
    const other = await opened;
    const [{ username, password }] = stack.facts.users;
    await other.locator('[name=username]').fill(username);
    await other.locator('[name=password]').fill(password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await tab.isSignedIn();
    await page.locator('#own [data-status=ready]').filter({ hasText: 'ended.mp4' }).waitFor();
    await context.close();
  });

  it('removes the files of a user who signs out', async () => {
    const tab = await open();
    const { page } = tab;
    const { isStalled } = await stall(page);
    await upload(page, makeFile('private.mp4'));
    await isStalled;
    await page.locator('#file').setInputFiles(makeFile('chosen.mp4', 1));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog(page).getByText('Sign out during the upload of private.mp4?').waitFor();
    await proceed(page, 'Sign out');
    await tab.isSignedOut();
    await until('the page shows no file', async () => !/private|chosen/.test(await page.locator('body').innerText()));
    await tab.signIn();
    await page.getByRole('button', { name: 'Remove the upload of private.mp4' }).click();
    await proceed(page, 'Remove the upload');
    await page.locator('#unfinished').waitFor({ state: 'detached' });
    await page.context().close();
  });
});
