import type { Page } from 'playwright-core';
import { hold, makeFile, own, queued, serveSite, upload, withoutHandles } from './fixture';
import { partFiles, storedParts } from '../source-files';
import { PATIENCE_MS, until } from '../stack';

jest.setTimeout(PATIENCE_MS);

const SECOND_PART = /[?&]partNumber=2&/;

describe('uploads of the page', () => {
  const site = serveSite();

  /** Holds the second part of each file. */
  async function holdSecondPart(page: Page): Promise<{ isHeld: () => Promise<void>; end: () => Promise<void> }> {
    const held = await hold(page, SECOND_PART);
    return { isHeld: () => until('the page sends the second part', () => held.length > 0), end: () => page.unroute(SECOND_PART) };
  }

  /** The dialog that asks before an upload is removed or interrupted. */
  const dialog = (page: Page) => page.getByRole('alertdialog');
  const proceed = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();
  const focused = (page: Page) => page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.textContent);

  it('uploads a large file in parts, repeats a part after a lost connection, and plays the video', async () => {
    const tab = await site.openSignedIn();
    const { page, answers } = tab;
    const second = await hold(page, SECOND_PART);
    const completions = await hold(page, '**/complete');
    await page.locator('#file').setInputFiles(makeFile('parts.mp4'));
    await page.getByLabel('Title of parts.mp4').fill('In parts');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    // The button is gone, so the keyboard focus is on the file chooser.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    // The second part waits, so the page shows the size of the first part.
    await queued(page, 'In parts').getByText(/^80 % of 20 MiB/).waitFor();
    expect(await queued(page, 'In parts').locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(80);
    await until('S3 has the first part', () => storedParts(site.stack.data).length === 1);
    const stored = storedParts(site.stack.data);
    expect([stored[0].partNumber, second.length]).toEqual([1, 1]);
    await second[0].abort('connectionreset');
    await until('the page sends the second part again', () => second.length === 2);
    await second[1].continue();
    await until('the page completes the upload', () => completions.length === 1);
    // S3 would store a repeated part in a new file.
    expect(storedParts(site.stack.data).map(({ partNumber, file }) => [partNumber, file])).toEqual([[1, stored[0].file], [2, expect.any(String)]]);
    await completions[0].continue();
    await page.locator('#own [data-status=ready]').filter({ hasText: 'In parts' }).waitFor();
    expect([second.length, completions.length]).toEqual([2, 1]);
    expect(answers.filter(({ route }) => route.endsWith('/complete')).map(({ status }) => status)).toEqual([200]);
    expect([await tab.message(), await page.locator('#queue').count()]).toEqual(['', 0]);

    await own(page, 'In parts').getByRole('link', { name: 'Play In parts' }).click();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1);
    await page.context().close();
  });

  it('uploads several files one after another, and keeps a file that is chosen during an upload', async () => {
    const tab = await site.openSignedIn();
    const { page, answers } = tab;
    const { isHeld } = await holdSecondPart(page);
    await upload(page, makeFile('first.mp4'), makeFile('second.mp4', 1));
    await isHeld();
    await upload(page, makeFile('third.mp4', 1));
    expect(await page.locator('#queue li').evaluateAll((rows) => rows.map((each) => (each as HTMLElement).dataset.phase))).toEqual(['uploading', 'queued', 'queued']);
    // A paused upload lets the next file start.
    await page.getByRole('button', { name: 'Pause the upload of first.mp4' }).click();
    for (const title of ['second.mp4', 'third.mp4']) await own(page, title).waitFor();
    await queued(page, 'first.mp4').getByText(/^Paused at /).waitFor();

    await page.getByRole('button', { name: 'Cancel the upload of first.mp4' }).click();
    await proceed(page, 'Cancel the upload');
    await queued(page, 'first.mp4').waitFor({ state: 'detached' });
    expect(answers.filter(({ route, status }) => route.startsWith('/upload/') && status === 204)).toHaveLength(1);
    expect(partFiles(site.stack.data)).toEqual([]);
    await tab.wake();
    expect([await own(page, 'first.mp4').count(), await page.locator('#unfinished').count(), await tab.message()]).toEqual([0, 0, '']);
    await page.context().close();
  });

  it('asks before the page is closed during an upload, and offers to remove the upload later', async () => {
    const { page } = await site.openSignedIn();
    const asked: string[] = [];
    page.on('dialog', (question) => {
      asked.push(question.type());
      void question.accept();
    });
    await page.reload();
    expect(asked).toEqual([]);
    const { isHeld } = await holdSecondPart(page);
    await upload(page, makeFile('left.mp4'));
    await isHeld();
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await page.locator('#unfinished').getByText('left.mp4').waitFor();
    expect(await own(page, 'left.mp4').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove the upload of left.mp4' }).click();
    await proceed(page, 'Remove the upload');
    await page.locator('#unfinished').waitFor({ state: 'detached' });
    expect(partFiles(site.stack.data)).toEqual([]);
    await page.context().close();
  });

  it('asks before it cancels an upload, and keeps the upload by default', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const { isHeld } = await holdSecondPart(page);
    await upload(page, makeFile('kept.mp4'));
    await isHeld();
    await until('the first part is uploaded', async () => await queued(page, 'kept.mp4').locator('progress').evaluate((bar: HTMLProgressElement) => bar.value) > 0);
    const name = 'Cancel the upload of kept.mp4';
    for (const key of ['Escape', 'Enter']) {
      await page.getByRole('button', { name }).press('Enter');
      await dialog(page).getByText(/ MiB of .* are uploaded\. The uploaded part of the file is deleted/).waitFor();
      expect(await dialog(page).evaluate((element) => document.getElementById(element.getAttribute('aria-labelledby')!)!.textContent)).toBe('Cancel the upload of kept.mp4?');
      expect(await focused(page)).toBe('Keep the upload');
      await page.keyboard.press(key);
      await dialog(page).waitFor({ state: 'detached' });
      expect(await focused(page)).toBe(name);
    }
    expect(tab.answers.filter(({ status }) => status === 204)).toEqual([]);

    // The control that had the focus is gone.
    await page.getByRole('button', { name }).press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await queued(page, 'kept.mp4').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    expect(await page.getByRole('alertdialog').count()).toBe(0);
    await page.context().close();
  });

  it('keeps the keyboard focus on the button that replaces another button, and asks for the file again after a wrong file', async () => {
    const { page } = await site.openSignedIn();
    page.on('dialog', (question) => void question.accept());
    const name = 'focus.mp4';
    const file = makeFile(name);
    const isOn = (label: string) => until(`the focus is on ${label}`, async () => await focused(page) === label);
    /** Chooses a file after the button with the focus has opened the file chooser. */
    const choose = async (chosen: string) => {
      const choosing = page.waitForEvent('filechooser');
      await page.keyboard.press('Enter');
      await (await choosing).setFiles(chosen);
    };
    const { isHeld, end } = await holdSecondPart(page);
    await upload(page, file);
    await isHeld();
    await page.getByRole('button', { name: `Pause the upload of ${name}` }).press('Enter');
    await isOn(`Resume the upload of ${name}`);
    await page.keyboard.press('Enter');
    await page.locator('#queue [data-phase=uploading]').waitFor();
    expect(await focused(page)).toBe(`Pause the upload of ${name}`);

    await withoutHandles(page);
    await page.reload();
    await page.getByRole('button', { name: `Resume the upload of ${name}` }).focus();
    await choose(makeFile('wrong.mp4', 1));
    await queued(page, name).getByText(/^wrong\.mp4 .* is another file\. Choose focus\.mp4/).waitFor();
    expect(await focused(page)).toBe(`Choose the file of ${name}`);
    await page.route('**/parts', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json', body: '{"status":400,"code":"invalid_request","detail":"not valid"}' }));
    await choose(file);
    await isOn(`Try again to upload ${name}`);
    await page.unroute('**/parts');
    await page.keyboard.press('Enter');
    await page.locator('#queue [data-phase=uploading]').waitFor();
    expect(await focused(page)).toBe(`Pause the upload of ${name}`);
    await end();
    await own(page, name).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    await page.context().close();
  });

  it('waits if the worker for the checksums cannot load without a connection, and says so if a file of the worker is missing', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const worker = '**/upload/checksum-worker.js';
    await page.route(worker, (route) => route.abort());
    await upload(page, makeFile('worker.mp4', 1));
    await queued(page, 'worker.mp4').getByText(/No connection: trying again/).waitFor();
    await page.unroute(worker);
    await own(page, 'worker.mp4').waitFor();

    await page.route('**/upload/crc32.js', (route) => route.fulfill({ status: 404 }));
    await upload(page, makeFile('missing.mp4', 1));
    await queued(page, 'missing.mp4').getByText(/^A file of this page does not load\. Reload the page, and then resume the upload\./).waitFor();
    expect(tab.answers.filter(({ route, status }) => route === '/upload' && status === 201)).toHaveLength(1);
    await page.context().close();
  });

  it('does not upload a file that another tab uploads', async () => {
    const context = await site.newContext();
    const first = await site.openSignedIn(context);
    const second = await site.open(context);
    await second.isSignedIn();
    await withoutHandles(second.page);
    await second.page.reload();
    await second.isSignedIn();
    const { isHeld } = await holdSecondPart(first.page);
    const file = makeFile('same.mp4');
    await upload(first.page, file);
    await isHeld();
    await upload(second.page, file);
    await queued(second.page, 'same.mp4').getByText('Another tab is uploading this file.').waitFor();
    await second.wake();
    await second.page.locator('#unfinished li').filter({ hasText: 'same.mp4' }).getByText('Another tab is uploading this file.').waitFor();
    expect(await second.page.getByRole('button', { name: /^Resume/ }).count()).toBe(0);
    expect(second.answers.filter(({ route }) => route.startsWith('/upload'))).toEqual([]);

    // After the first tab was closed, the row disappears by itself, and the second tab can continue the upload.
    await second.page.getByRole('button', { name: 'Dismiss the upload of same.mp4' }).focus();
    await first.page.close();
    await queued(second.page, 'same.mp4').waitFor({ state: 'detached' });
    expect(await second.page.evaluate(() => document.activeElement?.id)).toBe('file');
    const choosing = second.page.waitForEvent('filechooser');
    await second.page.getByRole('button', { name: 'Resume the upload of same.mp4' }).click();
    await (await choosing).setFiles(file);
    await own(second.page, 'same.mp4').waitFor();
    expect(second.answers.filter(({ route, status }) => route === '/upload' && status === 201)).toEqual([]);
    await context.close();
  });

  it('continues the unfinished upload of a file that is chosen again, or uploads it as a new video', async () => {
    const tab = await site.openSignedIn();
    const { page, answers } = tab;
    page.on('dialog', (question) => void question.accept());
    const file = makeFile('again.mp4');
    const { isHeld, end } = await holdSecondPart(page);
    await upload(page, file);
    await isHeld();
    await page.reload();
    const row = page.locator('#unfinished li').filter({ hasText: 'again.mp4' });
    await row.getByText(/ % of 20 MiB uploaded/).waitFor();
    await page.locator('#file').setInputFiles(file);
    const choice = page.getByRole('checkbox', { name: /^Continue the unfinished upload of again\.mp4 \(.* started/ });
    expect([await choice.isChecked(), await page.locator('#send').textContent(), await page.getByLabel('Title of again.mp4').count()]).toEqual([true, 'Continue the upload', 0]);
    await choice.press('Space');
    expect([await choice.isChecked(), await page.locator('#send').textContent(), await page.getByLabel('Title of again.mp4').count()]).toEqual([false, 'Upload', 1]);
    await choice.press('Space');
    await end();
    await page.locator('#send').click();
    await own(page, 'again.mp4').waitFor();
    expect(await row.count()).toBe(0);
    expect(answers.filter(({ route, status }) => route === '/upload' && status === 201)).toHaveLength(1);
    await page.context().close();
  });

  it('says that a file is too large or of another type as soon as the user chooses it', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    // A browser cannot choose a file of 51 GiB in a test, so the page gets a lower limit.
    await page.route(`${site.stack.facts.origin}/`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('name="upload-max-bytes" content="53687091200"', 'name="upload-max-bytes" content="1048576"') });
    });
    await page.reload();
    await page.locator('#file').setInputFiles([
      { name: 'large.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(3 * 1024 ** 2) }, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('text') },
    ]);
    await page.getByText('large.mp4 (3 MiB) exceeds the maximum size of 1 MiB by 2 MiB. notes.txt: only videos can be uploaded. This file has the type text/plain.').waitFor();
    expect([await page.locator('#chosen').count(), tab.answers.filter(({ route }) => route.startsWith('/upload'))]).toEqual([0, []]);
    await page.context().close();
  });

  it('accepts dropped files, and rejects an empty file and a file that is in the list already', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const drop = (files: [name: string, text: string][]) => page.evaluate((given) => {
      const dataTransfer = new DataTransfer();
      for (const [name, text] of given) dataTransfer.items.add(new File([text], name, { type: 'video/mp4', lastModified: 1 }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, files);
    await page.route('**/api/upload', () => undefined);
    await drop([['a.mp4', 'a video'], ['nothing.mp4', '']]);
    await page.getByText('nothing.mp4: an empty file can\'t be uploaded.').waitFor();
    expect(await page.locator('#chosen .title').allTextContents()).toEqual(['a.mp4']);
    await page.locator('#send').click();
    await queued(page, 'a.mp4').waitFor();
    await drop([['a.mp4', 'a video']]);
    await page.locator('#send').click();
    await page.getByText('a.mp4: this upload is in the list already.').waitFor();
    expect(await page.locator('#queue li').count()).toBe(1);
    await page.context().close();
  });

  it('pauses when the session ends, and continues after the user has signed in again in another tab', async () => {
    const context = await site.newContext();
    const tab = await site.openSignedIn(context);
    const { page } = tab;
    const { isHeld, end } = await holdSecondPart(page);
    await upload(page, makeFile('ended.mp4'));
    await isHeld();
    await context.clearCookies();
    const over = { status: 401, contentType: 'application/problem+json', body: '{"status":401,"code":"not_signed_in","detail":"over"}' };
    await page.route('**/api/streams?*', (route) => route.fulfill(over));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await tab.isSignedOut();
    await page.getByText('Your uploads are paused.').waitFor();
    expect([await page.locator('#lists').count(), await page.locator('#queue li').count()]).toEqual([0, 1]);
    await page.unroute('**/api/streams?*');
    await end();

    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Sign in' }).click();
    const other = await opened;
    const [{ username, password }] = site.stack.facts.users;
    await other.locator('[name=username]').fill(username);
    await other.locator('[name=password]').fill(password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await tab.isSignedIn();
    await page.locator('#own [data-status=ready]').filter({ hasText: 'ended.mp4' }).waitFor();
    await context.close();
  });

  it('removes the files of a user who signs out', async () => {
    const tab = await site.openSignedIn();
    const { page } = tab;
    const { isHeld } = await holdSecondPart(page);
    await upload(page, makeFile('private.mp4'));
    await isHeld();
    await page.locator('#file').setInputFiles(makeFile('chosen.mp4', 1));
    // With the status 204, the browser stays on the page, as before the response to a slow redirect.
    const redirects = await hold(page, '**/logout?*');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog(page).getByText('Sign out during the upload of private.mp4?').waitFor();
    await proceed(page, 'Sign out');
    await until('the page redirects to the sign-out of the sign-in pages', () => redirects.length === 1);
    await redirects[0].fulfill({ status: 204 });
    // A click on "Sign in" would stop the redirect, so the page does not show this link.
    expect(await page.locator('body').innerText()).not.toMatch(/private|chosen|sign in/i);
    await page.unroute('**/logout?*');
    await page.goto(redirects[0].request().url());
    await tab.isSignedOut();
    await tab.signIn();
    await page.getByRole('button', { name: 'Remove the upload of private.mp4' }).click();
    await proceed(page, 'Remove the upload');
    await page.locator('#unfinished').waitFor({ state: 'detached' });
    await page.context().close();
  });
});
