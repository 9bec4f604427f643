import type { Page } from 'playwright-core';
import type { StackFacts } from '../../../local/stack';
import type { Tab } from '../tab';

/** The videos that the service lists, by list of the page. Each page state of this file can replace these lists. */
export interface Lists { own: object[]; published: object[]; waiting: object[] }

export interface Visit {
  readonly tab: Tab;
  readonly page: Page;
  readonly lists: Lists;
  readonly facts: StackFacts;
}

type State = (visit: Visit) => Promise<unknown>;

/** Answers the requests of a page for lists, and for the videos in these lists. */
export async function serveLists(page: Page, lists: Lists): Promise<void> {
  await page.route('**/api/streams/*', (route) => {
    const found = [...lists.own, ...lists.published].find(({ videoId }: any) => route.request().url().endsWith(`/${videoId}`));
    return found && route.request().method() === 'GET' ? route.fulfill({ json: found, headers: { etag: '"video.1"' } }) : route.fallback();
  });
  await page.route('**/api/streams?*', (route) => {
    const { searchParams } = new URL(route.request().url());
    const all = searchParams.has('status') ? lists.waiting : searchParams.has('owner') ? lists.own : lists.published;
    const from = Number(searchParams.get('cursor') ?? 0);
    const to = from + Number(searchParams.get('limit'));
    return route.fulfill({ json: { items: all.slice(from, to), ...(to < all.length && { cursor: String(to) }) } });
  });
}

const problem = (status: number, code: string, detail: string) =>
  ({ status, contentType: 'application/problem+json', body: JSON.stringify({ status, code, detail }) });
const LONG_NAME = 'A_long_name_of_a_file_without_spaces_that_a_camera_has_chosen_2026-11-30_18-00-00.final.mp4';
const video = (videoId: string, status: string, more: object = {}) => ({
  videoId, status, title: `A video that is ${status}`, owner: 'me', createdAt: '2026-11-30T10:00:00.000Z', publishedAt: '2026-11-30T11:00:00.000Z',
  durationSeconds: 754, width: 1920, height: 1080, progress: 0, tags: [], visibility: 'signed-in', ...more,
});
const POSTER = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"><rect width="640" height="360" fill="#7a8"/><circle cx="440" cy="120" r="60" fill="#fe9"/></svg>');
const OWN = [
  video('ready', 'ready', { title: LONG_NAME }), video('poster', 'ready', { title: 'A video with a poster', poster: '/v/poster.svg' }),
  video('uploaded', 'uploaded'), video('starting', 'processing'), video('processing', 'processing', { title: 'A video that is processed to 40 %', progress: 40 }), video('held', 'held'), video('deleting', 'deleting'),
  video('errored', 'errored', { error: { code: 'not_a_video', message: 'The file is not a video' } }),
];

/** Signs in, and waits for the empty lists. */
const signedIn = (state: State): State => async (visit) => {
  await visit.tab.signIn();
  await visit.page.getByText('Nothing yet: upload your first video.').waitFor();
  await state(visit);
};

const choose = (page: Page, ...names: string[]) =>
  page.locator('#file').setInputFiles(names.map((name) => ({ name, mimeType: 'video/mp4', buffer: Buffer.alloc(6 * 1024 ** 2, 'video') })));

/** Lists unfinished uploads. `names` contains the file name of each upload, by video ID. S3 has 40 % of each file. */
async function leaveUploads({ page, lists, tab }: Visit, names: Record<string, string>): Promise<void> {
  lists.waiting = Object.entries(names).map(([videoId, title]) => video(videoId, 'waiting', { title }));
  await page.route('**/api/upload/*', (route) => {
    const fileName = names[new URL(route.request().url()).pathname.split('/').at(-1)!];
    const size = 6 * 1024 ** 2;
    return route.fulfill({ json: { video: {}, file: { fileName, size }, upload: { kind: 'multipart' }, parts: [{ partNumber: 1, size: 0.4 * size }] } });
  });
  await tab.wake();
  await page.locator('#unfinished li').nth(Object.keys(names).length - 1).getByText(/40 % of 6 MiB uploaded/).waitFor();
}

/** Replaces hls.js with a player that shows nothing. With `failure`, the media fails as soon as it is attached. */
export const serveStubPlayer = (page: Page, failure?: string) => page.route('**/hls.min.mjs', (route) => route.fulfill({
  contentType: 'text/javascript',
  body: `export default class {
    static Events = { ERROR: 'error' };
    static isSupported() { return true; }
    on(_, listener) { this.fail = (details) => listener('error', { fatal: true, details }); }
    loadSource() {}
    attachMedia() { ${failure ? `setTimeout(() => this.fail('${failure}'))` : ''} }
    destroy() {}
  }`,
}));

async function openPlayer(visit: Visit, failure?: string): Promise<void> {
  visit.lists.own = OWN.slice(0, 1);
  await visit.tab.wake();
  await playFirst(visit, failure);
}

async function playFirst({ page }: Visit, failure?: string): Promise<void> {
  await page.route('**/playback', (route) => route.fulfill({ json: { hls: '/v/none.m3u8', expiresAt: new Date(Date.now() + 3_600_000).toISOString() } }));
  await serveStubPlayer(page, failure);
  await page.locator('#own').getByRole('link', { name: /^Play/ }).click();
  await page.locator('#player').waitFor();
}

const EDITED = { title: 'A lecture about bridges', description: 'Recorded in the great hall.', tags: ['engineering', 'bridges'] };

/** Opens the edit form of a video. */
async function openEditForm({ page, lists, tab }: Visit): Promise<void> {
  lists.own = [video('edited', 'ready', EDITED), ...OWN.slice(0, 2)];
  await tab.wake();
  await page.getByRole('button', { name: `Edit ${EDITED.title}` }).click();
  await page.getByLabel('Title', { exact: true }).waitFor();
}

/** Answers edits with a response. */
const answerEdits = (page: Page, response: object) =>
  page.route('**/api/streams/edited', (route) => (route.request().method() === 'PATCH' ? route.fulfill(response) : route.fallback()));

async function signInForm({ page }: Visit): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('User name').waitFor();
}

/** The states of the web app by name. Each function brings a page that was just opened into its state. */
export const STATES: Readonly<Record<string, State>> = {
  'signed-out': ({ page }) => page.getByRole('link', { name: 'Sign in' }).waitFor(),
  'sign-in-form': signInForm,
  async 'sign-in-wrong-password'(visit) {
    await signInForm(visit);
    await visit.page.getByLabel('User name').fill(visit.facts.users[0].username);
    await visit.page.getByLabel('Password').fill('wrong');
    await visit.page.keyboard.press('Enter');
    await visit.page.getByRole('alert').waitFor();
  },
  async 'sign-in-failed'({ page, facts }) {
    await page.goto(`${facts.api}/authorize?state=none`);
    await page.getByRole('heading', { name: 'The sign-in failed' }).waitFor();
  },
  async 'not-found'({ page, facts }) {
    await page.goto(`${facts.origin}/nowhere`);
    await page.getByRole('heading', { name: 'This page does not exist' }).waitFor();
  },
  'empty': signedIn(async () => undefined),
  'lists': signedIn(async ({ page, lists, tab }) => {
    await page.route('**/v/poster.svg', (route) => route.fulfill({ contentType: 'image/svg+xml', body: POSTER }));
    Object.assign(lists, { own: OWN, published: [video('of-others', 'ready', { owner: 'ada', title: 'A video of somebody else' })] });
    await tab.wake();
    await page.getByRole('link', { name: 'Play A video of somebody else' }).waitFor();
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('#own img')?.complete);
  }),
  'search': signedIn(async ({ page, lists, tab }) => {
    const tags = ['bridges', 'A tag with sixty-four characters, which is the longest text of a tag'.slice(0, 64), 'engineering', 'x'.repeat(64)];
    Object.assign(lists, { own: [video('tagged', 'ready', { title: LONG_NAME, tags }), video('failed', 'errored', { tags: tags.slice(2) })], published: [video('of-others', 'ready', { owner: 'ada', tags: tags.slice(3) })] });
    await tab.wake();
    await page.locator('#own').getByRole('link', { name: `Videos with the tag ${tags[3]}` }).first().click();
    await page.getByText('Yours: 2 found. From others: 1 found.').waitFor();
  }),
  'search-empty': signedIn(async ({ page }) => {
    await page.getByLabel('Search your videos').fill('A title that no video has');
    await page.locator('#own').getByText(/^No title of your videos begins with/).waitFor();
  }),
  'more': signedIn(async ({ page, lists, tab }) => {
    lists.published = Array.from({ length: 30 }, (_, index) => video(`other-${index}`, 'ready', { owner: 'ada', title: `Video ${30 - index}` }));
    await tab.wake();
    const more = page.getByRole('button', { name: 'More videos of others' });
    await more.waitFor();
    await page.route('**/api/streams?*cursor=*', () => undefined);
    await more.click();
  }),
  'no-viewer': signedIn(async ({ page }) => {
    await page.route('**/api/streams?limit=*', (route) => route.fulfill(problem(403, 'wrong_role', 'viewer')));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.locator('#published').getByText(/^You can watch only your own videos/).waitFor();
  }),
  'player': signedIn((visit) => openPlayer(visit)),
  'player-stopped': signedIn(async (visit) => {
    await openPlayer(visit, 'fragLoadError');
    await visit.page.getByText('Playback stopped. Check your connection').waitFor();
  }),
  'player-of-owner': signedIn(async (visit) => {
    visit.lists.own = [video('edited', 'ready', { ...EDITED, owner: visit.tab.userId() })];
    await visit.tab.wake();
    await playFirst(visit);
    await visit.page.locator('#player').getByText(EDITED.description).waitFor();
  }),
  'editing': signedIn(openEditForm),
  'edit-rejected': signedIn(async (visit) => {
    await openEditForm(visit);
    const { page } = visit;
    await answerEdits(page, {
      ...problem(400, 'invalid_request', 'the body does not match its schema'), body: JSON.stringify({
        status: 400, code: 'invalid_request', detail: 'the body does not match its schema', errors: [
          { pointer: '/title', detail: 'does not match the pattern' }, { pointer: '/tags', detail: '"Bridges" and "bridges" are the same tag: they differ only in case' },
        ],
      }),
    });
    await page.getByLabel('Title', { exact: true }).fill('');
    await page.getByLabel('Tags').fill('Bridges\nbridges');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: /^Save the changes/ }).click();
    await page.locator('#error-tags').waitFor();
  }),
  'edit-refused': signedIn(async (visit) => {
    await openEditForm(visit);
    await answerEdits(visit.page, problem(404, 'not_found', 'no such video'));
    await visit.page.getByLabel('Title', { exact: true }).fill('A better title');
    await visit.page.getByRole('button', { name: /^Save the changes/ }).click();
    await visit.page.getByText(/^Your changes are not saved. This video is gone/).waitFor();
  }),
  'edit-conflict': signedIn(async (visit) => {
    await openEditForm(visit);
    const { page, lists } = visit;
    await answerEdits(page, problem(412, 'edit_conflict', 'the video was edited since you read it'));
    lists.own = [video('edited', 'ready', { ...EDITED, title: 'Lecture 4: bridges', tags: ['engineering', 'bridges', 'lecture'], visibility: 'private' })];
    await page.getByLabel('Title', { exact: true }).fill('Bridges, a lecture');
    await page.getByRole('button', { name: /^Save the changes/ }).click();
    await page.getByText('This video was edited elsewhere in the meantime').waitFor();
  }),
  'retry-refused': signedIn(async ({ page, lists, tab }) => {
    lists.own = OWN.slice(-1);
    await page.route('**/retry', (route) => route.fulfill(problem(409, 'source_unavailable', 'the source file of the video was archived. Upload the file again')));
    await tab.wake();
    await page.getByRole('button', { name: /^Try again to process/ }).click();
    await page.getByText(/the service no longer has the file of this video/).waitFor();
  }),
  'chosen': signedIn(async ({ page }) => {
    await choose(page, 'first.mp4', LONG_NAME);
    await page.locator('#chosen li').nth(1).waitFor();
  }),
  'dragging': signedIn(async ({ page }) => {
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['video'], 'clip.mp4'));
      document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer }));
    });
    await page.getByText('Drop the videos here').waitFor();
  }),
  'queue': signedIn(async ({ page }) => {
    // A slow connection, so that the page shows progress, speed and the time that is left.
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 });
    const row = (name: string) => page.locator('#queue li').filter({ hasText: name });
    await choose(page, 'paused.mp4', 'uploading.mp4', 'next.mp4');
    await page.locator('#send').click();
    await row('paused.mp4').getByText(/^[1-9].* left/).waitFor();
    await page.getByRole('button', { name: 'Pause the upload of paused.mp4' }).click();
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 40_000 });
    await row('uploading.mp4').getByText(/^[1-9].* left/).waitFor();
  }),
  'rejected': signedIn(async ({ page }) => {
    await page.route('**/api/upload', (route) => route.fulfill(problem(413, 'too_large', 'the file exceeds the maximum size of 50 GiB by 10 GiB')));
    await choose(page, 'rejected.mp4');
    await page.locator('#send').click();
    await page.locator('#queue [data-phase=failed]').waitFor();
  }),
  'offline': signedIn(async ({ page }) => {
    await page.route('**/api/upload', (route) => route.abort());
    await choose(page, 'offline.mp4');
    await page.locator('#send').click();
    await page.locator('#queue [data-phase=waiting]').waitFor();
  }),
  'unfinished': signedIn(async (visit) => {
    const { page } = visit;
    await leaveUploads(visit, { left: LONG_NAME, older: 'older.mp4', elsewhere: 'elsewhere.mp4' });
    await page.evaluate(() => void navigator.locks.request('vod-upload video elsewhere', () => new Promise(() => undefined)));
    await visit.tab.wake();
    await page.locator('#unfinished li').getByText(/40 % of 6 MiB uploaded/).nth(1).waitFor();
    await page.locator('#unfinished').getByText('Another tab is uploading this file.').waitFor();
  }),
  'unfinished-loading': signedIn(async ({ page, lists, tab }) => {
    await page.route('**/api/streams?*status=waiting*', () => undefined);
    lists.own = OWN.slice(2, 3);
    await page.reload();
    await tab.isSignedIn();
    await page.getByText('Looking for unfinished uploads…').waitFor();
  }),
  'chosen-unfinished': signedIn(async (visit) => {
    const { page } = visit;
    await leaveUploads(visit, { left: LONG_NAME, older: 'older.mp4' });
    await choose(page, LONG_NAME, 'older.mp4', 'new.mp4');
    await page.getByRole('checkbox', { name: /older\.mp4/ }).uncheck();
  }),
  'chosen-refused': signedIn(async ({ page }) => {
    await page.locator('#file').setInputFiles([
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('text') }, { name: 'empty.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(0) },
      { name: 'first.mp4', mimeType: 'video/mp4', buffer: Buffer.from('video') },
    ]);
    await page.getByText(/^empty\.mp4: an empty file/).waitFor();
  }),
  'failed': signedIn(async ({ page }) => {
    await page.route('**/api/upload', (route) => route.fulfill(problem(429, 'limit_reached', 'you have 10 open uploads, which is the limit. Complete or abort an upload. GET /streams?owner=me&status=waiting lists your open uploads')));
    await choose(page, LONG_NAME);
    await page.locator('#send').click();
    await page.locator('#queue [data-phase=failed]').waitFor();
  }),
  'confirmation': signedIn(async ({ page, lists, tab }) => {
    lists.waiting = [video('left', 'waiting', { title: LONG_NAME })];
    await tab.wake();
    await page.getByRole('button', { name: /^Remove the upload of/ }).click();
    await page.getByRole('alertdialog').waitFor();
  }),
  'message': signedIn(async ({ page }) => {
    await page.route('**/api/streams?*', (route) => route.abort());
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText(/^The service can't be reached/).waitFor();
  }),
  'session-ended': signedIn(async ({ page, tab }) => {
    await page.route('**/api/upload', () => undefined);
    await choose(page, 'ended.mp4');
    await page.locator('#send').click();
    await page.context().clearCookies();
    await page.route('**/api/streams?*', (route) => route.fulfill(problem(401, 'not_signed_in', 'over')));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await tab.isSignedOut();
  }),
};
