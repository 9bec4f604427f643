import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import type { Browser, BrowserContext, BrowserContextOptions, Page, Route } from 'playwright-core';
import { makeClip, padClip } from '../../../local/clip';
import { StackProcess, stopAll, temporaryFolder, WAIT_MS, type StackProcessOptions } from '../stack';
import { launchBrowser, Tab } from '../tab';

const APP = path.join(__dirname, '../parts.fixture.ts');

/** The local stack with the page of the full example, and the browser of one test file. */
export class Site {
  stack!: StackProcess;
  browser!: Browser;

  async start(): Promise<void> {
    this.stack = await StackProcess.start({ app: APP });
    this.browser = await launchBrowser();
  }

  /** Starts the killed stack again, with the same data and the same port. */
  async startAgain(options: Pick<StackProcessOptions, 'divideLifetimes'>): Promise<void> {
    const { data, facts } = this.stack;
    this.stack = await StackProcess.start({ ...options, app: APP, data, port: Number(new URL(facts.origin).port) });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await stopAll();
  }

  async newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(WAIT_MS);
    return context;
  }

  /** Opens the page. The default context is new, so it has no session. */
  async open(context?: BrowserContext): Promise<Tab> {
    return Tab.open(context ?? await this.newContext(), this.stack.facts);
  }

  async openSignedIn(context?: BrowserContext): Promise<Tab> {
    const tab = await this.open(context);
    await tab.signIn();
    return tab;
  }
}

/** Starts a stack and a browser before the tests of a `describe` block, and ends them after the tests. */
export function serveSite(): Site {
  const site = new Site();
  beforeAll(() => site.start());
  afterAll(() => site.stop());
  return site;
}

/** Creates a playable file, which the page uploads in two parts if `mebibytes` is 20. */
export function makeFile(name: string, mebibytes = 20): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, padClip(readFileSync(makeClip(file, 2)), mebibytes * 1024 ** 2));
  return file;
}

export async function upload(page: Page, ...files: string[]): Promise<void> {
  await page.locator('#file').setInputFiles(files);
  await page.locator('#send').click();
}

/** After this call, each new document uses the file chooser. A test cannot use the picker, which returns file handles. */
export async function withoutHandles(page: Page): Promise<void> {
  // Chromium reports file choosers only while a listener exists. `waitForEvent` adds its listener too late, because it does not wait for Chromium.
  page.on('filechooser', () => undefined);
  await page.addInitScript(() => { delete (window as { showOpenFilePicker?: unknown }).showOpenFilePicker; });
}

/** Holds the requests of a page whose URL matches. Returns the held requests: a test continues or aborts them. */
export async function hold(page: Page, url: string | RegExp): Promise<Route[]> {
  const held: Route[] = [];
  await page.route(url, (route) => void held.push(route));
  return held;
}

/** The rows of the queue with this title. */
export const queued = (page: Page, title: string) => page.locator('#queue li').filter({ hasText: title });
/** The rows of the user's own videos with this title. */
export const own = (page: Page, title: string) => page.locator('#own li').filter({ hasText: title });
