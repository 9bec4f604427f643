import { createPrivateKey, createPublicKey } from 'crypto';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { fakeSecrets } from './fake-secrets';
import { handler } from '../../src/delivery/make-key-pair.lambda';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:Key-AbCdEf';
const { mock, values } = fakeSecrets();
const answers: any[] = [];
const printed: string[] = [];

async function run(requestType: 'Create' | 'Update' | 'Delete', properties: object = {}, more: object = {}) {
  await handler({
    RequestType: requestType, ResponseURL: 'https://cloudformation.example/answer', StackId: 's', RequestId: 'r', LogicalResourceId: 'KeyPair1',
    ...(requestType !== 'Create' && { PhysicalResourceId: ARN }),
    ResourceProperties: { ServiceToken: 't', SecretArn: ARN, KeyType: 'ecdsa-p256', ...properties }, ...more,
  } as unknown as CloudFormationCustomResourceEvent);
  return answers.at(-1);
}

beforeEach(() => {
  values.clear();
  mock.resetHistory();
  answers.length = 0;
  printed.length = 0;
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, request) => {
    answers.push(JSON.parse(String(request?.body)));
    return new Response();
  });
  jest.spyOn(console, 'error').mockImplementation((...parts) => { printed.push(JSON.stringify(parts)); });
});

describe('make-key-pair', () => {
  test.each([['ecdsa-p256', 'ec'], ['rsa-2048', 'rsa']])('creates a key of type %s and returns the public key of the stored one', async (KeyType, kind) => {
    const { Status, PhysicalResourceId, Data } = await run('Create', { KeyType });
    const { privateKey, createdAt } = JSON.parse(values.get(ARN)!.text);
    expect([Status, PhysicalResourceId]).toEqual(['SUCCESS', ARN]);
    expect(Data).toEqual({ PublicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }), CreatedAt: createdAt });
    // CloudFront adds a final line break to public keys, and treats a key without the line break as a different key.
    expect(Data.PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^]+\n-----END PUBLIC KEY-----\n$/);
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(privateKey);
    expect(asymmetricKeyType).toBe(kind);
    expect(asymmetricKeyDetails).toMatchObject(kind === 'ec' ? { namedCurve: 'prime256v1' } : { modulusLength: 2048 });
    expect(Math.abs(Date.now() - Date.parse(createdAt))).toBeLessThan(60_000);
  });

  test('does not return the private key', async () => {
    await run('Create');
    const body = JSON.parse(values.get(ARN)!.text).privateKey.split('\n')[1];
    expect(JSON.stringify(answers)).not.toContain(body);
    expect(JSON.stringify(answers)).not.toContain('PRIVATE');
  });

  test('keeps the created key on repeated requests', async () => {
    const first = await run('Create');
    const stored = values.get(ARN)!.text;
    for (const [type, properties] of [['Create', {}], ['Update', {}], ['Update', { KeyType: 'rsa-2048' }], ['Delete', {}]] as const) {
      const again = await run(type, properties);
      expect([again.Status, again.PhysicalResourceId]).toEqual(['SUCCESS', ARN]);
      if (type !== 'Delete') expect(again.Data).toEqual(first.Data);
    }
    expect(values.get(ARN)!.text).toBe(stored);
    expect(mock.commandCalls(PutSecretValueCommand)).toHaveLength(1);
  });

  test('fills a secret with an empty value', async () => {
    values.set(ARN, { token: 'none', text: '' });
    expect(await run('Create')).toMatchObject({ Status: 'SUCCESS' });
    expect(values.get(ARN)!.text).toContain('PRIVATE KEY');
  });

  test('returns the same key for concurrent requests', async () => {
    await Promise.all(Array.from({ length: 4 }, () => run('Create')));
    expect(mock.commandCalls(PutSecretValueCommand).length).toBeGreaterThan(1);
    expect(new Set(answers.map(({ Status, Data }) => `${Status} ${Data.PublicKey}`)).size).toBe(1);
    expect(answers[0].Data.PublicKey).toBe(createPublicKey(JSON.parse(values.get(ARN)!.text).privateKey).export({ type: 'spki', format: 'pem' }));
  });

  test('uses a separate valid request token for each secret', async () => {
    await run('Create');
    await run('Create', { SecretArn: `${ARN}2` });
    const tokens = mock.commandCalls(PutSecretValueCommand).map(({ args }) => args[0].input.ClientRequestToken);
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32,64}$/);
  });

  test.each([
    ['not JSON', 'hunter2-hunter2'],
    ['not a key', JSON.stringify({ privateKey: 'hunter2-hunter2', createdAt: '2026-11-01T00:00:00.000Z' })],
    ['in another format', JSON.stringify({ password: 'hunter2-hunter2' })],
  ])('does not overwrite or return a value that is %s', async (_, text) => {
    values.set(ARN, { token: 'by hand', text });
    expect(await run('Create')).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(ARN) });
    expect(values.get(ARN)!.text).toBe(text);
    expect(JSON.stringify([answers, printed])).not.toContain('hunter2');
  });

  test('rejects an unknown type', async () => {
    expect(await run('Create', { KeyType: 'dsa' })).toMatchObject({ Status: 'FAILED', Reason: 'Error: KeyType: unknown type dsa' });
    expect(values.size).toBe(0);
  });

  test('accepts a Delete request after a failed creation', async () => {
    expect(await run('Delete', {}, { PhysicalResourceId: 'KeyPair1' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'KeyPair1' });
  });
});
