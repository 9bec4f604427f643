import { createPrivateKey } from 'crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { decode, opens, opensByItself } from './cloudfront-rules';
import { fakeSecrets, keyPair } from './fake-secrets';
import { cookieSigner } from '../../src/delivery/cookie-signer.runtime';
import { startPlayback } from '../../src/delivery/start-playback.runtime';
import { posterUrls } from '../../src/runtime/signing/poster-urls';
import { signingKeys } from '../../src/runtime/signing/signing-keys';
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
    expect(json).toEqual({ hls: `${SERVICE_URL}/${PREFIX}hls/index.m3u8`, poster: expect.stringContaining(`${SERVICE_URL}/${PREFIX}poster.0000000.jpg?`), expiresAt: '2026-11-20T13:00:00.000Z' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(Object.keys(cookies).sort()).toEqual(['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id', 'CloudFront-Policy', 'CloudFront-Signature']);
    for (const text of setCookies) expect(text).toMatch(new RegExp(`^CloudFront-[^;]+; Max-Age=3600; Path=/${PREFIX}; HttpOnly; Secure; Priority=Low; SameSite=Lax$`));

    expect(opens(json.hls, cookies, publicKeys, NOW)).toBe(true);
    expect(opens(json.hls, cookies, publicKeys, new Date('2026-11-20T12:59:59Z'))).toBe(true);
    expect(opensByItself(json.poster, publicKeys, NOW)).toBe(true);
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

  test('a session and its poster expire at unpublishAt, rounded up to a second, except for the owner and admins', async () => {
    const video = { ...row, unpublishAt: '2026-11-20T12:10:00.300Z' };
    const { json, cookies, setCookies } = await call(video);
    expect(json.expiresAt).toBe('2026-11-20T12:10:01.000Z');
    expect(setCookies[0]).toContain('; Max-Age=601;');
    for (const [time, isOpen] of [['2026-11-20T12:10:00.999Z', true], ['2026-11-20T12:10:01.000Z', false]] as const) {
      expect([opens(json.hls, cookies, publicKeys, new Date(time)), opensByItself(json.poster, publicKeys, new Date(time))]).toEqual([isOpen, isOpen]);
    }
    for (const [userId, groups] of [['owner-1', []], ['boss-1', ['bosses']]] as const) {
      const { json: whole, setCookies: [cookie] } = await call(video, userId, [...groups]);
      expect([whole.expiresAt, cookie]).toEqual(['2026-11-20T13:00:00.000Z', expect.stringContaining('; Max-Age=3600;')]);
      expect(opensByItself(whole.poster, publicKeys, new Date('2026-11-20T17:00:00Z'))).toBe(true);
    }
  });

  test('a session is not longer if unpublishAt is later than its usual end', async () => {
    expect((await call({ ...row, unpublishAt: '2026-11-20T13:00:01.000Z' })).json.expiresAt).toBe('2026-11-20T13:00:00.000Z');
  });

  test('omits the poster if there is none', async () => {
    expect((await call({ ...row, media: { hls: row.media.hls } })).json).not.toHaveProperty('poster');
  });

  test.each([
    ['an unknown video', undefined, 'viewer-1', 404, 'not_found'],
    ['a private video to its owner', { ...row, visibility: 'private' }, 'owner-1', 200, undefined],
    ['a private video to another user', { ...row, visibility: 'private' }, 'viewer-1', 404, 'not_found'],
    ['a video before its publication to its owner', { ...row, publishAt: '2026-11-20T12:00:00.501Z' }, 'owner-1', 200, undefined],
    ['a video before its publication to another user', { ...row, publishAt: '2026-11-20T12:00:00.501Z' }, 'viewer-1', 404, 'not_found'],
    ['a video from its publication on to another user', { ...row, publishAt: '2026-11-20T12:00:00.500Z' }, 'viewer-1', 200, undefined],
    ['an unpublished video to its owner', { ...row, unpublishAt: '2026-11-20T12:00:00.500Z' }, 'owner-1', 200, undefined],
    ['an unpublished video to another user', { ...row, unpublishAt: '2026-11-20T12:00:00.500Z' }, 'viewer-1', 404, 'not_found'],
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

  const hidden = [
    undefined, { ...row, publishAt: '2026-12-01T00:00:00.000Z' }, { ...row, unpublishAt: '2026-11-01T00:00:00.000Z' }, { ...row, visibility: 'private' },
    { ...row, status: 'processing', media: undefined }, { ...row, status: 'errored' }, { ...row, status: 'deleting' },
  ];
  test.each([
    ['a viewer', ['watchers'], 404, hidden],
    ['a user who is not a viewer', ['uploaders'], 403, [...hidden, row, { ...row, visibility: 'unlisted' }]],
  ])('returns identical bytes to %s for all hidden videos', async (_, groups, status, videos) => {
    const answers = new Set<string>();
    for (const video of videos) answers.add(JSON.stringify(await answer(video, 'viewer-1', groups)));
    expect([...answers].map((text) => JSON.parse(text).statusCode)).toEqual([status]);
  });
});

test('cookies and poster wait for one read of an unreadable secret, not for two', async () => {
  captureLog();
  const reads: string[] = [];
  const SecretString = JSON.stringify({ privateKey: pairs.KNEW.privateKey, createdAt: NOW.toISOString() });
  const send = async ({ input: { SecretId } }: { input: { SecretId: string } }) => {
    reads.push(SecretId);
    await new Promise(setImmediate);
    if (SecretId === 'arn:old') throw new Error('refused');
    return { SecretString };
  };
  const now = () => NOW;
  const chooseKey = signingKeys({ keys: KEYS, secrets: { send } as never, now });
  const { startPlayback: start } = startPlayback({
    videos: { find: async () => row as never }, roles: {} as never, signCookies: cookieSigner(chooseKey),
    posterUrls: posterUrls({ chooseKey, serviceUrl: SERVICE_URL, now }), serviceUrl: SERVICE_URL, sessionSeconds: 60, now,
  });
  const { body } = await start({ path: { videoId: ID }, query: {}, headers: {}, body: undefined, caller: { userId: 'owner-1', groups: [] } });
  expect(opensByItself(body.poster!, publicKeys, NOW)).toBe(true);
  expect(reads).toEqual(['arn:new', 'arn:old']);
});

describe('cookieSigner', () => {
  test('creates the same cookies as the signer of AWS', async () => {
    const policy = JSON.stringify({ Statement: [{ Resource: 'https://x/v/*', Condition: { DateLessThan: { 'AWS:EpochTime': 1_800_000_000 } } }] });
    // RSA (PKCS #1 v1.5) signatures are deterministic.
    const chooseKey = async () => ({ keyPairId: 'KOLD', privateKey: createPrivateKey(pairs.KOLD.privateKey), createdAt: '2026-01-01T00:00:00.000Z' });
    expect(await cookieSigner(chooseKey)('https://x/v/*', 1_800_000_000))
      .toEqual(getSignedCookies({ keyPairId: 'KOLD', privateKey: pairs.KOLD.privateKey, policy, algorithm: 'SHA256' }));
  });
});
