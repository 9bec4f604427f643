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
export function withCookie({ callback, cookie }: Callback, change: object): Callback {
  const [name, value] = cookie.split('=');
  const content = { ...JSON.parse(Buffer.from(value, 'base64url').toString()), ...change };
  return { callback, cookie: `${name}=${Buffer.from(JSON.stringify(content)).toString('base64url')}` };
}

/** A state, nonce or verifier of nobody's. */
export const OTHER = 'x'.repeat(43);

/** What can be wrong with a callback; `other` is one that another browser could finish. */
export const CALLBACK_FAULTS: Record<string, (own: Callback, other: Callback) => Callback> = {
  'a state without its cookie': ({ callback }) => ({ callback, cookie: '' }),
  'the state of another browser': ({ cookie }, { callback }) => ({ callback, cookie }),
  'the state and code of another browser, and a cookie named for it': ({ cookie }, { callback, cookie: others }) =>
    ({ callback, cookie: `${others.split('=')[0]}=${cookie.split('=')[1]}` }),
  'a state that only begins as the cookie\'s does': (own) => withQuery(own, { state: own.callback.searchParams.get('state')!.slice(0, 12).padEnd(43, 'x') }),
  'a state that is none': (own) => withQuery(own, { state: '../../token' }),
  'another state in the cookie': (own) => withCookie(own, { state: OTHER }),
  'another nonce in the cookie': (own) => withCookie(own, { nonce: OTHER }),
  'another verifier in the cookie': (own) => withCookie(own, { verifier: OTHER }),
  'another nonce, of a sign-in that exists': (own, { cookie }) =>
    withCookie(own, { nonce: JSON.parse(Buffer.from(cookie.split('=')[1], 'base64url').toString()).nonce }),
  'a time that is over in the cookie': (own) => withCookie(own, { expiresAt: Math.floor(Date.now() / 1000) }),
  'a foreign address in the cookie': (own) => withCookie(own, { returnTo: 'https://evil.example/' }),
  'garbage in the cookie': ({ callback, cookie }) => ({ callback, cookie: `${cookie.split('=')[0]}=e30` }),
  'the code of another sign-in': (own, { callback }) => withQuery(own, { code: callback.searchParams.get('code')! }),
  'a code that is none': (own) => withQuery(own, { code: 'none' }),
  'another issuer': (own) => withQuery(own, { iss: 'https://evil.example' }),
  'an error of the pages': (own) => withQuery(own, { error: 'access_denied' }),
};
