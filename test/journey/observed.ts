import { hkdfSync } from 'crypto';
import { signInSecrets } from '../../src/auth/sign-in/pending-sign-in.runtime';

/** What requests and answers hold that anyone may know. All else is taken for a secret: what is new has to be named here, or never be written down. */
const KNOWN_TO_ALL: Readonly<Record<string, readonly string[]>> = {
  query: [
    'client_id', 'redirect_uri', 'response_type', 'scope', 'code_challenge_method', 'return_to', 'logout_uri', 'iss', 'error', 'owner',
    'X-Amz-Algorithm', 'X-Amz-Content-Sha256', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'x-id',
  ],
  cookie: ['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id'],
  form: ['username'],
};

/** Parts of JSON that nobody may know. */
const SECRET_NAMES = ['id_token', 'access_token', 'refresh_token', 'privateKey', 'seed', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/** How much of a secret is too much: less may be there by chance. */
export const FRAGMENT = 16;

/** Secrets by their names, as they pass. */
export class Secrets {
  /** Each with the name under which it was first seen. */
  readonly values = new Map<string, string>();

  /** A text that nobody may know; what has parts, such as a token or a key's text, is looked for in pieces anyway. */
  add(name: string, value: string): void {
    // Lines, since files write their ends in more than one way. Those that begin and end a key are in every library.
    for (const line of value.split('\n')) {
      if (line.length >= FRAGMENT && !line.startsWith('-----') && !this.values.has(line)) this.values.set(line, name);
    }
  }

  /** An address: what it carries in its query. */
  addAddress(address: string): void {
    if (!URL.canParse(address)) return;
    for (const [name, value] of new URL(address).searchParams) if (!KNOWN_TO_ALL.query.includes(name)) this.add(`query ${name}`, value);
  }

  /** One cookie, `name=value`. From that of a sign-in its verifier is derived, by a key that `addSignInVerifiers` is told. */
  addCookie(pair: string): void {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair.trim()) ?? [];
    if (!value || KNOWN_TO_ALL.cookie.includes(name)) return;
    this.add(`cookie ${name.replace(/(vod-sign-in).*/, '$1')}`, decodeURIComponent(value));
  }

  /** What the handler derives from the cookies of sign-ins and its client's secret, and tells nobody but the sign-in server. */
  addSignInVerifiers(clientSecret: string): void {
    const key = hkdfSync('sha256', clientSecret, '', 'serverless-vod sign-in under way', 32);
    this.add('sign-in key', Buffer.from(key).toString('base64url'));
    for (const [value, name] of [...this.values]) {
      if (name === 'cookie __Host-vod-sign-in') this.add('sign-in verifier', signInSecrets(value, new Uint8Array(key)).verifier);
    }
  }

  /** JSON of any form, if it is JSON. */
  addJson(text: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    JSON.parse(text, (name, value) => {
      if (typeof value !== 'string') return value;
      if (SECRET_NAMES.includes(name)) this.add(`json ${name}`, value);
      else this.addAddress(value);
      return value;
    });
  }

  /** All that a request and its answer carry. */
  async addExchange(address: string, { headers, body }: RequestInit, response: Response): Promise<void> {
    this.addAddress(address);
    const sent = new Headers(headers);
    this.add('authorization', sent.get('authorization')?.replace(/^Bearer /, '') ?? '');
    sent.get('cookie')?.split(';').forEach((pair) => this.addCookie(pair));
    if (typeof body === 'string') this.addJson(body);
    if (body instanceof URLSearchParams) for (const [name, value] of body) if (!KNOWN_TO_ALL.form.includes(name)) this.add(`form ${name}`, value);
    this.addAddress(new URL(response.headers.get('location') ?? '', address).href);
    response.headers.getSetCookie().forEach((line) => this.addCookie(line.split(';')[0]));
    if (response.headers.get('content-type')?.includes('json')) this.addJson(await response.clone().text());
  }

  /** Answers a function that names the secrets of which a text holds a piece. */
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
