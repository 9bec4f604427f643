import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { AbortMultipartUploadCommand, CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { CRC, KEY, MIB, s3Error, SETTINGS, uploadHandler } from './upload-handler';
import { parseSourceKey } from '../../src/domain/object-keys';

/** Returns metadata with the maximum number of entries, each with this value. */
const entries = (value: string) => Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`name ${n}`, value]));

describe('upload/manage-uploads creates an upload', () => {
  const { dynamodb, s3, sts, send } = uploadHandler();
  const plan = (body: unknown, userId = 'ann', groups = ['makers']) => send('planUpload', { body, userId, groups });
  const file = { fileName: 'holiday.mp4', contentType: 'video/mp4', size: 20 * MIB };
  const items = () => dynamodb.commandCalls(TransactWriteCommand)[0].args[0].input.TransactItems!;
  const row = () => items().flatMap(({ Put }) => Put?.Item ?? [])[0];

  test('creates the video and returns the signed request for its upload', async () => {
    const before = Date.now();
    const { status, body } = await plan(file);
    expect(status).toBe(201);
    const { video, upload } = body;
    expect(video).toMatchObject({ title: 'holiday.mp4', tags: [], visibility: 'unlisted', owner: 'ann', status: 'waiting', progress: 0 });
    expect(upload).toMatchObject({ kind: 'single', method: 'PUT', headers: { 'content-type': 'video/mp4', 'if-none-match': '*' } });
    expect(new URL(upload.url).pathname).toBe(`/source/${video.videoId}/original`);
    expect(new URL(upload.url).searchParams.get('X-Amz-Expires')).toBe('600');
    expect(Date.parse(upload.expiresAt)).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(Date.parse(upload.expiresAt)).toBeGreaterThan(before + 598_000);
    expect(row()).toMatchObject({
      videoId: video.videoId,
      status: 'waiting',
      owner: 'ann',
      source: { bucket: 'sources', key: `source/${video.videoId}/original`, fileName: 'holiday.mp4', contentType: 'video/mp4', size: 20 * MIB },
    });
    expect(items().find(({ Put }) => Put)!.Put!.ConditionExpression).toContain('attribute_not_exists');
  });

  test('treats an empty description and an empty map as absent', async () => {
    const { status, body } = await plan({ ...file, description: '', metadata: {} });
    expect(status).toBe(201);
    for (const absent of ['description', 'metadata']) expect(body.video).not.toHaveProperty(absent);
    expect(items().some(({ Put }) => Put?.Item?.sk === 'details')).toBe(false);
  });

  test('creates time-sortable ids (UUID version 7)', async () => {
    const videoIds: string[] = [];
    for (let i = 0; i < 20; i++) videoIds.push((await plan(file)).body.video.videoId);
    expect([...videoIds].sort()).toEqual(videoIds);
    for (const videoId of videoIds) expect(videoId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('stores the declared fields', async () => {
    const said = { title: 'Holiday', description: 'At sea', tags: ['sea'], visibility: 'private', metadata: { camera: 'one' } };
    const { body } = await plan({ ...file, ...said });
    expect(body.video).toMatchObject(said);
    const { description, metadata, ...short } = said;
    expect(items().flatMap(({ Put }) => Put?.Item ?? [])).toEqual([expect.objectContaining(short), expect.objectContaining({ sk: 'details', description, metadata }),
      { pk: 'titles#ann', sk: `holiday\t${body.video.videoId}` }, { pk: 'owntag#ann#sea', sk: body.video.videoId }]);
  });

  test('stores the publication times in the format of the API', async () => {
    const { body } = await plan({ ...file, publishAt: '2020-01-01T00:00:00Z', unpublishAt: '2020-01-02T00:00:00.1234Z' });
    const times = { publishAt: '2020-01-01T00:00:00.000Z', unpublishAt: '2020-01-02T00:00:00.123Z' };
    expect(body.video).toMatchObject(times);
    expect(row()).toMatchObject(times);
  });

  test('compares content types case-insensitively and signs the lower-case type', async () => {
    const { status, body } = await plan({ ...file, contentType: 'Video/QuickTime' });
    expect(status).toBe(201);
    expect(body.upload.headers['content-type']).toBe('video/quicktime');
  });

  test('does not use the file name in a key, URL or header', async () => {
    const fileName = '../../x%0d%0aset-cookie: a=b/"ü🎬.mp4';
    const { status, body } = await plan({ ...file, fileName });
    expect(status).toBe(201);
    expect(body.video.title).toBe(fileName);
    expect(parseSourceKey(row().source.key)).toEqual({ videoId: body.video.videoId });
    expect(row().source.fileName).toBe(fileName);
    expect(JSON.stringify(body.upload)).not.toMatch(/cookie|%22|%F0|🎬/);
  });

  test.each([
    [413, 'too_large', { ...file, size: 1000 * MIB + 1 }],
    [415, 'type_not_allowed', { ...file, contentType: 'text/html' }],
    [400, 'invalid_request', { ...file, tags: ['Sea', '\uff33\uff25\uff21'] }],
    [400, 'invalid_request', { ...file, size: 0 }],
    [400, 'invalid_request', { ...file, size: 1.5 }],
    [400, 'invalid_request', { ...file, contentType: 'video/mp4; codecs=x' }],
    [400, 'invalid_request', { ...file, fileName: 'x\r\nset-cookie: a=b' }],
    [400, 'invalid_request', { ...file, owner: 'bob' }],
    [400, 'invalid_request', { ...file, publishAt: null }],
    [400, 'invalid_request', { ...file, publishAt: '' }],
    [400, 'invalid_request', { ...file, publishAt: '2027-02-30T00:00:00Z' }],
    [400, 'invalid_request', { ...file, unpublishAt: '9999-12-31T23:59:59Z' }],
    [400, 'invalid_request', { ...file, publishAt: '2027-01-02T00:00:00Z', unpublishAt: '2027-01-01T00:00:00Z' }],
    [400, 'invalid_request', { ...file, visibility: 'public' }],
    [400, 'invalid_request', { contentType: 'video/mp4', size: 1 }],
  ])('returns %i %s and creates nothing', async (status, code, body) => {
    const answer = await plan(body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test.each([
    ['20 values of 1,024 letters', { metadata: entries('x'.repeat(1024)) }, undefined],
    ['the longest description there is', { description: '🎬'.repeat(5000) }, undefined],
    ['20 values of 500 characters that take four bytes each', { metadata: entries('🎬'.repeat(500)) }, '/metadata'],
    ['fields whose sum is too large', { metadata: entries('ж'.repeat(600)), description: 'ж'.repeat(5000), tags: ['🎬'.repeat(64), 'ж'.repeat(64), 'x'], title: '🎬'.repeat(200) }, '/metadata'],
  ])('limits the text fields of a video to 32 KiB in UTF-8: %s', async (_, written, pointer) => {
    const { status, body } = await plan({ ...file, ...written });
    expect({ status, code: body.code, pointer: body.errors?.[0].pointer }).toEqual({ status: pointer ? 413 : 201, code: pointer && 'too_large', pointer });
    expect(dynamodb.calls()).toHaveLength(pointer ? 0 : 1);
    if (pointer) expect(body.detail).toMatch(/^the text fields of the video are too large: 3\d(\.\d+)? KiB in UTF-8, at most 32 KiB are allowed\. Shorten metadata$/);
  });

  test.each([['in no group', []], ['a viewer', ['watchers', 'maker']]])('returns 403 to a caller who is %s, and creates nothing', async (_, groups) => {
    for (const body of [file, { ...file, size: 1000 * MIB + 1 }, { ...file, contentType: 'text/html' }]) {
      expect(await plan(body, 'ann', groups)).toMatchObject({ status: 403, body: { code: 'wrong_role' } });
    }
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('accepts uploads of admins', async () => {
    expect((await plan(file, 'ann', ['bosses'])).status).toBe(201);
  });

  test('requires a caller', async () => {
    expect((await send('planUpload', { userId: '', body: file })).status).toBe(401);
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('does not log the signed URL if the row cannot be created', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    dynamodb.on(TransactWriteCommand).rejects(new Error('no capacity'));
    expect((await plan(file)).status).toBe(500);
    expect(JSON.stringify(log.mock.calls)).toContain('no capacity');
    expect(JSON.stringify(log.mock.calls)).not.toMatch(/X-Amz|the-se|sign-se/);
  });

  test('signs the declared checksum, and stores it', async () => {
    const { body: { upload } } = await plan({ ...file, checksum: CRC });
    expect(upload.headers).toEqual({ 'content-type': 'video/mp4', 'if-none-match': '*', 'x-amz-checksum-crc32': CRC });
    expect(new URL(upload.url).searchParams.get('X-Amz-SignedHeaders')).toContain('x-amz-checksum-crc32');
    expect(new URL(upload.url).searchParams.has('x-amz-checksum-crc32')).toBe(false);
    expect(row().source.checksum).toBe(CRC);
  });

  test('signs with the put-only role, and does not call S3 for a file of at most multipartThreshold', async () => {
    const { body: { upload } } = await plan(file);
    expect(new URL(upload.url).searchParams.get('X-Amz-Credential')).toMatch(/^AKIDSIGN\//);
    expect(s3.calls()).toHaveLength(0);
    expect(row()).not.toHaveProperty('multipart');
  });

  describe('in parts', () => {
    const large = { ...file, size: 20 * MIB + 1 };
    beforeEach(() => { s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'new-upload' }); });

    test('starts a multipart upload with the content type and a CRC32 of the whole file', async () => {
      const before = Date.now();
      const { status, body: { video, upload } } = await plan({ ...large, contentType: 'Video/MP4', checksum: CRC });
      expect(status).toBe(201);
      expect(upload).toEqual({ kind: 'multipart', partSize: 16 * MIB, partCount: 2, expiresAt: expect.any(String) });
      expect(Date.parse(upload.expiresAt)).toBeGreaterThanOrEqual(before + 24 * 3600_000);
      expect(Date.parse(upload.expiresAt)).toBeLessThanOrEqual(Date.now() + 24 * 3600_000);
      expect(s3.commandCalls(CreateMultipartUploadCommand).map(({ args }) => args[0].input)).toEqual([
        { Bucket: 'sources', Key: KEY.replace(/[0-9a-f-]{36}/, video.videoId), ContentType: 'video/mp4', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' },
      ]);
      expect(row()).toMatchObject({ status: 'waiting', multipart: { id: 'new-upload', partSize: 16 * MIB }, source: { checksum: CRC } });
    });

    test('aborts the multipart upload if the row cannot be created', async () => {
      const log = jest.spyOn(console, 'error').mockImplementation();
      dynamodb.on(TransactWriteCommand).rejects(new Error('no capacity'));
      expect((await plan(large)).status).toBe(500);
      expect(s3.commandCalls(AbortMultipartUploadCommand).map(({ args }) => args[0].input.UploadId)).toEqual(['new-upload']);
      s3.on(AbortMultipartUploadCommand).rejects(s3Error('AccessDenied', 403));
      expect((await plan(large)).status).toBe(500);
      expect(JSON.stringify(log.mock.calls)).toMatch(/upload not aborted.*no capacity/);
    });

    test.each([
      ['a slow request', Object.assign(new Error('aborted'), { name: 'AbortError' })],
      ['a timeout', Object.assign(new Error('timeout'), { name: 'TimeoutError' })],
      ['SlowDown', s3Error('SlowDown', 503)],
      ['InternalError', s3Error('InternalError', 500)],
    ])('returns 503 if S3 fails with %s, and creates nothing', async (_, error) => {
      jest.spyOn(console, 'warn').mockImplementation();
      s3.on(CreateMultipartUploadCommand).rejects(error);
      expect(await plan(large)).toMatchObject({ status: 503, body: { code: 'unavailable', detail: expect.stringContaining('Repeat the request') } });
      expect(dynamodb.commandCalls(TransactWriteCommand)).toHaveLength(0);
    });

    test('returns 500 if S3 denies access', async () => {
      jest.spyOn(console, 'error').mockImplementation();
      s3.on(CreateMultipartUploadCommand).rejects(s3Error('AccessDenied', 403));
      expect(await plan(large)).toMatchObject({ status: 500, body: { code: 'internal' } });
    });
  });

  describe('of a user with quotas', () => {
    const today = new Date().toISOString().slice(0, 10);
    const usage = { openUploads: 0, videos: 0, storedBytes: 0, day: today, uploadsOfDay: 0 };
    const large = { ...file, size: 20 * MIB + 1 };
    const limitedTo = (used: object) => dynamodb.on(TransactWriteCommand).rejects(new TransactionCanceledException({
      message: 'canceled', $metadata: {}, CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: marshall({ ...usage, ...used }) }, { Code: 'None' }],
    }));

    test.each<[object, RegExp]>([
      [{ openUploads: 10 }, /^you have 10 open uploads, which is the limit\. Complete or abort an upload\. An upload expires after 24 h without a new part\. GET \/streams\?owner=me&status=waiting lists your open uploads$/],
      [{ videos: 100 }, /^you have 100 videos, which is the limit\. Abort an open upload, or ask an operator of the service to delete videos$/],
      [{ storedBytes: 4980 * MIB }, /^together with this file, your files would exceed the limit of 4\.89 GiB\. A file that is not uploaded completely counts with its whole size\. Abort an open upload, or ask an operator/],
      [{ uploadsOfDay: 50 }, /^you have started 50 uploads and retries today, which is the limit\. You can start the next upload at \d{4}-\d\d-\d\dT00:00:00\.000Z$/],
    ])('returns 429 that names the limit, and leaves no multipart upload: %j', async (used, detail) => {
      s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'new-upload' });
      limitedTo(used);
      expect(await plan(large)).toMatchObject({ status: 429, body: { code: 'limit_reached', detail: expect.stringMatching(detail) } });
      expect(s3.commandCalls(AbortMultipartUploadCommand).map(({ args }) => args[0].input.UploadId)).toEqual(['new-upload']);
    });

    test('limits no admin', async () => {
      const conditionOf = async (groups: string[]) => {
        dynamodb.resetHistory();
        expect((await plan(file, 'ann', groups)).status).toBe(201);
        return items()[0].Update!.ConditionExpression;
      };
      expect(await conditionOf(['makers'])).toContain('#openUploads');
      expect(await conditionOf(['bosses'])).not.toContain('#openUploads');
    });
  });

  test.each([[0], [-1], [2 ** 53], [SETTINGS.maxSize + 1], ['5'], [null]])('rejects the size %s', async (size) => {
    const { status, body } = await plan({ ...file, size });
    expect([status, body.code]).toEqual(typeof size === 'number' && size > 0 ? [413, 'too_large'] : [400, 'invalid_request']);
    expect([...dynamodb.calls(), ...s3.calls(), ...sts.commandCalls(AssumeRoleCommand)]).toEqual([]);
  });

  test.each<[number, object]>([
    [SETTINGS.maxSize + 1, { detail: expect.stringMatching(/ by 1 byte$/) }],
    [0, { errors: [{ pointer: '/size', detail: '0 is less than 1.' }] }],
  ])('describes the problem of the size %s', async (size, problem) => {
    expect((await plan({ ...file, size })).body).toMatchObject(problem);
  });

  test.each(['yZRlqg=', 'yZRlqh==', 'yZRlqgAA', '', 'c9946 5aa', '0xc99465aa', 7])('rejects the checksum %j', async (checksum) => {
    expect(await plan({ ...file, checksum })).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/checksum' }] } });
    expect(dynamodb.calls()).toHaveLength(0);
  });
});
