import { createHmac } from 'crypto';

/** How long a sign-in may take. */
export const SIGN_IN_SECONDS = 600;

/** A sign-in under way, as its cookie holds it. */
export interface PendingSignIn {
  /** 16 random bytes, base64url. */
  readonly seed: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Absent when the tokens are to come as JSON. */
  readonly returnTo?: string;
}

/** What the sign-in server gets for a pending sign-in. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** The value of a cookie: 717 bytes for the longest `return_to`, which is base64url because a cookie can't hold every character of an address. */
export function buildPendingSignIn({ seed, expiresAt, returnTo = '' }: PendingSignIn): string {
  return `${seed}.${expiresAt}.${Buffer.from(returnTo).toString('base64url')}`;
}

/** The reverse of `buildPendingSignIn`. Undefined for any other text; says nothing about who wrote it. */
export function parsePendingSignIn(value: string): PendingSignIn | undefined {
  const [, seed, expiresAt, returnTo] = /^([\w-]{22})\.(\d{10})\.([\w-]*)$/.exec(value) ?? [];
  if (seed === undefined) return undefined;
  return { seed, expiresAt: Number(expiresAt), ...(returnTo && { returnTo: Buffer.from(returnTo, 'base64url').toString() }) };
}

/**
 * Derives the secrets from the whole cookie value by a key of the server. So the state authenticates the cookie: a value that was changed, or that
 * somebody made without the key, has another state, and nobody but the server learns the verifier.
 */
export function signInSecrets(value: string, key: Uint8Array): SignInSecrets {
  const derive = (name: string) => createHmac('sha256', key).update(`${name}.${value}`).digest('base64url');
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') };
}
