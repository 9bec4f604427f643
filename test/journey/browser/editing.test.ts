import { readFileSync } from 'fs';
import * as path from 'path';
import type { Page } from 'playwright-core';
import { own, serveSite } from './fixture';
import { makeClip } from '../../../local/clip';
import { Client } from '../client';
import { PATIENCE_MS, temporaryFolder, until } from '../stack';

jest.setTimeout(PATIENCE_MS);

describe('edits and retries in a browser', () => {
  const site = serveSite();
  let client: Client;
  const clip = () => readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 3));
  const focused = (page: Page) => page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.id);
  const field = (page: Page, name: string) => page.getByLabel(name, { exact: name === 'Title' });
  const edit = (page: Page, title: string) => page.locator('#own').getByRole('button', { name: `Edit ${title}` }).click();
  const save = (page: Page) => page.getByRole('button', { name: /^Save the changes of/ }).click();
  const closed = (page: Page) => page.locator('form.edit').waitFor({ state: 'detached' });

  beforeAll(async () => { client = await Client.signIn(site.stack.facts); });

  it('renames, describes and tags a video in place, and makes it private', async () => {
    const videoId = await client.upload(clip(), 'A first title');
    await client.settled(videoId);
    const { page, complaints } = await site.openSignedIn();
    await edit(page, 'A first title');
    await until('the focus is in the form', async () => await focused(page) === 'edit-title');
    await field(page, 'Title').fill('A title that is discarded');
    await page.keyboard.press('Escape');
    await closed(page);
    expect(await focused(page)).toBe('Edit A first title');

    await edit(page, 'A first title');
    await field(page, 'Title').fill('A <b>second</b> title');
    await field(page, 'Description').fill('Two lines\nof text');
    await field(page, 'Tags').fill('Bridges\nsteel, iron');
    await page.getByLabel(/^Private/).check();
    const before = await page.locator('#own li').count();
    await save(page);
    await closed(page);
    await own(page, 'A <b>second</b> title').getByText(/ · Private$/).waitFor();
    expect([await focused(page), await page.locator('#own li').count()]).toEqual(['Edit A <b>second</b> title', before]);
    expect(await client.find(videoId)).toMatchObject({ title: 'A <b>second</b> title', description: 'Two lines\nof text', tags: ['Bridges', 'steel, iron'], visibility: 'private' });

    // The player shows the description of the video, and a button with which the owner can edit the video.
    await page.getByRole('link', { name: 'Play A <b>second</b> title' }).click();
    await page.locator('#player').getByText('Two lines').waitFor();
    await page.locator('#player').getByRole('button', { name: /^Edit/ }).click();
    await page.locator('#player form').waitFor();
    await field(page, 'Title').fill('A third title');
    await page.keyboard.press('Enter');
    await closed(page);
    await page.locator('#player-title').getByText('A third title').waitFor();
    expect([await focused(page), await page.title()]).toEqual(['Edit A third title', 'A third title – Videos']);
    expect(complaints.filter((line) => line.includes('policy violated'))).toEqual([]);
    await page.context().close();
  });

  it('explains values that the service rejects, and keeps them', async () => {
    await client.upload(clip(), 'Rejected');
    const { page } = await site.openSignedIn();
    await edit(page, 'Rejected');
    await field(page, 'Title').fill(' ');
    await field(page, 'Tags').fill('Steel\nsteel');
    await save(page);
    await page.getByText('Enter a title of 1 to 200 characters in one line.').waitFor();
    await until('the focus is in the title', async () => await focused(page) === 'edit-title');
    await field(page, 'Title').fill('Accepted');
    await save(page);
    await page.getByText(/^"Steel" and "steel" are the same tag/).waitFor();
    await field(page, 'Tags').fill(`Steel\n${'x'.repeat(65)}`);
    await save(page);
    await page.getByText(/^“x{65}” can't be a tag/).waitFor();
    expect(await focused(page)).toBe('edit-tags');
    await field(page, 'Tags').fill('Steel');
    await field(page, 'Description').fill('ä'.repeat(5_000));
    await save(page);
    await closed(page);
    await page.context().close();
  });

  it('explains a stale edit, and loses no text', async () => {
    const videoId = await client.upload(clip(), 'Of two windows');
    const [one, other] = [await site.openSignedIn(), await site.openSignedIn()];
    await edit(one.page, 'Of two windows');
    await edit(other.page, 'Of two windows');
    await field(one.page, 'Title').fill('By the first window');
    await field(one.page, 'Tags').fill('first');
    await field(other.page, 'Title').fill('By the second window');
    await save(one.page);
    await closed(one.page);
    await save(other.page);
    const conflict = other.page.locator('#edit-conflict');
    await conflict.getByText('By the first window', { exact: true }).waitFor();
    expect(await focused(other.page)).toBe('edit-conflict');
    expect([await field(other.page, 'Title').inputValue(), await field(other.page, 'Tags').inputValue()]).toEqual(['By the second window', 'first']);
    expect(await client.find(videoId)).toMatchObject({ title: 'By the first window' });
    await save(other.page);
    await closed(other.page);
    expect(await client.find(videoId)).toMatchObject({ title: 'By the second window', tags: ['first'] });

    // After a second conflict, the user prefers the other title.
    await edit(other.page, 'By the second window');
    await field(other.page, 'Title').fill('Not wanted');
    await client.edit(videoId, { title: 'By a program' }, await client.etagOf(videoId));
    await save(other.page);
    await other.page.getByRole('button', { name: 'Use the other title' }).click();
    expect([await focused(other.page), await field(other.page, 'Title').inputValue()]).toEqual(['edit-title', 'By a program']);
    await save(other.page);
    await closed(other.page);
    await own(other.page, 'By a program').waitFor();
    await Promise.all([one, other].map(({ page }) => page.context().close()));
  });

  it('keeps the text if the session ends, and continues after a sign-in in another tab', async () => {
    await client.upload(clip(), 'Interrupted');
    const tab = await site.openSignedIn();
    const { page } = tab;
    await edit(page, 'Interrupted');
    await field(page, 'Title').fill('Continued');
    await page.context().clearCookies();
    await page.route('**/api/streams/*', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"code":"not_signed_in"}' }), { times: 1 });
    await save(page);
    await page.getByText('Your changes are not saved. The form opens again in this tab').waitFor();
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Sign in in a new tab' }).click();
    const other = await opened;
    const [{ username, password }] = site.stack.facts.users;
    await other.locator('[name=username]').fill(username);
    await other.locator('[name=password]').fill(password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    expect(await field(page, 'Title').inputValue()).toBe('Continued');
    await save(page);
    await closed(page);
    await own(page, 'Continued').waitFor();
    await page.context().close();
  });

  it('shows an edit in another window of the browser without a request', async () => {
    await client.upload(clip(), 'Of one browser');
    const one = await site.openSignedIn();
    const other = await site.open(one.page.context());
    await own(other.page, 'Of one browser').waitFor();
    const before = other.answers.length;
    await edit(one.page, 'Of one browser');
    await field(one.page, 'Title').fill('Seen by both windows');
    await save(one.page);
    await own(other.page, 'Seen by both windows').waitFor({ timeout: 5_000 });
    expect(other.answers.slice(before).filter(({ route }) => route.startsWith('/streams?'))).toEqual([]);
    await one.page.context().close();
  });

  it('retries a failed video, and says why a retry is refused', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const videoId = await client.upload(clip(), 'Unlucky');
    await until('FFmpeg is killed and the video failed', async () => {
      for (const { pid, command } of site.stack.processes()) if (command.startsWith('ffmpeg')) process.kill(pid, 'SIGKILL');
      return (await client.find(videoId)).status === 'errored';
    });
    await tab.wake();
    const row = own(page, 'Unlucky');
    await row.getByText(/Try again, or upload the file again\.$/).waitFor();
    const again = page.getByRole('button', { name: 'Try again to process Unlucky' });

    await page.route('**/retry', (route) => route.fulfill({
      status: 429, contentType: 'application/problem+json', body: JSON.stringify({
        code: 'limit_reached', detail: 'the video had 10 attempts, and at most 10 are allowed. Upload the file again',
      }),
    }), { times: 1 });
    await again.click();
    await page.getByText('Unlucky: a limit is reached: the video had 10 attempts, and at most 10 are allowed. Upload the file again.').waitFor();

    await again.click();
    await page.locator('#own [data-status=ready]').filter({ hasText: 'Unlucky' }).waitFor();
    expect([await tab.message(), await focused(page)]).toEqual(['', 'Edit Unlucky']);
    expect(await page.locator('#announcements p').allTextContents()).toContain('Unlucky is ready.');

    await page.context().close();
  });
});
