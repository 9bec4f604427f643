import type { Page } from 'playwright-core';
import { serveSite } from './fixture';
import { PATIENCE_MS, until } from '../stack';
import type { Tab } from '../tab';

jest.setTimeout(PATIENCE_MS);

interface ListedVideo { readonly videoId: string; readonly title: string; readonly owner: string; readonly status: string }

describe('lists of the page', () => {
  const site = serveSite();

  /** Opens the page with a service that lists the given videos. The other routes are those of the stack. */
  async function open(videos: { own: ListedVideo[]; published: ListedVideo[] }): Promise<Tab> {
    const tab = await site.open();
    await tab.page.route('**/api/streams?*', (route) => {
      const { searchParams } = new URL(route.request().url());
      const status = searchParams.get('status');
      const all = (searchParams.get('owner') === 'me' ? videos.own : videos.published).filter((video) => !status || video.status === status);
      const from = Number(searchParams.get('cursor') ?? 0);
      const to = from + Number(searchParams.get('limit'));
      return route.fulfill({ json: { items: all.slice(from, to), ...(to < all.length && { cursor: String(to) }) } });
    });
    await tab.signIn();
    return tab;
  }

  const video = (number: number, owner: string, status = 'ready'): ListedVideo => ({ videoId: `video-${number}`, title: `Video ${number}`, owner, status });
  const numbered = (count: number, owner: string, status?: string) => Array.from({ length: count }, (_, index) => video(count - index, owner, status));
  const titles = (page: Page, list: string) => page.locator(`${list} .title`).allTextContents();

  it('shows ready videos although many newer uploads are unfinished, and loads more pages', async () => {
    const unfinished = numbered(50, 'me', 'waiting').map((each) => ({ ...each, videoId: `open-${each.videoId}` }));
    const tab = await open({ own: [...unfinished, ...numbered(30, 'me')], published: [] });
    const { page } = tab;
    await page.locator('#own').getByText('Video 30', { exact: true }).waitFor();
    const more = page.getByRole('button', { name: 'More of your videos' });
    await more.click();
    await more.waitFor({ state: 'detached' });
    expect(await titles(page, '#own')).toEqual(numbered(30, 'me').map(({ title }) => title));
    await page.context().close();
  });

  it('lists own videos only once, and shows new videos of others without a reload', async () => {
    const videos: { own: ListedVideo[]; published: ListedVideo[] } = { own: [], published: [] };
    const tab = await open(videos);
    const { page } = tab;
    await page.getByText('Nothing yet: upload your first video.').waitFor();
    await page.getByText('No videos of others yet.').waitFor();
    const me = tab.userId();
    videos.own = [video(1, me)];
    videos.published = [video(3, 'ada'), video(1, me), video(2, 'ada')];
    await page.clock.install();
    await tab.page.reload();
    await page.locator('#published').getByText('Video 3').waitFor();
    await page.locator('#own').getByText('Video 1').waitFor();
    expect([await titles(page, '#own'), await titles(page, '#published')]).toEqual([['Video 1'], ['Video 3', 'Video 2']]);

    await page.getByRole('link', { name: 'Play Video 3' }).focus();
    videos.published = [video(4, 'ada'), ...videos.published];
    await until('the new video is listed', async () => {
      await page.clock.fastForward(60_000);
      return (await titles(page, '#published'))[0] === 'Video 4';
    });
    // The new video does not move the keyboard focus.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Play Video 3');
    await page.context().close();
  });

  it('keeps later pages during a refresh', async () => {
    const videos = { own: [] as ListedVideo[], published: numbered(60, 'ada') };
    const tab = await open(videos);
    const { page } = tab;
    await page.locator('#published').getByText('Video 60', { exact: true }).waitFor();
    const more = page.getByRole('button', { name: 'More videos of others' });
    await more.click();
    await page.locator('#published').getByText('Video 20', { exact: true }).waitFor();
    videos.published = [video(61, 'ada'), ...videos.published.filter(({ videoId }) => videoId !== 'video-59')];
    await tab.wake();
    await page.locator('#published').getByText('Video 61', { exact: true }).waitFor();
    await more.click();
    await more.waitFor({ state: 'detached' });
    expect(await titles(page, '#published')).toEqual(videos.published.map(({ title }) => title));
    await page.context().close();
  });
});
