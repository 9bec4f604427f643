import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CloudfrontSignedCookiesOutput, getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { readSigningKey } from './signing-key-secret.lambda-shared';
import type { SigningKeyReference, SigningKeySecret } from '../contract/signing-keys';
import { isKnownEverywhere } from '../domain/signing-key-age';

/** Signs access to the addresses that match `resource`, until `expires` (seconds since 1970): cookies by name. */
export type SignCookies = (resource: string, expires: number) => Promise<CloudfrontSignedCookiesOutput>;

export interface Ports {
  /** In the order of declaration. */
  readonly keys: readonly SigningKeyReference[];
  readonly secrets: SecretsManagerClient;
  readonly now: () => Date;
}

/** A signer that reads each secret it needs once. */
export function cookieSigner({ keys, secrets, now }: Ports): SignCookies {
  const read = new Map<string, Promise<SigningKeySecret>>();

  function load(secretArn: string): Promise<SigningKeySecret> {
    const loading = read.get(secretArn) ?? readSigningKey(secrets, secretArn).then((secret) => {
      if (!secret) throw new Error(`${secretArn} is empty`);
      return secret;
    });
    read.set(secretArn, loading);
    // A failure is not kept: the next request tries again.
    loading.catch(() => read.delete(secretArn));
    return loading;
  }

  /** The newest that every edge location knows; while there is none, the first. */
  async function choose(): Promise<{ keyPairId: string; privateKey: string }> {
    const [first, ...later] = keys;
    for (const { keyPairId, secretArn } of later.reverse()) {
      const { privateKey, createdAt } = await load(secretArn);
      if (isKnownEverywhere(createdAt, now())) return { keyPairId, privateKey };
    }
    return { keyPairId: first.keyPairId, privateKey: (await load(first.secretArn)).privateKey };
  }

  return async (resource, expires) => {
    const policy = JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': expires } } }] });
    return getSignedCookies({ ...await choose(), policy, algorithm: 'SHA256' });
  };
}
