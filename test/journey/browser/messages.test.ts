import { serveSite } from './fixture';
import { serveStubPlayer } from './page-states';
import { PATIENCE_MS, until } from '../stack';

jest.setTimeout(PATIENCE_MS);

describe('messages of the page', () => {
  const site = serveSite();

  it('explains missing permissions and rejected uploads', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const problem = (status: number, code: string) =>
      ({ status, contentType: 'application/problem+json', body: JSON.stringify({ status, code, detail: 'as machines say it' }) });
    await page.route('**/api/streams?limit=*', (route) => route.fulfill(problem(403, 'wrong_role')));
    await page.route('**/api/upload', (route) => route.fulfill(problem(403, 'wrong_role')));
    await page.reload();
    await page.locator('#published').getByText(/^You can watch only your own videos/).waitFor();
    await page.locator('#own li').first().waitFor();
    expect(await tab.message()).toBe('');

    const upload = async (text = 'a video') => {
      await page.locator('#file').setInputFiles({ name: 'clip.mp4', mimeType: 'video/mp4', buffer: Buffer.from(text) });
      if (text) await page.locator('#send').click();
    };
    const row = page.locator('#queue li');
    const dismissed = async () => {
      await page.getByRole('button', { name: /^(Dismiss|Cancel) the upload of clip.mp4/ }).click();
      await row.waitFor({ state: 'detached' });
    };
    await upload();
    await row.getByText(/^You are not allowed to upload videos/).waitFor();
    await dismissed();
    await upload('');
    await page.getByText('clip.mp4: an empty file can\'t be uploaded.').waitFor();
    // An automatic reload of the lists does not replace the message about the user's action.
    await tab.wake();
    expect(await tab.message()).toMatch(/^clip.mp4: an empty file/);

    for (const [status, code, words] of [
      [415, 'type_not_allowed', /^Files of this kind can't be uploaded here/], [429, 'limit_reached', /^A limit is reached: as machines say it\.$/],
      [413, 'too_large', /^As machines say it\.$/], [400, 'a_code_of_tomorrow', /^as machines say it$/],
      [500, 'internal', /^0 % of 7 bytes\. The service does not respond: trying again/],
    ] as const) {
      await page.route('**/api/upload', (route) => route.fulfill(problem(status, code)));
      await upload();
      await row.getByText(words).waitFor();
      // The service would reject the same file again.
      const isFinal = code === 'type_not_allowed' || code === 'too_large';
      if (status < 500) expect([code, await page.getByRole('button', { name: 'Try again to upload clip.mp4' }).count()]).toEqual([code, isFinal ? 0 : 1]);
      await dismissed();
      expect(await tab.message()).toBe('');
    }
    await page.route('**/api/upload', (route) => route.abort());
    await upload();
    await row.getByText(/^0 % of 7 bytes\. No connection: trying again/).waitFor();
    await dismissed();
    await tab.isSignedIn();
    await page.context().close();
  });

  it('removes the message about an unavailable service after a successful retry', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    await page.locator('#own li').first().waitFor();
    await page.route('**/api/token', (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Sorry</h1>' }));
    await page.route('**/api/streams?*', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"code":"not_signed_in"}' }), { times: 1 });
    await tab.wake();
    await page.getByText(/503/).waitFor();
    await page.unroute('**/api/token');
    await tab.isSignedIn();
    await page.locator('#message:empty').waitFor({ state: 'attached' });
    await page.context().close();
  });

  it('reports an expired playback session and keeps the message while the lists still work', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    await page.clock.install();
    const video = { videoId: 'a-video', title: 'A test card', owner: 'me', status: 'ready', publishedAt: '2026-01-01T00:00:00.000Z' };
    let listed = 0;
    await page.route('**/api/streams?*', async (route) => {
      await route.fulfill({ json: { items: [video] } });
      listed++;
    });
    await page.route('**/api/streams/a-video', (route) => route.fulfill({ json: video }));
    // The test needs only the session.
    await serveStubPlayer(page);
    const asked: boolean[] = [];
    let isUp = true;
    await page.route('**/playback', async (route) => {
      asked.push(isUp);
      const expiresAt = new Date(await page.evaluate(() => Date.now()) + 300_000).toISOString();
      await (isUp ? route.fulfill({ json: { hls: '/v/none.m3u8', expiresAt } }) : route.abort());
    });
    const listsAgain = async () => {
      const before = listed;
      // The page schedules a request for the list only after the previous request, so the clock may have to advance more than once.
      await until('the page lists again', async () => {
        await page.clock.fastForward(60_000);
        return listed > before;
      });
    };
    const complaint = page.getByText(/^The service can't be reached/);
    await page.reload();
    await page.locator('#own').getByRole('link', { name: 'Play' }).click();
    await page.locator('#player').waitFor();

    isUp = false;
    await page.clock.fastForward(360_000);
    await complaint.waitFor();
    await listsAgain();
    await listsAgain();
    expect(await complaint.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await tab.message()).toBe('');
    expect(asked).toEqual([true, false]);
    await page.context().close();
  });
});
