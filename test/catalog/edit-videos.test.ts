import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { editVideos } from '../../src/catalog/edit-videos.runtime';
import { etagOf } from '../../src/catalog/etag.runtime';
import { readVideos } from '../../src/catalog/read-videos.runtime';
import { detailsKey, publicationKey, usageKey, videoKey, VideoRow } from '../../src/contract/table';
import type { VideoStatus } from '../../src/domain/video-status';
import { VISIBILITIES } from '../../src/domain/visibility';
import { serveRoutes } from '../../src/runtime/http';
import { VideoRepository, videoRepository } from '../../src/runtime/rows/video-repository';
import { captureLog } from '../captured-log';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, catalogTable, idOf, videoRow } from '../runtime/rows/catalog-table';

const NOW = '2026-11-30T10:00:00.000Z';
const PUBLISHED = '2026-11-22T10:00:00.000Z';
const ROLES = { viewers: ['watchers'], admins: ['bosses'] };

describe('PATCH /streams/{videoId}', () => {
  let table: CatalogTable;
  let count = 0;
  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());

  const repository = () => videoRepository(table.tableName, { client: table.client, clock: () => new Date(NOW) });
  const documents = () => DynamoDBDocumentClient.from(table.client);
  const read = async (Key: object) => (await documents().send(new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true }))).Item;
  const stored = (videoId: string) => Promise.all([read(videoKey(videoId)), read(detailsKey(videoId))]);

  async function makeVideo(given: Partial<VideoRow> = {}, details?: object): Promise<VideoRow> {
    const videoId = idOf(++count);
    const isReady = (given.status ?? 'ready') === 'ready';
    const isListed = isReady && (given.visibility ?? 'signed-in') === 'signed-in';
    if (details) await documents().send(new PutCommand({ TableName: table.tableName, Item: { ...detailsKey(videoId), schemaVersion: 1, ...details } }));
    return table.put({
      videoId, owner: 'ann', status: 'ready', tags: ['a'],
      ...(isReady && { publishedAt: PUBLISHED, media: { hls: 'hls' } }), ...(isListed && publicationKey({ publishedAt: PUBLISHED, videoId })), ...given,
    });
  }

  async function edit(video: Pick<VideoRow, 'videoId' | 'revision'>, body: unknown, given: {
    userId?: string; groups?: string[]; ifMatch?: string | null; videos?: Partial<VideoRepository>;
  } = {}) {
    const { userId = 'ann', groups = [], ifMatch = etagOf(video), videos } = given;
    const handler = serveRoutes('catalog/edit-videos', editVideos({ videos: { ...repository(), ...videos }, roles: ROLES, clock: () => new Date(NOW) }));
    const { statusCode, headers, body: text } = await handler(apiEvent('PATCH', '/streams/{videoId}', {
      userId, groups, path: { videoId: video.videoId }, body, headers: ifMatch === null ? {} : { 'If-Match': ifMatch },
    }));
    return { status: statusCode, etag: headers?.etag, body: JSON.parse(text) };
  }

  async function call(path: string, given: Parameters<typeof apiEvent>[2]) {
    const handler = serveRoutes('catalog/read-videos', readVideos({ videos: repository(), roles: ROLES, posterUrls: async () => undefined, clock: () => new Date(NOW) }));
    const { statusCode, headers, body } = await handler(apiEvent('GET', path, given));
    return { status: statusCode, etag: headers?.etag, body: JSON.parse(body) };
  }
  const get = ({ videoId }: Pick<VideoRow, 'videoId'>, userId = 'ann') => call('/streams/{videoId}', { userId, groups: ['watchers'], path: { videoId } });
  const list = async (query: Record<string, string>, userId: string, groups = ['watchers']) => (
    (await call('/streams', { userId, groups, query: { limit: '100', ...query } })).body.items.map(({ videoId }: { videoId: string }) => videoId)
  );

  test('changes the given fields, and returns the video with the ETag that GET returns', async () => {
    const video = await makeVideo({ revision: 3, version: 8 }, { description: 'old', metadata: { a: '1' } });
    const answer = await edit(video, { title: 'New', tags: ['b', 'c'], metadata: { b: '2' } });
    expect(answer).toMatchObject({
      status: 200, etag: etagOf({ ...video, revision: 4 }),
      body: { title: 'New', tags: ['b', 'c'], description: 'old', metadata: { b: '2' }, updatedAt: NOW, createdAt: video.createdAt, status: 'ready', publishedAt: PUBLISHED },
    });
    expect(await get(video)).toEqual(answer);
    const { updatedAt, ...others } = video;
    expect((await stored(video.videoId))[0]).toEqual({ ...others, updatedAt: NOW, title: 'New', tags: ['b', 'c'], revision: 4, version: 9 });
  });

  test('writes only the row if no long text changes', async () => {
    const video = await makeVideo();
    expect((await edit(video, { title: 'New' })).body).toMatchObject({ title: 'New' });
    expect((await stored(video.videoId))[1]).toBeUndefined();
  });

  test('removes values that are empty', async () => {
    const video = await makeVideo({}, { description: 'old', metadata: { a: '1' } });
    const answer = await edit(video, { description: '', metadata: {}, tags: [] });
    expect(answer.body.tags).toEqual([]);
    for (const absent of ['description', 'metadata']) expect(answer.body).not.toHaveProperty(absent);
    expect(await get(video)).toEqual(answer);
    expect((await stored(video.videoId))[1]).toEqual({ ...detailsKey(video.videoId), schemaVersion: 1 });
  });

  test('writes nothing if an empty value is already absent', async () => {
    const video = await makeVideo();
    const before = await stored(video.videoId);
    expect(await edit(video, { description: '', metadata: {} })).toMatchObject({ status: 200, etag: etagOf(video) });
    expect(await stored(video.videoId)).toEqual(before);
  });

  test('hides and transfers a video whose texts have the maximum size', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`${n}`, 'ж'.repeat(1024)]));
    const { source } = await makeVideo();
    // 1 byte for the file name, 1 for the title, 3 for the tags, 3 + 9 * 2,050 for the metadata and 14,310 for the description: 32 KiB.
    const video = await makeVideo({ title: 't', tags: [], source: { ...source, fileName: 'f' } }, { metadata, description: 'ж'.repeat(7155) });
    expect((await edit(video, { title: 'tt' })).status).toBe(413);
    const answer = await edit(video, { visibility: 'private', owner: 'b'.repeat(255) }, { groups: ['bosses'] });
    expect(answer).toMatchObject({ status: 200, body: { visibility: 'private' } });
  });

  test('makes 86 writes in one transaction: all tags, the title, the owner and the times of a listed video', async () => {
    const tags = (letter: string) => Array.from({ length: 20 }, (_, n) => `${n}`.padStart(64, letter));
    const video = await makeVideo({ tags: tags('ж') });
    const next = { tags: tags('y'), title: 'ﷺ'.repeat(200), owner: '#'.repeat(255), description: 'd', publishAt: '2026-11-29T00:00:00.000Z' };
    expect(await edit(video, next, { groups: ['bosses'] })).toMatchObject({ status: 200, body: next });
    expect(await list({ owner: next.owner, titlePrefix: 'ﷺ'.repeat(200) }, 'eve', ['bosses'])).toEqual([video.videoId]);
    expect(await list({ owner: next.owner, tag: tags('Y')[7] }, 'eve', ['bosses'])).toEqual([video.videoId]);
  });

  test('keeps the texts in the row of an older format', async () => {
    const video = await makeVideo({ schemaVersion: 0, description: 'old', metadata: { a: '1' } } as Partial<VideoRow>);
    expect((await edit(video, { metadata: { b: '2' } })).body).toMatchObject({ description: 'old', metadata: { b: '2' } });
    expect((await get(video)).body).toMatchObject({ description: 'old', metadata: { b: '2' } });
  });

  test('writes nothing if the video already has the values', async () => {
    const video = await makeVideo({ title: 'Same', tags: ['a', 'b'] }, { metadata: { a: '1', b: '2' } });
    const before = await stored(video.videoId);
    expect(await edit(video, { title: 'Same', tags: ['a', 'b'], metadata: { b: '2', a: '1' }, visibility: 'signed-in' })).toMatchObject({ status: 200, etag: etagOf(video) });
    expect(await stored(video.videoId)).toEqual(before);
  });

  test.each<VideoStatus>(['waiting', 'uploaded', 'processing', 'held', 'errored'])('edits a video with the status %s', async (status) => {
    const video = await makeVideo({ status });
    expect((await edit(video, { title: 'New', visibility: 'private' })).body).toMatchObject({ title: 'New', visibility: 'private', status });
    await edit({ ...video, revision: 2 }, { visibility: 'signed-in' });
    expect((await stored(video.videoId))[0]).not.toHaveProperty('listedFor');
  });

  describe('If-Match', () => {
    const video = (revision: number) => makeVideo({ revision });

    test('is required', async () => {
      const made = await video(2);
      expect(await edit(made, { title: 'New' }, { ifMatch: null })).toMatchObject({ status: 428, body: { code: 'if_match_required' } });
      expect((await get(made)).body.title).toBe(made.title);
    });

    test.each(['*', '2', 'W/"2"', '"1", "2"', '""x', '"', '" "', `"${'x'.repeat(300)}"`, ''])('cannot be %s', async (ifMatch) => {
      const made = await video(2);
      expect(await edit(made, { title: 'New' }, { ifMatch })).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: 'if-match' }] } });
      expect((await get(made)).body.title).toBe(made.title);
    });

    test('cannot be the ETag of an older edit, of a later edit, or of another video', async () => {
      const made = await video(2);
      const other = await video(2);
      for (const ifMatch of [etagOf({ ...made, revision: 1 }), etagOf({ ...made, revision: 3 }), etagOf(other), '""', '"2"', '"__proto__"']) {
        expect(await edit(made, { title: 'New' }, { ifMatch })).toMatchObject({ status: 412, body: { code: 'edit_conflict' } });
      }
      expect((await get(made)).body.title).toBe(made.title);
    });

    test('loses no edit if many clients edit at the same time', async () => {
      const made = await video(1);
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => edit(made, { title: `Edit ${n}`, description: `text ${n}` })));
      const winners = answers.filter(({ status }) => status === 200);
      expect([winners.length, answers.filter(({ status }) => status === 412).length]).toEqual([1, 9]);
      expect(await get(made)).toEqual(winners[0]);
    });
  });

  describe('visibility', () => {
    test('moves a ready video out of the list of all viewers and back, to its former place', async () => {
      const [older, video, newer] = [await makeVideo(), await makeVideo(), await makeVideo()];
      const ids = [newer, video, older].map(({ videoId }) => videoId);
      const listed = async () => (await list({}, 'bob')).filter((id: string) => ids.includes(id));
      expect(await listed()).toEqual(ids);
      for (const [revision, visibility] of (['private', 'signed-in', 'unlisted', 'signed-in'] as const).entries()) {
        expect((await edit({ ...video, revision: revision + 1 }, { visibility })).status).toBe(200);
        expect(await listed()).toEqual(visibility === 'signed-in' ? ids : [ids[0], ids[2]]);
        expect((await get(video, 'bob')).status).toBe(visibility === 'private' ? 404 : 200);
      }
    });

    test.each(['edit', 'transcode'] as const)('is right in the lists if an edit and the end of the transcode overlap and the %s writes first', async (first) => {
      for (const [from, to] of [['signed-in', 'private'], ['private', 'signed-in']] as const) {
        const video = await makeVideo({ status: 'processing', visibility: from });
        const end = (): Promise<unknown> => repository().recordReady(video.videoId, 1, { media: { hls: 'hls' }, renditions: [] });
        const change = () => edit(video, { visibility: to }, first === 'edit' ? {} : {
          videos: { edit: async (...args) => { await end(); return repository().edit(...args); } },
        });
        expect((await change()).status).toBe(200);
        if (first === 'edit') await end();
        expect((await list({}, 'bob')).includes(video.videoId)).toBe(to === 'signed-in');
        expect((await get(video)).body).toMatchObject({ status: 'ready', visibility: to });
      }
    });
  });

  test('repeats the edit if a transcode event changes the row between the read and the write', async () => {
    const video = await makeVideo({ status: 'processing' });
    let progress = 0;
    const videos: Partial<VideoRepository> = {
      edit: async (...args) => {
        if (progress < 2) await repository().recordProgress(video.videoId, 1, ++progress);
        return repository().edit(...args);
      },
    };
    expect(await edit(video, { title: 'New' }, { videos })).toMatchObject({ status: 200, body: { title: 'New', progress: 2 } });
  });

  test('returns 503 if the row changes in each try, and changes no text', async () => {
    const video = await makeVideo({ status: 'processing' });
    let progress = 0;
    const videos: Partial<VideoRepository> = {
      edit: async (...args) => { await repository().recordProgress(video.videoId, 1, ++progress); return repository().edit(...args); },
    };
    expect(await edit(video, { title: 'New' }, { videos })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await get(video)).body.title).toBe(video.title);
  });

  test('never writes texts that another edit has replaced between the reads of the row and of the long texts', async () => {
    const video = await makeVideo({}, { description: 'first' });
    const videos: Partial<VideoRepository> = {
      findWhole: async (videoId) => {
        const whole = await repository().findWhole(videoId);
        if (whole?.details.description === 'first') await edit(video, { description: 'second' });
        return whole;
      },
    };
    expect(await edit(video, { metadata: { a: '1' } }, { videos })).toMatchObject({ status: 412 });
    expect((await get(video)).body).toMatchObject({ description: 'second' });
  });

  test.each<[string, unknown, number, string, string?]>([
    ['no field', {}, 400, 'invalid_request', ''],
    ['an unknown field', { videoId: 'x' }, 400, 'invalid_request', '/videoId'],
    ['a status', { status: 'ready' }, 400, 'invalid_request', '/status'],
    ['null', { title: null }, 400, 'invalid_request', '/title'],
    ['an empty title', { title: '' }, 400, 'invalid_request', '/title'],
    ['an invisible title', { title: '\u200b' }, 400, 'invalid_request', '/title'],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, 400, 'invalid_request', '/title'],
    ['a repeated tag', { tags: ['a', 'a'] }, 400, 'invalid_request', '/tags'],
    ['an unknown visibility', { visibility: 'public' }, 400, 'invalid_request', '/visibility'],
    ['a metadata entry named __proto__', JSON.parse('{"metadata":{"__proto__":"x"}}'), 400, 'invalid_request', '/metadata/__proto__'],
    ['two tags that differ only in case', { tags: ['Sea', 'x', 'SEA'] }, 400, 'invalid_request', '/tags'],
    ['a tag without text', { tags: ['\u0301'] }, 400, 'invalid_request', '/tags'],
    ...['', 'tomorrow', '2026-12-24', '2026-12-24T18:00:00', '2026-12-24T18:00:00+01:00', '2026-12-24T18:00Z', '2026-12-24t18:00:00z', ' 2026-12-24T18:00:00Z',
      '2026-12-24T18:00:00.0000000001Z', '+012026-12-24T18:00:00Z', '2027-02-30T00:00:00Z', '2026-12-24T24:00:00Z', '2036-11-30T10:00:00.001Z', 1798138800000, true, [], {}].flatMap((time): [string, unknown, number, string, string][] => (['publishAt', 'unpublishAt'] as const).map((name) => (
      [`the time ${JSON.stringify(time)} as ${name}`, { [name]: time }, 400, 'invalid_request', `/${name}`]))),
    ['an unpublishAt that is equal to publishAt', { publishAt: '2027-01-01T00:00:00Z', unpublishAt: '2027-01-01T00:00:00.000Z' }, 400, 'invalid_request', '/unpublishAt'],
    ['an unpublishAt before publishAt', { publishAt: '2027-01-01T00:00:00Z', unpublishAt: '2026-01-01T00:00:00Z' }, 400, 'invalid_request', '/unpublishAt'],
    ['texts that are too large together with the stored texts', { metadata: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, '🎬'.repeat(300)])) }, 413, 'too_large', '/metadata'],
  ])('rejects %s, and changes nothing', async (_, body, status, code, pointer) => {
    const video = await makeVideo({}, { description: '🎬'.repeat(2500) });
    const before = await stored(video.videoId);
    const answer = await edit(video, body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
    expect(await stored(video.videoId)).toEqual(before);
  });

  test('stores the longest values in every field at once', async () => {
    const video = await makeVideo();
    const longest = {
      title: 'ж'.repeat(200), description: 'x'.repeat(5000), tags: Array.from({ length: 20 }, (_, n) => `${n}`.padStart(64, 'ж')), visibility: 'unlisted',
      metadata: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}`.padStart(64, 'k'), 'v'.repeat(1024)])),
    };
    expect((await edit(video, longest)).body).toMatchObject(longest);
    expect((await get(video)).body).toMatchObject(longest);
  });

  test('returns 503 for a row of a newer format, and changes nothing', async () => {
    const logged = captureLog();
    const video = await makeVideo({ schemaVersion: 99 });
    expect(await edit(video, { title: 'New' })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await stored(video.videoId))[0]).toEqual(video);
    expect(logged.join('')).toContain('has the format 99');
  });

  describe('publication times', () => {
    const [PAST, SOON, LATER] = ['2026-11-30T09:00:00.000Z', '2026-11-30T11:00:00.000Z', '2026-11-30T12:00:00.000Z'];

    test('are set in the format of the API, and null removes them', async () => {
      const video = await makeVideo();
      const answer = await edit(video, { publishAt: '2026-11-30T11:00:00Z', unpublishAt: '2026-11-30T12:00:00.0004Z' });
      expect(answer).toMatchObject({ status: 200, etag: etagOf({ ...video, revision: 2 }), body: { publishAt: SOON, unpublishAt: LATER } });
      expect(await get(video)).toEqual(answer);
      const removed = await edit({ ...video, revision: 2 }, { publishAt: null, unpublishAt: null });
      for (const name of ['publishAt', 'unpublishAt']) expect(removed.body).not.toHaveProperty(name);
      expect(await get(video)).toEqual(removed);
    });

    test('hide a video from other users, but not from its owner and admins', async () => {
      const video = await makeVideo();
      const edits = [[{ publishAt: SOON }, false], [{ publishAt: PAST }, true], [{ unpublishAt: NOW }, false], [{ unpublishAt: null }, true]] as const;
      for (const [index, [times, isShown]] of edits.entries()) {
        expect((await edit({ ...video, revision: index + 1 }, times)).status).toBe(200);
        expect((await get(video, 'bob')).status).toBe(isShown ? 200 : 404);
        expect((await list({}, 'bob')).includes(video.videoId)).toBe(isShown);
        expect((await list({ tag: 'a' }, 'bob')).includes(video.videoId)).toBe(isShown);
        expect((await list({}, 'ann')).includes(video.videoId)).toBe(isShown);
        expect((await get(video)).status).toBe(200);
        expect(await list({ owner: 'me' }, 'ann')).toContain(video.videoId);
      }
    });

    test('are compared with the stored time', async () => {
      const video = await makeVideo({ publishAt: PAST, unpublishAt: SOON });
      expect(await edit(video, { publishAt: SOON })).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/publishAt' }] } });
      expect(await edit(video, { unpublishAt: PAST })).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/unpublishAt' }] } });
      expect(await edit(video, { publishAt: SOON, unpublishAt: LATER })).toMatchObject({ status: 200, body: { publishAt: SOON, unpublishAt: LATER } });
    });

    test('that are equal to the stored times, or already absent, cause no write', async () => {
      const video = await makeVideo({ publishAt: PAST });
      const before = await stored(video.videoId);
      expect(await edit(video, { publishAt: '2026-11-30T09:00:00Z', unpublishAt: null })).toMatchObject({ status: 200, etag: etagOf(video) });
      expect(await stored(video.videoId)).toEqual(before);
    });

    test.each(['edit', 'transcode'] as const)('are right in the lists if an edit and the end of the transcode overlap and the %s writes first', async (first) => {
      for (const isHidden of [true, false]) {
        const video = await makeVideo({ status: 'processing', ...(!isHidden && { publishAt: SOON }) });
        const end = (): Promise<unknown> => repository().recordReady(video.videoId, 1, { media: { hls: 'hls' }, renditions: [] });
        const change = () => edit(video, { publishAt: isHidden ? SOON : null }, first === 'edit' ? {} : {
          videos: { edit: async (...args) => { await end(); return repository().edit(...args); } },
        });
        expect((await change()).status).toBe(200);
        if (first === 'edit') await end();
        expect((await list({}, 'bob')).includes(video.videoId)).toBe(!isHidden);
        expect((await stored(video.videoId))[0]).toMatchObject({ status: 'ready', ...(isHidden && { dueAt: SOON }) });
      }
    });
  });

  describe('a transfer to another owner', () => {
    const usageOf = async (owner: string) => {
      const { openUploads = 0, videos = 0, storedBytes = 0, uploadsOfDay = 0 } = await read(usageKey(owner)) ?? {};
      return [openUploads, videos, storedBytes, uploadsOfDay];
    };
    const admin = { userId: 'eve', groups: ['bosses'] };
    let people = 0;
    /** Returns the ids of two new users. The first user has 3 videos with 5,000 bytes. */
    const twoPeople = async (): Promise<[string, string]> => {
      const [from, to] = [`from ${++people}`, `auth0|to ${people}`];
      await documents().send(new PutCommand({ TableName: table.tableName, Item: { ...usageKey(from), openUploads: 1, videos: 3, storedBytes: 5000, uploadsOfDay: 2, day: '2026-11-30' } }));
      return [from, to];
    };

    test('changes the owner, the usage of both owners and the lists, and gives the rights to the new owner', async () => {
      const [from, to] = await twoPeople();
      const video = await makeVideo({ owner: from, visibility: 'private' });
      const answer = await edit(video, { owner: to }, admin);
      expect(answer).toMatchObject({ status: 200, etag: etagOf({ ...video, revision: 2 }), body: { owner: to, title: video.title } });
      expect([await usageOf(from), await usageOf(to)]).toEqual([[1, 2, 4000, 2], [0, 1, 1000, 0]]);
      expect([(await get(video, to)).status, (await get(video, from)).status]).toEqual([200, 404]);
      for (const [query, owner, ids] of [[{}, from, []], [{}, to, [video.videoId]], [{ status: 'ready' }, from, []], [{ status: 'ready' }, to, [video.videoId]]] as const) {
        expect(await list({ owner: 'me', ...query }, owner)).toEqual(ids);
        expect(await list({ owner, ...query }, 'eve', ['bosses'])).toEqual(ids);
      }
      const again = { ...video, revision: 2 };
      expect((await edit(again, { title: 'Mine' }, { userId: from, groups: ['watchers'] })).status).toBe(404);
      expect(await edit(again, { title: 'Mine' }, { userId: to })).toMatchObject({ status: 200, body: { title: 'Mine' } });
    });

    test('an admin can take the video of a user who no longer exists, together with new texts', async () => {
      const [gone] = await twoPeople();
      const video = await makeVideo({ owner: gone }, { description: 'old' });
      expect(await list({ owner: gone }, 'eve', ['bosses'])).toEqual([video.videoId]);
      const answer = await edit(video, { owner: 'eve', description: 'new', visibility: 'private' }, admin);
      expect(answer.body).toMatchObject({ owner: 'eve', description: 'new', visibility: 'private' });
      expect(await get(video, 'eve')).toEqual(answer);
      expect(await list({}, 'bob')).not.toContain(video.videoId);
    });

    test.each<[string, Partial<VideoRow>, [videos: number, bytes: number]]>([
      ['in the transcode', { status: 'processing' }, [1, 1000]],
      ['that failed', { status: 'errored', error: { code: 'corrupt', message: 'no' } }, [1, 1000]],
      ['whose upload expired', { status: 'errored', error: { code: 'upload_expired', message: 'late' } }, [1, 0]],
      ['whose source is deleted', { source: { ...videoRow({ videoId: 'x' }).source, state: 'deleted' } }, [1, 0]],
      ['whose source is archived', { source: { ...videoRow({ videoId: 'x' }).source, state: 'archived' } }, [1, 1000]],
    ])('moves the usage of a video %s', async (_, given, [videos, bytes]) => {
      const [from, to] = await twoPeople();
      expect((await edit(await makeVideo({ owner: from, ...given }), { owner: to }, admin)).status).toBe(200);
      expect([await usageOf(from), await usageOf(to)]).toEqual([[1, 3 - videos, 5000 - bytes, 2], [0, videos, bytes, 0]]);
    });

    test('is not limited by the quotas of the new owner', async () => {
      const [from, to] = await twoPeople();
      await documents().send(new PutCommand({ TableName: table.tableName, Item: { ...usageKey(to), openUploads: 10, videos: 1e6, storedBytes: 1e15, uploadsOfDay: 25, day: '2026-11-30' } }));
      expect((await edit(await makeVideo({ owner: from }), { owner: to }, admin)).status).toBe(200);
      expect(await usageOf(to)).toEqual([10, 1e6 + 1, 1e15 + 1000, 25]);
    });

    test('to the same owner changes nothing', async () => {
      const [from] = await twoPeople();
      for (const status of ['waiting', 'ready'] as const) {
        const video = await makeVideo({ owner: from, status });
        expect(await edit(video, { owner: from }, admin)).toMatchObject({ status: 200, etag: etagOf(video) });
        expect((await stored(video.videoId))[0]).toEqual(video);
      }
      expect(await usageOf(from)).toEqual([1, 3, 5000, 2]);
    });

    test('is possible only after the upload', async () => {
      const [from, to] = await twoPeople();
      const video = await makeVideo({ owner: from, status: 'waiting' });
      expect(await edit(video, { owner: to }, admin)).toMatchObject({ status: 409, body: { code: 'wrong_status' } });
      expect(await repository().edit({ row: video, details: {} }, { owner: to })).toBeUndefined();
      expect([(await stored(video.videoId))[0], await usageOf(from), await usageOf(to)]).toEqual([video, [1, 3, 5000, 2], [0, 0, 0, 0]]);
    });

    test.each<[string, unknown, object, number, string]>([
      ['the owner of the video', 'bob', { userId: 'ann' }, 403, 'wrong_role'],
      ['the owner of the video, who keeps it', 'ann', { userId: 'ann' }, 403, 'wrong_role'],
      ['a user who can watch the video', 'bob', { userId: 'bob', groups: ['watchers'] }, 403, 'wrong_role'],
      ['an admin without an id', '', admin, 400, 'invalid_request'],
      ['an admin with an invisible id', '\u200b', admin, 400, 'invalid_request'],
      ['an admin with a line break in the id', 'a\nb', admin, 400, 'invalid_request'],
      ['an admin with half of a surrogate pair in the id', '\ud800', admin, 400, 'invalid_request'],
      ['an admin with a number', 5, admin, 400, 'invalid_request'],
      ['an admin with an id of 256 characters', 'x'.repeat(256), admin, 400, 'invalid_request'],
    ])('is rejected from %s', async (_, owner, caller, status, code) => {
      const video = await makeVideo();
      expect(await edit(video, { owner }, caller)).toMatchObject({ status, body: { code } });
      expect((await stored(video.videoId))[0]).toEqual(video);
    });

    test('of many at the same time, one changes the usage', async () => {
      const [from, to] = await twoPeople();
      const video = await makeVideo({ owner: from });
      const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => edit(video, { owner: n % 2 === 0 ? to : `${to} ${n}` }, admin)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
      const { owner } = (await stored(video.videoId))[0]!;
      expect([await usageOf(from), await usageOf(owner)]).toEqual([[1, 2, 4000, 2], [0, 1, 1000, 0]]);
    });

    test('counts for the owner whom the sweeper finds when it deletes the source', async () => {
      const [from, to] = await twoPeople();
      const video = await makeVideo({ owner: from });
      await edit(video, { owner: to }, admin);
      expect(await repository().markSource(video, 'deleted')).toBe('unchanged');
      expect(await repository().markSource((await repository().find(video.videoId))!, 'deleted')).toBe('changed');
      expect([await usageOf(from), await usageOf(to)]).toEqual([[1, 2, 4000, 2], [0, 1, 0, 0]]);
    });
  });

  /** A person who can watch a video of another user gets 403, and every other person gets the 404 of a video that does not exist. */
  describe.each(VISIBILITIES)('a video with the visibility %s', (visibility) => {
    describe.each<VideoStatus>(['waiting', 'processing', 'ready', 'errored', 'deleting'])('and the status %s', (status) => {
      const isWatchable = status === 'ready' && visibility !== 'private';
      test.each<[string, string, string[], number]>([
        ['its owner', 'ann', ['watchers'], status === 'deleting' ? 404 : 200],
        ['an admin', 'eve', ['bosses'], status === 'deleting' ? 404 : 200],
        ['another viewer', 'bob', ['watchers'], isWatchable ? 403 : 404],
        ['a user without a role', 'bob', [], 403],
      ])('can be edited by %s as the roles allow', async (_, userId, groups, expected) => {
        const video = await makeVideo({ visibility, status });
        const before = await stored(video.videoId);
        for (const ifMatch of [etagOf({ ...video, revision: 9 }), etagOf(video)]) {
          const answer = await edit(video, { title: 'New' }, { userId, groups, ifMatch });
          const isStale = expected === 200 && ifMatch !== etagOf(video);
          expect(answer.status).toBe(isStale ? 412 : expected);
          if (expected !== 200 || isStale) expect(await stored(video.videoId)).toEqual(before);
          if (expected === 404) expect(answer).toEqual(await edit({ videoId: idOf(9999), revision: 1 }, { title: 'New' }, { userId, groups, ifMatch }));
        }
      });
    });
  });

  test('an admin lists the videos of any user, in every status and visibility', async () => {
    const made = [await makeVideo({ owner: 'auth0|dora', visibility: 'private' }), await makeVideo({ owner: 'auth0|dora', status: 'errored' })];
    expect(await list({ owner: 'auth0|dora' }, 'eve', ['bosses'])).toEqual(made.map(({ videoId }) => videoId).reverse());
    expect(await list({ owner: 'auth0|dora', status: 'errored' }, 'eve', ['bosses'])).toEqual([made[1].videoId]);
    expect(await list({ owner: 'nobody' }, 'eve', ['bosses'])).toEqual([]);
    for (const owner of ['auth0|dora', 'nobody']) expect(await call('/streams', { userId: 'bob', groups: ['watchers'], query: { owner } })).toMatchObject({ status: 403, body: { code: 'wrong_role' } });
    expect(await list({ owner: 'auth0|dora' }, 'auth0|dora')).toHaveLength(2);
  });
});
