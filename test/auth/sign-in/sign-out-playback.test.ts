import { REFRESH, SAME_SITE, SERVICE_URL, SignInService } from './sign-in-service';
import { MAX_CLEARED_SESSIONS, type PlaybackCookies } from '../../../src/contract/playback-cookies';
import { startPlayback } from '../../../src/delivery/start-playback.runtime';
import { hlsKey, parseHlsKey } from '../../../src/domain/object-keys';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

const ID = '0199f3c0-0000-7000-8000-000000000001';
const SIGNED: PlaybackCookies = {
  'CloudFront-Policy': 'p', 'CloudFront-Signature': 's', 'CloudFront-Key-Pair-Id': 'k', 'CloudFront-Hash-Algorithm': 'SHA256',
};
const hls = (number: number, attempt = 1) => `${SERVICE_URL}/${hlsKey(ID.slice(0, -2) + String(number).padStart(2, '0'), attempt)}`;
const nameAndPath = (line: string) => [line.split('=')[0], /; Path=([^;]+)/.exec(line)![1]];

/** Starts a playback session as the delivery does. */
async function play(attempt: number): Promise<{ hls: string; cookies: readonly string[] }> {
  const video = { owner: 'ann', status: 'ready', visibility: 'private', attempt, media: { hls: hlsKey(ID, attempt) } };
  const { startPlayback: start } = startPlayback({
    videos: { find: async () => video as never }, roles: {} as never, signCookies: async () => SIGNED, posterUrls: async () => (key) => key,
    serviceUrl: SERVICE_URL, sessionSeconds: 60, now: () => new Date(),
  });
  const { body, cookies } = await start({ path: { videoId: ID }, query: {}, headers: {}, body: undefined, caller: { userId: 'ann', groups: [] } });
  return { hls: body.hls, cookies: cookies! };
}

async function signOut(playbackSessions: unknown, headers: Record<string, string> = SAME_SITE) {
  const browser = await service.browser().session();
  const response = await browser.call('POST', '/token/revoke', { headers, body: { playbackSessions } });
  return { ...response, isSignedIn: browser.names.includes(REFRESH), revoked: service.server.refreshTokens.size === 0 };
}

test('a sign-out deletes the cookies of the given playback sessions, which have the same names and paths', async () => {
  const sessions = await Promise.all([1, 20].map(play));
  const { status, set, isSignedIn } = await signOut(sessions.map((session) => session.hls));
  expect([status, isSignedIn]).toEqual([200, false]);
  const [refresh, ...cleared] = set;
  expect(refresh).toMatch(/^__Secure-vod-refresh=; Max-Age=0;/);
  expect(cleared.map(nameAndPath).sort()).toEqual(sessions.flatMap(({ cookies }) => cookies.map(nameAndPath)).sort());
  for (const line of cleared) expect(line).toMatch(/^[\w-]+=; Max-Age=0; Path=\/v\/[\w-]+\/\d+\/; Secure$/);
});

test.each([[undefined], [[]]])('a sign-out with the sessions %j deletes only the refresh cookie', async (playbackSessions) => {
  expect((await signOut(playbackSessions)).set).toHaveLength(1);
});

test('the longest list fits into 8 KiB of headers', async () => {
  const longest = Array.from({ length: MAX_CLEARED_SESSIONS }, (_, number) => hls(number, 999_999_999));
  const { status, set } = await signOut(longest);
  expect([status, set.length]).toEqual([200, 1 + 4 * MAX_CLEARED_SESSIONS]);
  expect(set.reduce((bytes, line) => bytes + `set-cookie: ${line}\r\n`.length, 0)).toBeLessThan(7900);
  expect((await signOut([...longest, hls(99)])).body.code).toBe('invalid_request');
});

test.each<[string, unknown]>([
  ['another host', ['https://evil.example/v/0199f3c0-0000-7000-8000-000000000001/1/hls/index.m3u8']],
  ['a host with the same prefix', [hls(1).replace(SERVICE_URL, `${SERVICE_URL}.evil.example`)]],
  ['another host of the same length', [hls(1).replace('.com/', '.net/')]],
  ['a user name in the URL', [hls(1).replace('https://', 'https://x@')]],
  ['a path that climbs', [`${SERVICE_URL}/v/${ID}/../../api/1/hls/index.m3u8`]],
  ['a path with a cookie attribute', [`${SERVICE_URL}/v/${ID}/1; Domain=example.com/hls/index.m3u8`]],
  ['a line break', [`${hls(1)}\r\nset-cookie: a=b`]],
  ['a segment', [hls(1).replace('index.m3u8', 'video_1.m4s')]],
  ['a query', [`${hls(1)}?a=b`]],
  ['an attempt of zero', [hls(1, 0)]],
  ['an id', [ID]],
  ['the same session twice', [hls(1), hls(1)]],
  ['one valid and one foreign URL', [hls(1), 'https://evil.example/v/0199f3c0-0000-7000-8000-000000000001/1/hls/index.m3u8']],
  ['a text', hls(1)],
])('a sign-out with %s is rejected and does not end the session', async (_, playbackSessions) => {
  const { status, body, set, isSignedIn, revoked } = await signOut(playbackSessions);
  expect([status, body.code, set, isSignedIn, revoked]).toEqual([400, 'invalid_request', [], true, false]);
});

test('a client with a token in the body cannot delete playback cookies', async () => {
  const browser = await service.browser().session();
  const refresh_token = service.server.newRefreshToken();
  const { status, body, set } = await browser.call('POST', '/token/revoke', { headers: SAME_SITE, body: { refresh_token, playbackSessions: [hls(1)] } });
  expect([status, body.code, set]).toEqual([400, 'invalid_request', []]);
  expect(service.server.refreshTokens).toContain(refresh_token);
});

test.each([
  [403, 'cross_site', { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }], [502, 'upstream_failed', SAME_SITE],
])('a sign-out that ends with %d %s deletes no cookies', async (status, code, headers) => {
  if (status === 502) service.server.broken.set('/hosted/oauth2/revoke', () => new Response('', { status: 500 }));
  const response = await signOut([hls(1)], headers);
  expect([response.status, response.body.code, response.set]).toEqual([status, code, []]);
});

test('a renewal does not accept playback sessions', async () => {
  const browser = await service.browser().session();
  expect((await browser.call('POST', '/token', { headers: SAME_SITE, body: { playbackSessions: [hls(1)] } })).body.code).toBe('invalid_request');
});

test('the key of a playlist is parsed as it was built', () => {
  expect(parseHlsKey(hlsKey(ID, 12))).toEqual({ videoId: ID, attempt: 12 });
});
