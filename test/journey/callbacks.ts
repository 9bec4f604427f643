export interface Callback {
  readonly callback: URL;
  readonly cookie: string;
}

export function withQuery({ callback, cookie }: Callback, change: Record<string, string>): Callback {
  const url = new URL(callback);
  for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
  return { callback: url, cookie };
}

/** Users can change the content of their own cookies. */
export function withCookie({ callback, cookie }: Callback, change: { seed?: string; expiresAt?: number; returnTo?: string }): Callback {
  const [name, value] = cookie.split('=');
  const [seed, expiresAt, returnTo] = value.split('.');
  const changed = change.returnTo === undefined ? returnTo : Buffer.from(change.returnTo).toString('base64url');
  return { callback, cookie: `${name}=${change.seed ?? seed}.${change.expiresAt ?? expiresAt}.${changed}` };
}

export const OTHER = 'x'.repeat(43);

/** `other` is the valid callback of a second browser. */
export const CALLBACK_FAULTS: Record<string, (own: Callback, other: Callback) => Callback> = {
  'a state without its cookie': ({ callback }) => ({ callback, cookie: '' }),
  'the state of another browser': ({ cookie }, { callback }) => ({ callback, cookie }),
  'a state with the right prefix': (own) => withQuery(own, { state: own.callback.searchParams.get('state')!.slice(0, 12).padEnd(43, 'x') }),
  'a malformed state': (own) => withQuery(own, { state: '../../token' }),
  'another seed in the cookie': (own) => withCookie(own, { seed: OTHER.slice(0, 22) }),
  'the seed of another pending sign-in in the cookie': (own, { cookie }) => withCookie(own, { seed: cookie.split('=')[1].split('.')[0] }),
  'another expiry in the cookie': (own) => withCookie(own, { expiresAt: Math.floor(Date.now() / 1000) + 500 }),
  'a past expiry in the cookie': (own) => withCookie(own, { expiresAt: Math.floor(Date.now() / 1000) }),
  'a foreign return URL in the cookie': (own) => withCookie(own, { returnTo: 'https://evil.example/' }),
  'no return URL in the cookie, which would return the tokens as JSON': (own) => withCookie(own, { returnTo: '' }),
  'garbage in the cookie': ({ callback, cookie }) => ({ callback, cookie: `${cookie.split('=')[0]}=e30` }),
  'its cookie with an older name': ({ callback, cookie }) => ({ callback, cookie: cookie.replace('__Host-', '__Secure-') }),
  'the code of another sign-in': (own, { callback }) => withQuery(own, { code: callback.searchParams.get('code')! }),
  'an unknown code': (own) => withQuery(own, { code: 'none' }),
  'another issuer': (own) => withQuery(own, { iss: 'https://evil.example' }),
  'an error of the sign-in pages': (own) => withQuery(own, { error: 'access_denied' }),
};
