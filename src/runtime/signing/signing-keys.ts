import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isKnownEverywhere } from './signing-key-age';
import { readSigningKey, SigningKey } from './signing-key-secret';
import type { SigningKeyReference } from '../../contract/signing-keys';

export interface KnownSigningKey extends SigningKey {
  /** Id of the public key in CloudFront. */
  readonly keyPairId: string;
}

/** Returns the newest readable key that is available at all edge locations. If there is no such key, returns the oldest readable key. */
export type ChooseSigningKey = () => Promise<KnownSigningKey>;

export interface SigningKeyPorts {
  /** Oldest first. */
  readonly keys: readonly SigningKeyReference[];
  readonly secrets: SecretsManagerClient;
  readonly now: () => Date;
}

/** The SDK has no default timeout. A timeout of 3 seconds leaves enough time to read an older key in the same invocation. */
const READ_TIMEOUT_MS = 3_000;
/** Minimum time before an unreadable secret is read again, because each read costs money and time. */
const RETRY_MS = 60_000;

/** Reads each secret once. If the read fails, a later call reads the secret again. */
export function signingKeys({ keys, secrets, now }: SigningKeyPorts): ChooseSigningKey {
  const read = new Map<string, Promise<KnownSigningKey>>();
  const failedAt = new Map<string, number>();

  function load({ keyPairId, secretArn }: SigningKeyReference): Promise<KnownSigningKey> {
    const loading = read.get(secretArn) ?? readSigningKey(secrets, secretArn, AbortSignal.timeout(READ_TIMEOUT_MS)).then((key) => {
      if (!key) throw new Error(`${secretArn} doesn't exist or has no value`);
      return { keyPairId, ...key };
    });
    read.set(secretArn, loading);
    // A failure is not cached, so that a later request can read the secret.
    loading.catch(() => read.delete(secretArn));
    return loading;
  }

  return async () => {
    let oldest: KnownSigningKey | undefined;
    for (const [index, reference] of [...keys.entries()].reverse()) {
      const { keyPairId, secretArn } = reference;
      if (now().getTime() - (failedAt.get(secretArn) ?? -Infinity) < RETRY_MS) continue;
      try {
        oldest = await load(reference);
        if (index === 0 || isKnownEverywhere(oldest.createdAt, now())) return oldest;
      } catch (error) {
        failedAt.set(secretArn, now().getTime());
        console.error({ message: 'a signing key can\'t be read; trying an older key', keyPairId, error: String(error) });
      }
    }
    failedAt.clear();
    if (!oldest) throw new Error(`none of the ${keys.length} signing keys can be read`);
    return oldest;
  };
}
