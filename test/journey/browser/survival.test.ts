import { mkdirSync, writeFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { digestOf, madeContent, storedDigest } from '../source-files';
import { StackProcess, stopAll, temporaryFolder, until, WAIT_MS } from '../stack';
import { launchBrowser, Tab } from '../tab';

/** `npm test` uploads 300 MB and is offline for 5 seconds. CONTRIBUTING.md contains the command for 2 GB and a minute. */
const MEGABYTES = Number(process.env.SURVIVAL_MEGABYTES ?? 300);
const OFFLINE_MS = Number(process.env.SURVIVAL_OFFLINE_SECONDS ?? 5) * 1000;
/** The network of the browser, in bytes a second. A local upload would otherwise end before the test interrupts it. */
const SLOW = MEGABYTES * 1_000_000 / 12;
const PATIENCE = 240_000 + 2 * OFFLINE_MS + MEGABYTES * 100;

jest.setTimeout(PATIENCE);

const MEBIBYTE = 1024 ** 2;
const CONTENT = madeContent(MEGABYTES * 1_000_000);
/** Every part differs, because any part of the first upload can be the part that S3 has stored. */
const OTHER = { ...CONTENT, read: (start: number, end: number) => Buffer.alloc(end - start, 'x') };

describe('an upload of the page', () => {
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

  async function open(context: BrowserContext): Promise<Tab> {
    const tab = await Tab.open(context, stack.facts);
    tab.page.on('dialog', (dialog) => void dialog.accept());
    return tab;
  }

  async function throttle(page: Page): Promise<CDPSession> {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await slowNetwork(session);
    return session;
  }

  /** Playwright's `setOffline` has no effect while this session limits the network, so this session also takes the browser offline. */
  const slowNetwork = (session: CDPSession, offline = false) =>
    session.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: SLOW });

  const row = (page: Page) => page.locator('#queue li');
  const phase = (page: Page) => row(page).getAttribute('data-phase');
  const percent = (page: Page) => row(page).locator('progress').evaluate((bar: HTMLProgressElement) => bar.value);
  const reaches = (page: Page, value: number) => until(`${value} % are uploaded`, async () => await percent(page) >= value, WAIT_MS + MEGABYTES * 100);
  const sent = (page: Page, name: string) => page.locator('#own li').filter({ hasText: name }).waitFor({ timeout: WAIT_MS + MEGABYTES * 100 });
  const putsOf = (tab: Tab) => tab.requests.filter((request) => request.method() === 'PUT').length;
  const videoIn = async (page: Page) => (await page.locator('#own li').filter({ hasText: 'film.mp4' }).first().getAttribute('data-video-id'))!;

  /**
   * Replaces the file picker, because a test cannot use the browser's own picker. The picked file is in the origin private file system of Chromium. Its handle
   * has the same interface as the handle of a file of the user, and the browser stores it in the same way, but asks for no permission.
   */
  async function pickFromPrivateFiles(page: Page): Promise<void> {
    const install = () => {
      (window as { showOpenFilePicker?: unknown }).showOpenFilePicker = async () => [await (await navigator.storage.getDirectory()).getFileHandle('film.mp4')];
    };
    await page.addInitScript(install);
    await page.evaluate(install);
    await page.evaluate(async (size) => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle('film.mp4', { create: true });
      const file = await handle.createWritable();
      const mebibyte = 1024 ** 2;
      for (let block = 0; block * mebibyte < size; block++) {
        const text = `no video ${block} `;
        const bytes = Math.min(mebibyte, size - block * mebibyte);
        await file.write(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes));
      }
      await file.close();
    }, CONTENT.size);
  }

  it('continues after a lost network, a pause, an expired token, a kill of the service and a reload, and stores the bytes of the file', async () => {
    const context = await browser.newContext();
    const tab = await open(context);
    const { page } = tab;
    await tab.signIn();
    await pickFromPrivateFiles(page);
    const network = await throttle(page);
    await page.locator('#file').click();
    await page.locator('#chosen').getByText('film.mp4').waitFor();
    await page.locator('#send').click();

    await reaches(page, 10);
    await slowNetwork(network, true);
    await until('the upload waits', async () => await phase(page) === 'waiting');
    await row(page).getByText(/No connection: tries again/).waitFor();
    const before = await percent(page);
    await wait(OFFLINE_MS);
    expect([await phase(page), await percent(page) <= before + 1]).toEqual(['waiting', true]);
    await slowNetwork(network);
    await reaches(page, 25);

    await page.getByRole('button', { name: 'Pause the upload of film.mp4' }).click();
    await row(page).getByText(/^Paused at /).waitFor();
    const puts = putsOf(tab);
    await wait(1500);
    expect(putsOf(tab)).toBe(puts);
    // While the upload is paused, its token expires.
    await page.route('**/api/upload/**', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in","detail":"over"}' }), { times: 1 });
    const renewals = tab.renewals().length;
    await page.getByRole('button', { name: 'Resume the upload of film.mp4' }).click();
    await reaches(page, 45);
    expect(tab.renewals().length).toBe(renewals + 1);

    const { data } = stack;
    const port = Number(new URL(stack.facts.origin).port);
    stack.kill();
    await until('the upload waits', async () => await phase(page) === 'waiting');
    stack = await StackProcess.start({ app: path.join(__dirname, '../parts.fixture.ts'), data, port });
    await reaches(page, 65);

    // After the reload, the stored handle continues the upload after one click.
    const created = () => tab.answers.filter(({ route, status }) => route === '/upload' && status === 201).length;
    await page.reload();
    await page.getByRole('button', { name: 'Resume the upload of film.mp4' }).click();
    await slowNetwork(network);
    await sent(page, 'film.mp4');
    expect([created(), await page.locator('#unfinished').count()]).toEqual([1, 0]);
    await until('S3 has the file', async () => await storedDigest(stack.data, await videoIn(page)) !== undefined);
    expect(await storedDigest(stack.data, await videoIn(page))).toBe(await digestOf(CONTENT));
    await context.close();
  });

  it('continues after a reload with the same file, and rejects another file by its name, size and content', async () => {
    const context = await browser.newContext();
    const tab = await open(context);
    const { page } = tab;
    await page.addInitScript(() => { delete (window as { showOpenFilePicker?: unknown }).showOpenFilePicker; });
    await page.reload();
    await tab.signIn();
    const small = { ...CONTENT, size: 50 * MEBIBYTE };
    const [movie, otherContent, otherSize, otherName] = await Promise.all([
      makeFile('movie.mp4', small), makeFile('movie.mp4', { ...OTHER, size: small.size }), makeFile('movie.mp4', { ...small, size: 49 * MEBIBYTE }), makeFile('cat.mp4', small),
    ]);
    await page.route(/[?&]partNumber=3&/, () => undefined);
    await page.locator('#file').setInputFiles(movie);
    await page.locator('#send').click();
    await reaches(page, 60);
    await page.reload();
    await page.unroute(/[?&]partNumber=3&/);
    await page.locator('#unfinished').getByText('movie.mp4').waitFor();
    const resume = async (file: string) => {
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Resume the upload of movie.mp4' }).click();
      await (await choosing).setFiles(file);
    };
    const before = putsOf(tab);
    for (const [file, words] of [
      [otherName, /^cat\.mp4 \(52\.4 MB\) is another file\. Choose movie\.mp4 \(52\.4 MB\)\.$/],
      [otherSize, /^movie\.mp4 \(51\.4 MB\) is another file\. Choose movie\.mp4 \(52\.4 MB\)\.$/],
      [otherContent, /^movie\.mp4 has other content than the file of this upload\. Choose the original file\.$/],
    ] as const) {
      await resume(file);
      await row(page).getByText(words).waitFor();
      await page.getByRole('button', { name: 'Dismiss the upload of movie.mp4' }).click();
    }
    expect(putsOf(tab)).toBe(before);
    await resume(movie);
    await sent(page, 'movie.mp4');
    const videoId = tab.answers.findLast(({ route }) => route.endsWith('/complete'))!.route.split('/')[2];
    expect(await storedDigest(stack.data, videoId)).toBe(await digestOf(small));
    await context.close();
  });
});

/** Writes a file with the given name in a new folder. */
async function makeFile(name: string, { size, read }: typeof CONTENT): Promise<string> {
  const folder = path.join(temporaryFolder(), 'files');
  mkdirSync(folder);
  writeFileSync(path.join(folder, name), await read(0, size));
  return path.join(folder, name);
}
