import { createHash, timingSafeEqual } from 'crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  clearedRefreshCookie, clearedSignInCookie, parseCookies, refreshCookie, refreshTokensFrom, SIGN_IN_COOKIES, signInCookie, slotForSignIn,
} from './cookies.runtime';
import { OAuthClient } from './oauth-client.runtime';
import {
  buildPendingSignIn, parsePendingSignIn, PendingSignIn, SIGN_IN_SECONDS, SignInSecrets, signInSecrets,
} from './pending-sign-in.runtime';
import { allowedReturn } from './return-to.runtime';
import type { Environment } from '../../contract/environment';
import { AUTHORIZE_PATH } from '../../contract/routes';
import { HttpProblem, invalid } from '../../runtime/http-problem';
import type { AnswerOf, HeadersOf, Operations, RequestOf, Tokens } from '../../runtime/route-types';

/** What sign-in needs of the world. */
export interface SignInPorts {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly secrets: SecretsManagerClient;
}

/** Every answer is `no-store`; RFC 6749, section 5.1, asks those with tokens for this too. */
const UNCACHED = { pragma: 'no-cache' };

/** Why a callback is refused: words of our own for the log, since the sign-in server's and the caller's are free text. */
type Fault = 'not a navigation of a whole tab' | 'no sign-in under way' | 'state of another sign-in, or changed cookie' | 'too late' | 'error in the callback' |
'no code' | 'other issuer' | 'code' | 'id token';

/** A sign-in under way that a callback belongs to. */
interface FoundSignIn extends PendingSignIn, SignInSecrets {
  /** Name of its cookie. */
  readonly cookie: string;
}

type TokenRequest = RequestOf<'refreshTokens' | 'revokeTokens'>;

/** Sign-in by authorization code with PKCE, its callback, refresh and sign-out. */
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
      throw new HttpProblem('invalid_return_to', 'return_to must be a path that begins with one slash, or an address on an allowed origin, and not too long');
    }
    const value = buildPendingSignIn({ seed: random(16).toString('base64url'), expiresAt: seconds() + SIGN_IN_SECONDS, returnTo });
    const { state, nonce, verifier } = signInSecrets(value, await key());
    const location = client.authorizeAddress({
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
    // From here on the sign-in is over, whatever comes of it. Only a server that fails leaves it, so that loading the page again may finish it.
    const cleared = clearedSignInCookie(pending.cookie);
    const outcome = faultOf(request) ?? await exchange(String(request.query.code), pending);
    if (typeof outcome === 'string') throw signInFailed(outcome, [cleared]);
    if (pending.returnTo === undefined) return { body: outcome, headers: UNCACHED, cookies: [cleared] };
    if (outcome.refresh_token === undefined) throw new HttpProblem('upstream_failed', 'the sign-in server gave no refresh token, so there can be no session');
    return { status: 302, headers: { location: pending.returnTo }, cookies: [cleared, refreshCookie(outcome.refresh_token, refreshSeconds)] };
  }

  /** The sign-in that a callback belongs to: under way, in this browser. Its cookie is authentic, since the state is derived from it by our key. */
  async function pendingFor({ query, headers }: RequestOf<'authorize'>): Promise<FoundSignIn> {
    const under = parseCookies(headers.cookie).flatMap(([cookie, value = '']) => {
      const pending = SIGN_IN_COOKIES.includes(cookie) ? parsePendingSignIn(value) : undefined;
      return pending ? [{ cookie, value, ...pending }] : [];
    });
    if (under.length === 0) throw signInFailed('no sign-in under way');
    const derived = await key();
    const found = under.map((pending) => ({ ...pending, ...signInSecrets(pending.value, derived) })).find(({ state }) => equal(state, query.state ?? ''));
    if (!found) throw signInFailed('state of another sign-in, or changed cookie');
    if (found.expiresAt <= seconds()) throw signInFailed('too late');
    return found;
  }

  function faultOf({ query }: RequestOf<'authorize'>): Fault | undefined {
    if (query.error !== undefined) return 'error in the callback';
    // An empty one too: the sign-in server would call the request malformed, as if it were ours.
    if (!query.code) return 'no code';
    return query.iss !== undefined && query.iss !== ISSUER ? 'other issuer' : undefined;
  }

  /** The tokens for a code, which are those of the very sign-in that is under way. */
  async function exchange(code: string, { verifier, nonce }: SignInSecrets): Promise<Tokens | Fault> {
    const tokens = await client.grant({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
    if (!tokens) return 'code';
    return await client.verifyIdToken(tokens.id_token, (given) => equal(given, nonce)) ? tokens : 'id token';
  }

  /** A refresh token is opaque to us: only the sign-in server knows whether it is good, so nothing of it is checked here. */
  async function refreshTokens(request: TokenRequest): Promise<AnswerOf<'refreshTokens'>> {
    const held = heldToken(request, origins);
    const tokens = await client.grant({ grant_type: 'refresh_token', refresh_token: held.token });
    // The cookie stays: it may hold another token by now, since another tab may have renewed while this answer was on its way. Only sign-out clears it.
    if (!tokens) throw new HttpProblem('invalid_grant', 'the refresh token has expired or was revoked; sign in again');
    const { refresh_token: rotated, ...others } = tokens;
    if (!held.inCookie) return { body: tokens, headers: UNCACHED };
    return { body: others, headers: UNCACHED, cookies: rotated ? [refreshCookie(rotated, refreshSeconds)] : undefined };
  }

  async function revokeTokens(request: TokenRequest): Promise<AnswerOf<'revokeTokens'>> {
    const held = heldToken(request, origins);
    await client.revoke(held.token);
    return { body: { logoutUrl: client.logoutAddress(`${SERVICE_URL}/`) }, cookies: held.inCookie ? [clearedRefreshCookie()] : undefined };
  }

  return { login, authorize, refreshTokens, revokeTokens };
}

interface HeldToken {
  readonly token: string;
  readonly inCookie: boolean;
}

/** The refresh token that the request brings: from its body, else from the cookie, which counts only when it is our own page that asks. */
function heldToken({ body, headers }: TokenRequest, origins: readonly string[]): HeldToken {
  if (body.refresh_token !== undefined) return { token: body.refresh_token, inCookie: false };
  const [token, ...others] = refreshTokensFrom(parseCookies(headers.cookie));
  if (token === undefined) throw new HttpProblem('not_signed_in', 'there is no refresh token, neither in the body nor in the cookie');
  // A browser tells at least one of the two, and no script can forge either.
  const { origin, 'sec-fetch-site': site } = headers;
  const told = origin !== undefined || site !== undefined;
  if (!told || (origin !== undefined && !origins.includes(origin)) || (site !== undefined && site !== 'same-origin')) {
    throw new HttpProblem('cross_site', 'a session is renewed and ended by its own pages only');
  }
  // A subdomain can plant one, and nothing tells which of them is ours.
  if (others.length > 0) {
    throw invalid('cookie', 'the refresh cookie came more than once, expected one: delete the cookies of this site, then sign in again');
  }
  return { token, inCookie: true };
}

/**
 * Refuses what a browser asks for without a person who navigates there in a tab of their own: requests of scripts, frames, links that are prefetched.
 * The callback's answer is for that person alone, and a sign-in that begins may take the place of another one. No script can forge these headers or leave
 * them out. Absent means no browser, or one older than March 2023; a mode alone is what Node's `fetch` sends, since a browser that sends the mode sends
 * the site too.
 */
function requireNavigation({ headers }: { readonly headers: HeadersOf<'login' | 'authorize'> }): void {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-purpose': purpose = '' } = headers;
  const isBrowser = site !== undefined || destination !== undefined;
  const isNavigation = mode === 'navigate' && (destination ?? 'document') === 'document' && !purpose.startsWith('prefetch');
  if (isBrowser && !isNavigation) throw signInFailed('not a navigation of a whole tab');
}

/** The caller is not told what was wrong; whoever runs the service finds it in the log. */
function signInFailed(reason: Fault, cookies?: string[]): HttpProblem {
  console.warn({ message: 'sign-in refused', reason });
  return new HttpProblem('sign_in_failed', 'this sign-in was refused, took too long or was finished before; start again at /api/login', undefined, cookies);
}

/** Constant-time comparison. */
function equal(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left, right);
}
