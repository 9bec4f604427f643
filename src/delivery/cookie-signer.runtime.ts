import { sign } from 'crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isKnownEverywhere } from './signing-key-age.runtime';
import { readSigningKey, SigningKey } from './signing-key-secret.runtime';
import type { PlaybackCookies } from '../contract/playback-cookies';
import type { SigningKeyReference } from '../contract/signing-keys';

/** The cookies give access to all URLs that match `resource`, until `expires` (seconds since 1970). */
export type SignCookies = (resource: string, expires: number) => Promise<Record<string, string>>;

export interface Ports {
  /** Oldest first. */
  readonly keys: readonly SigningKeyReference[];
  readonly secrets: SecretsManagerClient;
  readonly now: () => Date;
}

/** The SDK has no default timeout. A timeout of 3 seconds leaves enough time to read an older key in the same invocation. */
const READ_TIMEOUT_MS = 3_000;
/** Minimum time before an unreadable secret is read again, because each read costs money and time. */
const RETRY_MS = 60_000;

export function cookieSigner({ keys, secrets, now }: Ports): SignCookies {
  const read = new Map<string, Promise<SigningKey>>();
  const failedAt = new Map<string, number>();

  function load(secretArn: string): Promise<SigningKey> {
    const loading = read.get(secretArn) ?? readSigningKey(secrets, secretArn, AbortSignal.timeout(READ_TIMEOUT_MS)).then((key) => {
      if (!key) throw new Error(`${secretArn} doesn't exist or has no value`);
      return key;
    });
    read.set(secretArn, loading);
    // A failure is not cached, so that a later request can read the secret.
    loading.catch(() => read.delete(secretArn));
    return loading;
  }

  /** Returns the newest readable key that is available at all edge locations. If there is no such key, returns the oldest readable key. */
  async function choose(): Promise<SigningKey & { keyPairId: string }> {
    let oldest: SigningKey & { keyPairId: string } | undefined;
    for (const [index, { keyPairId, secretArn }] of [...keys.entries()].reverse()) {
      if (now().getTime() - (failedAt.get(secretArn) ?? -Infinity) < RETRY_MS) continue;
      try {
        oldest = { keyPairId, ...await load(secretArn) };
        if (index === 0 || isKnownEverywhere(oldest.createdAt, now())) return oldest;
      } catch (error) {
        failedAt.set(secretArn, now().getTime());
        console.error({ message: 'a signing key can\'t be read; trying an older key', keyPairId, error: String(error) });
      }
    }
    failedAt.clear();
    if (!oldest) throw new Error(`none of the ${keys.length} signing keys can be read`);
    return oldest;
  }

  return async (resource, expires) => {
    const policy = Buffer.from(JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': expires } } }] }));
    const { keyPairId, privateKey } = await choose();
    // The SDK's cookie signer would parse the PEM key for each session, which takes half of the signing time.
    return {
      'CloudFront-Policy': encode(policy),
      'CloudFront-Signature': encode(sign('sha256', policy, privateKey)),
      'CloudFront-Key-Pair-Id': keyPairId,
      'CloudFront-Hash-Algorithm': 'SHA256',
    } satisfies PlaybackCookies;
  };
}

/** CloudFront's base64 alphabet (CloudFront Developer Guide, "Set signed cookies that use a custom policy"). */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/\+/g, '-').replace(/=/g, '_').replace(/\//g, '~');
}
