import { createHash, createPublicKey, generateKeyPairSync } from 'crypto';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readSigningKey } from './signing-key-secret.lambda-shared';
import type { KeyPairAttributes, KeyPairProperties, KeyPairType, SigningKeySecret } from '../contract/signing-keys';
import type { CustomResourceAnswer } from '../runtime/custom-resource';

export interface Ports {
  readonly secrets: SecretsManagerClient;
  readonly now: () => Date;
}

/** Fills a generation's secret once, and answers the public half of what it holds. */
export function makeKeyPair({ secrets, now }: Ports) {
  return async (requestType: string, { SecretArn, KeyType }: KeyPairProperties, physicalResourceId?: string): Promise<CustomResourceAnswer> => {
    // The secret is CloudFormation's own: it goes, or stays, with its removal policy.
    if (requestType === 'Delete') return { physicalResourceId: physicalResourceId ?? SecretArn };
    const { privateKey, createdAt } = await readSigningKey(secrets, SecretArn) ?? await fill(SecretArn, KeyType);
    // The secret can't change hands without its public key, which CloudFront never lets change: so its ARN is the identity.
    return {
      physicalResourceId: SecretArn,
      attributes: { PublicKey: publicHalf(privateKey, SecretArn), CreatedAt: createdAt } satisfies KeyPairAttributes,
    };
  };

  async function fill(secretArn: string, type: KeyPairType): Promise<SigningKeySecret> {
    const made: SigningKeySecret = { privateKey: generate(type), createdAt: now().toISOString() };
    try {
      await secrets.send(new PutSecretValueCommand({
        SecretId: secretArn,
        SecretString: JSON.stringify(made),
        // One token for ever: Secrets Manager refuses a second value under it, so that of two at once one wins.
        ClientRequestToken: createHash('sha256').update(`signing key of ${secretArn}`).digest('hex'),
      }));
      return made;
    } catch (error) {
      const winner = error instanceof Error && error.name === 'ResourceExistsException' ? await readSigningKey(secrets, secretArn) : undefined;
      if (!winner) throw error;
      return winner;
    }
  }
}

function generate(type: KeyPairType): string {
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  switch (type) {
    case 'ecdsa-p256': return generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding, publicKeyEncoding }).privateKey;
    case 'rsa-2048': return generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding, publicKeyEncoding }).privateKey;
    default: throw new Error(`KeyType: unknown type ${String(type)}`);
  }
}

function publicHalf(privateKey: string, secretArn: string): string {
  try {
    return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw new Error(`the value of ${secretArn} holds no private key`);
  }
}
