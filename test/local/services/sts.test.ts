import { setTimeout } from 'timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { aws_iam as iam, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { TemplateAccess } from '../../../local/access/access';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { jsonService } from '../../../local/services/json';
import { createSts } from '../../../local/services/sts';
import { fakeS3 } from '../fakes';
import { synthesized } from '../template/stacks';

const ACCOUNT = '123456789012';
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const LAMBDA = new iam.ServicePrincipal('lambda.amazonaws.com');

/** `caller` is allowed to assume each role that its policy lists, but some of these roles do not trust `caller`. */
function roles(stack: Stack): void {
  const bucket = new s3.Bucket(stack, 'Media', { bucketName: 'media' });
  const caller = new iam.Role(stack, 'Caller', { roleName: 'caller', assumedBy: LAMBDA });
  const stranger = new iam.Role(stack, 'Stranger', { roleName: 'stranger', assumedBy: LAMBDA });
  const signer = new iam.Role(stack, 'Signer', { roleName: 'signer', assumedBy: caller });
  bucket.grantPut(signer, 'source/*');
  const role = (roleName: string, assumedBy: iam.IPrincipal) => new iam.Role(stack, roleName, { roleName, assumedBy });
  role('account', new iam.AccountRootPrincipal());
  role('for-lambda', LAMBDA);
  role('for-stranger', stranger);
  role('chained', signer);
  caller.addToPolicy(new iam.PolicyStatement({ actions: ['sts:AssumeRole'], resources: ['signer', 'account', 'for-lambda', 'for-stranger', 'unknown'].map(arn) }));
}

let access: TemplateAccess;
let stack: Awaited<ReturnType<typeof synthesized>>;
let endpoint: string;
const started: AwsEndpoint[] = [];

async function serve(divideSessions?: number): Promise<void> {
  access = new TemplateAccess(stack, () => {});
  const awsEndpoint = await startAwsEndpoint({ access });
  started.push(awsEndpoint);
  const secrets = jsonService('secretsmanager', () => [], { GetSecretValue: () => ({}) });
  for (const service of [createSts({ stack, access, divideSessions }).service, fakeS3(), secrets]) awsEndpoint.register(service);
  endpoint = `http://127.0.0.1:${awsEndpoint.port}`;
}

beforeAll(async () => {
  stack = await synthesized(roles);
  await serve();
});
afterAll(() => Promise.all(started.map((each) => each.stop())));

type Credentials = Pick<ReturnType<TemplateAccess['startSession']>, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;
const settings = (credentials: Credentials) => ({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
const sts = (caller: string | Credentials) => new STSClient(settings(typeof caller === 'string' ? access.credentialsOf(arn(caller)) : caller));
const assume = async (role: string, caller: string | Credentials = 'caller', more: Partial<AssumeRoleCommandInput> = {}) => {
  const answer = await sts(caller).send(new AssumeRoleCommand({ RoleArn: arn(role), RoleSessionName: 'sign-uploads', ...more }));
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials!;
  return { ...answer, credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }, expiration: Expiration! };
};
const s3Of = (credentials: Credentials) => new S3Client({ ...settings(credentials), forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
const put = (Key: string) => new PutObjectCommand({ Bucket: 'media', Key, Body: 'x' });

test('each call returns new credentials of the role, with an expiration', async () => {
  const before = Date.now();
  const sessions = [await assume('signer'), await assume('signer', 'caller', { DurationSeconds: 900 })];
  expect(sessions[0].AssumedRoleUser).toEqual({ AssumedRoleId: expect.stringMatching(/^AROA.+:sign-uploads$/), Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/signer/sign-uploads` });
  const seconds = sessions.map(({ expiration }) => (expiration.getTime() - before) / 1000);
  expect(seconds.map((each) => Math.floor(each / 60))).toEqual([60, 15]);
  expect(new Set([...sessions.map(({ credentials }) => credentials), access.credentialsOf(arn('signer'))].flatMap(({ accessKeyId, secretAccessKey, sessionToken }) => (
    [accessKeyId, secretAccessKey, sessionToken]))).size).toBe(9);
});

test('the credentials have the permissions of the role, in requests and in URLs', async () => {
  const { credentials } = await assume('signer');
  await s3Of(credentials).send(put('source/1'));
  await expect(s3Of(credentials).send(new GetObjectCommand({ Bucket: 'media', Key: 'source/1' }))).rejects.toMatchObject({ Code: 'AccessDenied' });
  const url = await getSignedUrl(s3Of(credentials), new PutObjectCommand({ Bucket: 'media', Key: 'source/1' }));
  expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(200);
  await expect(s3Of({ ...credentials, sessionToken: 'other' }).send(put('source/1'))).rejects.toMatchObject({ Code: 'InvalidToken' });
});

test('the header x-local-credentials returns credentials of a role to programs that have none', async () => {
  const request = (role: string, method = 'GET') => fetch(endpoint, { method, headers: { 'x-local-credentials': role } });
  for (const name of ['signer', arn('signer')]) {
    const { accessKeyId, secretAccessKey, sessionToken } = access.credentialsOf(arn('signer'));
    expect(await (await request(name)).json()).toEqual({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken });
  }
  expect([(await request('unknown')).status, (await request('signer', 'POST')).status]).toEqual([404, 403]);
});

describe('permissions', () => {
  test.each([
    ['a role that trusts the caller', 'signer', 'caller'],
    ['a role that trusts the account, with the permission', 'account', 'caller'],
    // In one account, a trust policy that names the caller is sufficient (see "AssumeRole" in the AWS STS API Reference).
    ['a role that trusts the caller, who has no permission', 'for-stranger', 'stranger'],
  ])('allows %s', async (_, role, caller) => {
    await expect(assume(role, caller)).resolves.toBeDefined();
  });

  test.each([
    ['a role that trusts the account, without the permission', 'account', 'stranger'],
    ['a role that trusts a service', 'for-lambda', 'caller'],
    ['a role that trusts another role', 'for-stranger', 'caller'],
    ['a role that trusts another role, without the permission', 'signer', 'stranger'],
    ['a role that does not exist', 'unknown', 'caller'],
  ])('denies %s', async (_, role, caller) => {
    await expect(assume(role, caller)).rejects.toMatchObject({
      name: 'AccessDenied', message: `${arn(caller)} is not authorized to perform sts:AssumeRole on ${arn(role)}`, $metadata: { httpStatusCode: 403 },
    });
  });

  test('a session can start a session of another role', async () => {
    const { credentials } = await assume('signer');
    await expect(assume('chained', credentials)).resolves.toBeDefined();
    await expect(assume('signer', credentials)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
  ['899 seconds', { DurationSeconds: 899 }, 'ValidationError'],
  ['3,601 seconds', { DurationSeconds: 3601 }, 'ValidationError'],
  ['a session name with a space', { RoleSessionName: 'sign uploads' }, 'ValidationError'],
  ['a session name of one character', { RoleSessionName: 's' }, 'ValidationError'],
  ['another ARN', { RoleArn: `arn:aws:iam::${ACCOUNT}:user/caller` }, 'ValidationError'],
  ['a session policy, which is not supported', { Policy: '{}' }, 'InvalidAction'],
])('rejects %s', async (_, input, name) => {
  await expect(assume('signer', 'caller', input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
});

test('rejects other operations and unknown credentials', async () => {
  await expect(sts('caller').send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: 'InvalidAction', $metadata: { httpStatusCode: 400 } });
  const credentials = { ...access.credentialsOf(arn('caller')), accessKeyId: 'ASIAOTHER' };
  await expect(assume('signer', credentials)).rejects.toMatchObject({ name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } });
});

test('after its expiration, a session is rejected in requests and URLs of every service', async () => {
  await serve(900 * 2);
  const { credentials, expiration } = await assume('signer', 'caller', { DurationSeconds: 900 });
  expect(expiration.getTime() - Date.now()).toBeLessThanOrEqual(500);
  const url = await getSignedUrl(s3Of(credentials), new PutObjectCommand({ Bucket: 'media', Key: 'source/1' }), { expiresIn: 3600 });
  const upload = () => fetch(url, { method: 'PUT', body: 'x' });
  expect((await upload()).status).toBe(200);
  await setTimeout(expiration.getTime() - Date.now() + 10);
  const answer = await upload();
  expect([answer.status, await answer.text()]).toEqual([400, '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>']);
  await expect(s3Of(credentials).send(put('source/1'))).rejects.toMatchObject({ Code: 'ExpiredToken', $metadata: { httpStatusCode: 400 } });
  const secrets = new SecretsManagerClient(settings(credentials));
  await expect(secrets.send(new GetSecretValueCommand({ SecretId: 's' }))).rejects.toMatchObject({ name: 'ExpiredTokenException', $metadata: { httpStatusCode: 403 } });
  await expect(assume('chained', credentials)).rejects.toMatchObject({ name: 'ExpiredToken', $metadata: { httpStatusCode: 403 } });
  await expect(assume('signer')).resolves.toBeDefined();
});
