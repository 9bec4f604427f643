import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';
import { until, WAIT_MS } from './stack';
import type { StackFacts } from '../../local/stack';
import { ensure } from '../../local/system';

const ARGUMENTS = [
  '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
  // By default, Chromium allows autoplay only after a user gesture. `page.evaluate` counts as a gesture, so the result would depend on timing.
  '--autoplay-policy=no-user-gesture-required',
];

/** @param more - additional arguments of Chromium */
export function launchBrowser(...more: string[]): Promise<Browser> {
  // Chromium's sandbox does not run as root.
  const args = [...ARGUMENTS, ...more, ...process.getuid?.() === 0 ? ['--no-sandbox'] : []];
  return chromium.launch({ executablePath: ensure('chromium'), args });
}

/** The number of lists that the page loads. */
export const LISTS = 3;

export interface Answer {
  readonly route: string;
  readonly status: number;
  readonly token?: string;
}

export class Tab {
  static async open(context: BrowserContext, facts: StackFacts): Promise<Tab> {
    const tab = new Tab(await context.newPage(), facts);
    // Chromium's console omits some violations of the Content-Security-Policy. A listener that exists before the page loads receives all violations.
    await tab.page.addInitScript(() => document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error(`policy violated: ${effectiveDirective} ${blockedURI}`)));
    await tab.page.goto(facts.origin);
    return tab;
  }

  readonly requests: Request[] = [];
  readonly answers: Answer[] = [];
  readonly complaints: string[] = [];

  private constructor(readonly page: Page, private readonly facts: StackFacts) {
    page.setDefaultTimeout(WAIT_MS);
    page.on('request', (request) => this.requests.push(request));
    page.on('response', (response) => {
      const url = response.url();
      if (!url.startsWith(`${facts.api}/`)) return;
      const token = response.request().headers().authorization?.replace('Bearer ', '');
      this.answers.push({ route: url.slice(facts.api.length), status: response.status(), token });
    });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  async signIn({ username, password } = this.facts.users[0]): Promise<void> {
    await this.page.getByRole('link', { name: 'Sign in' }).click();
    await this.page.locator('[name=username]').fill(username);
    await this.page.locator('[name=password]').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.isSignedIn();
  }

  async isSignedIn(): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  async isSignedOut(): Promise<void> {
    await this.page.getByRole('link', { name: 'Sign in' }).waitFor();
  }

  message(): Promise<string | null> {
    return this.page.locator('#message').textContent();
  }

  /** Starts to record all messages of the page, because the page removes old messages. */
  async watchMessages(): Promise<() => Promise<string[]>> {
    const said = await this.page.evaluateHandle(() => {
      const message = document.querySelector('#message')!;
      const texts: string[] = [];
      new MutationObserver(() => { if (message.textContent) texts.push(message.textContent); }).observe(message, { childList: true });
      return texts;
    });
    return () => said.jsonValue();
  }

  /** Stops the page's timers, as a sleeping computer does. Without timers, only other events cause a renewal of the tokens. */
  async sleep(): Promise<void> {
    await this.page.evaluate(() => {
      for (let timer = Number(setTimeout(() => undefined)); timer > 0; timer--) clearTimeout(timer);
      window.setTimeout = (() => 0) as unknown as typeof setTimeout;
    });
    await until('no renewal is in progress', () => this.page.evaluate(async () => (await navigator.locks.query()).held!.length === 0));
  }

  async wake(): Promise<void> {
    const before = this.listed();
    await this.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await until('the page lists again', () => this.listed() >= before + LISTS);
  }

  async renews(): Promise<void> {
    const before = this.renewals().length;
    await until('the page renews its session', () => this.renewals().length > before);
  }

  /** Returns the ID of the signed-in user, from the last token. */
  userId(): string {
    const { token } = this.answers.findLast(({ token: each }) => each)!;
    return JSON.parse(Buffer.from(token!.split('.')[1], 'base64url').toString()).sub;
  }

  renewals(): Answer[] {
    return this.answers.filter(({ route }) => route === '/token');
  }

  private listed(): number {
    return this.answers.filter(({ route }) => route.startsWith('/streams?')).length;
  }
}
