import { parseCookie, stringifySetCookie } from 'cookie';
import { parsePendingSignIn, SIGN_IN_SECONDS } from './pending-sign-in.runtime';
import { REFRESH_COOKIE, TOKEN_PATH } from '../../contract/routes';

/**
 * The cookies of sign-ins under way, one for each tab. `__Host-`: neither a subdomain nor another path can set one, so there are never more than four.
 * They come with every request, and are 2,958 bytes at most (740 each, without the last separator), of the 10,240 bytes of headers that API Gateway takes.
 */
export const SIGN_IN_COOKIES = [0, 1, 2, 3].map((slot) => `__Host-vod-sign-in-${slot}`);

type Cookies = readonly (readonly [name: string, value: string | undefined])[];

/**
 * The pairs of a `Cookie` header, in its order. A name may occur more than once, and `parseCookie` keeps the first of each, so it gets one pair at a time.
 * A value that can't be decoded is undefined.
 */
export function parseCookies(header = ''): Cookies {
  return header.split(';').flatMap((pair) => Object.entries(parseCookie(pair, { decode })));
}

/**
 * The cookie for a new sign-in: one that is free, at random so that tabs which start at the same moment rarely take the same one, else the oldest.
 * A cookie that is unreadable, or claims to last longer than a sign-in may, counts as free.
 */
export function slotForSignIn(cookies: Cookies, nowSeconds: number, random: number): string {
  const ends = SIGN_IN_COOKIES.map((name) => {
    const { expiresAt = 0 } = parsePendingSignIn(cookies.find(([given]) => given === name)?.[1] ?? '') ?? {};
    return expiresAt <= nowSeconds + SIGN_IN_SECONDS ? expiresAt : 0;
  });
  const earliest = Math.min(...ends);
  const candidates = SIGN_IN_COOKIES.filter((_, slot) => ends[slot] === earliest);
  return candidates[random % candidates.length];
}

export function signInCookie(name: string, value: string, maxAge = SIGN_IN_SECONDS): string {
  // Lax: the callback is a navigation that another site started.
  return stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'lax' });
}

export function clearedSignInCookie(name: string): string {
  return signInCookie(name, '', 0);
}

export function refreshCookie(token: string, maxAge: number): string {
  return stringifySetCookie({ name: REFRESH_COOKIE, value: token, maxAge, path: TOKEN_PATH, httpOnly: true, secure: true, sameSite: 'strict' });
}

export function clearedRefreshCookie(): string {
  return refreshCookie('', 0);
}

/** The refresh tokens in the cookies: more than one if a subdomain has planted its own. */
export function refreshTokensFrom(cookies: Cookies): string[] {
  return cookies.flatMap(([name, token]) => name === REFRESH_COOKIE && token ? [token] : []);
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
