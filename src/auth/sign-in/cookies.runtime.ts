import { parseCookie, stringifySetCookie } from 'cookie';
import { parsePendingSignIn, SIGN_IN_SECONDS } from './pending-sign-in.runtime';
import { PLAYBACK_COOKIES } from '../../contract/playback-cookies';
import { REFRESH_COOKIE, TOKEN_PATH } from '../../contract/routes';

/**
 * Cookies of pending sign-ins, one for each tab. Subdomains and other paths cannot set cookies with the prefix `__Host-`, so a request contains at most four
 * sign-in cookies. The four cookies have at most 2,958 bytes in total, which is far below API Gateway's limit of 10,240 bytes for all headers.
 */
export const SIGN_IN_COOKIES = [0, 1, 2, 3].map((slot) => `__Host-vod-sign-in-${slot}`);

type Cookies = readonly (readonly [name: string, value: string | undefined])[];

/** `parseCookie` keeps only the first value of a repeated name, so each `name=value` pair is parsed separately. */
export function parseCookies(header = ''): Cookies {
  return header.split(';').flatMap((pair) => Object.entries(parseCookie(pair, { decode })));
}

/**
 * Returns a random free cookie for a new sign-in, or the oldest cookie if no cookie is free. With a random choice, tabs that start at the same moment rarely
 * get the same cookie. All sign-in cookies have the same lifetime, so a cookie that expires later than the new cookie is forged. A forged cookie counts as
 * free.
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
  // SameSite must be Lax, because the callback is a navigation that starts on another site.
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

/** @param prefix the prefix of the attempt in the media bucket */
export function clearedPlaybackCookies(prefix: string): string[] {
  return PLAYBACK_COOKIES.map((name) => stringifySetCookie({ name, value: '', maxAge: 0, path: `/${prefix}`, secure: true }));
}

/** A request contains several refresh tokens if a subdomain has set a second refresh cookie. */
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
