import { randomInt, randomUUID } from 'crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'fs';
import { join } from 'path';
import { AwsError, DoorRequest, DoorService, LocalStack, Resource } from '../types';
import { answerJson, failJson, inputOf, operationOf } from './json';

interface Version { readonly id: string; readonly created: number; readonly SecretString?: string; readonly SecretBinary?: string }

/** A secret's versions stand in this order. */
const STAGES = ['AWSCURRENT', 'AWSPREVIOUS'];
const SETS: [exclude: string, characters: string][] = [
  ['ExcludeLowercase', 'abcdefghijklmnopqrstuvwxyz'],
  ['ExcludeUppercase', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['ExcludeNumbers', '0123456789'],
  ['ExcludePunctuation', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
];

/** The template's secrets; values outlive a run, in a file that only its owner reads. */
export function createSecretsManager({ stack }: { stack: LocalStack }): { service: DoorService } {
  const folder = join(stack.dataFolder, 'secrets-manager');
  const file = join(folder, 'values.json');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const values = new Map<string, Version[]>(Object.entries(readValues(file)));

  function put(arn: string, version: Version): void {
    values.set(arn, [version, ...values.get(arn) ?? []].slice(0, STAGES.length));
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(values)), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  for (const { physicalId, properties } of stack.ofType('AWS::SecretsManager::Secret')) {
    const SecretString = properties.SecretString ?? (properties.GenerateSecretString && generate(properties.GenerateSecretString));
    if (SecretString !== undefined && !values.has(physicalId)) put(physicalId, { id: randomUUID(), created: Date.now(), SecretString });
  }

  const operations: Record<string, (secret: Resource, input: Record<string, any>) => Record<string, unknown>> = {
    GetSecretValue({ physicalId }, { VersionId, VersionStage = 'AWSCURRENT' }) {
      const versions = values.get(physicalId) ?? [];
      const version = VersionId ? versions.find(({ id }) => id === VersionId) : versions[STAGES.indexOf(VersionStage)];
      if (!version) throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`);
      const { id, created, ...value } = version;
      return { VersionId: id, ...value, VersionStages: [STAGES[versions.indexOf(version)]], CreatedDate: created / 1000 };
    },
    PutSecretValue({ physicalId }, { SecretString, SecretBinary, ClientRequestToken = randomUUID() }) {
      if ((SecretString === undefined) === (SecretBinary === undefined)) throw new AwsError('InvalidParameterException', 'give SecretString or SecretBinary');
      const known = values.get(physicalId)?.find(({ id }) => id === ClientRequestToken);
      if (known && (known.SecretString !== SecretString || known.SecretBinary !== SecretBinary)) {
        throw new AwsError('ResourceExistsException', `a version ${ClientRequestToken} with another value exists`);
      }
      if (!known) put(physicalId, { id: ClientRequestToken, created: Date.now(), SecretString, SecretBinary });
      return { VersionId: ClientRequestToken, VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret({ physicalId, properties }) {
      const versions = values.get(physicalId) ?? [];
      const stages = Object.fromEntries(versions.map(({ id }, index) => [id, [STAGES[index]]]));
      return { Description: properties.Description, VersionIdsToStages: versions.length > 0 ? stages : undefined };
    },
  };

  const find = (id: string) => stack.ofType('AWS::SecretsManager::Secret').find((secret) => [secret.physicalId, nameOf(secret)].includes(id));
  const named = ({ body }: DoorRequest) => String(inputOf(body).SecretId ?? '');
  return {
    service: {
      name: 'secretsmanager',
      needs(request) {
        const resource = find(named(request))?.physicalId ?? `arn:aws:secretsmanager:${stack.region}:${stack.account}:secret:${named(request)}`;
        return [{ action: `secretsmanager:${operationOf(request.headers)}`, resource }];
      },
      async handle(request, response) {
        const name = operationOf(request.headers);
        if (!Object.hasOwn(operations, name)) throw new AwsError('UnknownOperationException', `the local Secrets Manager has no ${name}`);
        const secret = find(named(request));
        if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
        answerJson(response, { ARN: secret.physicalId, Name: nameOf(secret), ...operations[name](secret, inputOf(request.body)) });
      },
      fail: failJson,
    },
  };
}

function readValues(file: string): Record<string, Version[]> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Version[]>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** The name is the ARN's last part without the six characters that AWS puts behind it. */
function nameOf({ physicalId, properties }: Resource): string {
  return properties.Name ?? physicalId.split(':').slice(6).join(':').replace(/-\w{6}$/, '');
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

/** `GenerateSecretString`: a character of each set at least, the rest from all of them, none of the excluded. */
function generate(options: Record<string, any>): string {
  const { PasswordLength = 32, ExcludeCharacters = '', SecretStringTemplate, GenerateStringKey } = options;
  const sets = SETS.filter(([exclude]) => !options[exclude]).map(([, characters]) => [...characters].filter((each) => !ExcludeCharacters.includes(each)));
  const pick = (characters: string[]) => characters[randomInt(characters.length)];
  const password = sets.filter((characters) => characters.length > 0).map(pick);
  while (password.length < PasswordLength) password.splice(randomInt(password.length + 1), 0, pick(sets.flat()));
  return GenerateStringKey ? JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: password.join('') }) : password.join('');
}
