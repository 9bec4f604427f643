import { statSync } from 'fs';
import { join } from 'path';
import { DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AwsEndpoint, startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { createSecretsManager } from '../../../local/services/secrets-manager';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource } from '../fakes';

const arnOf = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;
const secret = (name: string, properties: object) => resource('AWS::SecretsManager::Secret', arnOf(name), properties);
const stack = fakeStack([secret('key-abc123', { Description: 'filled later' }), secret('client-abc123', {})]);

const access = fakeAccess();
const logged: string[] = [];
let awsEndpoint: AwsEndpoint;
let client: SecretsManagerClient;
beforeAll(async () => {
  awsEndpoint = await startAwsEndpoint({ access, log: (line) => logged.push(line) });
  client = new SecretsManagerClient({ region: REGION, endpoint: `http://127.0.0.1:${awsEndpoint.port}`, credentials: CREDENTIALS, maxAttempts: 1 });
});
beforeEach(() => awsEndpoint.register(createSecretsManager({ stack }).service));
afterAll(() => awsEndpoint.stop());

const get = (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));
const put = (SecretId: string, more: object) => client.send(new PutSecretValueCommand({ SecretId, ...more }));

test('a secret has no value, then a first value, then a second value', async () => {
  const SecretId = arnOf('client-abc123');
  await expect(get(SecretId)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const { VersionId } = await put(SecretId, { SecretString: 'one' });
  expect(await get(SecretId)).toMatchObject({ ARN: SecretId, SecretString: 'one', VersionId });
  await put(SecretId, { SecretString: 'two' });
  expect(await get(SecretId)).toMatchObject({ SecretString: 'two' });
});

test('the same token creates the same version, and can\'t change the value', async () => {
  const SecretId = arnOf('key-abc123');
  const ClientRequestToken = 'x'.repeat(64);
  await put(SecretId, { SecretString: 'first', ClientRequestToken });
  await put(SecretId, { SecretString: 'first', ClientRequestToken });
  await expect(put(SecretId, { SecretString: 'second', ClientRequestToken })).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(await get(SecretId)).toMatchObject({ SecretString: 'first', VersionId: ClientRequestToken });
});

test('values persist between runs, in a file that only its owner can read', async () => {
  expect(await get(arnOf('client-abc123'))).toMatchObject({ SecretString: 'two' });
  expect((statSync(join(stack.dataFolder, 'secrets.json')).mode % 0o1000).toString(8)).toBe('600');
});

test('each request requires its action on its secret', async () => {
  access.asked.length = 0;
  await get(arnOf('client-abc123'));
  await expect(get(arnOf('unknown'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(access.asked).toEqual(['client-abc123', 'unknown'].map((name) => ({ action: 'secretsmanager:GetSecretValue', resource: arnOf(name) })));
});

test('rejects unsupported operations by name', async () => {
  await expect(client.send(new DescribeSecretCommand({ SecretId: arnOf('key-abc123') }))).rejects.toThrow('the local stack does not support secretsmanager DescribeSecret');
  await expect(get(arnOf('key-abc123'), { VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject({ name: 'InternalError' });
  await expect(put(arnOf('key-abc123'), { SecretBinary: Buffer.from('x') })).rejects.toMatchObject({ name: 'InternalError' });
  expect(logged).toEqual(['GetSecretValue: the local stack does not support VersionStage', 'PutSecretValue: the local stack does not support SecretBinary'].map((line) => expect.stringContaining(line)));
  const generated = fakeStack([secret('made-abc123', { GenerateSecretString: {} })]);
  expect(() => createSecretsManager({ stack: generated })).toThrow('the local stack does not support GenerateSecretString');
});
