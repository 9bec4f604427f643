import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SigningKeySecret } from '../contract/signing-keys';

/** Reads a generation's secret; undefined while it is empty. */
export async function readSigningKey(secrets: SecretsManagerClient, secretArn: string): Promise<SigningKeySecret | undefined> {
  let text: string | undefined;
  try {
    ({ SecretString: text } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn })));
  } catch (error) {
    // An empty secret and one that is gone get the same answer; the write that follows tells them apart.
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
  // Emulators give a secret that was made without a value an empty one.
  return text ? parse(text, secretArn) : undefined;
}

function parse(text: string, secretArn: string): SigningKeySecret {
  try {
    const { privateKey, createdAt } = JSON.parse(text) as Partial<SigningKeySecret>;
    if (typeof privateKey === 'string' && typeof createdAt === 'string' && !Number.isNaN(Date.parse(createdAt))) return { privateKey, createdAt };
  } catch {
    // JSON.parse quotes what it could not read, and errors are logged.
  }
  throw new Error(`the value of ${secretArn} is not a signing key of ours`);
}
