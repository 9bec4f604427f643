/** What a callback brings. */
export interface Callback {
  readonly callback: URL;
  readonly cookie: string;
}

/** Its address with other parameters. */
export function withQuery({ callback, cookie }: Callback, change: Record<string, string>): Callback {
  const url = new URL(callback);
  for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
  return { callback: url, cookie };
}

/** Its cookie with other content: who signs in holds the cookie, and may write into it what they like. */
export function withCookie({ callback, cookie }: Callback, change: { seed?: string; expiresAt?: number; returnTo?: string }): Callback {
  const [name, value] = cookie.split('=');
  const [seed, expiresAt, returnTo] = value.split('.');
  const changed = change.returnTo === undefined ? returnTo : Buffer.from(change.returnTo).toString('base64url');
  return { callback, cookie: `${name}=${change.seed ?? seed}.${change.expiresAt ?? expiresAt}.${changed}` };
}

/** A state of nobody's. */
export const OTHER = 'x'.repeat(43);

/** What can be wrong with a callback; `other` is one that another browser could finish. */
export const CALLBACK_FAULTS: Record<string, (own: Callback, other: Callback) => Callback> = {
  'a state without its cookie': ({ callback }) => ({ callback, cookie: '' }),
  'the state of another browser': ({ cookie }, { callback }) => ({ callback, cookie }),
  'a state that only begins as its own does': (own) => withQuery(own, { state: own.callback.searchParams.get('state')!.slice(0, 12).padEnd(43, 'x') }),
  'a state that is none': (own) => withQuery(own, { state: '../../token' }),
  'another seed in the cookie': (own) => withCookie(own, { seed: OTHER.slice(0, 22) }),
  'the seed of a sign-in that exists in the cookie': (own, { cookie }) => withCookie(own, { seed: cookie.split('=')[1].split('.')[0] }),
  'another end in the cookie': (own) => withCookie(own, { expiresAt: Math.floor(Date.now() / 1000) + 500 }),
  'a time that is over in the cookie': (own) => withCookie(own, { expiresAt: Math.floor(Date.now() / 1000) }),
  'a foreign address in the cookie': (own) => withCookie(own, { returnTo: 'https://evil.example/' }),
  'no address in the cookie, so that tokens would come as JSON': (own) => withCookie(own, { returnTo: '' }),
  'garbage in the cookie': ({ callback, cookie }) => ({ callback, cookie: `${cookie.split('=')[0]}=e30` }),
  'its cookie under an older name': ({ callback, cookie }) => ({ callback, cookie: cookie.replace('__Host-', '__Secure-') }),
  'the code of another sign-in': (own, { callback }) => withQuery(own, { code: callback.searchParams.get('code')! }),
  'a code that is none': (own) => withQuery(own, { code: 'none' }),
  'another issuer': (own) => withQuery(own, { iss: 'https://evil.example' }),
  'an error of the pages': (own) => withQuery(own, { error: 'access_denied' }),
};
