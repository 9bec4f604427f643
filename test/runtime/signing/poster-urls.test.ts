import { createPrivateKey } from 'crypto';
import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { optionalPosterUrls, POSTER_WINDOW_SECONDS, PosterUrl, posterUrls } from '../../../src/runtime/signing/poster-urls';
import { signingKeys } from '../../../src/runtime/signing/signing-keys';
import { captureLog } from '../../captured-log';
import { opensByItself } from '../../delivery/cloudfront-rules';
import { keyPair } from '../../delivery/fake-secrets';

const SERVICE_URL = 'https://videos.example.com';
const START = Date.parse('2026-11-20T12:00:00.000Z');
const WINDOW = POSTER_WINDOW_SECONDS * 1000;
const pairs = { KEC: keyPair('ec'), KRSA: keyPair('rsa') };
const publicKeys = { KEC: pairs.KEC.publicKey, KRSA: pairs.KRSA.publicKey };
const known = (keyPairId: keyof typeof pairs) => ({ keyPairId, privateKey: createPrivateKey(pairs[keyPairId].privateKey), createdAt: '2026-01-01T00:00:00.000Z' });
const keyOf = (video: number) => `v/video-${video}/1/poster/poster.0000001.jpg`;
const expiresOf = (url: string) => Number(new URL(url).searchParams.get('Expires')) * 1000;

let time = START;
beforeEach(() => { time = START; });
const now = () => new Date(time);
const instance = (keyPairId: keyof typeof pairs = 'KEC') => {
  const key = known(keyPairId);
  return posterUrls({ chooseKey: async () => key, serviceUrl: SERVICE_URL, now });
};

describe('posterUrls', () => {
  test.each(['KEC', 'KRSA'] as const)('the URL opens the poster without cookies until it expires, and opens nothing else: key %s', async (id) => {
    const url = (await instance(id)())(keyOf(1));
    expect(url).toMatch(/^https:\/\/videos\.example\.com\/v\/video-1\/1\/poster\/poster\.0000001\.jpg\?Expires=/);
    const expires = expiresOf(url);
    expect(opensByItself(url, publicKeys, new Date(expires - 1000))).toBe(true);
    expect(opensByItself(url, publicKeys, new Date(expires))).toBe(false);
    for (const other of [url.replace('video-1', 'video-2'), url.replace('/1/poster/', '/2/poster/'), url.replace('poster/poster.0000001.jpg', 'hls/index.m3u8'), url.replace('videos.', 'other.'), url.replace(/Expires=\d+/, `Expires=${expires / 1000 + 1}`)]) {
      expect(other).not.toBe(url);
      expect(opensByItself(other, publicKeys, now())).toBe(false);
    }
    expect(url).not.toMatch(/Policy=|\*/);
  });

  test('the URL is equal to the URL of AWS\'s signer', async () => {
    const url = (await instance('KRSA')())(keyOf(1));
    const signed = getSignedUrl({
      url: `${SERVICE_URL}/${keyOf(1)}`, keyPairId: 'KRSA', privateKey: pairs.KRSA.privateKey, dateLessThan: new Date(expiresOf(url)).toISOString(), algorithm: 'SHA256',
    });
    const parts = (text: string) => [...new URL(text).searchParams].sort();
    expect(parts(url)).toEqual(parts(signed));
    expect(url.split('?')[0]).toBe(signed.split('?')[0]);
  });

  test('the URL stays equal during a window, in all execution environments, and then changes', async () => {
    const [one, other] = [instance(), instance()];
    const first = (await one())(keyOf(1));
    const end = expiresOf(first) - WINDOW;
    for (time of [START, (START + end) / 2, end - 1]) {
      expect((await one())(keyOf(1))).toBe(first);
      expect((await other())(keyOf(1))).toBe(first);
      expect((await instance()())(keyOf(1))).toBe(first);
    }
    time = end;
    const second = (await one())(keyOf(1));
    expect(expiresOf(second)).toBe(expiresOf(first) + WINDOW);
    expect((await other())(keyOf(1))).toBe(second);
  });

  test('a URL is valid for 6 to 12 hours, and the windows of videos begin at different times', async () => {
    const posterUrl = await instance()();
    const lifetimes = Array.from({ length: 100 }, (_, video) => expiresOf(posterUrl(keyOf(video))) - time);
    for (const lifetime of lifetimes) {
      expect(lifetime).toBeGreaterThan(WINDOW);
      expect(lifetime).toBeLessThanOrEqual(2 * WINDOW);
    }
    const hours = new Set(lifetimes.map((lifetime) => Math.floor(lifetime / 3_600_000)));
    expect(hours.size).toBe(6);
  });

  test('a new signing key changes the URL', async () => {
    const keys = [known('KRSA'), known('KEC')];
    const posters = posterUrls({ chooseKey: async () => keys[0], serviceUrl: SERVICE_URL, now });
    const first = (await posters())(keyOf(1));
    keys.shift();
    const second = (await posters())(keyOf(1));
    expect([first, second].map((url) => new URL(url).searchParams.get('Key-Pair-Id'))).toEqual(['KRSA', 'KEC']);
    expect(opensByItself(second, publicKeys, now())).toBe(true);
  });

  test('more posters than the cache holds have correct URLs', async () => {
    const posterUrl = await instance()();
    const urls = Array.from({ length: 2100 }, (_, video) => posterUrl(keyOf(video)));
    expect(posterUrl(keyOf(0))).toBe(urls[0]);
    expect(posterUrl(keyOf(2099))).toBe(urls[2099]);
  });
});

describe('optionalPosterUrls', () => {
  test('returns undefined if no key can be read, logs this, and tries again after one minute', async () => {
    const logged = captureLog();
    const read = jest.fn<Promise<PosterUrl>, []>().mockRejectedValue(new Error('none of the 1 signing keys can be read'));
    const posters = optionalPosterUrls(read, now);
    for (const [seconds, reads] of [[0, 1], [59, 1], [60, 2], [61, 2]]) {
      time = START + seconds * 1000;
      expect(await posters()).toBeUndefined();
      expect([seconds, read.mock.calls.length, logged.length]).toEqual([seconds, reads, reads]);
    }
    expect(logged[0]).toMatch(/no poster URLs for one minute.*none of the 1 signing keys/);
    const posterUrl = (key: string) => key;
    read.mockResolvedValue(posterUrl);
    expect(await posters()).toBeUndefined();
    time = START + 120_000;
    expect(await posters()).toBe(posterUrl);
  });

  test('waits at most 4 seconds, and leaves no timer', async () => {
    const logged = captureLog();
    jest.useFakeTimers();
    try {
      await optionalPosterUrls(async () => (key) => key, now)();
      expect(jest.getTimerCount()).toBe(0);
      const posters = optionalPosterUrls(() => new Promise(() => undefined), now);
      const response = posters();
      await jest.advanceTimersByTimeAsync(3_999);
      expect(logged).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      expect(await response).toBeUndefined();
      expect(logged[0]).toMatch(/no signing key after 4 seconds/);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    ['the next', 5_000, [[0, false], [4, false], [6, true]]], ['the same', 3_500, [[0, true], [4, true]]],
  ] as const)('a key that can be read late is used for %s response', async (_, readMs, expected) => {
    captureLog();
    jest.useFakeTimers({ now: START });
    try {
      const posterUrl = (key: string) => key;
      const posters = optionalPosterUrls(() => new Promise((resolve) => setTimeout(() => resolve(posterUrl), START + readMs - Date.now())), () => new Date());
      for (const [seconds, hasPosters] of expected) {
        await jest.advanceTimersByTimeAsync(START + seconds * 1000 - Date.now());
        const response = posters();
        await jest.advanceTimersByTimeAsync(seconds === 0 ? 4_000 : 0);
        expect([seconds, await response]).toEqual([seconds, hasPosters ? posterUrl : undefined]);
      }
    } finally {
      jest.useRealTimers();
    }
  });

  test('signs with an older key in the first response if the secret of the newest key cannot be read in time', async () => {
    captureLog();
    jest.useFakeTimers({ now: START });
    const abortAfter = jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), milliseconds);
      return controller.signal;
    });
    try {
      const SecretString = JSON.stringify({ privateKey: pairs.KEC.privateKey, createdAt: '2026-01-01T00:00:00.000Z' });
      const send = ({ input }: { input: { SecretId: string } }, { abortSignal }: { abortSignal: AbortSignal }) => new Promise((resolve, reject) => {
        abortSignal.addEventListener('abort', () => reject(new Error('aborted')));
        if (input.SecretId === 'arn:old') setTimeout(() => resolve({ SecretString }), 500);
      });
      const keys = [{ keyPairId: 'KEC', secretArn: 'arn:old' }, { keyPairId: 'KNEW', secretArn: 'arn:new' }];
      const clock = () => new Date();
      const chooseKey = signingKeys({ keys, secrets: { send } as never, now: clock });
      const response = optionalPosterUrls(posterUrls({ chooseKey, serviceUrl: SERVICE_URL, now: clock }), clock)();
      await jest.advanceTimersByTimeAsync(4_000);
      expect((await response)?.(keyOf(1))).toContain('Key-Pair-Id=KEC');
    } finally {
      abortAfter.mockRestore();
      jest.useRealTimers();
    }
  });
});
