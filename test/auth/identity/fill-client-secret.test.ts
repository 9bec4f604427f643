import { CognitoIdentityProviderClient, DescribeUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { fillClientSecret } from '../../../src/auth/identity/fill-client-secret.runtime';
import { serveCustomResource } from '../../../src/runtime/custom-resource';

const SECRET = 'the-secret-of-the-client';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:ClientSecret-abc';
const cognito = mockClient(CognitoIdentityProviderClient);
const secrets = mockClient(SecretsManagerClient);
const fill = fillClientSecret(new CognitoIdentityProviderClient({ region: 'us-east-1' }), new SecretsManagerClient({ region: 'us-east-1' }));
const handler = serveCustomResource(fill, async () => undefined);
let errors: jest.SpyInstance;

beforeEach(() => {
  cognito.reset();
  secrets.reset();
  cognito.on(DescribeUserPoolClientCommand).resolves({ UserPoolClient: { ClientSecret: SECRET } });
  secrets.on(PutSecretValueCommand).resolves({});
  errors = jest.spyOn(console, 'error').mockImplementation();
  jest.spyOn(console, 'warn').mockImplementation();
});

afterEach(() => {
  expect(JSON.stringify(errors.mock.calls)).not.toContain(SECRET);
  jest.restoreAllMocks();
});

async function run(RequestType: string, clientId = 'client1') {
  const fetch = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
  await handler({
    RequestType, ResponseURL: 'https://cloudformation.example/', StackId: 's', RequestId: 'r', LogicalResourceId: 'FilledClientSecret',
    ResourceProperties: { ServiceToken: 't', UserPoolId: 'pool1', ClientId: clientId, SecretArn: SECRET_ARN },
    ...(RequestType !== 'Create' && { PhysicalResourceId: SECRET_ARN }),
  } as unknown as CloudFormationCustomResourceEvent);
  const response = String(fetch.mock.calls.at(-1)![1]!.body);
  expect(response).not.toContain(SECRET);
  return JSON.parse(response);
}

test('copies the secret of the client and returns only its ARN to CloudFormation', async () => {
  expect(await run('Create')).toEqual({ Status: 'SUCCESS', PhysicalResourceId: SECRET_ARN, StackId: 's', RequestId: 'r', LogicalResourceId: 'FilledClientSecret' });
  expect(cognito.commandCalls(DescribeUserPoolClientCommand)[0].args[0].input).toEqual({ UserPoolId: 'pool1', ClientId: 'client1' });
  expect(secrets.commandCalls(PutSecretValueCommand)[0].args[0].input).toEqual({ SecretId: SECRET_ARN, SecretString: SECRET });
});

test('copies the secret of another client under the same physical id', async () => {
  expect(await run('Update', 'client2')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: SECRET_ARN });
  expect(cognito.commandCalls(DescribeUserPoolClientCommand)[0].args[0].input.ClientId).toBe('client2');
  expect(secrets.commandCalls(PutSecretValueCommand)).toHaveLength(1);
});

test('changes nothing on a Delete request', async () => {
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: SECRET_ARN });
  expect([...cognito.calls(), ...secrets.calls()]).toEqual([]);
});

test('fails the deployment if the client has no secret', async () => {
  cognito.on(DescribeUserPoolClientCommand).resolves({ UserPoolClient: {} });
  expect(await run('Create')).toMatchObject({ Status: 'FAILED', Reason: 'Error: client client1 of user pool pool1 has no secret' });
  expect(secrets.calls()).toEqual([]);
});

test('fails the deployment if Secrets Manager denies access', async () => {
  secrets.on(PutSecretValueCommand).rejects(Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }));
  expect(await run('Create')).toMatchObject({ Status: 'FAILED', Reason: 'AccessDeniedException: not allowed' });
});
