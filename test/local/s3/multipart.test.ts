import { readdirSync } from 'fs';
import { join } from 'path';
import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, clientOf, crc32, md5, PART_BYTES, SENDS_EVENTS, uploadTo, useS3 } from './fixture';

const BUCKET = 'sources';
const PAGE = 'https://page.example';
const FIRST = Buffer.alloc(PART_BYTES, 1);
const WHOLE = Buffer.concat([FIRST, Buffer.from('the end')]);
const OBJECT = `arn:aws:s3:::${BUCKET}/`;

const { stack, events, access, store, client, endpoint, raw } = useS3(bucketOf('other'), bucketOf(BUCKET, {
  ...SENDS_EVENTS, CorsConfiguration: { CorsRules: [{ AllowedOrigins: [PAGE], AllowedMethods: ['PUT'], ExposedHeaders: ['ETag'] }] },
}));

afterEach(async () => {
  const { Uploads = [] } = await client.send(new s3.ListMultipartUploadsCommand({ Bucket: BUCKET }));
  for (const { Key, UploadId } of Uploads) await client.send(new s3.AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId }));
});
let count = 0;
const to = (key = `key ${count += 1}`) => uploadTo(client, BUCKET, key);
const head = (Key: string) => client.send(new s3.HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
/** The names in the folder of arriving parts and in the folder of open uploads. */
const files = () => ['.incoming', '.uploads'].flatMap((folder) => readdirSync(join(stack.dataFolder, 's3', folder), { recursive: true }).map(String));
const withTwoParts = async (more?: Partial<s3.CreateMultipartUploadCommandInput>) => {
  const upload = to();
  await upload.start(more);
  const bare = more && !more.ChecksumAlgorithm ? {} : undefined;
  return { upload, parts: [await upload.part(1, FIRST, bare), await upload.part(2, 'the end', bare)] };
};

describe('a multipart upload', () => {
  test('becomes an object with the headers of its start, a full object CRC32 and an ETag of its parts', async () => {
    const upload = to('a/b c+ü%?.bin');
    expect(await upload.start({ ContentType: 'video/mp4', CacheControl: 'no-cache', Metadata: { vod: '%7B%7D' }, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }))
      .toMatchObject({ Bucket: BUCKET, Key: 'a/b c+ü%?.bin', UploadId: expect.stringMatching(/^[\w-]{43}$/), ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const parts = [await upload.part(1, FIRST), await upload.part(2, 'the end')];
    expect(parts).toEqual([FIRST, 'the end'].map((data, index) => ({ PartNumber: index + 1, ETag: `"${md5(data)}"`, ChecksumCRC32: crc32(data) })));
    const ETag = `"${md5(Buffer.from(md5(FIRST) + md5('the end'), 'hex'))}-2"`;
    expect(await upload.complete(parts, { ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT', MpuObjectSize: WHOLE.length, IfNoneMatch: '*' }))
      .toMatchObject({ Bucket: BUCKET, Key: 'a/b c+ü%?.bin', ETag, ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT', Location: expect.stringContaining(`/${BUCKET}/a/b`) });
    expect(await head('a/b c+ü%?.bin')).toMatchObject({
      ContentType: 'video/mp4', CacheControl: 'no-cache', Metadata: { vod: '%7B%7D' }, ContentLength: WHOLE.length, ETag, ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT',
    });
    const { Body } = await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'a/b c+ü%?.bin', ChecksumMode: 'ENABLED' }));
    expect(Buffer.from(await Body!.transformToByteArray()).equals(WHOLE)).toBe(true);
    expect(files()).toEqual([]);
  });

  test('sends one event, with the reason CompleteMultipartUpload', async () => {
    const { upload, parts } = await withTwoParts();
    expect(events).toEqual([]);
    await upload.complete(parts);
    expect(events.map(({ detail: { reason, object } }) => [reason, object.key, object.size])).toEqual([['CompleteMultipartUpload', upload.target().Key, WHOLE.length]]);
  });

  test('joins parts in the order of their numbers, without parts that the list omits', async () => {
    const upload = to();
    await upload.start({});
    const parts = [await upload.part(3, 'end', {}), await upload.part(2, FIRST, {}), await upload.part(10_000, 'omitted', {})];
    await upload.complete([parts[1], parts[0]]);
    expect(await head(upload.target().Key)).toMatchObject({ ContentLength: PART_BYTES + 3, ETag: expect.stringMatching(/-2"$/) });
    expect(files()).toEqual([]);
  });

  test('requires the permissions of each operation, and the KMS permissions of parts', async () => {
    const { upload, parts } = await withTwoParts();
    await upload.list();
    await upload.complete(parts);
    await upload.abort().catch(() => undefined);
    await client.send(new s3.ListMultipartUploadsCommand({ Bucket: BUCKET }));
    const resource = `${OBJECT}${upload.target().Key}`;
    const write = { action: 's3:PutObject', resource, parts: true };
    expect(access.asked).toEqual([
      write, write, write, { action: 's3:ListMultipartUploadParts', resource }, write,
      { action: 's3:AbortMultipartUpload', resource }, { action: 's3:ListBucketMultipartUploads', resource: `arn:aws:s3:::${BUCKET}` },
    ]);
  });

  test('is composite by default; the SDK computes the checksums of the parts', async () => {
    const checking = clientOf(endpoint(), { requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const upload = uploadTo(checking, BUCKET, 'by the SDK');
    expect(await upload.start({ ChecksumAlgorithm: 'CRC32' })).toMatchObject({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' });
    const parts = [await upload.part(1, FIRST, {}), await upload.part(2, 'the end', {})];
    expect(parts.map(({ ChecksumCRC32 }) => ChecksumCRC32)).toEqual([crc32(FIRST), crc32('the end')]);
    const composite = `${crc32(Buffer.concat([FIRST, 'the end'].map((data) => Buffer.from(crc32(data), 'base64'))))}-2`;
    expect(await upload.complete(parts)).toMatchObject({ ChecksumCRC32: composite, ChecksumType: 'COMPOSITE' });
    expect(await head('by the SDK')).toMatchObject({ ChecksumCRC32: composite, ChecksumType: 'COMPOSITE' });
    checking.destroy();
  });

  test.each([['with', '-2'], ['without', '']])('verifies a composite checksum %s the number of parts', async (_, suffix) => {
    const { upload, parts } = await withTwoParts({ ChecksumAlgorithm: 'CRC32' });
    const composite = crc32(Buffer.concat([FIRST, 'the end'].map((data) => Buffer.from(crc32(data), 'base64'))));
    for (const wrong of [crc32(WHOLE), `${composite}-3`]) {
      await expect(upload.complete(parts, { ChecksumCRC32: wrong })).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
    }
    expect(await upload.complete(parts, { ChecksumCRC32: composite + suffix })).toMatchObject({ ChecksumCRC32: `${composite}-2` });
  });

  test('without an algorithm stores no CRC32, and accepts parts with and without one', async () => {
    const upload = to();
    expect((await upload.start({})).ChecksumAlgorithm).toBeUndefined();
    const parts = [await upload.part(1, FIRST), await upload.part(2, 'the end', {})];
    expect(parts.map(({ ChecksumCRC32 }) => ChecksumCRC32)).toEqual([crc32(FIRST), undefined]);
    expect((await upload.list()).Parts!.map(({ ChecksumCRC32 }) => ChecksumCRC32)).toEqual([undefined, undefined]);
    await expect(upload.complete(parts)).rejects.toMatchObject({ name: 'InvalidPart' });
    const answer = await upload.complete(parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })));
    expect(answer.ChecksumCRC32).toBeUndefined();
    expect((await head(upload.target().Key)).ChecksumCRC32).toBeUndefined();
  });

  test('with a full object checksum computes the CRC32 of a part that has none', async () => {
    const upload = to();
    await upload.start();
    expect(await upload.part(1, 'x', {})).toMatchObject({ ChecksumCRC32: crc32('x') });
  });
});

describe('lists', () => {
  test('lists parts in pages, with their last content', async () => {
    const upload = to();
    await upload.start();
    for (const number of [1, 5, 2, 4]) await upload.part(number, `part ${number}`);
    await upload.part(2, 'new part');
    expect(files().filter((name) => !name.endsWith('.json'))).toHaveLength(5); // one folder and 4 files
    const first = await upload.list({ MaxParts: 2 });
    expect(first).toMatchObject({ MaxParts: 2, IsTruncated: true, NextPartNumberMarker: '2', PartNumberMarker: '0', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    expect(first.Parts).toMatchObject([
      { PartNumber: 1, Size: 6, ETag: `"${md5('part 1')}"`, ChecksumCRC32: crc32('part 1'), LastModified: expect.any(Date) },
      { PartNumber: 2, Size: 8, ETag: `"${md5('new part')}"`, ChecksumCRC32: crc32('new part') },
    ]);
    const second = await upload.list({ PartNumberMarker: first.NextPartNumberMarker });
    expect([second.Parts!.map(({ PartNumber }) => PartNumber), second.IsTruncated, second.MaxParts]).toEqual([[4, 5], false, 1000]);
    expect((await upload.list({ PartNumberMarker: '5' })).Parts).toBeUndefined();
    expect((await upload.list({ MaxParts: 5000 })).MaxParts).toBe(1000);
    await upload.abort();
  });

  test('lists uploads by key and time, in pages', async () => {
    const uploads = [to('b'), to('a'), to('ä'), to('b'), uploadTo(client, 'other', 'a')];
    for (const each of uploads) await each.start(each === uploads[0] ? {} : undefined);
    const list = async (more: Partial<s3.ListMultipartUploadsCommandInput> = {}) => {
      const answer = await client.send(new s3.ListMultipartUploadsCommand({ Bucket: BUCKET, ...more }));
      return { ...answer, ids: answer.Uploads?.map(({ UploadId }) => uploads.findIndex((each) => each.target().UploadId === UploadId)) };
    };
    expect((await list()).ids).toEqual([1, 0, 3, 2]);
    expect((await list()).Uploads![0]).toMatchObject({ Key: 'a', Initiated: expect.any(Date), ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    expect((await list({ Prefix: 'b' })).ids).toEqual([0, 3]);
    const first = await list({ MaxUploads: 2 });
    expect(first).toMatchObject({ ids: [1, 0], IsTruncated: true, NextKeyMarker: 'b', NextUploadIdMarker: uploads[0].target().UploadId });
    expect(await list({ KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker })).toMatchObject({ ids: [3, 2], IsTruncated: false });
    expect((await list({ KeyMarker: 'a' })).ids).toEqual([0, 3, 2]);
    for (const each of uploads) await each.abort();
    expect((await list()).ids).toBeUndefined();
    await expect(list({ Bucket: 'nowhere' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

describe('refusals', () => {
  type Prepared = Awaited<ReturnType<typeof withTwoParts>>;
  type Start = Partial<s3.CreateMultipartUploadCommandInput>;
  type Case = [name: string, call: (prepared: Prepared) => Promise<unknown>, status: number, code: string, start?: Start];
  const cases: Case[] = [
    ['a wrong CRC32 of the object', ({ upload, parts }) => upload.complete(parts, { ChecksumCRC32: crc32('other') }), 400, 'BadDigest'],
    ['a CRC32 of the object that is not 4 bytes', ({ upload, parts }) => upload.complete(parts, { ChecksumCRC32: 'AAAA' }), 400, 'InvalidRequest'],
    ['another checksum type', ({ upload, parts }) => upload.complete(parts, { ChecksumType: 'COMPOSITE' }), 400, 'BadDigest'],
    ['a checksum type of an upload without checksums', ({ upload, parts }) => upload.complete(parts, { ChecksumType: 'FULL_OBJECT' }), 400, 'BadDigest', {}],
    ['a foreign ETag', ({ upload, parts: [one, two] }) => upload.complete([one, { ...two, ETag: one.ETag }]), 400, 'InvalidPart'],
    ['a wrong CRC32 of a part', ({ upload, parts: [one, two] }) => upload.complete([one, { ...two, ChecksumCRC32: one.ChecksumCRC32 }]), 400, 'InvalidPart'],
    ['a CRC32 of a part that is not 4 bytes', ({ upload, parts: [one, two] }) => upload.complete([one, { ...two, ChecksumCRC32: 'x' }]), 400, 'InvalidArgument'],
    ['no CRC32 of a part', ({ upload, parts: [one, { PartNumber, ETag }] }) => upload.complete([one, { PartNumber, ETag }]), 400, 'InvalidRequest'],
    ['no CRC32 of a part of a composite upload', ({ upload, parts: [one, { PartNumber, ETag }] }) => upload.complete([one, { PartNumber, ETag }]), 400, 'InvalidRequest', { ChecksumAlgorithm: 'CRC32' }],
    ['parts that are not sorted', ({ upload, parts: [one, two] }) => upload.complete([two, one]), 400, 'InvalidPartOrder', {}],
    ['the same part twice', ({ upload, parts: [one] }) => upload.complete([one, one]), 400, 'InvalidPartOrder', {}],
    ['parts with checksums that do not begin with part 1', ({ upload, parts: [, two] }) => upload.complete([two]), 400, 'InvalidPartOrder'],
    ['a missing part', ({ upload, parts: [one, two] }) => upload.complete([one, { ...two, PartNumber: 3 }]), 400, 'InvalidPart', {}],
    ['a part number of 0', ({ upload, parts: [one] }) => upload.complete([{ ...one, PartNumber: 0 }]), 400, 'InvalidArgument'],
    ['no parts', ({ upload }) => upload.complete([]), 400, 'MalformedXML'],
    ['a part without an ETag', ({ upload, parts: [one] }) => upload.complete([{ ...one, ETag: undefined }]), 400, 'MalformedXML'],
    ['another size', ({ upload, parts }) => upload.complete(parts, { MpuObjectSize: WHOLE.length + 1 }), 400, 'InvalidRequest'],
    ['a part with a wrong CRC32', ({ upload }) => upload.part(3, 'x', { ChecksumCRC32: crc32('y') }), 400, 'BadDigest'],
    ['a part without a checksum in a composite upload', ({ upload }) => upload.part(3, 'x', {}), 400, 'InvalidRequest', { ChecksumAlgorithm: 'CRC32' }],
    ['a part with another algorithm', ({ upload }) => upload.part(3, 'x', { ChecksumAlgorithm: 'SHA256' }), 501, 'NotImplemented'],
    ['part 0', ({ upload }) => upload.part(0, 'x'), 400, 'InvalidArgument'],
    ['part 10,001', ({ upload }) => upload.part(10_001, 'x'), 400, 'InvalidArgument'],
    ['a negative limit of a list', ({ upload }) => upload.list({ MaxParts: -1 }), 400, 'InvalidArgument'],
    ['a marker that is not a number', ({ upload }) => upload.list({ PartNumberMarker: 'x' }), 400, 'InvalidArgument'],
    ['a condition of an abort', ({ upload }) => upload.abort({ IfMatchInitiatedTime: new Date() }), 501, 'NotImplemented'],
  ];
  test.each(cases)('%s: nothing changes', async (...[, call, status, code, start]: Case) => {
    const prepared = await withTwoParts(start);
    const { upload } = prepared;
    const before = [files(), (await upload.list()).Parts];
    await expect(call(prepared)).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect([files(), (await upload.list()).Parts]).toEqual(before);
    expect(store.get(BUCKET, upload.target().Key)).toBeUndefined();
    await upload.abort();
    expect(files()).toEqual([]);
  });

  test('a part below 5 MiB that is not the last part', async () => {
    const upload = to();
    await upload.start();
    await expect(upload.complete([await upload.part(1, 'small'), await upload.part(2, 'end')])).rejects.toMatchObject({ name: 'EntityTooSmall', $metadata: { httpStatusCode: 400 } });
    await upload.abort();
  });

  test('an existing key with If-None-Match, and the upload stays open', async () => {
    const { upload, parts } = await withTwoParts();
    await client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key: upload.target().Key, Body: 'first' }));
    await expect(upload.complete(parts, { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    expect(store.get(BUCKET, upload.target().Key)!.size).toBe(5);
    await upload.complete(parts);
    expect(store.get(BUCKET, upload.target().Key)!.size).toBe(WHOLE.length);
  });

  test('every operation on an upload that is unknown, foreign, completed or aborted', async () => {
    const { upload: completed, parts } = await withTwoParts();
    await completed.complete(parts);
    const aborted = to();
    await aborted.start();
    await aborted.abort();
    const foreign = uploadTo(client, BUCKET, 'foreign');
    await foreign.start();
    const ids = { completed: completed.target(), aborted: aborted.target(), path: { ...completed.target(), UploadId: '../../sources' }, empty: { ...completed.target(), UploadId: '' } };
    const targets = [...Object.values(ids), { ...foreign.target(), Key: 'other' }, { ...foreign.target(), Bucket: 'other' }];
    for (const target of targets) {
      const commands = [
        new s3.UploadPartCommand({ ...target, PartNumber: 1, Body: 'x' }), new s3.ListPartsCommand(target), new s3.AbortMultipartUploadCommand(target),
        new s3.CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: parts } }),
      ];
      for (const command of target.UploadId === '' ? [] : commands) {
        await expect(client.send(command as s3.ListPartsCommand)).rejects.toMatchObject({ name: 'NoSuchUpload', $metadata: { httpStatusCode: 404 } });
      }
    }
    expect(await raw('GET', `/${BUCKET}/foreign?uploadId=`)).toMatchObject({ status: 404, body: expect.stringContaining('NoSuchUpload') });
    await foreign.abort();
    expect(store.get(BUCKET, completed.target().Key)!.size).toBe(WHOLE.length);
    expect([events.length, files()]).toEqual([1, []]);
  });

  test.each<[string, Partial<s3.CreateMultipartUploadCommandInput>, number, string]>([
    ['another algorithm', { ChecksumAlgorithm: 'SHA256' }, 501, 'NotImplemented'],
    ['a checksum type without an algorithm', { ChecksumType: 'FULL_OBJECT' }, 400, 'InvalidRequest'],
    ['an unknown checksum type', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'WHOLE' as 'COMPOSITE' }, 400, 'InvalidRequest'],
    ['user metadata of more than 2 KB', { Metadata: { long: 'x'.repeat(2045) } }, 400, 'MetadataTooLarge'],
    ['an unknown bucket', { Bucket: 'nowhere' }, 404, 'NoSuchBucket'],
  ])('a start with %s', async (_, more, status, code) => {
    await expect(to().start(more)).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect(files()).toEqual([]);
  });

  test.each(['<a/>', '<CompleteMultipartUpload><Part>', '<CompleteMultipartUpload><Other/></CompleteMultipartUpload>', '', '{}'])('the body %j', async (body) => {
    const { upload } = await withTwoParts();
    const path = `/${BUCKET}/${encodeURIComponent(upload.target().Key)}?uploadId=${upload.target().UploadId}`;
    expect(await raw('POST', path, { 'content-length': `${body.length}` }, Buffer.from(body))).toMatchObject({ status: 400, body: expect.stringContaining('<Code>MalformedXML<') });
    await upload.abort();
  });

  test('errors of parts have CORS headers', async () => {
    const refused = await raw('PUT', `/${BUCKET}/k?partNumber=1&uploadId=unknown`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
    expect(refused).toMatchObject({ status: 404, headers: { 'access-control-allow-origin': PAGE, 'access-control-expose-headers': 'ETag' } });
    const bad = await raw('PUT', `/${BUCKET}/k?partNumber=0&uploadId=unknown`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
    expect(bad).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': PAGE } });
  });
});
