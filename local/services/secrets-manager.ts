import { existsSync, readFileSync, renameSync, writeFileSync } from 'fs';
import { join } from 'path';
import { jsonService } from './json';
import { onlyKnown } from '../lookup';
import { AwsError, type DoorService, type LocalStack } from '../types';

/** The template's secrets, empty until a function fills them; values outlive a run, in a file that only its owner reads. */
export function createSecretsManager({ stack }: { stack: LocalStack }): { service: DoorService } {
  const file = join(stack.dataFolder, 'secrets.json');
  // The newest version of each; no handler asks for an older one.
  const values = new Map<string, { VersionId: string; SecretString: string }>(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
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
        throw new AwsError('ResourceExistsException', `a version ${VersionId} with another value exists`);
      }
      values.set(ARN, { VersionId, SecretString });
      writeFileSync(`${file}.new`, JSON.stringify([...values]), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return { ARN, VersionId };
    },
  });
  return { service };
}
