import { GetObjectTaggingCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { ingestKey, usageKey, VideoRow } from '../../src/contract/table';
import { ingestObjects } from '../../src/ingest/ingest-objects.runtime';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { captureLog } from '../captured-log';
import { CatalogTable, catalogTable, idOf } from '../runtime/rows/catalog-table';
import { s3Error } from '../upload/upload-handler';

const [s3, sqs] = [mockClient(S3Client), mockClient(SQSClient)];
const SUBMIT_QUEUE = 'https://sqs.us-east-1.amazonaws.com/123456789012/submit';

let table: CatalogTable;
let documents: DynamoDBDocumentClient;
let ids = 0;
let logged: string[];
beforeAll(async () => {
  table = await catalogTable();
  documents = DynamoDBDocumentClient.from(table.client);
});
afterAll(() => table.close());
beforeEach(() => {
  s3.reset();
  sqs.reset();
  s3.on(HeadObjectCommand).resolves({ ContentLength: 5, ContentType: 'video/mp4' });
  s3.on(GetObjectTaggingCommand).resolves({ TagSet: [] });
  logged = captureLog();
});

let keys = 0;
const newKey = () => `ingest/show ${++keys}/film.mp4`;

function created(key: string, object: object = {}): string {
  return JSON.stringify({ 'detail-type': 'Object Created', 'detail': { bucket: { name: 'sources' }, object: { key, size: 5, etag: 'e1', sequencer: '0', ...object } } });
}

/** Returns the ids of the failed messages. */
async function send(...bodies: string[]): Promise<string[]> {
  const handler = ingestObjects({
    videos: videoRepository(table.tableName, { client: table.client }),
    s3: new S3Client({}),
    sqs: new SQSClient({}),
    submitQueueUrl: SUBMIT_QUEUE,
    newId: () => idOf(++ids),
    settings: { sources: [{ bucket: 'sources', prefix: 'ingest/' }], defaultOwner: 'newsroom', defaultVisibility: 'unlisted' },
  });
  const records = bodies.map((body, index) => ({ body, messageId: `${index}` }));
  const { batchItemFailures } = await handler({ Records: records } as Parameters<typeof handler>[0]);
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

async function videosOf(key: string): Promise<VideoRow[]> {
  const { Items } = await documents.send(new ScanCommand({ TableName: table.tableName, ConsistentRead: true }));
  return (Items as VideoRow[]).filter(({ sk, source }) => sk === 'video' && source.key === key);
}

async function usageOf(owner: string): Promise<Record<string, any> | undefined> {
  return (await documents.send(new GetCommand({ TableName: table.tableName, Key: usageKey(owner), ConsistentRead: true }))).Item;
}

const submitted = () => sqs.commandCalls(SendMessageCommand).map(({ args: [{ input }] }) => JSON.parse(input.MessageBody!));

const described = (metadata: object) => ({ ContentLength: 5, Metadata: { vod: encodeURIComponent(JSON.stringify(metadata)) } });

describe('a new object', () => {
  test('becomes one video, which waits for its job', async () => {
    const key = newKey();
    expect(await send(created(key))).toEqual([]);
    const [row, ...others] = await videosOf(key);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      status: 'uploaded', attempt: 1, version: 1, owner: 'newsroom', visibility: 'unlisted', title: 'film.mp4', tags: [],
      source: { bucket: 'sources', key, etag: 'e1', fileName: 'film.mp4', contentType: 'video/mp4', size: 5 },
    });
    expect(row.dueAt).toBeDefined();
    expect(submitted()).toEqual([{ videoId: row.videoId, attempt: 1 }]);
    expect(s3.commandCalls(HeadObjectCommand)[0].args[0].input).toEqual({ Bucket: 'sources', Key: key, IfMatch: '"e1"' });
  });

  test('counts for its owner, but no quota limits it', async () => {
    s3.on(HeadObjectCommand).resolves({ ...described({ owner: 'studio' }), ContentLength: 2 ** 45 });
    await send(created(newKey()), created(newKey()));
    expect(await usageOf('studio')).toMatchObject({ videos: 2, storedBytes: 2 ** 46 });
    expect(await usageOf('studio')).not.toHaveProperty('uploadsOfDay');
  });

  test('has the texts of its metadata', async () => {
    const key = newKey();
    s3.on(HeadObjectCommand).resolves(described({
      title: 'Ünïted 100 %', description: 'two\nlines', tags: ['news', 'köln'], visibility: 'private', metadata: { house: '7' }, owner: 'ann|7',
    }));
    expect(await send(created(key))).toEqual([]);
    const [row] = await videosOf(key);
    expect(row).toMatchObject({ title: 'Ünïted 100 %', tags: ['news', 'köln'], visibility: 'private', owner: 'ann|7' });
    const { details } = (await videoRepository(table.tableName, { client: table.client }).findWhole(row.videoId))!;
    expect(details).toEqual({ description: 'two\nlines', metadata: { house: '7' } });
  });

  test('has the owner and the visibility of its tags, if the metadata differs', async () => {
    const key = newKey();
    s3.on(HeadObjectCommand).resolves(described({ owner: 'ann', visibility: 'private' }));
    s3.on(GetObjectTaggingCommand).resolves({ TagSet: [{ Key: 'vod-owner', Value: 'bob' }, { Key: 'vod-visibility', Value: 'signed-in' }, { Key: 'team', Value: 'x' }] });
    await send(created(key));
    expect((await videosOf(key))[0]).toMatchObject({ owner: 'bob', visibility: 'signed-in' });
  });

  test.each([['a control character', '\u0007'], ['a line break', 'a\nb.mp4'], ['more than 255 characters', 'x'.repeat(256)]])('gets its id as its title if the name of its file has %s', async (_, name) => {
    const key = `${newKey()}${name}`;
    await send(created(key));
    const [row] = await videosOf(key);
    expect(row.title).toBe(row.videoId);
  });

  test.each(['film', 'x'.repeat(200), 'video/mp4; a=b', 'v/\n'])('gets a general content type instead of %j', async (ContentType) => {
    const key = newKey();
    s3.on(HeadObjectCommand).resolves({ ContentLength: 5, ContentType });
    await send(created(key));
    expect((await videosOf(key))[0].source.contentType).toBe('application/octet-stream');
  });
});

describe('an object creates only one video', () => {
  test('if its event arrives again, also at the same time', async () => {
    const key = newKey();
    expect(await send(created(key), created(key), created(key))).toEqual([]);
    expect(await send(created(key))).toEqual([]);
    expect(await videosOf(key)).toHaveLength(1);
    expect(new Set(submitted().map(({ videoId }) => videoId))).toEqual(new Set((await videosOf(key)).map(({ videoId }) => videoId)));
  });

  test('if the function ended before it requested the job; the next delivery requests the job', async () => {
    const key = newKey();
    sqs.on(SendMessageCommand).rejectsOnce(new Error('lost')).resolves({});
    expect(await send(created(key))).toEqual(['0']);
    expect(await send(created(key))).toEqual([]);
    const rows = await videosOf(key);
    expect(rows).toHaveLength(1);
    expect(submitted()).toEqual([rows[0], rows[0]].map(({ videoId }) => ({ videoId, attempt: 1 })));
  });

  test('and requests no further job when the attempt is claimed', async () => {
    const key = newKey();
    await send(created(key));
    const [{ videoId }] = await videosOf(key);
    await videoRepository(table.tableName, { client: table.client }).claim(videoId, 1, 'message', new Date());
    await send(created(key));
    expect(submitted()).toHaveLength(1);
  });

  test('if an event of a bucket without versioning contains the version id null', async () => {
    const key = newKey();
    await send(created(key, { 'version-id': 'null' }), created(key), created(key, { 'version-id': '' }));
    expect(await videosOf(key)).toHaveLength(1);
    await send(created(key, { 'version-id': 'null', 'etag': 'e2' }));
    expect(await videosOf(key)).toHaveLength(2);
  });

  test('but a new version or a replaced object with the same key creates another video', async () => {
    const key = newKey();
    await send(created(key, { 'version-id': 'v1' }), created(key, { 'version-id': 'v2' }), created(key, { etag: 'e2' }));
    expect(await videosOf(key)).toHaveLength(3);
  });
});

describe('no video is created for', () => {
  test.each([['a folder', 'ingest/show/', 0], ['an empty object', 'ingest/empty.mp4', 0], ['a folder with content', 'ingest/odd/', 5]])('%s', async (_, key, size) => {
    expect(await send(created(key, { size }))).toEqual([]);
    expect(await videosOf(key)).toEqual([]);
    expect(s3.calls()).toEqual([]);
  });

  test.each([['replaced', s3Error('PreconditionFailed', 412)], ['deleted', s3Error('NotFound', 404)]])('an object that was %s', async (_, error) => {
    const key = newKey();
    s3.on(HeadObjectCommand).rejects(error);
    expect(await send(created(key))).toEqual([]);
    expect(await videosOf(key)).toEqual([]);
    expect(logged.join()).toContain('ignored: the object was deleted or replaced');
  });
});

describe('a message fails, so that SQS moves it to the dead-letter queue, and the log contains the reason', () => {
  const cases: [name: string, given: { head?: object; tags?: Record<string, string>; error?: Error; key?: string }, reason: string][] = [
    ['invalid percent-encoding', { head: { Metadata: { vod: '%7B%' } } }, 'the metadata x-amz-meta-vod is not percent-encoded UTF-8'],
    ['bytes that are not UTF-8', { head: { Metadata: { vod: '%ff%fe' } } }, 'the metadata x-amz-meta-vod is not percent-encoded UTF-8'],
    ['no JSON', { head: { Metadata: { vod: 'title' } } }, 'the metadata x-amz-meta-vod is not JSON'],
    ['a JSON array', { head: { Metadata: { vod: '%5B%5D' } } }, 'the metadata x-amz-meta-vod does not match its schema'],
    ['an unknown field', { head: described({ titel: 'x' }) }, '/titel is not an allowed field'],
    ['a wrong type', { head: described({ tags: 'x' }) }, '/tags'],
    ['a long title', { head: described({ title: 'x'.repeat(201) }) }, '/title'],
    ['a repeated name', { head: { Metadata: { vod: encodeURIComponent('{"owner":"ann","owner":"bob"}') } } }, 'can be given only once'],
    ['a blank title', { head: described({ title: '\u3164' }) }, 'title is blank'],
    ['two tags that differ only in accents', { head: described({ tags: ['Caf\u00e9', 'cafe'] }) }, 'and \\"cafe\\" are the same tag'],
    ['a blank owner', { head: described({ owner: '\u200b' }) }, 'the owner of the object: expected one line of 1 to 255 characters'],
    ['an unknown visibility', { head: described({ visibility: 'public' }) }, '/visibility'],
    ['an unknown visibility tag', { tags: { 'vod-visibility': 'Private' } }, 'the tag vod-visibility: expected signed-in or unlisted or private, got'],
    ['a blank owner tag', { tags: { 'vod-owner': ' ' } }, 'the owner of the object: expected one line of 1 to 255 characters'],
    ['a denied request', { error: s3Error('Forbidden', 403) }, 'S3 denied access'],
    ['an unavailable S3', { error: s3Error('InternalError', 500) }, 'S3: InternalError'],
    ['a path segment ..', { key: 'ingest/../source/x/original' }, 'the key contains the path segment'],
    ['an owner of two lines', { head: described({ owner: 'a\nb' }) }, '/owner'],
    ['a key outside of the prefix', { key: 'source/x/original' }, 'the object matches no source of VodIngest'],
  ];
  test.each(cases)('%s', async (_, { head, tags = {}, error, key = newKey() }, reason) => {
    if (head) s3.on(HeadObjectCommand).resolves({ ContentLength: 5, ...head });
    if (error) s3.on(HeadObjectCommand).rejects(error);
    s3.on(GetObjectTaggingCommand).resolves({ TagSet: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });
    const other = newKey();
    s3.on(HeadObjectCommand, { Key: other }).resolves({ ContentLength: 5 });
    s3.on(GetObjectTaggingCommand, { Key: other }).resolves({ TagSet: [] });
    expect(await send(created(key), created(other))).toEqual(['0']);
    expect(await videosOf(key)).toEqual([]);
    expect(await videosOf(other)).toHaveLength(1);
    expect(logged.join()).toContain(reason);
  });

  test.each(['', 'null', '{}', '{"detail":{}}', '{"detail":{"bucket":{"name":"sources"},"object":{"key":"ingest/a"}}}', '{"detail":{"bucket":null,"object":7}}'])('the unknown message %p', async (body) => {
    expect(await send(body)).toEqual(['0']);
  });

  test('an object without an owner, if there is no default owner', async () => {
    const handler = ingestObjects({
      videos: videoRepository(table.tableName, { client: table.client }),
      s3: new S3Client({}), sqs: new SQSClient({}), submitQueueUrl: SUBMIT_QUEUE, newId: () => idOf(++ids),
      settings: { sources: [{ bucket: 'sources', prefix: '' }], defaultVisibility: 'private' },
    });
    const event = { Records: [{ body: created('film.mp4'), messageId: 'm' }] } as Parameters<typeof handler>[0];
    expect(await handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(logged.join()).toContain('the object has no owner. Set the tag vod-owner');
  });
});

test('a key and a version of the maximum length fit into the keys of DynamoDB', async () => {
  const key = `ingest/${'é'.repeat(508)}x`;
  expect(Buffer.byteLength(key)).toBe(1024);
  const version = 'v'.repeat(1024);
  expect(await send(created(key, { 'version-id': version }))).toEqual([]);
  expect(await videosOf(key)).toHaveLength(1);
  expect(Buffer.byteLength(ingestKey({ bucket: 'b'.repeat(63), key, version }).pk)).toBeLessThan(2048);
});
