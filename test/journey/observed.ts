import { hkdfSync } from 'crypto';
import { signInSecrets } from '../../src/auth/sign-in/pending-sign-in.runtime';

/** The names of values that are not secret. All other values in requests and responses count as secrets, and must not be written to a log or file. */
const KNOWN_TO_ALL: Readonly<Record<string, readonly string[]>> = {
  query: [
    'client_id', 'redirect_uri', 'response_type', 'scope', 'code_challenge_method', 'return_to', 'logout_uri', 'iss', 'error', 'owner',
    'X-Amz-Algorithm', 'X-Amz-Content-Sha256', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'x-id',
  ],
  cookie: ['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id'],
  form: ['username'],
};

const SECRET_NAMES = ['id_token', 'access_token', 'refresh_token', 'privateKey', 'seed', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/** A text that contains this many consecutive characters of a secret leaks the secret. Shorter matches can be coincidence. */
export const FRAGMENT = 16;

export class Secrets {
  readonly values = new Map<string, string>();

  add(name: string, value: string): void {
    // Files have different line endings, so each line of a secret is added separately. The first and last line of a PEM key are not secret.
    for (const line of value.split('\n')) {
      if (line.length >= FRAGMENT && !line.startsWith('-----') && !this.values.has(line)) this.values.set(line, name);
    }
  }

  addUrl(address: string): void {
    if (!URL.canParse(address)) return;
    for (const [name, value] of new URL(address).searchParams) if (!KNOWN_TO_ALL.query.includes(name)) this.add(`query ${name}`, value);
  }

  addCookie(pair: string): void {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair.trim()) ?? [];
    if (!value || KNOWN_TO_ALL.cookie.includes(name)) return;
    this.add(`cookie ${name.replace(/(vod-sign-in).*/, '$1')}`, decodeURIComponent(value));
  }

  /** Adds the PKCE verifiers that the sign-in handler derives from its cookies and the client's secret. */
  addSignInVerifiers(clientSecret: string): void {
    const key = hkdfSync('sha256', clientSecret, '', 'serverless-vod sign-in under way', 32);
    this.add('sign-in key', Buffer.from(key).toString('base64url'));
    for (const [value, name] of [...this.values]) {
      if (name === 'cookie __Host-vod-sign-in') this.add('sign-in verifier', signInSecrets(value, new Uint8Array(key)).verifier);
    }
  }

  addJson(text: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    JSON.parse(text, (name, value) => {
      if (typeof value !== 'string') return value;
      if (SECRET_NAMES.includes(name)) this.add(`json ${name}`, value);
      else this.addUrl(value);
      return value;
    });
  }

  async addExchange(address: string, { headers, body }: RequestInit, response: Response): Promise<void> {
    this.addUrl(address);
    const sent = new Headers(headers);
    this.add('authorization', sent.get('authorization')?.replace(/^Bearer /, '') ?? '');
    sent.get('cookie')?.split(';').forEach((pair) => this.addCookie(pair));
    if (typeof body === 'string') this.addJson(body);
    if (body instanceof URLSearchParams) for (const [name, value] of body) if (!KNOWN_TO_ALL.form.includes(name)) this.add(`form ${name}`, value);
    this.addUrl(new URL(response.headers.get('location') ?? '', address).href);
    response.headers.getSetCookie().forEach((line) => this.addCookie(line.split(';')[0]));
    if (response.headers.get('content-type')?.includes('json')) this.addJson(await response.clone().text());
  }

  /** Creates a function that searches a text for secrets and for parts of secrets. The function returns the names of the secrets. */
  finder(): (text: string) => string[] {
    const pieces = new Map<string, string>();
    for (const [value, name] of this.values) {
      for (let at = 0; at + FRAGMENT <= value.length; at++) pieces.set(value.slice(at, at + FRAGMENT), name);
    }
    return (text) => {
      const found = new Set<string>();
      for (let at = 0; at + FRAGMENT <= text.length; at++) {
        const name = pieces.get(text.slice(at, at + FRAGMENT));
        if (name) found.add(name);
      }
      return [...found].sort();
    };
  }
}
