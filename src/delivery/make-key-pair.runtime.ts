import { createHash, createPublicKey, generateKeyPairSync, KeyObject } from 'crypto';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { KeyPairAttributes, KeyPairProperties, KeyPairType, SigningKeySecret } from '../contract/signing-keys';
import type { CustomResourceAnswer } from '../runtime/custom-resource';
import { readSigningKey, SigningKey } from '../runtime/signing/signing-key-secret';

export interface Ports {
  readonly secrets: SecretsManagerClient;
  readonly now: () => Date;
}

/** Stores a new key pair in a secret if the secret is empty, and returns the public key. */
export function makeKeyPair({ secrets, now }: Ports) {
  return async (requestType: string, { SecretArn, KeyType }: KeyPairProperties, physicalResourceId?: string): Promise<CustomResourceAnswer> => {
    // CloudFormation itself deletes or retains the secret.
    if (requestType === 'Delete') return { physicalResourceId: physicalResourceId ?? SecretArn };
    const { privateKey, createdAt } = await readSigningKey(secrets, SecretArn) ?? await fill(SecretArn, KeyType);
    // The key pair in a secret never changes, so the ARN of the secret identifies the custom resource.
    return {
      physicalResourceId: SecretArn,
      attributes: { PublicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(), CreatedAt: createdAt } satisfies KeyPairAttributes,
    };
  };

  async function fill(secretArn: string, type: KeyPairType): Promise<SigningKey> {
    const made: SigningKey = { privateKey: generate(type), createdAt: now().toISOString() };
    const secret: SigningKeySecret = { ...made, privateKey: made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    try {
      await secrets.send(new PutSecretValueCommand({
        SecretId: secretArn,
        SecretString: JSON.stringify(secret),
        // The fixed token makes concurrent calls idempotent: Secrets Manager rejects a second value with this token.
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

function generate(type: KeyPairType): KeyObject {
  switch (type) {
    case 'ecdsa-p256': return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'rsa-2048': return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    default: throw new Error(`KeyType: unknown type ${String(type)}`);
  }
}
