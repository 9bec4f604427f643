import { hkdfSync } from 'crypto';
import { signInSecrets } from '../../src/auth/sign-in/pending-sign-in.runtime';

/** Values of requests and responses that are not secret. Every other value counts as a secret, so a new value must be listed here or stay unwritten. */
const KNOWN_TO_ALL: Readonly<Record<string, readonly string[]>> = {
  query: [
    'client_id', 'redirect_uri', 'response_type', 'scope', 'code_challenge_method', 'return_to', 'logout_uri', 'iss', 'error', 'owner',
    'X-Amz-Algorithm', 'X-Amz-Content-Sha256', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'x-id',
  ],
  cookie: ['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id'],
  form: ['username'],
};

/** JSON keys whose values are secrets. */
const SECRET_NAMES = ['id_token', 'access_token', 'refresh_token', 'privateKey', 'seed', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/** The number of characters from which a part of a secret counts as a leak. Shorter matches can be coincidence. */
export const FRAGMENT = 16;

/** Collects secrets from requests and responses. */
export class Secrets {
  /** The name of each secret at its first occurrence. */
  readonly values = new Map<string, string>();

  /** Adds a secret. */
  add(name: string, value: string): void {
    // Files contain different line endings, so each line is added separately. Every library contains the first and last line of a PEM key.
    for (const line of value.split('\n')) {
      if (line.length >= FRAGMENT && !line.startsWith('-----') && !this.values.has(line)) this.values.set(line, name);
    }
  }

  /** Adds the secret query parameters of a URL. */
  addUrl(address: string): void {
    if (!URL.canParse(address)) return;
    for (const [name, value] of new URL(address).searchParams) if (!KNOWN_TO_ALL.query.includes(name)) this.add(`query ${name}`, value);
  }

  /** Adds a cookie in the form `name=value`. `addSignInVerifiers` derives the verifiers from the sign-in cookies. */
  addCookie(pair: string): void {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair.trim()) ?? [];
    if (!value || KNOWN_TO_ALL.cookie.includes(name)) return;
    this.add(`cookie ${name.replace(/(vod-sign-in).*/, '$1')}`, decodeURIComponent(value));
  }

  /** Adds the PKCE verifiers that the handler derives from the sign-in cookies and the client's secret. */
  addSignInVerifiers(clientSecret: string): void {
    const key = hkdfSync('sha256', clientSecret, '', 'serverless-vod sign-in under way', 32);
    this.add('sign-in key', Buffer.from(key).toString('base64url'));
    for (const [value, name] of [...this.values]) {
      if (name === 'cookie __Host-vod-sign-in') this.add('sign-in verifier', signInSecrets(value, new Uint8Array(key)).verifier);
    }
  }

  /** Adds the secrets of a JSON text. Ignores other texts. */
  addJson(text: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    JSON.parse(text, (name, value) => {
      if (typeof value !== 'string') return value;
      if (SECRET_NAMES.includes(name)) this.add(`json ${name}`, value);
      else this.addUrl(value);
      return value;
    });
  }

  /** Adds the secrets of a request and its response. */
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

  /** Returns a function that returns the names of the secrets that a text contains in part. */
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
