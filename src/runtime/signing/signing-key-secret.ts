import { createPrivateKey, KeyObject } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SigningKeySecret } from '../../contract/signing-keys';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** ISO 8601. */
  readonly createdAt: string;
}

export async function readSigningKey(secrets: SecretsManagerClient, secretArn: string, abortSignal?: AbortSignal): Promise<SigningKey | undefined> {
  let text: string | undefined;
  try {
    ({ SecretString: text } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }), { abortSignal }));
  } catch (error) {
    // Secrets Manager returns this error if the secret is empty or deleted. If the secret is deleted, the later write of a key fails.
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
  // Emulators return an empty value for a secret that was created without a value.
  return text ? parse(text, secretArn) : undefined;
}

function parse(text: string, secretArn: string): SigningKey {
  try {
    const { privateKey, createdAt } = JSON.parse(text) as SigningKeySecret;
    if (!Number.isNaN(Date.parse(createdAt))) return { privateKey: createPrivateKey(privateKey), createdAt };
  } catch {
    // The message of JSON.parse quotes the secret, so the error is not logged.
  }
  throw new Error(`the value of ${secretArn} is not a valid signing key`);
}
