import { readFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { Client, problemOf, type Video } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

const WRONG_ROLE = [403, 'application/problem+json', 'wrong_role'];
const NOT_FOUND = [404, 'application/problem+json', 'not_found'];
/** The logical id of the schedule of the sweeper. */
const SWEEP = 'VodSweeperScheduleBD62E5CB';
const DECLARATION = { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 };

describe('roles for uploading and watching', () => {
  /** Ada is an admin, Grace is an uploader, Katherine is an uploader and a viewer, and Linus is in no group. */
  let people: Record<'ada' | 'grace' | 'katherine' | 'linus', Client>;
  let videos: Record<'graceOpen' | 'graceUnlisted' | 'gracePrivate' | 'katherineOpen' | 'adaPrivate' | 'broken', string>;
  let groups: Record<string, readonly string[]>;
  let awsEndpoint: string;

  beforeAll(async () => {
    const { facts } = await StackProcess.start({ app: path.join(__dirname, 'roles.fixture.ts') });
    ({ awsEndpoint } = facts);
    groups = Object.fromEntries(facts.users.map((user) => [user.username, user.groups]));
    people = Object.fromEntries(await Promise.all(facts.users.map(async (user) => [user.username, await Client.signIn(facts, user)])));
    const { ada, grace, katherine } = people;
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 1, '160x90'));
    const upload = async (client: Client, title: string, visibility?: string, content = clip): Promise<string> => {
      const videoId = await client.upload(content, title, { tags: ['Uploaded'], ...(visibility && { visibility }) });
      await client.settled(videoId);
      return videoId;
    };
    const [graceOpen, graceUnlisted, gracePrivate, katherineOpen, adaPrivate, broken] = await Promise.all([
      upload(grace, 'graceOpen'), upload(grace, 'graceUnlisted', 'unlisted'), upload(grace, 'gracePrivate', 'private'),
      upload(katherine, 'katherineOpen'), upload(ada, 'adaPrivate', 'private'), upload(grace, 'broken', undefined, Buffer.from('no video')),
    ]);
    videos = { graceOpen, graceUnlisted, gracePrivate, katherineOpen, adaPrivate, broken };
  });
  afterAll(stopAll);

  async function titles(client: Client, query = ''): Promise<string[]> {
    const { items } = await client.call('GET', `/streams${query}`);
    return items.map(({ title }: Video) => title).sort();
  }

  async function statuses(client: Client): Promise<Record<string, string>> {
    return Object.fromEntries(await Promise.all(Object.entries(videos).map(async ([title, videoId]) => {
      const [shown, played] = [await client.fetch('GET', `/streams/${videoId}`), await client.fetch('POST', `/streams/${videoId}/playback`)];
      return [title, `${shown.status} ${played.status}`];
    })));
  }

  test('the sample users cover all roles', () => {
    expect(groups).toEqual({ ada: ['admins', 'uploaders'], grace: ['uploaders'], katherine: ['uploaders', 'viewers'], linus: [] });
  });

  test('only uploaders can upload', async () => {
    for (const uploader of ['ada', 'grace', 'katherine'] as const) expect((await people[uploader].fetch('POST', '/upload', DECLARATION)).status).toBe(201);
    expect(await problemOf(await people.linus.fetch('POST', '/upload', DECLARATION))).toEqual(WRONG_ROLE);
    expect(await titles(people.linus, '?owner=me')).toEqual([]);
  });

  test('only viewers and admins can list published videos', async () => {
    expect(await titles(people.katherine)).toEqual(['graceOpen', 'katherineOpen']);
    expect(await titles(people.ada)).toEqual(['graceOpen', 'katherineOpen']);
    for (const other of ['grace', 'linus'] as const) expect(await problemOf(await people[other].fetch('GET', '/streams'))).toEqual(WRONG_ROLE);
  });

  test('every user can list their own videos', async () => {
    expect(await titles(people.grace, '?owner=me&status=ready')).toEqual(['graceOpen', 'gracePrivate', 'graceUnlisted']);
    expect(await titles(people.katherine, '?owner=me&status=ready')).toEqual(['katherineOpen']);
    expect(await titles(people.ada, '?owner=me&status=ready')).toEqual(['adaPrivate']);
    expect(await titles(people.linus, '?owner=me')).toEqual([]);
  });

  test('tags and titles find the videos that the caller is allowed to list', async () => {
    const { ada, grace, katherine, linus } = people;
    const tag = encodeURIComponent('S\u00c9A');
    expect(await titles(katherine, '?tag=uploaded')).toEqual(['graceOpen', 'katherineOpen']);
    for (const name of ['graceOpen', 'gracePrivate', 'katherineOpen'] as const) {
      const answer = await ada.fetch('GET', `/streams/${videos[name]}`);
      const edit = await ada.fetch('PATCH', `/streams/${videos[name]}`, { tags: ['Sea', name] }, { 'if-match': answer.headers.get('etag')! });
      expect(edit.status).toBe(200);
    }
    expect(await titles(katherine, `?tag=${tag}`)).toEqual(['graceOpen', 'katherineOpen']);
    expect(await titles(katherine, `?owner=me&tag=${tag}`)).toEqual(['katherineOpen']);
    expect(await titles(katherine, '?tag=gracePrivate')).toEqual([]);
    // The edit has removed the tag.
    expect(await titles(katherine, '?tag=uploaded')).toEqual([]);
    expect(await titles(grace, '?owner=me&tag=uploaded&limit=100')).toContain('graceUnlisted');
    expect(await titles(grace, `?owner=me&tag=${tag}`)).toEqual(['graceOpen', 'gracePrivate']);
    expect(await titles(grace, '?owner=me&titlePrefix=GRACE')).toEqual(['graceOpen', 'gracePrivate', 'graceUnlisted']);
    expect(await titles(grace, '?owner=me&titlePrefix=katherine')).toEqual([]);
    const { owner } = await ada.call('GET', `/streams/${videos.graceOpen}`);
    expect(await titles(ada, `?owner=${encodeURIComponent(owner)}&titlePrefix=graceP`)).toEqual(['gracePrivate']);
    expect(await problemOf(await katherine.fetch('GET', `/streams?owner=${encodeURIComponent(owner)}&titlePrefix=grace`))).toEqual(WRONG_ROLE);
    expect(await problemOf(await linus.fetch('GET', `/streams?tag=${tag}`))).toEqual(WRONG_ROLE);
    const pages = [];
    for (let query = `?tag=${tag}&limit=1`, cursor; pages.length < 4; query = `?tag=${tag}&limit=1&cursor=${cursor}`) {
      const page = await katherine.call('GET', `/streams${query}`);
      pages.push(...page.items.map(({ title }: Video) => title));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(pages.sort()).toEqual(['graceOpen', 'katherineOpen']);
  });

  describe('posters', () => {
    const postersOf = async (client: Client, query = ''): Promise<Record<string, string>> => {
      const { items } = await client.call('GET', `/streams${query}`);
      return Object.fromEntries(items.map(({ title, poster }: Video & { poster: string }) => [title, poster]));
    };
    /** Without cookies. */
    const get = async (url: string) => {
      const response = await fetch(url);
      return [response.status, response.headers.get('content-type')];
    };
    const OPEN = [200, 'image/jpeg'];

    test('a signed URL opens its image without cookies, and opens no other file', async () => {
      const { graceOpen, katherineOpen } = await postersOf(people.katherine);
      expect(await get(graceOpen)).toEqual(OPEN);
      expect(await get(katherineOpen)).toEqual(OPEN);
      const [address, signature] = graceOpen.split('?');
      const { hls, poster } = await people.katherine.call('POST', `/streams/${videos.graceOpen}/playback`);
      for (const closed of [address, `${katherineOpen.split('?')[0]}?${signature}`, `${hls}?${signature}`, graceOpen.replace(/Expires=\d+/, 'Expires=1'), graceOpen.replace(/Signature=..../, 'Signature=AAAA')]) {
        expect([closed, (await get(closed))[0]]).toEqual([closed, 403]);
      }
      // The response that starts playback, the response of one video, and the lists contain the same URL.
      expect(poster).toBe(graceOpen);
      expect((await people.katherine.call('GET', `/streams/${videos.graceOpen}`)).poster).toBe(graceOpen);
      // With the cookies of a playback session, the image also opens without a signed URL. A wrong signed URL takes precedence over the cookies.
      expect((await people.katherine.get(address)).status).toBe(200);
      expect((await people.katherine.get(graceOpen.replace(/Signature=..../, 'Signature=AAAA'))).status).toBe(403);
    });

    test('only callers who are allowed to watch a video get its poster', async () => {
      expect(await get((await postersOf(people.grace, '?owner=me&status=ready')).gracePrivate)).toEqual(OPEN);
      expect((await people.ada.call('GET', `/streams/${videos.gracePrivate}`)).poster).toContain('Signature=');
      for (const [method, route] of [['GET', '/streams?limit=100'], ['GET', '/streams?owner=me'], ['GET', `/streams/${videos.gracePrivate}`], ['POST', `/streams/${videos.gracePrivate}/playback`]]) {
        const answer = await (await people.katherine.fetch(method, route)).text();
        expect([route, answer.includes(`v/${videos.gracePrivate}`)]).toEqual([route, false]);
      }
      expect(JSON.stringify(await (await people.grace.fetch('GET', `/streams/${videos.katherineOpen}`)).text())).not.toContain('poster');
    });
  });

  test('role, owner and visibility decide whether a user can see and play a video', async () => {
    expect(await statuses(people.ada)).toEqual({
      graceOpen: '200 200', graceUnlisted: '200 200', gracePrivate: '200 200', katherineOpen: '200 200', adaPrivate: '200 200', broken: '200 409',
    });
    expect(await statuses(people.katherine)).toEqual({
      graceOpen: '200 200', graceUnlisted: '200 200', gracePrivate: '404 404', katherineOpen: '200 200', adaPrivate: '404 404', broken: '404 404',
    });
    expect(await statuses(people.grace)).toEqual({
      graceOpen: '200 200', graceUnlisted: '200 200', gracePrivate: '200 200', katherineOpen: '403 403', adaPrivate: '403 403', broken: '200 409',
    });
    expect(await statuses(people.linus)).toEqual({
      graceOpen: '403 403', graceUnlisted: '403 403', gracePrivate: '403 403', katherineOpen: '403 403', adaPrivate: '403 403', broken: '403 403',
    });
  });

  test('a viewer, an admin and the owner can play a video, and other users get no playback cookies', async () => {
    const { ada, grace, katherine, linus } = people;
    for (const [client, videoId] of [[katherine, videos.graceUnlisted], [ada, videos.gracePrivate], [grace, videos.gracePrivate]] as const) {
      expect(await client.play(videoId)).toBeGreaterThan(0);
    }
    const { hls } = await ada.call('POST', `/streams/${videos.gracePrivate}/playback`);
    for (const [client, refusal] of [[katherine, NOT_FOUND], [linus, WRONG_ROLE]] as const) {
      const answer = await client.fetch('POST', `/streams/${videos.gracePrivate}/playback`);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await problemOf(answer)).toEqual(refusal);
      expect((await client.get(hls)).status).toBe(403);
    }
  });

  test('responses do not reveal which videos exist to users who cannot watch them', async () => {
    const missing = '01890a5d-ac96-7aaa-8bbb-0123456789ab';
    const answerTo = async (client: Client, method: string, videoId: string, route = '') => {
      const answer = await client.fetch(method, `/streams/${videoId}${route}`);
      const headers = [...answer.headers].filter(([name]) => !['date', 'x-amz-cf-id', 'x-amzn-requestid'].includes(name));
      return JSON.stringify([answer.status, headers, await answer.text()]);
    };
    const { graceOpen, gracePrivate, katherineOpen, adaPrivate, broken } = videos;
    for (const [client, known, refusal] of [
      [people.linus, [graceOpen, gracePrivate, katherineOpen, adaPrivate, broken], '403'],
      [people.grace, [katherineOpen, adaPrivate], '403'],
      [people.katherine, [gracePrivate, adaPrivate, broken], '404'],
    ] as const) {
      for (const [method, route] of [['GET', ''], ['POST', '/playback']]) {
        const expected = await answerTo(client, method, missing, route);
        expect(expected).toContain(`"status\\":${refusal}`);
        for (const videoId of known) expect(await answerTo(client, method, videoId, route)).toBe(expected);
      }
    }
  });

  test('the owner and admins can edit a video, and other users cannot', async () => {
    const { ada, grace, katherine, linus } = people;
    const { graceOpen, gracePrivate } = videos;
    const etag = await grace.etagOf(gracePrivate);
    for (const [client, videoId, refusal] of [
      [katherine, graceOpen, WRONG_ROLE], [katherine, gracePrivate, NOT_FOUND], [linus, graceOpen, WRONG_ROLE], [linus, gracePrivate, WRONG_ROLE],
    ] as const) {
      expect(await problemOf(await client.edit(videoId, { description: 'mine' }, await grace.etagOf(videoId)))).toEqual(refusal);
    }
    const edited = await grace.edit(gracePrivate, { description: 'by Grace' }, etag);
    expect([edited.status, await edited.json()]).toMatchObject([200, { description: 'by Grace', visibility: 'private' }]);
    expect((await problemOf(await ada.edit(gracePrivate, { description: 'by Ada' }, etag)))[2]).toBe('edit_conflict');
    expect((await ada.edit(gracePrivate, { tags: ['checked'] }, edited.headers.get('etag')!)).status).toBe(200);
    expect(await grace.call('GET', `/streams/${gracePrivate}`)).toMatchObject({ description: 'by Grace', tags: ['checked'] });
  });

  test('an admin transfers a video to another owner and back', async () => {
    const { ada, grace, katherine } = people;
    const { gracePrivate } = videos;
    const ownerOf = async (client: Client, videoId: string) => (await client.call('GET', `/streams/${videoId}`)).owner;
    const [fromId, toId] = [await ownerOf(grace, gracePrivate), await ownerOf(katherine, videos.katherineOpen)];
    const transfer = async (owner: string, by = ada) => by.edit(gracePrivate, { owner }, await ada.etagOf(gracePrivate));
    expect(await problemOf(await transfer(toId, grace))).toEqual(WRONG_ROLE);
    const moved = await transfer(toId);
    expect([moved.status, await moved.json()]).toMatchObject([200, { owner: toId, visibility: 'private' }]);
    expect(await titles(katherine, '?owner=me&status=ready')).toContain('gracePrivate');
    expect(await titles(grace, '?owner=me')).not.toContain('gracePrivate');
    expect([await problemOf(await grace.fetch('GET', `/streams/${gracePrivate}`)), await katherine.play(gracePrivate) > 0]).toEqual([WRONG_ROLE, true]);
    expect((await transfer(fromId)).status).toBe(200);
    expect(await titles(grace, '?owner=me&status=ready')).toContain('gracePrivate');
  });

  test('only the owner and admins can retry a failed video', async () => {
    const { ada, grace, katherine, linus } = people;
    for (const [client, refusal] of [[katherine, NOT_FOUND], [linus, WRONG_ROLE]] as const) {
      expect(await problemOf(await client.fetch('POST', `/streams/${videos.broken}/retry`))).toEqual(refusal);
    }
    for (const client of [grace, ada]) {
      expect((await client.fetch('POST', `/streams/${videos.broken}/retry`)).status).toBe(202);
      expect(await grace.settled(videos.broken)).toMatchObject({ status: 'errored', error: { code: 'not_a_video' } });
    }
  });

  test('an edit of the visibility changes the lists and the rights at once', async () => {
    const { ada, grace, katherine } = people;
    const { graceUnlisted } = videos;
    const change = async (visibility: string) => (await grace.edit(graceUnlisted, { visibility }, await grace.etagOf(graceUnlisted))).status;
    expect(await change('signed-in')).toBe(200);
    expect(await titles(katherine)).toContain('graceUnlisted');
    expect(await change('private')).toBe(200);
    expect(await titles(katherine)).not.toContain('graceUnlisted');
    expect(await problemOf(await katherine.fetch('GET', `/streams/${graceUnlisted}`))).toEqual(NOT_FOUND);
    const { owner } = await ada.call('GET', `/streams/${graceUnlisted}`);
    expect(await titles(ada, `?owner=${owner}&status=ready`)).toEqual(['graceOpen', 'gracePrivate', 'graceUnlisted']);
    expect(await problemOf(await katherine.fetch('GET', `/streams?owner=${owner}`))).toEqual(WRONG_ROLE);
    expect(await change('unlisted')).toBe(200);
  });

  test('viewers can watch a video between its publication times, and a sweep adds the video to the lists', async () => {
    const { ada, grace, katherine } = people;
    const { graceOpen } = videos;
    const edit = async (times: object) => {
      const answer = await grace.edit(graceOpen, times, await grace.etagOf(graceOpen));
      expect([answer.status, await answer.json()]).toMatchObject([200, times]);
    };
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    const passed = (time: string) => wait(Math.max(0, Date.parse(time) - Date.now()) + 100);
    /** The statuses of the video and of its playback, and whether the list of published videos and the list of a tag contain the video. */
    const seenBy = async (client: Client) => [
      (await client.fetch('GET', `/streams/${graceOpen}`)).status, (await client.fetch('POST', `/streams/${graceOpen}/playback`)).status,
      (await titles(client)).includes('graceOpen'), (await titles(client, '?tag=graceOpen')).includes('graceOpen'),
    ];
    expect(await seenBy(katherine)).toEqual([200, 200, true, true]);

    const publishAt = inSeconds(6);
    await edit({ publishAt });
    expect(await seenBy(katherine)).toEqual([404, 404, false, false]);
    expect(await seenBy(ada)).toEqual([200, 200, false, false]);
    expect(await grace.play(graceOpen)).toBeGreaterThan(0);
    await passed(publishAt);
    expect(await seenBy(katherine)).toEqual([200, 200, false, false]);
    expect((await fetch(awsEndpoint, { method: 'POST', headers: { 'x-local-fire-rule': SWEEP } })).status).toBe(200);
    await until('the sweep publishes the video', async () => (await titles(katherine)).includes('graceOpen'));
    expect(await seenBy(katherine)).toEqual([200, 200, true, true]);
    expect(await katherine.call('GET', `/streams/${graceOpen}`)).toMatchObject({ publishedAt: publishAt });

    const unpublishAt = inSeconds(6);
    await edit({ unpublishAt });
    const { expiresAt } = await katherine.call('POST', `/streams/${graceOpen}/playback`);
    expect(expiresAt).toBe(new Date(Math.ceil(Date.parse(unpublishAt) / 1000) * 1000).toISOString());
    expect(await seenBy(katherine)).toEqual([200, 200, true, true]);
    await passed(unpublishAt);
    expect(await seenBy(katherine)).toEqual([404, 404, false, false]);
  });
});
