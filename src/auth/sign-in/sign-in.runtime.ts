import { createHash, timingSafeEqual } from 'crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  clearedPlaybackCookies, clearedRefreshCookie, clearedSignInCookie, parseCookies, refreshCookie, refreshTokensFrom, SIGN_IN_COOKIES, signInCookie,
  slotForSignIn,
} from './cookies.runtime';
import { OAuthClient } from './oauth-client.runtime';
import {
  buildPendingSignIn, parsePendingSignIn, PendingSignIn, SIGN_IN_SECONDS, SignInSecrets, signInSecrets,
} from './pending-sign-in.runtime';
import { allowedReturn } from './return-to.runtime';
import type { Environment } from '../../contract/environment';
import { AUTHORIZE_PATH, LOGIN_PATH, RETURN_TO_LENGTH } from '../../contract/routes';
import { attemptPrefix, parseHlsKey } from '../../domain/object-keys';
import { HttpProblem, invalid } from '../../runtime/http-problem';
import type { AnswerOf, HeadersOf, Operations, RequestOf, Tokens } from '../../runtime/route-types';

export interface SignInPorts {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly secrets: SecretsManagerClient;
}

/** Required in responses with tokens (RFC 6749, section 5.1). */
const UNCACHED = { pragma: 'no-cache' };

/** Only these reasons are logged, because texts from the sign-in server or the caller can contain anything. */
type Fault = 'not a top-level navigation' | 'no pending sign-in' | 'wrong state parameter or changed cookie' | 'too late' | 'error in the callback' |
'no code' | 'other issuer' | 'code' | 'id token';

interface FoundSignIn extends PendingSignIn, SignInSecrets {
  readonly cookie: string;
}

type TokenRequest = RequestOf<'refreshTokens' | 'revokeTokens'>;

export function signIn(environment: Environment<'auth/sign-in'>, { fetch, now, random, secrets }: SignInPorts): Operations<'auth/sign-in'> {
  const { ISSUER, SERVICE_URL } = environment;
  const origins = [SERVICE_URL, ...environment.RETURN_ORIGINS];
  const refreshSeconds = environment.REFRESH_SECONDS;
  const client = new OAuthClient(environment, secrets, fetch, now);
  const redirectUri = `${SERVICE_URL}${AUTHORIZE_PATH}`;
  const seconds = () => Math.floor(now().getTime() / 1000);
  const key = () => client.deriveKey('sign-in under way');

  async function login(request: RequestOf<'login'>): Promise<AnswerOf<'login'>> {
    requireNavigation(request);
    const { query, headers } = request;
    const returnTo = query.return_to === undefined ? undefined : allowedReturn(query.return_to, origins);
    if (query.return_to !== undefined && returnTo === undefined) {
      throw new HttpProblem('invalid_return_to', `return_to must be a path that begins with a single slash, or a URL on an allowed origin. The maximum length is ${RETURN_TO_LENGTH} characters`);
    }
    const value = buildPendingSignIn({ seed: random(16).toString('base64url'), expiresAt: seconds() + SIGN_IN_SECONDS, returnTo });
    const { state, nonce, verifier } = signInSecrets(value, await withLink(returnTo, key));
    const location = client.authorizeUrl({
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    return { headers: { location }, cookies: [signInCookie(slotForSignIn(parseCookies(headers.cookie), seconds(), random(1)[0]), value)] };
  }

  async function authorize(request: RequestOf<'authorize'>): Promise<AnswerOf<'authorize'>> {
    requireNavigation(request);
    const pending = await pendingFor(request);
    return withLink(pending.returnTo, () => finish(request, pending));
  }

  async function finish(request: RequestOf<'authorize'>, pending: FoundSignIn): Promise<AnswerOf<'authorize'>> {
    if (pending.expiresAt <= seconds()) throw signInFailed('too late');
    // If the sign-in server fails, the sign-in cookie stays, so that a reload of the page can finish the sign-in.
    const cleared = clearedSignInCookie(pending.cookie);
    const outcome = faultOf(request) ?? await exchange(String(request.query.code), pending);
    if (typeof outcome === 'string') throw signInFailed(outcome, [cleared]);
    if (pending.returnTo === undefined) return { body: outcome, headers: UNCACHED, cookies: [cleared] };
    if (outcome.refresh_token === undefined) throw new HttpProblem('upstream_failed', 'the sign-in server returned no refresh token, so no session can start');
    return { status: 302, headers: { location: pending.returnTo }, cookies: [cleared, refreshCookie(outcome.refresh_token, refreshSeconds)] };
  }

  /** A cookie is authentic if the state that is derived from the cookie equals the callback's state. */
  async function pendingFor({ query, headers }: RequestOf<'authorize'>): Promise<FoundSignIn> {
    const readable = parseCookies(headers.cookie).flatMap(([cookie, value = '']) => {
      const pending = SIGN_IN_COOKIES.includes(cookie) ? parsePendingSignIn(value) : undefined;
      return pending ? [{ cookie, value, ...pending }] : [];
    });
    if (readable.length === 0) throw signInFailed('no pending sign-in');
    const derived = await key();
    const found = readable.map((pending) => ({ ...pending, ...signInSecrets(pending.value, derived) })).find(({ state }) => equal(state, query.state ?? ''));
    if (!found) throw signInFailed('wrong state parameter or changed cookie');
    return found;
  }

  function faultOf({ query }: RequestOf<'authorize'>): Fault | undefined {
    if (query.error !== undefined) return 'error in the callback';
    // If this service sent an empty code, the sign-in server would report a malformed request.
    if (!query.code) return 'no code';
    return query.iss !== undefined && query.iss !== ISSUER ? 'other issuer' : undefined;
  }

  async function exchange(code: string, { verifier, nonce }: SignInSecrets): Promise<Tokens | Fault> {
    const tokens = await client.grant({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
    if (!tokens) return 'code';
    return await client.verifyIdToken(tokens.id_token, (given) => equal(given, nonce)) ? tokens : 'id token';
  }

  async function refreshTokens(request: TokenRequest): Promise<AnswerOf<'refreshTokens'>> {
    const held = heldToken(request, origins);
    const tokens = await client.grant({ grant_type: 'refresh_token', refresh_token: held.token });
    // The refresh cookie is not cleared, since another tab may have stored a newer token in it.
    if (!tokens) throw new HttpProblem('invalid_grant', 'the refresh token has expired or was revoked; sign in again');
    const { refresh_token: rotated, ...others } = tokens;
    if (!held.inCookie) return { body: tokens, headers: UNCACHED };
    return { body: others, headers: UNCACHED, cookies: rotated ? [refreshCookie(rotated, refreshSeconds)] : undefined };
  }

  async function revokeTokens(request: RequestOf<'revokeTokens'>): Promise<AnswerOf<'revokeTokens'>> {
    const held = heldToken(request, origins);
    const cleared = clearedSessions(request.body.playbackSessions ?? [], held);
    await client.revoke(held.token);
    return { body: { logoutUrl: client.logoutUrl(`${SERVICE_URL}/`) }, cookies: held.inCookie ? [clearedRefreshCookie(), ...cleared] : undefined };
  }

  function clearedSessions(playlists: readonly string[], { inCookie }: HeldToken): string[] {
    // Any website can send a request with a token in the body. Such a request must not clear the playback cookies of the browser.
    if (playlists.length > 0 && !inCookie) throw invalid('/playbackSessions', 'must not be sent together with refresh_token');
    return playlists.flatMap((hls, index) => {
      const session = hls.startsWith(`${SERVICE_URL}/`) ? parseHlsKey(hls.slice(SERVICE_URL.length + 1)) : undefined;
      if (!session) throw invalid(`/playbackSessions/${index}`, `expected a URL that starts with ${SERVICE_URL}/`);
      return clearedPlaybackCookies(attemptPrefix(session.videoId, session.attempt));
    });
  }

  return { login, authorize, refreshTokens, revokeTokens };
}

interface HeldToken {
  readonly token: string;
  readonly inCookie: boolean;
}

function heldToken({ body, headers }: TokenRequest, origins: readonly string[]): HeldToken {
  if (body.refresh_token !== undefined) return { token: body.refresh_token, inCookie: false };
  const [token, ...others] = refreshTokensFrom(parseCookies(headers.cookie));
  if (token === undefined) throw new HttpProblem('not_signed_in', 'there is no refresh token in the body or in the cookie');
  // Every browser sends at least one of the headers `Origin` and `Sec-Fetch-Site`. Scripts can't forge these headers.
  const { origin, 'sec-fetch-site': site } = headers;
  const isSent = origin !== undefined || site !== undefined;
  if (!isSent || (origin !== undefined && !origins.includes(origin)) || (site !== undefined && site !== 'same-origin')) {
    throw new HttpProblem('cross_site', 'only pages of the service can use the cookie to renew or end a session');
  }
  // A subdomain can set a second refresh cookie, and the server can't know which cookie is authentic.
  if (others.length > 0) {
    throw invalid('cookie', 'expected one refresh cookie, got several; delete the cookies of this site, then sign in again');
  }
  return { token, inCookie: true };
}

/**
 * Rejects a request if a script or a frame sent it, or if the browser prefetches the page. A script must not read the callback's response. A script must not
 * start a sign-in either, because a new sign-in can replace a pending sign-in.
 *
 * Scripts can't forge or omit the `Sec-Fetch-*` headers, which all browsers since March 2023 send. `Sec-Fetch-Mode` alone does not identify a browser, because
 * Node's `fetch` sends this header too.
 */
function requireNavigation({ headers }: { readonly headers: HeadersOf<'login' | 'authorize'> }): void {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-purpose': purpose = '' } = headers;
  const isBrowser = site !== undefined || destination !== undefined;
  const isNavigation = mode === 'navigate' && (destination ?? 'document') === 'document' && !purpose.startsWith('prefetch');
  if (isBrowser && !isNavigation) throw signInFailed('not a top-level navigation');
}

const LOST = 'This sign-in is already finished, has expired or was started in another browser. If you see this page after every sign-in, allow cookies for this site.';
const PAGE_TEXTS: Partial<Record<Fault, string>> = {
  'no pending sign-in': LOST,
  'wrong state parameter or changed cookie': LOST,
  'too late': `The sign-in took more than ${SIGN_IN_SECONDS / 60} minutes.`,
  'error in the callback': 'The sign-in was cancelled, or the sign-in server rejected it.',
  'code': 'The sign-in took too long or was already finished.',
};

function signInFailed(reason: Fault, cookies?: string[]): HttpProblem {
  console.warn({ message: 'sign-in refused', reason });
  const pageText = PAGE_TEXTS[reason] ?? 'The service could not verify this sign-in.';
  return new HttpProblem('sign_in_failed', 'this sign-in was rejected, took too long or was already finished; start again at /api/login', undefined, { cookies, pageText });
}

/** If `work` fails, the link on the error page starts the same sign-in again. `returnTo` must be a URL that `allowedReturn` has accepted. */
async function withLink<T>(returnTo: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`;
    throw error instanceof HttpProblem ? error.with({ pageLink: `${LOGIN_PATH}${query}` }) : error;
  }
}

/** Constant-time comparison. */
function equal(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left, right);
}
