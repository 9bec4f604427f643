import { AUTHORIZE_PATH, TOKEN_PATH } from '../contract/routes';

// `__Secure-`: no page that came over plain http can set or replace it. (`__Host-` would need the path `/`.)
const REFRESH = '__Secure-vod-refresh';
const SIGN_IN = '__Secure-vod-sign-in';

/** How long a sign-in may take. */
export const SIGN_IN_SECONDS = 600;

/** A sign-in under way: what its callback must find again. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Absent when the tokens are to come as JSON. */
  readonly returnTo?: string;
}

/** Named by its state: tabs that sign in at the same time each have one of their own. */
function signInName(state: string): string {
  return `${SIGN_IN}-${state.slice(0, 12)}`;
}

export function signInCookie(pending: PendingSignIn): string {
  return signInCookieWith(pending.state, Buffer.from(JSON.stringify(pending)).toString('base64url'), SIGN_IN_SECONDS);
}

export function clearedSignInCookie(state: string): string {
  return signInCookieWith(state, '', 0);
}

// Lax: the callback is a navigation that another site started.
function signInCookieWith(state: string, value: string, maxAge: number): string {
  return `${signInName(state)}=${value}; Max-Age=${maxAge}; Path=${AUTHORIZE_PATH}; HttpOnly; Secure; SameSite=Lax`;
}

/** The sign-in that this state belongs to. Whatever a cookie holds, it is the caller's word: check it. */
export function pendingSignIn(cookies: string | undefined, state: string): PendingSignIn | undefined {
  try {
    const pending = JSON.parse(Buffer.from(readCookie(cookies, signInName(state)) ?? '', 'base64url').toString('utf8')) as PendingSignIn;
    const texts = [pending.state, pending.nonce, pending.verifier, pending.returnTo ?? ''];
    return texts.every((text) => typeof text === 'string') && typeof pending.expiresAt === 'number' ? pending : undefined;
  } catch {
    return undefined;
  }
}

export function refreshCookie(token: string, maxAge: number): string {
  return `${REFRESH}=${encodeURIComponent(token)}; Max-Age=${maxAge}; Path=${TOKEN_PATH}; HttpOnly; Secure; SameSite=Strict`;
}

export function clearedRefreshCookie(): string {
  return refreshCookie('', 0);
}

export function refreshTokenFrom(cookies: string | undefined): string | undefined {
  try {
    return decodeURIComponent(readCookie(cookies, REFRESH) ?? '') || undefined;
  } catch {
    return undefined;
  }
}

/** The first one wins, since browsers send that of the longest path first (RFC 6265, section 5.4). */
function readCookie(cookies: string | undefined, name: string): string | undefined {
  return cookies?.split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
