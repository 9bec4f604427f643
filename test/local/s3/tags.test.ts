import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, uploadTo, useS3 } from './fixture';
import { createS3 } from '../../../local/s3/s3';

const Bucket = 'sources';
const Key = 'ingest/a.mp4';
const ARN = `arn:aws:s3:::${Bucket}/${Key}`;

const { stack, access, store, client, raw, deny } = useS3(bucketOf(Bucket));

beforeEach(() => { store.delete(Bucket, Key); });

const put = (Tagging?: string, more: Partial<s3.PutObjectCommandInput> = {}) => client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x', Tagging, ...more }));
const head = (more: Partial<s3.HeadObjectCommandInput> = {}) => client.send(new s3.HeadObjectCommand({ Bucket, Key, ...more }));
const tags = async () => (await client.send(new s3.GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
const replace = (...TagSet: [key: string, value: string][]) =>
  client.send(new s3.PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: TagSet.map(([name, Value]) => ({ Key: name, Value })) } }));
const putXml = (xml: string, headers: Record<string, string> = {}) =>
  raw('PUT', `/${Bucket}/${Key}?tagging`, { 'content-length': `${Buffer.byteLength(xml)}`, ...headers }, Buffer.from(xml));
const many = (count: number) => Array.from({ length: count }, (_, index): [string, string] => [`k${index}`, 'v']);
const error = (name: string, httpStatusCode = 400) => ({ name, $metadata: { httpStatusCode } });

test('stores the tags of a put, and lists them by key', async () => {
  await put('vod-owner=user%40example.com&empty&a=b+c%20%C3%BC');
  expect(await tags()).toEqual([{ Key: 'a', Value: 'b c ü' }, { Key: 'empty', Value: '' }, { Key: 'vod-owner', Value: 'user@example.com' }]);
  await put();
  expect(await tags()).toEqual([]);
});

test('stores the tags and the metadata of a multipart upload', async () => {
  const upload = uploadTo(client, Bucket, Key);
  await upload.start({ Tagging: 'vod-owner=me', Metadata: { vod: '%7B%7D' } });
  await upload.complete([await upload.part(1, 'data', {})]);
  expect([await tags(), (await head()).Metadata]).toEqual([[{ Key: 'vod-owner', Value: 'me' }], { vod: '%7B%7D' }]);
});

test('replaces and deletes tags, and changes nothing else', async () => {
  await put('a=1&b=2', { ContentType: 'video/mp4', Metadata: { vod: 'x' } });
  const before = store.get(Bucket, Key)!;
  await replace(['c', '3 - 4'], ['x/y', '']);
  expect(await tags()).toEqual([{ Key: 'c', Value: '3 - 4' }, { Key: 'x/y', Value: '' }]);
  expect(store.get(Bucket, Key)).toEqual({ ...before, tags: { 'c': '3 - 4', 'x/y': '' } });
  const again = createS3({ stack, putEvent: () => undefined, access }).store;
  expect(again.get(Bucket, Key)).toEqual(store.get(Bucket, Key));
  const answer = await client.send(new s3.DeleteObjectTaggingCommand({ Bucket, Key }));
  expect([answer.$metadata.httpStatusCode, await tags()]).toEqual([204, []]);
  await replace(['c', '3']);
  await replace();
  expect(store.get(Bucket, Key)).toEqual({ ...before, tags: undefined });
});

test('returns the number of tags to a caller that is allowed to read the tags', async () => {
  const countOf = async () => [(await raw('HEAD', `/${Bucket}/${Key}`)).headers['x-amz-tagging-count'], (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).TagCount];
  await put();
  expect(await countOf()).toEqual([undefined, undefined]);
  await put('a=1&b=2');
  expect(await countOf()).toEqual(['2', 2]);
  deny(({ action }) => action === 's3:GetObjectTagging');
  expect(await countOf()).toEqual([undefined, undefined]);
  expect(access.refusals).toEqual([]);
});

test.each<[string, string | undefined, [string, string][], object]>([
  ['11 tags', many(11).map(([key]) => `${key}=v`).join('&'), many(11), error('BadRequest')],
  ['a key of 129 characters', `${'k'.repeat(129)}=v`, [['k'.repeat(129), 'v']], error('InvalidTag')],
  ['a value of 257 characters', `k=${'v'.repeat(257)}`, [['k', 'v'.repeat(257)]], error('InvalidTag')],
  ['a forbidden character in a key', 'k%26=v', [['k&', 'v']], error('InvalidTag')],
  ['a forbidden character in a value', 'k=%22', [['k', '"']], error('InvalidTag')],
  ['a system tag', 'aws:k=v', [['aws:k', 'v']], error('InvalidTag')],
  ['a key twice', undefined, [['k', '1'], ['k', '2']], error('InvalidTag')],
  ['an empty key', undefined, [['', 'v']], error('InvalidTag')],
])('rejects %s', async (_, header, pairs, expected) => {
  await put('old=1');
  if (header) await expect(put(header)).rejects.toMatchObject(expected);
  if (header) await expect(uploadTo(client, Bucket, Key).start({ Tagging: header })).rejects.toMatchObject(expected);
  await expect(replace(...pairs)).rejects.toMatchObject(expected);
  expect(await tags()).toEqual([{ Key: 'old', Value: '1' }]);
});

test('accepts 10 tags of the maximum length', async () => {
  const longest = Array.from({ length: 10 }, (_, index): [string, string] => [`${index}`.padEnd(128, 'ü'), 'v'.repeat(256)]);
  await put(longest.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'));
  await replace(...longest);
  expect(await tags()).toHaveLength(10);
});

test.each(['k=1&k=2', '=v', 'k=1=2', 'k=%zz'])('rejects the header %j', async (header) => {
  await expect(put(header)).rejects.toMatchObject(error('InvalidArgument'));
  expect(store.get(Bucket, Key)).toBeUndefined();
});

test.each([
  '', 'text', '<Tagging/>', '<Other><TagSet/></Other>', '<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>', '<Tagging><TagSet><Other/></TagSet></Tagging>',
])('rejects the tag set %j', async (xml) => {
  await put('old=1');
  expect(await putXml(xml)).toMatchObject({ status: 400, body: expect.stringContaining('<Code>MalformedXML</Code>') });
  expect(await tags()).toHaveLength(1);
});

test('verifies the checksum of a tag set', async () => {
  await put();
  const xml = '<Tagging><TagSet></TagSet></Tagging>';
  expect(await putXml(xml, { 'x-amz-checksum-crc32': 'AAAAAA==' })).toMatchObject({ status: 400, body: expect.stringContaining('<Code>BadDigest</Code>') });
  expect(await putXml(xml)).toMatchObject({ status: 200 });
});

test('returns the errors of a missing object', async () => {
  const calls = [tags, () => replace(['k', 'v']), () => client.send(new s3.DeleteObjectTaggingCommand({ Bucket, Key }))];
  for (const call of calls) await expect(call()).rejects.toMatchObject(error('NoSuchKey', 404));
  deny(({ action }) => action === 's3:ListBucket');
  for (const call of calls) await expect(call()).rejects.toMatchObject(error('AccessDenied', 403));
});

test('requires the permissions of S3', async () => {
  await put('k=v');
  await tags();
  await replace(['k', 'v']);
  await client.send(new s3.DeleteObjectTaggingCommand({ Bucket, Key }));
  expect(access.asked).toEqual(['PutObject', 'PutObjectTagging', 'GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'].map((action) => ({ action: `s3:${action}`, resource: ARN })));
  access.asked.length = 0;
  await uploadTo(client, Bucket, Key).start({ Tagging: 'k=v' });
  expect(access.asked).toEqual([{ action: 's3:PutObject', resource: ARN, parts: true }, { action: 's3:PutObjectTagging', resource: ARN }]);
  deny(({ action }) => action === 's3:PutObjectTagging');
  await expect(put('k=v')).rejects.toMatchObject(error('AccessDenied', 403));
  await put();
});

test.each(['x-amz-tagging', 'x-amz-meta-vod', 'X-Amz-Meta-Vod'])('rejects %s in the query of a URL', async (name) => {
  expect(await raw('PUT', `/${Bucket}/${Key}?${name}=a%3Db`, { 'content-length': '1' }, Buffer.from('x'))).toMatchObject({ status: 501 });
});

test('counts the bytes of names and values of user metadata', async () => {
  const send = (value: string) => raw('PUT', `/${Bucket}/${Key}`, { 'content-length': '1', 'x-amz-meta-ab': '1', 'x-amz-meta-vod': Buffer.from(value).toString('latin1') }, Buffer.from('x'));
  // Each `ü` has 2 bytes. The names `ab` and `vod` and the value `1` have 6 bytes in total.
  const longest = 'ü'.repeat(1021);
  expect(await send(longest)).toMatchObject({ status: 200 });
  expect((await raw('GET', `/${Bucket}/${Key}`)).headers['x-amz-meta-vod']).toBe(Buffer.from(longest).toString('latin1'));
  expect(await send(`${longest}x`)).toMatchObject({ status: 400, body: expect.stringContaining('<Code>MetadataTooLarge</Code>') });
});

describe('If-Match', () => {
  const remove = (IfMatch?: string) => client.send(new s3.DeleteObjectCommand({ Bucket, Key, IfMatch }));

  test('deletes an object with this ETag, with and without quotes', async () => {
    for (const bare of [false, true]) {
      const { ETag = '' } = await put();
      expect((await remove(bare ? ETag.replaceAll('"', '') : ETag)).$metadata.httpStatusCode).toBe(204);
      expect(store.get(Bucket, Key)).toBeUndefined();
    }
  });

  test('rejects the deletion of an object with another ETag', async () => {
    const { ETag } = await put();
    await put(undefined, { Body: 'replaced' });
    await expect(remove(ETag)).rejects.toMatchObject(error('PreconditionFailed', 412));
    expect(store.get(Bucket, Key)).toMatchObject({ size: 8 });
    await remove('*');
    expect(store.get(Bucket, Key)).toBeUndefined();
  });

  test('returns an error for the conditional deletion of a missing object', async () => {
    for (const condition of ['*', '"x"']) await expect(remove(condition)).rejects.toMatchObject(error('NoSuchKey', 404));
    deny(({ action }) => action === 's3:ListBucket');
    for (const condition of ['*', '"x"']) await expect(remove(condition)).rejects.toMatchObject(error('AccessDenied', 403));
    expect((await remove()).$metadata.httpStatusCode).toBe(204);
  });

  test('requires s3:GetObject for a deletion with an ETag', async () => {
    const { ETag } = await put();
    deny(({ action }) => action === 's3:GetObject');
    await expect(remove(ETag)).rejects.toMatchObject(error('AccessDenied', 403));
    access.asked.length = 0;
    await remove('*');
    expect(access.asked).toEqual([{ action: 's3:DeleteObject', resource: ARN }]);
  });

  test('rejects a read of an object with another ETag', async () => {
    const { ETag } = await put();
    const get = (IfMatch?: string) => client.send(new s3.GetObjectCommand({ Bucket, Key, IfMatch }));
    for (const condition of [ETag, '*']) expect([(await head({ IfMatch: condition })).ContentLength, (await get(condition)).ContentLength]).toEqual([1, 1]);
    await expect(get('"x"')).rejects.toMatchObject(error('PreconditionFailed', 412));
    await expect(head({ IfMatch: '"x"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });
});
