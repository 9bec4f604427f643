import { readFileSync } from 'fs';
import * as path from 'path';
import type { Page } from 'playwright-core';
import { own, serveSite } from './fixture';
import { makeClip } from '../../../local/clip';
import { Client } from '../client';
import { PATIENCE_MS, temporaryFolder, until } from '../stack';

jest.setTimeout(PATIENCE_MS);

describe('a search by two users in a browser', () => {
  const site = serveSite();
  const titles = (page: Page, list: string) => page.locator(`#${list} .title`).allTextContents();
  const search = (page: Page) => page.getByLabel('Search your videos');
  const queryOf = (page: Page) => new URL(page.url()).search;
  const focused = (page: Page) => page.evaluate(() => document.activeElement!.id);
  const announced = async (page: Page) => (await page.locator('#announcements p').allTextContents()).at(-1);

  it('finds renamed and tagged videos, but no private videos of others', async () => {
    const client = await Client.signIn(site.stack.facts);
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 2));
    for (const [title, tags] of [['Camera 7', []], ['Holidays', ['sea']]] as const) await client.settled(await client.upload(clip, title, { tags }));
    const owner = await site.openSignedIn();
    const viewer = await site.open();
    await viewer.page.clock.install();
    await viewer.page.reload();
    await viewer.signIn(site.stack.facts.users.find(({ username }) => username === 'katherine'));
    const [mine, theirs] = [owner.page, viewer.page];
    await until('the viewer sees both videos', async () => (await titles(theirs, 'published')).length === 2);
    const poll = (what: string, check: () => Promise<boolean>) => until(what, async () => {
      await theirs.clock.fastForward(60_000);
      return check();
    });

    // The owner renames and tags a video. The other user sees that without a reload.
    await mine.getByRole('button', { name: 'Edit Camera 7' }).click();
    await mine.getByLabel('Title', { exact: true }).fill('Élan of bridges');
    await mine.getByLabel('Tags').fill('Steel & iron');
    await mine.getByRole('button', { name: /^Save the changes of/ }).click();
    await own(mine, 'Élan of bridges').getByRole('link', { name: 'Videos with the tag Steel & iron' }).waitFor();
    await poll('the viewer sees the new title', async () => (await titles(theirs, 'published')).includes('Élan of bridges'));

    // The search ignores case and accents. "Back" ends it.
    await search(mine).pressSequentially('ELAN', { delay: 20 });
    await until('the address contains the search', () => queryOf(mine) === '?title=ELAN');
    await until('the result is announced', async () => await announced(mine) === 'Your videos: 1 found.');
    expect([await titles(mine, 'own'), await focused(mine)]).toEqual([['Élan of bridges'], 'search']);
    await search(mine).fill('Elan of ships');
    await mine.locator('#own').getByText('No title of your videos begins with').waitFor();
    await mine.reload();
    await mine.locator('#own').getByText('No title of your videos begins with').waitFor();
    expect(await search(mine).inputValue()).toBe('Elan of ships');
    await mine.goBack();
    await until('all videos are back', async () => (await titles(mine, 'own')).length === 2);
    expect([queryOf(mine), await search(mine).inputValue()]).toEqual(['', '']);

    // The other user finds the video by its tag, and opens it. The player keeps the filter.
    await theirs.locator('#published').getByRole('link', { name: 'Videos with the tag Steel & iron' }).click();
    await until('the result is announced', async () => await announced(theirs) === 'Videos with the tag Steel & iron. Yours: none found. From others: 1 found.');
    await theirs.locator('#own').getByText('None of your videos has the tag').waitFor();
    expect([queryOf(theirs), await titles(theirs, 'published')]).toEqual(['?tag=Steel+%26+iron', ['Élan of bridges']]);
    await theirs.getByRole('link', { name: 'Play Élan of bridges' }).click();
    await theirs.locator('#player').getByRole('link', { name: 'Videos with the tag Steel & iron' }).waitFor();
    expect(new URL(theirs.url()).pathname).toMatch(/^\/watch\//);
    await theirs.getByRole('button', { name: 'Close Élan of bridges' }).click();
    await theirs.locator('#player').waitFor({ state: 'hidden' });
    expect(new URL(theirs.url()).pathname + queryOf(theirs)).toBe('/?tag=Steel+%26+iron');

    // The owner makes the video private. The tag then finds it for the owner only.
    await mine.getByRole('button', { name: 'Edit Élan of bridges' }).click();
    await mine.getByLabel(/^Private/).check();
    await mine.getByRole('button', { name: /^Save the changes of/ }).click();
    await own(mine, 'Élan of bridges').getByText(/ · Private$/).waitFor();
    await poll('the viewer no longer finds the video', async () => (await titles(theirs, 'published')).length === 0);
    await theirs.locator('#published').getByText('No video of others has the tag').waitFor();
    await own(mine, 'Élan of bridges').getByRole('link', { name: 'Videos with the tag Steel & iron' }).click();
    await until('the owner finds the private video', async () => (await titles(mine, 'own')).join() === 'Élan of bridges');

    // The button shows all videos again. The private video stays invisible.
    await theirs.getByRole('button', { name: 'Show all videos' }).click();
    await until('all videos of others are back', async () => (await titles(theirs, 'published')).join() === 'Holidays');
    expect([queryOf(theirs), await focused(theirs), await theirs.locator('#clear-filter').count()]).toEqual(['', 'search', 0]);
    await Promise.all([mine, theirs].map((page) => page.context().close()));
  });

  it('opens the link to a tag after the sign-in', async () => {
    const { page } = await site.open();
    await page.goto(`${site.stack.facts.origin}/?tag=SEA`);
    const [user] = site.stack.facts.users;
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[name=username]').fill(user.username);
    await page.locator('[name=password]').fill(user.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#filter-tag').getByText('SEA').waitFor();
    await until('the tag finds the video', async () => (await titles(page, 'own')).join() === 'Holidays');
    await page.context().close();
  });
});
