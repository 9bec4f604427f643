import { DynamoDBDocumentClient, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { Validator } from '@cfworker/json-schema';
import { mockClient } from 'aws-sdk-client-mock';
import { uploadResponseSchema } from '../../src/contract/schemas';
import { parseSourceKey } from '../../src/domain/object-keys';
import { apiEvent } from '../runtime/api-event';

const settings = { maxSize: 1000, contentTypes: ['video/*', 'application/mxf'], expirySeconds: 600, defaultVisibility: 'unlisted' };

/** Returns metadata with the maximum number of entries, each with this value. */
const entries = (value: string) => Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`name ${n}`, value]));

type Entry = typeof import('../../src/upload/manage-uploads.lambda');

describe('upload/manage-uploads', () => {
  const dynamodb = mockClient(DynamoDBDocumentClient);
  let handler: Entry['handler'];

  beforeAll(() => {
    // The handler reads its environment when it is imported.
    Object.assign(process.env, {
      TABLE_NAME: 'videos',
      SERVICE_URL: 'https://videos.example.com',
      SOURCE_BUCKET: 'sources',
      SOURCE_ADDRESS: 'https://sources.s3.eu-central-1.amazonaws.com',
      UPLOAD_SETTINGS: JSON.stringify(settings),
      ROLES: JSON.stringify({ uploaders: ['makers'], admins: ['bosses'] }),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the-secret',
      AWS_SESSION_TOKEN: 'the-session',
    });
    ({ handler } = jest.requireActual<Entry>('../../src/upload/manage-uploads.lambda'));
  });
  beforeEach(() => dynamodb.reset());

  const plan = async (body: unknown, userId: string | undefined = 'ann', groups = ['makers']) => {
    const { statusCode, body: text } = await handler(apiEvent('POST', '/upload', { userId, groups, body }));
    return { statusCode, body: JSON.parse(text) };
  };
  const file = { fileName: 'holiday.mp4', contentType: 'video/mp4', size: 1000 };
  const row = () => dynamodb.commandCalls(PutCommand)[0].args[0].input.Item!;

  test('creates the video and returns the signed request for its upload', async () => {
    const before = Date.now();
    const { statusCode, body } = await plan(file);
    expect(statusCode).toBe(201);
    expect(new Validator(uploadResponseSchema as object, '4').validate(body)).toEqual({ valid: true, errors: [] });
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
      source: { bucket: 'sources', key: `source/${video.videoId}/original`, fileName: 'holiday.mp4', contentType: 'video/mp4', size: 1000 },
    });
    expect(dynamodb.commandCalls(PutCommand)[0].args[0].input.ConditionExpression).toContain('attribute_not_exists');
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
    const [{ args: [{ input: { TransactItems = [] } }] }] = dynamodb.commandCalls(TransactWriteCommand);
    expect(TransactItems.map(({ Put }) => Put?.Item)).toEqual([expect.objectContaining(short), expect.objectContaining({ sk: 'details', description, metadata })]);
  });

  test('compares content types case-insensitively and signs the lower-case type', async () => {
    const { statusCode, body } = await plan({ ...file, contentType: 'Video/QuickTime' });
    expect(statusCode).toBe(201);
    expect(body.upload.headers['content-type']).toBe('video/quicktime');
  });

  test('does not use the file name in a key, URL or header', async () => {
    const fileName = '../../x%0d%0aset-cookie: a=b/"ü🎬.mp4';
    const { statusCode, body } = await plan({ ...file, fileName });
    expect(statusCode).toBe(201);
    expect(body.video.title).toBe(fileName);
    expect(parseSourceKey(row().source.key)).toEqual({ videoId: body.video.videoId });
    expect(row().source.fileName).toBe(fileName);
    expect(JSON.stringify(body.upload)).not.toMatch(/cookie|%22|%F0|🎬/);
  });

  test.each([
    [413, 'too_large', { ...file, size: 1001 }],
    [415, 'type_not_allowed', { ...file, contentType: 'text/html' }],
    [400, 'invalid_request', { ...file, size: 0 }],
    [400, 'invalid_request', { ...file, size: 1.5 }],
    [400, 'invalid_request', { ...file, contentType: 'video/mp4; codecs=x' }],
    [400, 'invalid_request', { ...file, fileName: 'x\r\nset-cookie: a=b' }],
    [400, 'invalid_request', { ...file, owner: 'bob' }],
    [400, 'invalid_request', { ...file, visibility: 'public' }],
    [400, 'invalid_request', { contentType: 'video/mp4', size: 1 }],
  ])('returns %i %s and creates nothing', async (status, code, body) => {
    const answer = await plan(body);
    expect({ status: answer.statusCode, code: answer.body.code }).toEqual({ status, code });
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test.each([
    ['20 values of 1,024 letters', { metadata: entries('x'.repeat(1024)) }, undefined],
    ['the longest description there is', { description: '🎬'.repeat(5000) }, undefined],
    ['20 values of 500 characters that take four bytes each', { metadata: entries('🎬'.repeat(500)) }, '/metadata'],
    ['fields whose sum is too large', { metadata: entries('ж'.repeat(600)), description: 'ж'.repeat(5000), tags: ['🎬'.repeat(64), 'ж'.repeat(64), 'x'], title: '🎬'.repeat(200) }, '/metadata'],
  ])('limits the text fields of a video to 32 KiB in UTF-8: %s', async (_, written, pointer) => {
    const { statusCode, body } = await plan({ ...file, ...written });
    expect({ statusCode, code: body.code, pointer: body.errors?.[0].pointer }).toEqual({ statusCode: pointer ? 413 : 201, code: pointer && 'too_large', pointer });
    expect(dynamodb.calls()).toHaveLength(pointer ? 0 : 1);
    if (pointer) expect(body.detail).toMatch(/^the text fields of the video are too large: 3\d(\.\d+)? KiB in UTF-8, at most 32 KiB are allowed\. Shorten metadata$/);
  });

  test.each([['in no group', []], ['a viewer', ['watchers', 'maker']]])('returns 403 to a caller who is %s, and creates nothing', async (_, groups) => {
    for (const body of [file, { ...file, size: 1001 }, { ...file, contentType: 'text/html' }]) {
      expect(await plan(body, 'ann', groups)).toMatchObject({ statusCode: 403, body: { code: 'wrong_role' } });
    }
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('accepts uploads of admins', async () => {
    expect((await plan(file, 'ann', ['bosses'])).statusCode).toBe(201);
  });

  test('requires a caller', async () => {
    const { statusCode } = await handler(apiEvent('POST', '/upload', { body: file }));
    expect(statusCode).toBe(401);
    expect(dynamodb.calls()).toHaveLength(0);
  });

  test('does not log the signed URL if the row cannot be created', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    dynamodb.on(PutCommand).rejects(new Error('no capacity'));
    expect((await plan(file)).statusCode).toBe(500);
    expect(JSON.stringify(log.mock.calls)).toContain('no capacity');
    expect(JSON.stringify(log.mock.calls)).not.toMatch(/X-Amz|the-se/);
  });
});
