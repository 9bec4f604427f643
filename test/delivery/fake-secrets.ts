import { generateKeyPairSync } from 'crypto';
import { GetSecretValueCommand, PutSecretValueCommand, ResourceExistsException, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';

/** Like Secrets Manager, the mock rejects a second value for one request token. */
export function fakeSecrets() {
  const values = new Map<string, { token: string; text: string }>();
  const mock = mockClient(SecretsManagerClient);
  mock.on(GetSecretValueCommand).callsFake(async ({ SecretId }) => {
    // Concurrent calls can run before the response arrives, as on a network.
    const found = values.get(SecretId);
    await new Promise(setImmediate);
    if (!found) throw new ResourceNotFoundException({ $metadata: {}, message: 'can\'t find the specified secret value' });
    return { SecretString: found.text };
  });
  mock.on(PutSecretValueCommand).callsFake(async ({ SecretId, SecretString, ClientRequestToken }) => {
    await new Promise(setImmediate);
    const found = values.get(SecretId);
    if (found?.token === ClientRequestToken && found?.text !== SecretString) {
      throw new ResourceExistsException({ $metadata: {}, message: 'a version with this token and another value exists' });
    }
    values.set(SecretId, { token: ClientRequestToken, text: SecretString });
    return {};
  });
  return { mock, values };
}

export function keyPair(type: 'ec' | 'rsa'): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
