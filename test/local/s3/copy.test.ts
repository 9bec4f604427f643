import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, crc32, md5, PART_BYTES, SENDS_EVENTS, type Upload, uploadTo, useS3 } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import type { BusEvent } from '../../../local/types';

const Bucket = 'sources';
const FROM = 'dropped/a b+ü.mp4';
const Key = 'ingest/a.mp4';
const CopySource = `theirs/${encodeURIComponent(FROM)}`;

const { stack, events, access, store, client, raw, deny } = useS3(bucketOf(Bucket, SENDS_EVENTS), bucketOf('theirs'));

beforeEach(async () => {
  store.delete(Bucket, Key);
  store.delete('theirs', FROM);
  await store.put('theirs', FROM, Buffer.from('content'), {
    contentType: 'video/mp4', headers: { 'x-amz-meta-vod': 'x', 'cache-control': 'no-store' }, tags: { 'vod-owner': 'me' }, checksum: () => crc32('content'),
  });
  events.length = 0;
});

const denyOnly = (...needs: string[]) => deny(({ action, resource }) => needs.includes(`${action} ${resource}`));
const copy = (more: Partial<s3.CopyObjectCommandInput> = {}) => client.send(new s3.CopyObjectCommand({ Bucket, Key, CopySource, ...more }));
const bytesOf = async () => (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
const error = (name: string, httpStatusCode = 400) => ({ name, $metadata: { httpStatusCode } });
const object = (key: string, bucket = Bucket) => `arn:aws:s3:::${bucket}/${key}`;

test.each([CopySource, `/${CopySource}`, `theirs/${FROM.split('/').map(encodeURIComponent).join('/')}`])('copies the object %s with its metadata and tags', async (source) => {
  const { CopyObjectResult, $metadata } = await copy({ CopySource: source });
  expect([$metadata.httpStatusCode, CopyObjectResult]).toEqual([200, {
    ETag: `"${md5('content')}"`, LastModified: store.get(Bucket, Key)!.lastModified, ChecksumCRC32: crc32('content'), ChecksumType: 'FULL_OBJECT',
  }]);
  expect(await bytesOf()).toBe('content');
  expect(store.get(Bucket, Key)).toMatchObject({
    contentType: 'video/mp4', headers: { 'x-amz-meta-vod': 'x', 'cache-control': 'no-store' }, tags: { 'vod-owner': 'me' }, checksum: crc32('content'),
  });
});

test('replaces the metadata and the tags of a copy', async () => {
  await copy({ MetadataDirective: 'REPLACE', Metadata: { vod: 'y' }, ContentType: 'video/webm' });
  expect(store.get(Bucket, Key)).toMatchObject({ contentType: 'video/webm', headers: { 'x-amz-meta-vod': 'y' }, tags: { 'vod-owner': 'me' } });
  expect(store.get(Bucket, Key)!.headers).not.toHaveProperty('cache-control');
  await copy({ TaggingDirective: 'REPLACE', Tagging: 'a=b', Metadata: { vod: 'ignored' } });
  expect(store.get(Bucket, Key)).toMatchObject({ contentType: 'video/mp4', headers: { 'x-amz-meta-vod': 'x' }, tags: { a: 'b' } });
});

test('sends an event with the reason CopyObject, also after a kill', async () => {
  const killed = createS3({ stack, access, putEvent: () => { throw new Error('killed'); } });
  const spies = [jest.spyOn(globalThis, 'setTimeout').mockReturnValue(setTimeout(() => undefined, 0)), jest.spyOn(console, 'error').mockImplementation()];
  await killed.store.put(Bucket, 'untold', Buffer.from('x'), { reason: 'CopyObject' });
  spies.forEach((spy) => spy.mockRestore());
  const again: BusEvent[] = [];
  createS3({ stack, access, putEvent: (event) => again.push(event) });
  await copy();
  expect([...again, ...events].map(({ detail: { reason, object: { key, etag } } }) => [reason, key, etag])).toEqual([
    ['CopyObject', 'untold', md5('x')], ['CopyObject', Key, md5('content')],
  ]);
});

test('copies an object to itself only with new metadata', async () => {
  const self = { Bucket: 'theirs', Key: FROM };
  await expect(copy(self)).rejects.toMatchObject(error('InvalidRequest'));
  await copy({ ...self, MetadataDirective: 'REPLACE', Metadata: { vod: 'y' } });
  expect(store.get('theirs', FROM)).toMatchObject({ size: 7, headers: { 'x-amz-meta-vod': 'y' } });
});

test('copies an empty object', async () => {
  await store.put('theirs', FROM, Buffer.alloc(0));
  await copy();
  expect(store.get(Bucket, Key)).toMatchObject({ size: 0, etag: `"${md5('')}"` });
});

test('requires the permissions of S3', async () => {
  await copy();
  const put = { action: 's3:PutObject', resource: object(Key) };
  const get = { action: 's3:GetObject', resource: object(FROM, 'theirs') };
  const getTags = { action: 's3:GetObjectTagging', resource: object(FROM, 'theirs') };
  const putTags = { action: 's3:PutObjectTagging', resource: object(Key) };
  expect(access.asked).toEqual([put, get, getTags, putTags]);
  for (const { action, resource } of [put, get, getTags, putTags]) {
    store.delete(Bucket, Key);
    denyOnly(`${action} ${resource}`);
    await expect(copy()).rejects.toMatchObject(error('AccessDenied', 403));
    expect(store.get(Bucket, Key)).toBeUndefined();
  }
  denyOnly(...[getTags, putTags].map(({ action, resource }) => `${action} ${resource}`));
  await copy({ TaggingDirective: 'REPLACE' });
  await store.put('theirs', FROM, Buffer.from('without tags'));
  await copy();
});

test.each<[string, Partial<s3.CopyObjectCommandInput>, object]>([
  ['a missing source', { CopySource: 'theirs/missing' }, error('NoSuchKey', 404)],
  ['a source in a missing bucket', { CopySource: 'other/key' }, error('NoSuchBucket', 404)],
  ['a source without a key', { CopySource: 'theirs' }, error('InvalidArgument')],
  ['a source that is not URL-encoded', { CopySource: 'theirs/%zz' }, error('InvalidArgument')],
  ['an unknown directive', { MetadataDirective: 'KEEP' as 'COPY' }, error('InvalidArgument')],
  ['an unknown directive for tags', { TaggingDirective: 'KEEP' as 'COPY' }, error('InvalidArgument')],
  ['a source with another ETag', { CopySourceIfMatch: '"x"' }, error('PreconditionFailed', 412)],
  ['too much metadata', { MetadataDirective: 'REPLACE', Metadata: { vod: 'x'.repeat(2046) } }, error('MetadataTooLarge')],
])('rejects %s', async (_, more, expected) => {
  await expect(copy(more)).rejects.toMatchObject(expected);
  expect(store.get(Bucket, Key)).toBeUndefined();
});

test('returns 403 for a missing source without the permission to list its bucket', async () => {
  denyOnly('s3:ListBucket arn:aws:s3:::theirs');
  await expect(copy({ CopySource: 'theirs/missing' })).rejects.toMatchObject(error('AccessDenied', 403));
});

describe('UploadPartCopy', () => {
  const whole = Buffer.concat([Buffer.alloc(PART_BYTES, 1), Buffer.from('the end')]);
  beforeEach(() => store.put('theirs', FROM, whole));
  const part = (to: Upload, PartNumber: number, CopySourceRange?: string) =>
    client.send(new s3.UploadPartCopyCommand({ ...to.target(), PartNumber, CopySource, CopySourceRange }));

  test.each<[string, Partial<s3.CreateMultipartUploadCommandInput>]>([
    ['without checksums', {}], ['with a full object checksum', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }], ['with composite checksums', { ChecksumAlgorithm: 'CRC32' }],
  ])('copies ranges %s', async (_, start) => {
    const to = uploadTo(client, Bucket, Key);
    await to.start(start);
    const parts = [];
    for (const [index, range] of [`bytes=0-${PART_BYTES - 1}`, `bytes=${PART_BYTES}-${whole.length - 1}`].entries()) {
      const { CopyPartResult } = await part(to, index + 1, range);
      expect(CopyPartResult).toMatchObject({ ETag: `"${md5(index === 0 ? whole.subarray(0, PART_BYTES) : 'the end')}"`, LastModified: expect.any(Date) });
      parts.push({ ...CopyPartResult, PartNumber: index + 1 });
    }
    await to.complete(parts);
    expect(store.get(Bucket, Key)).toMatchObject({ size: whole.length });
    expect(events.map(({ detail }) => detail.reason)).toEqual(['CompleteMultipartUpload']);
  });

  test('copies a whole object', async () => {
    const to = uploadTo(client, Bucket, Key);
    await to.start({});
    expect((await part(to, 1)).CopyPartResult).toMatchObject({ ETag: `"${md5(whole)}"` });
  });

  test.each<[string, () => Promise<unknown>, string, number]>([
    ['a range after the end', async () => part(await started(), 1, `bytes=0-${whole.length}`), 'InvalidArgument', 400],
    ['a range without an end', async () => part(await started(), 1, 'bytes=1-'), 'InvalidArgument', 400],
    ['a reversed range', async () => part(await started(), 1, 'bytes=2-1'), 'InvalidArgument', 400],
    ['part number 0', async () => part(await started(), 0), 'InvalidArgument', 400],
    ['an unknown upload', () => client.send(new s3.UploadPartCopyCommand({ Bucket, Key, UploadId: 'u', PartNumber: 1, CopySource })), 'NoSuchUpload', 404],
  ])('rejects %s', async (_, call, name, status) => {
    await expect(call()).rejects.toMatchObject(error(name, status));
  });

  test('requires s3:GetObject of the source', async () => {
    const to = await started();
    denyOnly(`s3:GetObject ${object(FROM, 'theirs')}`);
    await expect(part(to, 1)).rejects.toMatchObject(error('AccessDenied', 403));
  });

  async function started(): Promise<Upload> {
    const to = uploadTo(client, Bucket, Key);
    await to.start({});
    return to;
  }
});

test('a raw copy request needs no body', async () => {
  expect(await raw('PUT', `/${Bucket}/${Key}`, { 'x-amz-copy-source': `theirs/${encodeURIComponent(FROM)}` })).toMatchObject({ status: 200 });
});
