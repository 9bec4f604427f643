import { readdirSync } from 'fs';
import { request as httpRequest } from 'http';
import { join } from 'path';
import { Readable, Writable } from 'stream';
import { text as wholeOf } from 'stream/consumers';
import { pipeline } from 'stream/promises';
import { setTimeout } from 'timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AwsEndpoint, startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { createS3 } from '../../../local/s3/s3';
import { jsonService } from '../../../local/services/json';
import { AwsError } from '../../../local/types';
import { CREDENTIALS, fakeAccess, fakeS3, fakeStack, REGION, resource, until } from '../fakes';

const access = fakeAccess(['secretsmanager:Denied']);
const logged: string[] = [];
const secrets = jsonService('secretsmanager', (_, { SecretId }) => [{ action: `secretsmanager:${SecretId}`, resource: '*' }], {
  GetSecretValue({ SecretId }) {
    if (SecretId === 'known-fault') throw new AwsError('ResourceNotFoundException', 'none');
    if (SecretId === 'unknown-fault') throw new TypeError('x is undefined');
    return { SecretString: SecretId };
  },
});

let awsEndpoint: AwsEndpoint;
let endpoint: string;
beforeAll(async () => {
  awsEndpoint = await startAwsEndpoint({ access, log: (line) => logged.push(line) });
  for (const service of [fakeS3(), secrets]) awsEndpoint.register(service);
  endpoint = `http://127.0.0.1:${awsEndpoint.port}`;
});
afterAll(() => awsEndpoint.stop());

const settings = (more: object = {}) => ({ region: REGION, endpoint, credentials: CREDENTIALS, maxAttempts: 1, ...more });
const s3 = (more?: object) => new S3Client({ ...settings(more), forcePathStyle: true });
const getSecret = (SecretId: string, more?: object) => new SecretsManagerClient(settings(more)).send(new GetSecretValueCommand({ SecretId }));

const getChanged = async (change: (request: { body: string; headers: Record<string, string> }) => void) => {
  const client = new SecretsManagerClient(settings());
  client.middlewareStack.addRelativeTo((next: (args: any) => any) => (args: any) => {
    change(args.request);
    return next(args);
  }, { name: 'change', relation: 'after', toMiddleware: 'httpSigningMiddleware' });
  return client.send(new GetSecretValueCommand({ SecretId: 'mine' }));
};

/** `fetch` would add headers. */
async function send(url: string, method: string, headers: Record<string, string | number>, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => text += chunk).on('end', () => resolve({ status: response.statusCode!, text }));
    }).on('error', reject);
    outgoing.end(body);
  });
}

describe('header signatures', () => {
  test('S3: keys with escaped characters, queries, and a text body', async () => {
    await s3().send(new PutObjectCommand({ Bucket: 'media', Key: "a b/ü+&=(1)'.txt", Body: 'hello', ContentType: 'text/plain' }));
    expect(access.asked.at(-1)).toEqual({ action: 's3:PutObject', resource: "arn:aws:s3:::media/a b/ü+&=(1)'.txt" });
    const { Body } = await s3().send(new GetObjectCommand({ Bucket: 'media', Key: 'x', Range: 'bytes=0-3', ResponseContentType: 'text/plain; a=b' }));
    expect(await Body!.transformToString()).toBe('the object');
  });

  test('S3: a stream with a trailing checksum', async () => {
    await expect(s3().send(new PutObjectCommand({ Bucket: 'media', Key: 'x', Body: Readable.from([Buffer.alloc(100_000)]), ContentLength: 100_000 })))
      .resolves.toMatchObject({ ETag: '"1"' });
  });

  test('S3: rejects a body that does not match the signed hash', async () => {
    const client = s3({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    client.middlewareStack.addRelativeTo((next: (args: any) => any) => (args: any) => {
      args.request.body = 'jello';
      return next(args);
    }, { name: 'change', relation: 'after', toMiddleware: 'httpSigningMiddleware' });
    await expect(client.send(new PutObjectCommand({ Bucket: 'media', Key: 'x', Body: 'hello' }))).rejects.toMatchObject({ Code: 'XAmzContentSHA256Mismatch' });
  });

  test('JSON services get the whole body', async () => {
    await expect(getSecret('GetSecretValue')).resolves.toMatchObject({ SecretString: 'GetSecretValue' });
  });

  test.each([
    ['a key that we did not issue', { accessKeyId: 'ASIAOTHER' }, 'InvalidAccessKeyId', 'UnrecognizedClientException'],
    ['another secret', { secretAccessKey: 'no secret' }, 'SignatureDoesNotMatch', 'InvalidSignatureException'],
    ['another token', { sessionToken: 'other' }, 'InvalidToken', 'UnrecognizedClientException'],
    ['no token', { sessionToken: undefined }, 'InvalidToken', 'UnrecognizedClientException'],
  ])('%s is refused', async (_, change, s3Code, code) => {
    const credentials = { ...CREDENTIALS, ...change };
    await expect(s3({ credentials }).send(new GetObjectCommand({ Bucket: 'media', Key: 'x' }))).rejects.toMatchObject({ Code: s3Code });
    await expect(getSecret('x', { credentials })).rejects.toMatchObject({ name: code });
  });

  test('rejects a clock skew of more than 15 minutes', async () => {
    const wrong = { systemClockOffset: -16 * 60_000 };
    await expect(s3(wrong).send(new GetObjectCommand({ Bucket: 'media', Key: 'x' }))).rejects.toMatchObject({ Code: 'RequestTimeTooSkewed' });
    await expect(getSecret('x', wrong)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    await expect(getSecret('x', { systemClockOffset: -14 * 60_000 })).resolves.toBeDefined();
  });

  test.each(['body', 'header'])('rejects a %s that was changed after signing', async (what) => {
    const sent = getChanged((request) => {
      if (what === 'body') request.body = JSON.stringify({ SecretId: 'your' });
      else request.headers['x-amz-target'] = 'secretsmanager.PutSecretValue';
    });
    await expect(sent).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  test('ignores an expiry in a header', async () => {
    const sent = getChanged(({ headers }) => {
      const past = new Date(Date.now() - 16 * 60_000).toISOString().replace(/[-:]|\.\d+/g, '');
      Object.assign(headers, { 'x-amz-date': past, 'authorization': `${headers.authorization.replace(/\/\d{8}\//, `/${past.slice(0, 8)}/`)}, Expires=604800` });
    });
    await expect(sent).rejects.toThrow('the time of the request differs from the current time by more than 15 minutes');
  });

  test('rejects a body over 16 MiB', async () => {
    await expect(getSecret('x'.repeat(16 * 1024 * 1024))).rejects.toMatchObject({ name: 'RequestEntityTooLargeException' });
  });
});

describe('presigned addresses', () => {
  const put = async (expiresIn = 60, signingDate = new Date()) => getSignedUrl(
    s3({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
    new PutObjectCommand({ Bucket: 'media', Key: 'source/1/original', ContentLength: 5, ContentType: 'video/mp4', IfNoneMatch: '*' }),
    { expiresIn, signingDate, signableHeaders: new Set(['content-type', 'content-length', 'if-none-match', 'host']) },
  );
  const HEADERS = { 'content-length': 5, 'content-type': 'video/mp4', 'if-none-match': '*' };

  test('accept the signed request', async () => {
    expect(new URL(await put()).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    expect(await send(await put(), 'PUT', HEADERS, 'hello')).toMatchObject({ status: 200 });
  });

  test.each([
    ['another length', { ...HEADERS, 'content-length': 4 }],
    ['another type', { ...HEADERS, 'content-type': 'text/html' }],
    ['no type', { 'content-length': 5, 'if-none-match': '*' }],
    ['no condition', { 'content-length': 5, 'content-type': 'video/mp4' }],
    ['another condition', { ...HEADERS, 'if-none-match': '"1"' }],
  ])('refuse %s', async (_, headers) => {
    const { status, text } = await send(await put(), 'PUT', headers, 'hello'.slice(0, Number(headers['content-length'])));
    expect([status, text]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')]);
  });

  test('reject another method, another path and another query', async () => {
    const url = await put();
    for (const [method, changed] of [['POST', url], ['PUT', url.replace('/original', '/other')], ['PUT', `${url}&acl=`], ['PUT', url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61')]]) {
      expect((await send(changed, method, HEADERS, 'hello')).text).toContain('SignatureDoesNotMatch');
    }
  });

  test('reject unsigned x-amz- headers', async () => {
    const { status, text } = await send(await put(), 'PUT', { ...HEADERS, 'x-amz-tagging': 'a=b' }, 'hello');
    expect([status, text]).toEqual([403, expect.stringContaining('not signed: x-amz-tagging')]);
  });

  test('are rejected before their date and after their expiry, with S3\'s errors', async () => {
    const { status, text } = await send(await put(60, new Date(Date.now() - 61_000)), 'PUT', HEADERS, 'hello');
    expect([status, text]).toEqual([403, '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>']);
    expect((await send(await put(60, new Date(Date.now() + 16 * 60_000)), 'PUT', HEADERS, 'hello')).text).toContain('Request is not valid yet');
    const endless = (await put()).replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    expect((await send(endless, 'PUT', HEADERS, 'hello')).text).toContain('AuthorizationQueryParametersError');
  });

  test('return a preflight response without a signature', async () => {
    expect(await send(await put(), 'OPTIONS', { origin: 'http://localhost:1' })).toMatchObject({ status: 204 });
  });
});

describe('after the signature check', () => {
  test('rejects an unsigned request', async () => {
    const refused = { status: 403, text: expect.stringContaining('the request is not signed') };
    expect(await send(`${endpoint}/media/x`, 'GET', {})).toMatchObject(refused);
    expect(await send(endpoint, 'POST', { 'x-amz-target': 'secretsmanager.GetSecretValue' })).toMatchObject(refused);
  });

  test('evaluates the policies before it calls the service', async () => {
    await expect(getSecret('Denied')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(access.refusals).toContainEqual(expect.objectContaining({ action: 'secretsmanager:Denied' }));
  });

  test('sends errors in the service\'s format, and logs faults without the query', async () => {
    await expect(getSecret('known-fault')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(logged).toEqual([]);
    await expect(getSecret('unknown-fault')).rejects.toMatchObject({ name: 'InternalError' });
    expect(logged).toEqual([expect.stringContaining('x is undefined')]);
  });

  test('rejects a signed path that can\'t be decoded', async () => {
    logged.length = 0;
    const url = await getSignedUrl(s3(), new GetObjectCommand({ Bucket: 'media', Key: 'KEY' }));
    for (const path of ['/%ff/KEY', '/media/%ff', '/%']) {
      expect(await send(url.replace('/media/KEY', path), 'GET', {})).toMatchObject({ status: 400, text: expect.stringContaining('<Code>InvalidURI</Code>') });
    }
    expect(logged).toEqual([]);
  });

  test('an aborted upload is not logged as a fault', async () => {
    const url = await getSignedUrl(s3({ requestChecksumCalculation: 'WHEN_REQUIRED' }), new PutObjectCommand({ Bucket: 'media', Key: 'x' }));
    const outgoing = httpRequest(url, { method: 'PUT', headers: { 'content-length': 1000 } }).on('error', () => undefined);
    outgoing.write('half');
    await setTimeout(100);
    outgoing.destroy();
    await setTimeout(100);
    expect(logged).toEqual([]);
  });

  test('a full disk during an upload returns an error and is logged', async () => {
    const own: string[] = [];
    const full = await startAwsEndpoint({ access, log: (line) => own.push(line) });
    full.register({ ...fakeS3(), handle: ({ raw }) => pipeline(raw, new Writable({ write: (_, __, done) => done(new Error('ENOSPC: no space left on device')) })) });
    const client = s3({ endpoint: `http://127.0.0.1:${full.port}`, requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: 'media', Key: 'x' }));
    const body = 'x'.repeat(1024 * 1024);
    for (const _ of [1, 2]) expect(await send(url, 'PUT', { 'content-length': body.length }, body)).toMatchObject({ status: 500, text: expect.stringContaining('InternalError') });
    expect(own).toEqual(Array(2).fill(expect.stringContaining('ENOSPC')));
    await full.stop();
  });

  test('an idle put is aborted and leaves no files', async () => {
    const own: string[] = [];
    const stack = fakeStack([resource('AWS::S3::Bucket', 'media', {})]);
    const patient = await startAwsEndpoint({ access, log: (line) => own.push(line) });
    patient.register(createS3({ stack, access, putEvent: () => undefined, idleMilliseconds: 300 }).service);
    const client = s3({ endpoint: `http://127.0.0.1:${patient.port}`, requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: 'media', Key: 'x' }));
    const answered = new Promise<string>((resolve, reject) => {
      const outgoing = httpRequest(url, { method: 'PUT', headers: { 'content-length': 1000 } }, (response) => resolve(wholeOf(response))).on('error', reject);
      outgoing.write('half');
      // The idle time starts when the last data arrives, and not when the request starts.
      void setTimeout(200).then(() => outgoing.write('more'));
    });
    const began = Date.now();
    expect(await answered).toContain('<Code>RequestTimeout</Code>');
    expect(Date.now() - began).toBeGreaterThanOrEqual(450);
    await until(() => readdirSync(join(stack.dataFolder, 's3', '.incoming')).length === 0);
    expect((await send(url, 'PUT', { 'content-length': 2 }, 'ok')).status).toBe(200);
    expect(own).toEqual([]);
    await patient.stop();
  });

  test('the error for an unsupported service or operation names it', async () => {
    const sent = getChanged(({ headers }) => headers.authorization = headers.authorization.replace('/secretsmanager/', '/sns/'));
    await expect(sent).rejects.toThrow("the local stack does not support the service 'sns'");
    const client = new SecretsManagerClient(settings());
    await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow('the local stack does not support secretsmanager ListSecrets');
  });
});
