import { createServer, Server } from 'http';
import type { AddressInfo } from 'net';
import type { Browser } from 'playwright-core';
import { refreshCookie } from '../../src/auth/sign-in/cookies.runtime';
import { TOKEN_PATH } from '../../src/contract/routes';
import { startPlayback } from '../../src/delivery/start-playback.runtime';
import { attemptPrefix } from '../../src/domain/object-keys';
import { serveRoutes } from '../../src/runtime/http';
import { launchBrowser } from '../journey/tab';
import { apiEvent } from '../runtime/api-event';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

const COOKIES = ['CloudFront-Policy', 'CloudFront-Signature', 'CloudFront-Key-Pair-Id', 'CloudFront-Hash-Algorithm'];
const play = serveRoutes('delivery/start-playback', startPlayback({
  videos: { find: async (videoId) => videoRow({ videoId, status: 'ready', media: { hls: 'v/hls' } }) },
  roles: {},
  signCookies: async () => Object.fromEntries(COOKIES.map((name) => [name, 'x'])),
  posterUrls: async () => (key) => `http://localhost/${key}`,
  serviceUrl: 'http://localhost',
  sessionSeconds: 21_600,
  now: () => new Date(),
}));

let server: Server;
let browser: Browser;
beforeAll(async () => {
  server = createServer(async ({ url = '', headers: { cookie = '' } }, response) => {
    if (url === '/sign-in') response.setHeader('set-cookie', refreshCookie('the-token', 2_592_000));
    const [, video] = /^\/play\/(\d+)$/.exec(url) ?? [];
    if (video) {
      const { multiValueHeaders } = await play(apiEvent('POST', '/streams/{videoId}/playback', { userId: 'ann', path: { videoId: idOf(Number(video)) } }));
      response.setHeader('set-cookie', multiValueHeaders!['set-cookie'] as string[]);
    }
    response.setHeader('content-type', 'text/html').end(url === TOKEN_PATH || url.startsWith('/v/') ? cookie : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

// Chromium keeps only 180 cookies per host, and each playback session has four cookies.
test('fifty playback sessions do not sign a user out', async () => {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/sign-in`);
  const sent = await page.evaluate(async (paths) => {
    for (let video = 0; video < 50; video++) await fetch(`/play/${video}`);
    return Promise.all(paths.map(async (path) => (await fetch(path)).text()));
  }, [TOKEN_PATH, `/${attemptPrefix(idOf(49), 1)}`]);
  expect(sent).toEqual(['__Secure-vod-refresh=the-token', COOKIES.map((name) => `${name}=x`).join('; ')]);
}, 60_000);
