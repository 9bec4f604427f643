import { createHash, randomBytes } from 'crypto';
import { existsSync, readdirSync, writeFileSync } from 'fs';
import { request as httpRequest } from 'http';
import { join } from 'path';
import { Readable } from 'stream';
import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, crc32, md5, startFake, stackOf, uploadTo, useS3 } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import { until } from '../fakes';

const BUCKET = 'sources';
const MIB = 1024 * 1024;
const { stack, access, service, store, client, endpoint, raw, deny } = useS3(bucketOf(BUCKET));

const put = (Key: string, Body: string | Buffer = 'x', more: Partial<s3.PutObjectCommandInput> = {}) =>
  client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const bytesOf = async (Key: string, more: Partial<s3.GetObjectCommandInput> = {}) =>
  Buffer.from(await (await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key, ...more }))).Body!.transformToByteArray());
const leftovers = () => ['.incoming', BUCKET].map((folder) => readdirSync(join(stack.dataFolder, 's3', folder)).length);

test('returns an object and its metadata as they were put', async () => {
  const data = randomBytes(300_000);
  const answer = await put('a/b c+ü%?.bin', data, { ContentType: 'video/mp4', CacheControl: 'max-age=1' });
  expect(answer.ETag).toBe(`"${md5(data)}"`);
  const got = await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'a/b c+ü%?.bin' }));
  expect(got).toMatchObject({ ContentType: 'video/mp4', ContentLength: 300_000, CacheControl: 'max-age=1', AcceptRanges: 'bytes' });
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true);
  expect(store.get(BUCKET, 'a/b c+ü%?.bin')).toMatchObject({ size: 300_000, etag: answer.ETag, contentType: 'video/mp4' });
});

test('keys cannot leave the folder; complete objects survive a restart, partial ones do not', async () => {
  await put('../../../escape', 'out');
  await put('..', 'dots');
  await put('..', 'more dots');
  expect(store.get(BUCKET, '../../../escape')!.path.startsWith(join(stack.dataFolder, 's3', BUCKET))).toBe(true);
  const half = join(stack.dataFolder, 's3', '.incoming', 'half');
  writeFileSync(half, 'half');
  const again = createS3({ stack, putEvent: () => undefined, access }).store;
  expect(['..', '../../../escape', '.'].map((key) => again.get(BUCKET, key)?.size)).toEqual([9, 3, undefined]);
  expect(again.get(BUCKET, '..')).toEqual(store.get(BUCKET, '..'));
  expect(existsSync(half)).toBe(false);
});

test('only one of two concurrent conditional puts succeeds', async () => {
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => put('race', Buffer.alloc(MIB, i), { IfNoneMatch: '*' })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  const before = leftovers();
  await expect(put('race', 'again', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(leftovers()).toEqual(before);
});

test('ranges', async () => {
  const { ETag } = await put('range', '0123456789', { ContentType: 'text/plain' });
  const got = (Range: string) => client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'range', Range }));
  const cases: [string, string, string][] = [['bytes=2-4', '234', 'bytes 2-4/10'], ['bytes=8-', '89', 'bytes 8-9/10'], ['bytes=-3', '789', 'bytes 7-9/10'], ['bytes=5-99', '56789', 'bytes 5-9/10']];
  for (const [range, body, contentRange] of cases) {
    const answer = await got(range);
    expect([answer.$metadata.httpStatusCode, answer.ContentRange, await answer.Body!.transformToString()]).toEqual([206, contentRange, body]);
  }
  expect((await got('bytes=4-2')).$metadata.httpStatusCode).toBe(200);
  await expect(got('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
  expect((await raw('HEAD', `/${BUCKET}/range`)).headers).toMatchObject({ 'content-length': '10', 'etag': ETag, 'content-type': 'text/plain' });
});

/** The status and code of each error are equal to S3's status and code. */
const refusals: [name: string, call: () => Promise<unknown>, status: number, code: string][] = [
  ['get of a missing key', () => bytesOf('missing'), 404, 'NoSuchKey'],
  ['a bucket that is not in the template', () => client.send(new s3.GetObjectCommand({ Bucket: 'other', Key: 'k' })), 404, 'NoSuchBucket'],
  ['put into a missing bucket', () => client.send(new s3.PutObjectCommand({ Bucket: 'other', Key: 'k', Body: 'x' })), 404, 'NoSuchBucket'],
  ['a key of more than 1,024 bytes', () => put('ü'.repeat(512) + 'x'), 400, 'KeyTooLongError'],
  ['user metadata of more than 2 KB', () => put('bad', 'data', { Metadata: { who: 'm'.repeat(2046) } }), 400, 'MetadataTooLarge'],
  ['a wrong CRC32', () => put('bad', 'data', { ChecksumCRC32: 'AAAAAA==' }), 400, 'BadDigest'],
  ['a CRC32 that is not 4 bytes', () => put('bad', 'data', { ChecksumCRC32: 'AAAA' }), 400, 'InvalidRequest'],
  ['an MD5', () => put('bad', 'data', { ContentMD5: createHash('md5').update('data').digest('base64') }), 501, 'NotImplemented'],
  ['If-None-Match with an etag', () => put('bad', 'data', { IfNoneMatch: '"x"' }), 501, 'NotImplemented'],
  ['a put under a condition that we have not', () => put('bad', 'data', { IfMatch: '"x"' }), 501, 'NotImplemented'],
  ['a get under a condition', () => bytesOf('k', { IfNoneMatch: '"x"' }), 501, 'NotImplemented'],
  ['a list of tags of a version', () => client.send(new s3.GetObjectTaggingCommand({ Bucket: BUCKET, Key: 'k', VersionId: 'v' })), 501, 'NotImplemented'],
  ['a version', () => bytesOf('k', { VersionId: 'v' }), 501, 'NotImplemented'],
  ['a subresource', () => client.send(new s3.GetObjectAclCommand({ Bucket: BUCKET, Key: 'k' })), 501, 'NotImplemented'],
  ['a copy of a version', () => client.send(new s3.CopyObjectCommand({ Bucket: BUCKET, Key: 'k', CopySource: `${BUCKET}/x?versionId=v` })), 501, 'NotImplemented'],
  ['a copy under a condition of the time', () => client.send(new s3.CopyObjectCommand({ Bucket: BUCKET, Key: 'k', CopySource: `${BUCKET}/x`, CopySourceIfModifiedSince: new Date() })), 501, 'NotImplemented'],
  ['a deletion of a version', () => client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'k', VersionId: 'v' })), 501, 'NotImplemented'],
  ['a deletion of a bucket', () => client.send(new s3.DeleteBucketCommand({ Bucket: BUCKET })), 501, 'NotImplemented'],
  ['a list by folders', () => client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET, Delimiter: '/' })), 501, 'NotImplemented'],
  ['a list of the first version', () => client.send(new s3.ListObjectsCommand({ Bucket: BUCKET })), 501, 'NotImplemented'],
  ['a get of one part', () => bytesOf('k', { PartNumber: 1 }), 501, 'NotImplemented'],
];

test.each(refusals)('%s is refused', async (_name, call, status, code) => {
  const before = leftovers();
  await expect(call()).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
  expect(leftovers()).toEqual(before);
});

test('verifies the checksum that the SDK adds automatically', async () => {
  const reading = await startFake(service, access, true);
  const write = (more: Partial<s3.PutObjectCommandInput>) => checking.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key: 'checked', Body: 'data', ...more }));
  const checking = new s3.S3Client({ endpoint: reading.endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 });
  await expect(write({ ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
  await expect(write({ ChecksumAlgorithm: 'SHA256' })).rejects.toMatchObject({ name: 'NotImplemented' });
  expect(store.get(BUCKET, 'checked')).toBeUndefined();
  await write({});
  expect(`${await bytesOf('checked')}`).toBe('data');
  checking.destroy();
  await reading.stop();
});

test('stores a CRC32 and user metadata, and returns the CRC32 on request', async () => {
  const Metadata = { who: 'me', long: 'm'.repeat(2048 - 3 - 2 - 4) };
  expect(await put('described', 'data', { ChecksumCRC32: crc32('data'), Metadata })).toMatchObject({ ChecksumCRC32: crc32('data'), ChecksumType: 'FULL_OBJECT' });
  const head = (more: object = {}) => client.send(new s3.HeadObjectCommand({ Bucket: BUCKET, Key: 'described', ...more }));
  expect(await head({ ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumCRC32: crc32('data'), ChecksumType: 'FULL_OBJECT', Metadata });
  expect((await head()).ChecksumCRC32).toBeUndefined();
  await put('described', 'data');
  expect(await head({ ChecksumMode: 'ENABLED' })).toMatchObject({ Metadata: {} });
  expect((await head({ ChecksumMode: 'ENABLED' })).ChecksumCRC32).toBeUndefined();
});

test('ignores a CRC32 in the query of a URL', async () => {
  expect(await raw('PUT', `/${BUCKET}/query?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32`, { 'content-length': '1' }, Buffer.from('x'))).toMatchObject({ status: 200 });
});

test('a deletion during a conditional put causes a conflict', async () => {
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => { finish = resolve; });
  const body = Readable.from((async function* () {
    yield Buffer.from('one');
    await finished;
    yield Buffer.from('two');
  })());
  const answer = raw('PUT', `/${BUCKET}/conflict`, { 'content-length': '6', 'if-none-match': '*' }, body);
  await until(() => readdirSync(join(stack.dataFolder, 's3', '.incoming')).length > 0);
  await client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'conflict' }));
  finish();
  expect(await answer).toMatchObject({ status: 409, body: expect.stringContaining('<Code>ConditionalRequestConflict</Code>') });
  await put('conflict', 'three', { IfNoneMatch: '*' });
});

test('rejects a put without a length', async () => {
  const answer = await raw('PUT', `/${BUCKET}/long`, {}, Readable.from([Buffer.alloc(3 * MIB), Buffer.alloc(MIB)]));
  expect(answer).toMatchObject({ status: 411, body: expect.stringContaining('<Code>MissingContentLength</Code>') });
  expect(store.get(BUCKET, 'long')).toBeUndefined();
});

test('an aborted upload leaves no files', async () => {
  const before = leftovers();
  await expect(new Promise((_resolve, reject) => {
    const sent = httpRequest(`${endpoint()}/${BUCKET}/broken`, { method: 'PUT', headers: { 'content-length': '1000000' } }).on('error', reject);
    sent.write(Buffer.alloc(100_000), () => setTimeout(() => sent.destroy(new Error('gone')), 50));
  })).rejects.toThrow('gone');
  for (let tries = 0; tries < 100 && `${leftovers()}` !== `${before}`; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(leftovers()).toEqual(before);
  expect(store.get(BUCKET, 'broken')).toBeUndefined();
});

test('returns 403 for a missing key without ListBucket', async () => {
  deny(({ action }) => action === 's3:ListBucket');
  await expect(bytesOf('missing')).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
});

test('requires the same permission as S3', async () => {
  await put('p/k');
  await bytesOf('p/k');
  await client.send(new s3.HeadObjectCommand({ Bucket: BUCKET, Key: 'p/k' }));
  await expect(bytesOf('missing')).rejects.toThrow();
  expect(access.asked).toEqual([
    ...['s3:PutObject', 's3:GetObject', 's3:GetObject'].map((action) => ({ action, resource: `arn:aws:s3:::${BUCKET}/p/k` })),
    { action: 's3:GetObject', resource: `arn:aws:s3:::${BUCKET}/missing` },
    { action: 's3:ListBucket', resource: `arn:aws:s3:::${BUCKET}` },
  ]);
});

test('a large object, a large part and the join of a large upload use constant memory', async () => {
  const chunk = Buffer.alloc(MIB, 7);
  const size = 200 * MIB;
  const body = () => Readable.from((function* () {
    for (let sent = 0; sent < size; sent += chunk.length) yield chunk;
  })());
  const send = (path: string) => raw('PUT', `/${BUCKET}/${path}`, { 'content-length': `${size}` }, body());
  const before = process.memoryUsage().rss;
  let most = 0;
  const timer = setInterval(() => { most = Math.max(most, process.memoryUsage().rss); }, 5);
  expect(await send('huge')).toMatchObject({ status: 200 });
  const upload = uploadTo(client, BUCKET, 'joined');
  await upload.start({});
  const parts = [1, 2].map((number) => ({ PartNumber: number, path: `joined?partNumber=${number}&uploadId=${upload.target().UploadId}` }));
  for (const { path } of parts) expect(await send(path)).toMatchObject({ status: 200 });
  const { Parts } = await upload.list();
  await upload.complete(Parts!);
  clearInterval(timer);
  expect(store.get(BUCKET, 'joined')!.size).toBe(2 * size);
  expect(most - before).toBeLessThan(100 * MIB);
}, 120_000);

test.each(['../../outside', 'a', 'Upper', 'two..dots', '/root'])('a bucket cannot have the name %j, because a bucket is a folder', (physicalId) => {
  expect(() => createS3({ stack: stackOf([{ type: 'AWS::S3::Bucket', physicalId }]), access, putEvent: () => undefined })).toThrow('R0: expected a bucket name of 3 to 63 lower-case letters');
});
