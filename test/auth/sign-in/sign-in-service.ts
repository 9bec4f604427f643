import { randomBytes } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { CLIENT_ID, HOSTED_UI, ISSUER, SignInServer } from './sign-in-server';
import { signIn } from '../../../src/auth/sign-in/sign-in.runtime';
import { errorPage } from '../../../src/runtime/error-page';
import { serveRoutes } from '../../../src/runtime/http';
import { captureLog } from '../../captured-log';
import { apiEvent } from '../../runtime/api-event';

export const SERVICE_URL = 'https://videos.example.com';
export const DEVELOPMENT = 'http://localhost:5173';
export const SAME_SITE = { 'origin': SERVICE_URL, 'sec-fetch-site': 'same-origin' };
/** The headers of a link that a person follows in Chromium. */
export const NAVIGATION = {
  'accept': 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1',
};
export const REFRESH = '__Secure-vod-refresh';

/** Each test creates a `SignInService`, and calls `end` on it. */
export class SignInService {
  readonly server = new SignInServer();
  readonly logged = captureLog();
  private readonly secrets = new SecretsManagerClient({ region: 'us-east-1' });
  readonly secretsManager = mockClient(this.secrets);
  private now = new Date();
  readonly handler: Handler;

  constructor() {
    this.secretsManager.on(GetSecretValueCommand).callsFake(async () => ({ SecretString: this.server.clientSecret }));
    this.handler = this.startContainer();
  }

  startContainer(): Handler {
    const environment = {
      HOSTED_UI, ISSUER, CLIENT_ID, SECRET_ARN: 'arn:secret', SERVICE_URL, RETURN_ORIGINS: [DEVELOPMENT], REFRESH_SECONDS: 2_592_000,
    };
    return serveRoutes('auth/sign-in', signIn(environment, {
      fetch: this.server.fetch as typeof fetch, now: () => this.now, random: randomBytes, secrets: this.secrets,
    }), errorPage);
  }

  browser(handler = this.handler): Browser {
    return new Browser(handler, this.server);
  }

  pass(milliseconds: number): void {
    this.now = new Date(this.now.getTime() + milliseconds);
  }

  end(): void {
    for (const secret of [this.server.clientSecret, ...this.server.issued]) expect(this.logged.join()).not.toContain(secret);
    jest.restoreAllMocks();
  }
}

interface Sent {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

type Handler = (event: APIGatewayProxyEvent) => Promise<{ statusCode: number; headers?: any; multiValueHeaders?: any; body: string }>;

/** Stores cookies like a browser, but ignores their paths. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly handler: Handler, private readonly server: SignInServer) {}

  get names(): string[] {
    return [...this.cookies.keys()];
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async call(method: string, resource: string, { headers, ...sent }: Sent = {}) {
    const { cookie } = this;
    const response = await this.handler(apiEvent(method, resource, { ...sent, headers: { ...(cookie && { Cookie: cookie }), ...headers } }));
    const set: string[] = response.multiValueHeaders?.['set-cookie'] ?? [];
    for (const line of set) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/Max-Age=0(;|$)/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const { statusCode: status, headers: answered, body: text } = response;
    return { status, location: answered?.location as string | undefined, headers: answered, set, body: text === '' ? undefined : /json/.test(answered['content-type']) ? JSON.parse(text) : text };
  }

  async start(returnTo?: string) {
    return (await this.begin(returnTo)).callback;
  }

  async begin(returnTo?: string) {
    const { location, set } = await this.call('GET', '/login', { query: returnTo ? { return_to: returnTo } : {} });
    return { callback: this.server.signIn(location!), cookie: set[0].split('=')[0], nonce: new URL(location!).searchParams.get('nonce')! };
  }

  authorize(query: Record<string, string>, headers?: Record<string, string>) {
    return this.call('GET', '/authorize', { query, headers });
  }

  async session(): Promise<this> {
    expect((await this.authorize(await this.start('/'))).status).toBe(302);
    return this;
  }
}
