import { createPrivateKey, KeyObject } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SigningKeySecret } from '../contract/signing-keys';

/** A generation's secret, parsed. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Reads a generation's secret; undefined while it is empty. */
export async function readSigningKey(secrets: SecretsManagerClient, secretArn: string, abortSignal?: AbortSignal): Promise<SigningKey | undefined> {
  let text: string | undefined;
  try {
    ({ SecretString: text } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }), { abortSignal }));
  } catch (error) {
    // An empty secret and one that is gone get the same answer; the write that follows tells them apart.
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
  // Emulators give a secret that was made without a value an empty one.
  return text ? parse(text, secretArn) : undefined;
}

function parse(text: string, secretArn: string): SigningKey {
  try {
    const { privateKey, createdAt } = JSON.parse(text) as SigningKeySecret;
    if (!Number.isNaN(Date.parse(createdAt))) return { privateKey: createPrivateKey(privateKey), createdAt };
  } catch {
    // JSON.parse quotes what it could not read, and errors are logged.
  }
  throw new Error(`the value of ${secretArn} is not a signing key of ours`);
}
