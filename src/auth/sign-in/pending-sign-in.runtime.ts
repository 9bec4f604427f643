import { createHmac } from 'crypto';

export const SIGN_IN_SECONDS = 600;

/** A pending sign-in, as its cookie stores it. */
export interface PendingSignIn {
  /** 16 random bytes, base64url. */
  readonly seed: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Absent if the tokens are returned as JSON. */
  readonly returnTo?: string;
}

/** Values of a pending sign-in that are sent to the sign-in server. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** The PKCE code verifier (RFC 7636). */
  readonly verifier: string;
}

/** Returns the cookie value, 717 bytes for the longest `returnTo`. `returnTo` is base64url, since a cookie can't contain every character of a URL. */
export function buildPendingSignIn({ seed, expiresAt, returnTo = '' }: PendingSignIn): string {
  return `${seed}.${expiresAt}.${Buffer.from(returnTo).toString('base64url')}`;
}

/** Parses a value of `buildPendingSignIn`. Returns undefined for any other text. Does not check who created the value. */
export function parsePendingSignIn(value: string): PendingSignIn | undefined {
  const [, seed, expiresAt, returnTo] = /^([\w-]{22})\.(\d{10})\.([\w-]*)$/.exec(value) ?? [];
  if (seed === undefined) return undefined;
  return { seed, expiresAt: Number(expiresAt), ...(returnTo && { returnTo: Buffer.from(returnTo, 'base64url').toString() }) };
}

/**
 * Derives the secrets from the whole cookie value with a key of the server. The state therefore authenticates the cookie: a value that was changed, or
 * created without the key, has another state. Only the server can compute the verifier.
 */
export function signInSecrets(value: string, key: Uint8Array): SignInSecrets {
  const derive = (name: string) => createHmac('sha256', key).update(`${name}.${value}`).digest('base64url');
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') };
}
