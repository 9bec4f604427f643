import { join } from 'path';
import { jsonService, readJson, writeJson } from './json';
import { onlyKnown } from '../lookup';
import { AwsError, type LocalStack } from '../types';

/** Values are stored in a file that only its owner can read. */
export function createSecretsManager({ stack }: { stack: LocalStack }) {
  const file = join(stack.dataFolder, 'secrets.json');
  // Contains only the newest version of each secret, because no handler requests an older version.
  const values = new Map<string, { VersionId: string; SecretString: string }>(readJson(file));
  for (const { logicalId, properties } of stack.ofType('AWS::SecretsManager::Secret')) onlyKnown(logicalId, properties, 'Description');

  const service = jsonService('secretsmanager', (operation, { SecretId }) => [{ action: `secretsmanager:${operation}`, resource: SecretId }], {
    GetSecretValue(input) {
      onlyKnown('GetSecretValue', input, 'SecretId');
      const value = values.get(input.SecretId);
      if (!value) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
      return { ARN: input.SecretId, ...value };
    },
    PutSecretValue(input) {
      onlyKnown('PutSecretValue', input, 'SecretId SecretString ClientRequestToken');
      const { SecretId: ARN, SecretString, ClientRequestToken: VersionId } = input;
      const known = values.get(ARN);
      if (known?.VersionId === VersionId && known?.SecretString !== SecretString) {
        throw new AwsError('ResourceExistsException', `the version ${VersionId} already exists with a different value`);
      }
      values.set(ARN, { VersionId, SecretString });
      writeJson(file, [...values]);
      return { ARN, VersionId };
    },
  });
  return { service };
}
