import { readFileSync, statSync } from 'fs';
import { join } from 'path';
import { DescribeSecretCommand, GetSecretValueCommand, ListSecretsCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Door, startDoor } from '../../../local/door/door';
import { createSecretsManager } from '../../../local/services/secrets-manager';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource } from '../fakes';

const arnOf = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;
const secret = (name: string, properties: object) => resource('AWS::SecretsManager::Secret', arnOf(name), properties);
const stack = fakeStack([
  secret('empty-abc123', { Description: 'filled later' }),
  secret('named-abc123', { Name: 'my/name', SecretString: 'given' }),
  secret('password-abc123', { GenerateSecretString: { PasswordLength: 12, ExcludePunctuation: true, ExcludeCharacters: 'abc123' } }),
  secret('object-abc123', { GenerateSecretString: { SecretStringTemplate: '{"user":"ann"}', GenerateStringKey: 'password', ExcludePunctuation: true, ExcludeNumbers: true } }),
]);

const access = fakeAccess();
let door: Door;
let client: SecretsManagerClient;
beforeAll(async () => {
  door = await startDoor({ access, services: [createSecretsManager({ stack }).service] });
  client = new SecretsManagerClient({ region: REGION, endpoint: `http://127.0.0.1:${door.port}`, credentials: CREDENTIALS, maxAttempts: 1 });
});
afterAll(() => door.stop());

const get = (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));

test('a secret without a value, then with one, then with the next', async () => {
  const SecretId = arnOf('empty-abc123');
  await expect(get(SecretId)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(await client.send(new DescribeSecretCommand({ SecretId }))).toMatchObject({ ARN: SecretId, Name: 'empty', Description: 'filled later' });

  const { VersionId: first } = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'one' }));
  expect(await get(SecretId)).toMatchObject({ ARN: SecretId, Name: 'empty', SecretString: 'one', VersionId: first, VersionStages: ['AWSCURRENT'], CreatedDate: expect.any(Date) });
  const { VersionId: second } = await client.send(new PutSecretValueCommand({ SecretId, SecretBinary: Buffer.from('two') }));
  expect(Buffer.from((await get(SecretId)).SecretBinary!).toString()).toBe('two');
  expect(await get(SecretId, { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' });
  expect(await get(SecretId, { VersionId: first })).toMatchObject({ SecretString: 'one', VersionStages: ['AWSPREVIOUS'] });
  expect((await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages).toEqual({ [second!]: ['AWSCURRENT'], [first!]: ['AWSPREVIOUS'] });
});

test('the same token is the same version, and not another value', async () => {
  const put = (SecretString: string) => client.send(new PutSecretValueCommand({ SecretId: 'my/name', SecretString, ClientRequestToken: 'x'.repeat(32) }));
  await put('new');
  await put('new');
  expect(await get('my/name', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'given' });
  await expect(put('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('made values follow their rules and outlive a run, readable by their owner only', async () => {
  const { SecretString } = await get(arnOf('password-abc123'));
  expect(SecretString).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[d-zA-Z04-9]{12}$/);
  expect(JSON.parse((await get(arnOf('object-abc123'))).SecretString!)).toEqual({ user: 'ann', password: expect.stringMatching(/^[a-zA-Z]{32}$/) });

  const file = join(stack.dataFolder, 'secrets-manager', 'values.json');
  const before = readFileSync(file, 'utf8');
  createSecretsManager({ stack });
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect((statSync(file).mode % 0o1000).toString(8)).toBe('600');
});

test('needs are on the ARN, whatever names the secret', async () => {
  access.asked.length = 0;
  await get('my/name');
  await expect(get('unknown')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name: 'UnknownOperationException' });
  expect(access.asked.slice(0, 2)).toEqual([
    { action: 'secretsmanager:GetSecretValue', resource: arnOf('named-abc123') },
    { action: 'secretsmanager:GetSecretValue', resource: arnOf('unknown') },
  ]);
});
