import { createHmac } from 'crypto';

export const SIGN_IN_SECONDS = 600;

export interface PendingSignIn {
  /** 16 random bytes, base64url. */
  readonly seed: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Absent if the tokens are returned as JSON. */
  readonly returnTo?: string;
}

export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** The PKCE code verifier (RFC 7636). */
  readonly verifier: string;
}

/** The result has at most 717 bytes. `returnTo` is base64url, because a cookie can't contain every character of a URL. */
export function buildPendingSignIn({ seed, expiresAt, returnTo = '' }: PendingSignIn): string {
  return `${seed}.${expiresAt}.${Buffer.from(returnTo).toString('base64url')}`;
}

/** Does not check whether the value is authentic (see `signInSecrets`). */
export function parsePendingSignIn(value: string): PendingSignIn | undefined {
  const [, seed, expiresAt, returnTo] = /^([\w-]{22})\.(\d{10})\.([\w-]*)$/.exec(value) ?? [];
  if (seed === undefined) return undefined;
  return { seed, expiresAt: Number(expiresAt), ...(returnTo && { returnTo: Buffer.from(returnTo, 'base64url').toString() }) };
}

/**
 * Only the server knows the key. If the cookie is forged, the derived `state` differs from the `state` parameter of the callback. If the derived `state` equals
 * the parameter, the cookie is therefore authentic.
 */
export function signInSecrets(value: string, key: Uint8Array): SignInSecrets {
  const derive = (name: string) => createHmac('sha256', key).update(`${name}.${value}`).digest('base64url');
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') };
}
