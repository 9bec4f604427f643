import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { decode, opens } from './cloudfront-rules';
import { fakeSecrets, keyPair } from './fake-secrets';
import { cookieSigner } from '../../src/delivery/cookie-signer.runtime';
import { captureLog } from '../captured-log';

const SERVICE_URL = 'http://localhost:8080';
const ID = '0199f3c0-0000-7000-8000-000000000001';
const NOW = new Date('2026-11-20T12:00:00.500Z');
const PREFIX = `v/${ID}/2/`;
const KEYS = [{ keyPairId: 'KOLD', secretArn: 'arn:old' }, { keyPairId: 'KNEW', secretArn: 'arn:new' }];
const ROLES = JSON.stringify({ viewers: ['watchers'], admins: ['bosses'] });
const row = {
  videoId: ID, owner: 'owner-1', status: 'ready', visibility: 'signed-in', attempt: 2, media: { hls: `${PREFIX}hls/index.m3u8`, poster: `${PREFIX}poster.0000000.jpg` },
};
const pairs = { KOLD: keyPair('rsa'), KNEW: keyPair('ec') };
const publicKeys = { KOLD: pairs.KOLD.publicKey, KNEW: pairs.KNEW.publicKey };
const { mock: secrets, values } = fakeSecrets();
const table = mockClient(DynamoDBDocumentClient);
let handler: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

function keep(arn: string, { privateKey }: { privateKey: string }, createdAt: string) {
  values.set(arn, { token: 'made', text: JSON.stringify({ privateKey, createdAt }) });
}

async function answer(video: object | undefined, userId: string, groups: string[]): Promise<APIGatewayProxyResult> {
  table.on(GetCommand, { TableName: 'videos', Key: { pk: `video#${ID}`, sk: 'video' } }).resolves({ Item: video as Record<string, unknown> });
  return handler({
    httpMethod: 'POST', resource: '/streams/{videoId}/playback', pathParameters: { videoId: ID }, headers: { Host: 'evil.example' }, body: null,
    requestContext: { requestId: 'r-1', authorizer: { claims: { 'sub': userId, 'cognito:groups': groups.join(',') } } },
  } as unknown as APIGatewayProxyEvent);
}

async function call(video: object | undefined, userId = 'viewer-1', groups = ['watchers']) {
  const { statusCode, body, multiValueHeaders, headers } = await answer(video, userId, groups);
  const setCookies = (multiValueHeaders?.['set-cookie'] ?? []) as string[];
  const cookies = Object.fromEntries(setCookies.map((text) => text.split(';')[0].split('=', 2) as [string, string]));
  return { statusCode, headers, json: JSON.parse(body), setCookies, cookies };
}

beforeAll(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'] });
  keep('arn:old', pairs.KOLD, '2026-05-01T00:00:00.000Z');
  keep('arn:new', pairs.KNEW, '2026-11-20T11:50:00.000Z');
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', TABLE_NAME: 'videos', SERVICE_URL, SIGNING_KEYS: JSON.stringify(KEYS), SESSION_SECONDS: '3600', ROLES });
  // The handler reads its environment when it is loaded.
  ({ handler } = jest.requireActual('../../src/delivery/start-playback.lambda'));
});
beforeEach(() => { jest.setSystemTime(NOW); });
afterAll(() => { jest.useRealTimers(); });

describe('start-playback', () => {
  test('returns URLs below the service URL, and cookies that give access to this attempt until they expire', async () => {
    const { statusCode, json, cookies, setCookies, headers } = await call(row);
    expect(statusCode).toBe(200);
    expect(json).toEqual({ hls: `${SERVICE_URL}/${PREFIX}hls/index.m3u8`, poster: `${SERVICE_URL}/${PREFIX}poster.0000000.jpg`, expiresAt: '2026-11-20T13:00:00.000Z' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(Object.keys(cookies).sort()).toEqual(['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id', 'CloudFront-Policy', 'CloudFront-Signature']);
    for (const text of setCookies) expect(text).toMatch(new RegExp(`^CloudFront-[^;]+; Max-Age=3600; Path=/${PREFIX}; HttpOnly; Secure; Priority=Low; SameSite=Lax$`));

    expect(opens(json.hls, cookies, publicKeys, NOW)).toBe(true);
    expect(opens(json.poster, cookies, publicKeys, new Date('2026-11-20T12:59:59Z'))).toBe(true);
    expect(opens(json.hls, cookies, publicKeys, new Date('2026-11-20T13:00:00Z'))).toBe(false);
    for (const other of [`${SERVICE_URL}/v/${ID}/1/hls/index.m3u8`, `${SERVICE_URL}/v/${ID}/20/hls/index.m3u8`, `${SERVICE_URL}/v/another/2/hls/index.m3u8`, json.hls.replace('http:', 'https:')]) {
      expect(opens(other, cookies, publicKeys, NOW)).toBe(false);
    }
    const altered = { ...cookies, 'CloudFront-Policy': Buffer.from(decode(cookies['CloudFront-Policy']).toString().replace(`${PREFIX}`, 'v/')).toString('base64').replace(/=/g, '_') };
    expect(opens(json.hls, altered, publicKeys, NOW)).toBe(false);
  });

  test('signs with a newer key once every edge location knows it, and reads each secret once', async () => {
    expect((await call(row)).cookies['CloudFront-Key-Pair-Id']).toBe('KOLD');
    jest.setSystemTime(new Date('2026-11-20T12:05:00Z'));
    const { cookies, json } = await call(row);
    expect(cookies['CloudFront-Key-Pair-Id']).toBe('KNEW');
    expect(opens(json.hls, cookies, publicKeys, new Date())).toBe(true);
    expect(secrets.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input.SecretId).sort()).toEqual(['arn:new', 'arn:old']);
  });

  test('omits the poster if there is none', async () => {
    expect((await call({ ...row, media: { hls: row.media.hls } })).json).not.toHaveProperty('poster');
  });

  test.each([
    ['an unknown video', undefined, 'viewer-1', 404, 'not_found'],
    ['a private video to its owner', { ...row, visibility: 'private' }, 'owner-1', 200, undefined],
    ['a private video to another user', { ...row, visibility: 'private' }, 'viewer-1', 404, 'not_found'],
    ['an unlisted video to another user', { ...row, visibility: 'unlisted' }, 'viewer-1', 200, undefined],
    ['a processing video to its owner', { ...row, status: 'processing', media: undefined }, 'owner-1', 409, 'wrong_status'],
    ['a processing video to another user', { ...row, status: 'processing', media: undefined }, 'viewer-1', 404, 'not_found'],
    ['an errored video to its owner', { ...row, status: 'errored' }, 'owner-1', 409, 'wrong_status'],
    ['a video that is being deleted to its owner', { ...row, status: 'deleting' }, 'owner-1', 404, 'not_found'],
  ])('%s', async (_, video, userId, status, code) => {
    const { statusCode, json, setCookies } = await call(video, userId);
    expect([statusCode, json.code]).toEqual([status, code]);
    expect(setCookies).toHaveLength(status === 200 ? 4 : 0);
  });

  test.each([
    ['the private video of another user to an admin', { ...row, visibility: 'private' }, 'boss-1', ['bosses'], 200, undefined],
    ['the errored video of another user to an admin', { ...row, status: 'errored' }, 'boss-1', ['bosses'], 409, 'wrong_status'],
    ['a video that is being deleted to an admin', { ...row, status: 'deleting' }, 'boss-1', ['bosses'], 404, 'not_found'],
    ['their own video to a user who is not a viewer', { ...row, visibility: 'private' }, 'owner-1', ['uploaders'], 200, undefined],
    ['the video of another user to a user who is not a viewer', row, 'maker-1', ['uploaders'], 403, 'wrong_role'],
  ])('%s', async (_, video, userId, groups, status, code) => {
    const { statusCode, json, setCookies } = await call(video, userId, groups);
    expect([statusCode, json.code]).toEqual([status, code]);
    expect(setCookies).toHaveLength(status === 200 ? 4 : 0);
  });

  const hidden = [undefined, { ...row, visibility: 'private' }, { ...row, status: 'processing', media: undefined }, { ...row, status: 'errored' }, { ...row, status: 'deleting' }];
  test.each([
    ['a viewer', ['watchers'], 404, hidden],
    ['a user who is not a viewer', ['uploaders'], 403, [...hidden, row, { ...row, visibility: 'unlisted' }]],
  ])('returns identical bytes to %s for all hidden videos', async (_, groups, status, videos) => {
    const answers = new Set<string>();
    for (const video of videos) answers.add(JSON.stringify(await answer(video, 'viewer-1', groups)));
    expect([...answers].map((text) => JSON.parse(text).statusCode)).toEqual([status]);
  });
});

describe('cookieSigner', () => {
  afterEach(() => { jest.restoreAllMocks(); });

  const client = { send: jest.fn() };
  const MINUTE = 60_000;
  let elapsed = 0;
  beforeEach(() => { elapsed = 0; });
  const sign = (keys: typeof KEYS) => cookieSigner({ keys, secrets: client as never, now: () => new Date(NOW.getTime() + elapsed) });
  const stored = (createdAt: string) => async () => ({ SecretString: JSON.stringify({ privateKey: pairs.KNEW.privateKey, createdAt }) });

  test('signs with the first key immediately, even if all keys are new', async () => {
    client.send.mockImplementation(stored(NOW.toISOString()));
    expect(await sign(KEYS)('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
    expect(await sign([KEYS[1]])('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KNEW' });
  });

  test('signs with the last declared of several known keys', async () => {
    client.send.mockImplementation(stored('2026-01-01T00:00:00.000Z'));
    const signer = sign([...KEYS, { keyPairId: 'KNEWEST', secretArn: 'arn:newest' }]);
    for (let time = 0; time < 2; time++) expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KNEWEST' });
  });

  const named = (name: string, message = 'refused') => Object.assign(new Error(message), { name });
  const text = (value: object | string) => ({ SecretString: typeof value === 'string' ? value : JSON.stringify(value) });

  /** Sets the response for each ARN: an error is thrown, a date becomes a valid key with this creation date, and any other object is returned unchanged. */
  function answerWith(answers: Record<string, Error | Date | object>) {
    client.send.mockImplementation(async ({ input: { SecretId } }) => {
      const found = answers[SecretId];
      if (found instanceof Error) throw found;
      return found instanceof Date ? text({ privateKey: pairs.KOLD.privateKey, createdAt: found.toISOString() }) : found;
    });
  }
  const OLD = new Date('2026-01-01T00:00:00.000Z');

  test.each([
    ['is missing', named('ResourceNotFoundException')],
    ['is marked for deletion', named('InvalidRequestException')],
    ['is not readable by IAM', named('AccessDeniedException')],
    ['cannot be decrypted', named('DecryptionFailure')],
    ['cannot be reached', named('TimeoutError')],
    ['is empty', text('')],
    ['is not JSON', text('hunter2-hunter2')],
    ['contains no key', text({ privateKey: 'hunter2-hunter2', createdAt: OLD.toISOString() })],
    ['contains a public key', text({ privateKey: pairs.KNEW.publicKey, createdAt: OLD.toISOString() })],
    ['contains no time', text({ privateKey: pairs.KNEW.privateKey, createdAt: 'hunter2' })],
  ])('signs with an older key while the secret of the newest %s, and logs this without the value', async (_, newest) => {
    const logged = captureLog();
    answerWith({ 'arn:old': OLD, 'arn:new': newest });
    const signer = sign(KEYS);
    expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
    expect(logged.join()).toMatch(/can't be read.*KNEW/);
    expect(logged.join()).not.toMatch(/hunter2|BEGIN|KOLD/);
    answerWith({ 'arn:old': OLD, 'arn:new': OLD });
    elapsed = MINUTE;
    expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KNEW' });
  });

  test('signs with an older key while the secret of the newest cannot be read in time', async () => {
    captureLog();
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => timeout(milliseconds / 100));
    const answered = stored(OLD.toISOString());
    client.send.mockImplementation(({ input: { SecretId } }, options) => SecretId === 'arn:old' ? answered() : new Promise((_, reject) => {
      options?.abortSignal.addEventListener('abort', () => reject(named('AbortError')));
    }));
    expect(await sign(KEYS)('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
  });

  test('reads an unreadable secret again after one minute, not for each session', async () => {
    const logged = captureLog();
    answerWith({ 'arn:old': OLD, 'arn:new': named('ResourceNotFoundException') });
    client.send.mockClear();
    const signer = sign(KEYS);
    for (const [minutes, reads] of [[0, 2], [0, 2], [0.99, 2], [1, 3], [1.5, 3], [2, 4]]) {
      elapsed = minutes * MINUTE;
      expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
      expect([minutes, client.send.mock.calls.length, logged.length]).toEqual([minutes, reads, reads - 1]);
    }
  });

  test('signs with a key that is too new only until an older key can be read', async () => {
    captureLog();
    const signer = sign(KEYS);
    answerWith({ 'arn:old': named('ThrottlingException'), 'arn:new': NOW });
    expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KNEW' });
    answerWith({ 'arn:old': OLD, 'arn:new': NOW });
    expect(await signer('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
  });

  test('signs with the oldest of the keys that are too new if there is no other key', async () => {
    captureLog();
    const keys = [...KEYS, { keyPairId: 'KNEWEST', secretArn: 'arn:newest' }];
    answerWith({ 'arn:old': named('AccessDeniedException'), 'arn:new': NOW, 'arn:newest': NOW });
    expect(await sign(keys)('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KNEW' });
    answerWith({ 'arn:old': OLD, 'arn:new': named('AccessDeniedException'), 'arn:newest': NOW });
    expect(await sign(keys)('https://x/*', 1)).toMatchObject({ 'CloudFront-Key-Pair-Id': 'KOLD' });
  });

  test('fails without revealing a value if no key can be read, and retries later', async () => {
    const logged = captureLog();
    const signer = sign(KEYS);
    answerWith({ 'arn:old': text('hunter2'), 'arn:new': named('AccessDeniedException') });
    await expect(signer('https://x/*', 1)).rejects.toThrow('none of the 2 signing keys can be read');
    expect(logged.join()).toMatch(/KNEW.*KOLD/);
    expect(logged.join()).not.toContain('hunter2');
    answerWith({ 'arn:old': OLD, 'arn:new': NOW });
    await expect(signer('https://x/*', 1)).resolves.toHaveProperty('CloudFront-Signature');
  });

  test('parses a key only once', async () => {
    const parse = jest.spyOn(jest.requireActual<typeof import('crypto')>('crypto'), 'createPrivateKey');
    answerWith({ 'arn:old': OLD });
    const signer = sign([KEYS[0]]);
    for (let time = 0; time < 3; time++) await signer('https://x/*', 1);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('creates the same cookies as the signer of AWS', async () => {
    answerWith({ 'arn:old': OLD });
    const policy = JSON.stringify({ Statement: [{ Resource: 'https://x/v/*', Condition: { DateLessThan: { 'AWS:EpochTime': 1_800_000_000 } } }] });
    // RSA (PKCS #1 v1.5) signatures are deterministic.
    expect(await sign([KEYS[0]])('https://x/v/*', 1_800_000_000))
      .toEqual(getSignedCookies({ keyPairId: 'KOLD', privateKey: pairs.KOLD.privateKey, policy, algorithm: 'SHA256' }));
  });
});
