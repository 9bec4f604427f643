import { createWriteStream, truncateSync, writeFileSync } from 'fs';
import * as path from 'path';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { setTimeout as wait } from 'timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { own, serveSite, withoutHandles } from './fixture';
import { digestOf, madeContent, storedDigest, storedParts } from '../source-files';
import { temporaryFolder, until, WAIT_MS } from '../stack';
import type { Tab } from '../tab';

/** `npm test` uploads 300 MB and is offline for 5 seconds. CONTRIBUTING.md contains the commands for 2 GB and for a minute. */
const MEGABYTES = Number(process.env.SURVIVAL_MEGABYTES ?? 300);
const OFFLINE_MS = Number(process.env.SURVIVAL_OFFLINE_SECONDS ?? 5) * 1000;
/** The network of the browser, in bytes a second. A local upload would otherwise end before the test interrupts it. */
const SLOW = MEGABYTES * 1_000_000 / 12;
const PATIENCE = WAIT_MS + MEGABYTES * 100;
/** After the restart of the stack, tokens are valid for 10 seconds instead of an hour. */
const DIVIDE_LIFETIMES = 360;

jest.setTimeout(240_000 + 2 * OFFLINE_MS + MEGABYTES * 200);

const CONTENT = madeContent(MEGABYTES * 1_000_000);
const NAME = 'film.mp4';

describe('an upload of the page', () => {
  const site = serveSite();

  async function throttle(page: Page): Promise<CDPSession> {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await limitNetwork(session, SLOW);
    return session;
  }

  /** Playwright's `setOffline` has no effect while this session limits the network, so this session also takes the browser offline. */
  const limitNetwork = (session: CDPSession, uploadThroughput: number, offline = false) =>
    session.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput });

  const row = (page: Page) => page.locator('#queue li');
  const button = (page: Page, name: string) => page.getByRole('button', { name: `${name} the upload of ${NAME}` });
  const reachesPhase = (page: Page, phase: string) => page.locator(`#queue [data-phase=${phase}]`).waitFor();
  const percent = (page: Page) => row(page).locator('progress').evaluate((bar: HTMLProgressElement) => bar.value);
  const reaches = (page: Page, value: number) => until(`${value} % are uploaded`, async () => await percent(page) >= value, PATIENCE);
  const putsOf = (tab: Tab) => tab.requests.filter((request) => request.method() === 'PUT').length;

  /**
   * Replaces the file picker, because a test cannot use the browser's own picker. The picked file is in the origin private file system of Chromium. Its handle
   * has the same interface as the handle of a file of the user, and the browser stores it in the same way, but asks for no permission.
   */
  async function pickFromPrivateFiles(page: Page): Promise<void> {
    const install = (name: string) => {
      (window as { showOpenFilePicker?: unknown }).showOpenFilePicker = async () => [await (await navigator.storage.getDirectory()).getFileHandle(name)];
    };
    await page.addInitScript(install, NAME);
    await page.evaluate(install, NAME);
    await page.evaluate(async ([name, size]) => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(name, { create: true });
      const file = await handle.createWritable();
      const mebibyte = 1024 ** 2;
      for (let block = 0; block * mebibyte < size; block++) {
        const text = `no video ${block} `;
        const bytes = Math.min(mebibyte, size - block * mebibyte);
        await file.write(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes));
      }
      await file.close();
    }, [NAME, CONTENT.size] as const);
  }

  /** After this call and a reload, the page has no file handle, as in a browser without file handles. */
  async function forgetHandles(page: Page): Promise<void> {
    await withoutHandles(page);
    const stored = await page.evaluate(() => new Promise<number>((resolve, reject) => {
      const opening = indexedDB.open('vod-uploads', 1);
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('handles', 'readwrite');
        const counting = transaction.objectStore('handles').count();
        transaction.objectStore('handles').clear();
        transaction.oncomplete = () => resolve(counting.result);
      };
    }));
    expect(stored).toBe(1);
  }

  /** Chooses a file after the page has asked for the file. */
  async function resumeWith(page: Page, file: string): Promise<void> {
    const choosing = page.waitForEvent('filechooser');
    await button(page, 'Resume').click();
    await (await choosing).setFiles(file);
  }

  it(`survives ${OFFLINE_MS / 1000} seconds without a network, kill -9 of the service, reloads, a pause, an expired token and wrong files (${MEGABYTES} MB)`, async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    page.on('dialog', (dialog) => void dialog.accept());
    const network = await throttle(page);
    // The default quota of a context without a profile depends on the memory of the machine.
    await network.send('Storage.overrideQuotaForOrigin', { origin: site.stack.facts.origin, quotaSize: 4 * CONTENT.size });
    await pickFromPrivateFiles(page);
    await page.locator('#file').click();
    await page.locator('#chosen').getByText(NAME).waitFor();
    await page.locator('#send').click();

    await reaches(page, 10);
    await limitNetwork(network, SLOW, true);
    await reachesPhase(page, 'waiting');
    await row(page).getByText(/No connection: trying again/).waitFor();
    const before = await percent(page);
    await wait(OFFLINE_MS);
    expect(await percent(page)).toBe(before);
    await limitNetwork(network, SLOW);
    await reaches(page, 25);

    site.stack.kill();
    await reachesPhase(page, 'waiting');
    await site.startAgain({ divideLifetimes: DIVIDE_LIFETIMES });
    await reaches(page, 45);

    // After a reload, the stored handle continues the upload after one click.
    await page.clock.install();
    await page.reload();
    await button(page, 'Resume').click();
    await reaches(page, 60);

    // The token expires during a pause. The clock of the page stops, as the clock of a suspended computer, so the page does not renew the token.
    await button(page, 'Pause').click();
    await row(page).getByText(/^Paused at /).waitFor();
    const puts = putsOf(tab);
    await page.clock.pauseAt(Date.now() + 1000);
    await until('no renewal is in progress', () => page.evaluate(async () => {
      const { held, pending } = await navigator.locks.query();
      return ![...held!, ...pending!].some(({ name }) => name === 'vod-session');
    }));
    await wait(3_600_000 / DIVIDE_LIFETIMES + 1000);
    expect(putsOf(tab)).toBe(puts);
    const since = tab.answers.length;
    const answers = (status: number) => tab.answers.slice(since).filter((answer) => answer.status === status && answer.route.endsWith('/parts'));
    await button(page, 'Resume').click();
    await until('the API has signed URLs of parts', () => answers(200).length > 0);
    const tokens = [401, 200].map((status) => [...new Set(answers(status).map(({ token }) => token!))]);
    expect(tokens.map((each) => each.map(isExpired))).toEqual([[true], [false]]);
    expect(tab.answers.slice(since).filter(({ route }) => route === '/token').map(({ status }) => status)).toEqual([200]);
    await page.clock.resume();
    await reaches(page, 75);

    // After a reload without stored handles, the page asks for the file.
    await forgetHandles(page);
    await page.reload();
    await button(page, 'Resume').waitFor();
    const stored = storedParts(site.stack.data);
    const size = `\\(${readable(CONTENT.size)}\\)`;
    for (const [file, words] of [
      [sparseFile('cat.mp4', CONTENT.size), `^cat\\.mp4 ${size} is another file\\. Choose film\\.mp4 ${size}\\.$`],
      [sparseFile(NAME, 52_000_000), `^film\\.mp4 \\(49\\.6 MiB\\) is another file\\. Choose film\\.mp4 ${size}\\.$`],
      [sparseFile(NAME, CONTENT.size), '^film\\.mp4 has other content than the file of this upload\\. Choose the original file, or dismiss this upload and upload the file as a new video\\.$'],
    ]) {
      await resumeWith(page, file);
      await row(page).getByText(new RegExp(words)).waitFor();
      await button(page, 'Dismiss').click();
    }
    expect(storedParts(site.stack.data)).toEqual(stored);
    await limitNetwork(network, -1);
    await resumeWith(page, await writeContent());
    await own(page, NAME).waitFor({ timeout: PATIENCE });
    expect([await own(page, NAME).count(), await page.locator('#unfinished').count()]).toEqual([1, 0]);
    expect(tab.answers.filter(({ route, status }) => route === '/upload' && status === 201)).toHaveLength(1);
    const videoId = (await own(page, NAME).getAttribute('data-video-id'))!;
    expect(await storedDigest(site.stack.data, videoId)).toBe(await digestOf(CONTENT));
    await page.context().close();
  });
});

const isExpired = (token: string) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).exp * 1000 < Date.now();
const readable = (bytes: number) => {
  const [unit, name] = bytes < 1024 ** 3 ? [1024 ** 2, 'MiB'] : [1024 ** 3, 'GiB'];
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
};

/** Creates a file that contains only zeros and needs no space on the disk. */
function sparseFile(name: string, size: number): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, '');
  truncateSync(file, size);
  return file;
}

/** Writes the content of the upload to a file. */
async function writeContent(): Promise<string> {
  const file = path.join(temporaryFolder(), NAME);
  const block = 16 * 1024 ** 2;
  const blocks = Array.from({ length: Math.ceil(CONTENT.size / block) }, (_, index) => index * block);
  await pipeline(Readable.from(blocks).map((start: number) => CONTENT.read(start, Math.min(start + block, CONTENT.size))), createWriteStream(file));
  return file;
}
