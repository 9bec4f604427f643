import { Readable } from 'stream';
import * as s3 from '@aws-sdk/client-s3';
import { crc32, md5, PART_BYTES, type Upload, uploadTo } from './fixture';

/** The parts of a response that are compared. */
export type Answer = Readonly<Record<string, unknown>>;

/** What each test case uses. `checking` is a client that computes checksums as the SDK does by default. `Key` is a key that no other test case uses. */
export interface Tools {
  readonly client: s3.S3Client;
  readonly checking: s3.S3Client;
  readonly Bucket: string;
  readonly Key: string;
}

/** One test case: requests, and the expected response to the last request. */
export interface Row {
  readonly name: string;
  readonly run: (tools: Tools) => Promise<object>;
  readonly answer: Answer;
  /** Set only if versitygw 1.8.0 gives a wrong answer. `document` is the AWS document that states the right answer. */
  readonly versitygw?: { readonly answer: Answer; readonly why: string; readonly document: string };
}

const API = 'Amazon S3 API Reference';
const FIRST = Buffer.alloc(PART_BYTES, 1);
const END = 'the end';
const WHOLE = Buffer.concat([FIRST, Buffer.from(END)]);
const quoted = (text: string) => `"${text}"`;
const etagOf = (...parts: (Buffer | string)[]) => quoted(`${md5(Buffer.from(parts.map((part) => md5(part)).join(''), 'hex'))}-${parts.length}`);
const compositeOf = (...parts: (Buffer | string)[]) => `${crc32(Buffer.concat(parts.map((part) => Buffer.from(crc32(part), 'base64'))))}-${parts.length}`;

export const put = ({ client, Bucket, Key }: Tools, more: Partial<s3.PutObjectCommandInput> = {}) =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'data', ...more }));
export const get = ({ client, Bucket, Key }: Tools, more: Partial<s3.GetObjectCommandInput> = {}) =>
  client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
export const head = ({ client, Bucket, Key }: Tools, more: Partial<s3.HeadObjectCommandInput> = {}) =>
  client.send(new s3.HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', ...more }));

type Start = Partial<s3.CreateMultipartUploadCommandInput>;
const FULL: Start = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' };
const COMPOSITE: Start = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' };
const PLAIN: Start = {};

/** Starts an upload. */
async function started({ client, Bucket, Key }: Tools, start: Start): Promise<Upload> {
  const upload = uploadTo(client, Bucket, Key);
  await upload.start(start);
  return upload;
}

/** Starts an upload and stores two parts. */
async function stored(tools: Tools, start: Start) {
  const upload = await started(tools, start);
  const more = start.ChecksumAlgorithm ? undefined : {};
  return { upload, one: await upload.part(1, FIRST, more), two: await upload.part(2, END, more) };
}
type Stored = Awaited<ReturnType<typeof stored>>;

/** A test case that starts an upload and stores two parts before `run`. */
const withParts = (name: string, start: Start, run: (upload: Stored, tools: Tools) => Promise<object>, answer: Answer, versitygw?: Row['versitygw']): Row => (
  { name, run: async (tools) => run(await stored(tools, start), tools), answer, versitygw });
/** A test case that starts an upload and stores no part before `run`. */
const withUpload = (name: string, start: Start, run: (upload: Upload, tools: Tools) => Promise<object>, answer: Answer, versitygw?: Row['versitygw']): Row => (
  { name, run: async (tools) => run(await started(tools, start), tools), answer, versitygw });

export const bad = (code: string, status = 400): Answer => ({ status, code });
const NO_UPLOAD = bad('NoSuchUpload', 404);
const DATA = { status: 200, ETag: quoted(md5('data')) };
const DATA_SUM = { ChecksumCRC32: crc32('data'), ChecksumType: 'FULL_OBJECT' };
const JOINED = { status: 200, ETag: etagOf(FIRST, END) };

const OBJECTS: Row[] = [
  { name: 'put', run: (tools) => put(tools), answer: DATA },
  { name: 'put with a CRC32', run: (tools) => put(tools, { ChecksumCRC32: crc32('data') }), answer: { ...DATA, ...DATA_SUM } },
  { name: 'put with a wrong CRC32', run: (tools) => put(tools, { ChecksumCRC32: crc32('other') }), answer: bad('BadDigest') },
  { name: 'put with a CRC32 of 3 bytes', run: (tools) => put(tools, { ChecksumCRC32: 'AAAA' }), answer: bad('InvalidRequest') },
  {
    name: 'put of a stream, with a trailing CRC32',
    run: ({ checking, ...tools }) => put({ ...tools, checking, client: checking }, { Body: Readable.from([Buffer.from('data')]), ContentLength: 4 }),
    answer: { ...DATA, ...DATA_SUM },
  },
  { name: 'put with If-None-Match: *, new key', run: (tools) => put(tools, { IfNoneMatch: '*' }), answer: DATA },
  {
    name: 'put with If-None-Match: *, existing key',
    run: async (tools) => {
      await put(tools);
      return put(tools, { IfNoneMatch: '*' });
    },
    answer: bad('PreconditionFailed', 412),
  },
  { name: 'put with more than 2 KB of user metadata', run: (tools) => put(tools, { Metadata: { long: 'x'.repeat(2045) } }), answer: bad('MetadataTooLarge') },
  { name: 'put into an unknown bucket', run: (tools) => put({ ...tools, Bucket: 'unknown-bucket' }), answer: bad('NoSuchBucket', 404) },
  {
    name: 'head',
    run: async (tools) => {
      await put(tools, { ContentType: 'video/mp4', Metadata: { vod: '%7B%7D' }, ChecksumCRC32: crc32('data') });
      return head(tools);
    },
    answer: { ...DATA, ...DATA_SUM, ContentType: 'video/mp4', ContentLength: 4, Metadata: { vod: '%7B%7D' } },
  },
  { name: 'head of a missing key', run: (tools) => head(tools), answer: bad('NotFound', 404) },
  { name: 'get of a missing key', run: (tools) => get(tools), answer: bad('NoSuchKey', 404) },
  {
    name: 'get of a range',
    run: async (tools) => {
      await put(tools, { ContentType: 'text/plain' });
      return get(tools, { Range: 'bytes=1-2' });
    },
    answer: { status: 206, ETag: DATA.ETag, Body: 'at', ContentType: 'text/plain', ContentRange: 'bytes 1-2/4', ContentLength: 2 },
  },
  {
    name: 'get of a range after the end',
    run: async (tools) => {
      await put(tools);
      return get(tools, { Range: 'bytes=4-' });
    },
    answer: bad('InvalidRange', 416),
  },
  { name: 'delete of a missing key', run: ({ client, Bucket, Key }) => client.send(new s3.DeleteObjectCommand({ Bucket, Key })), answer: { status: 204 } },
  {
    name: 'list of objects, one page',
    run: async ({ Key, ...tools }) => {
      for (const name of ['b', 'a', 'c']) await put({ ...tools, Key: `${Key}/${name}` });
      return tools.client.send(new s3.ListObjectsV2Command({ Bucket: tools.Bucket, Prefix: `${Key}/`, StartAfter: `${Key}/a`, MaxKeys: 1 }));
    },
    answer: { status: 200, IsTruncated: true, KeyCount: 1, MaxKeys: 1, Contents: [{ Key: '/b', Size: 4, ETag: DATA.ETag }] },
  },
];

const PARTS: Row[] = [
  { name: 'start', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).start(FULL), answer: { status: 200, ...FULL } },
  { name: 'start, composite by default', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).start({ ChecksumAlgorithm: 'CRC32' }), answer: { status: 200, ...COMPOSITE } },
  { name: 'start with a type without an algorithm', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).start({ ChecksumType: 'COMPOSITE' }), answer: bad('InvalidRequest') },
  {
    name: 'start with more than 2 KB of user metadata',
    run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).start({ Metadata: { long: 'x'.repeat(2045) } }),
    answer: bad('MetadataTooLarge'),
  },
  withUpload('part', FULL, (upload) => sent(upload, 'data', { ChecksumCRC32: crc32('data') }), { ...DATA, ChecksumCRC32: crc32('data') }),
  withUpload('part as a stream, with a trailing CRC32', FULL, (upload, { checking }) => checking.send(new s3.UploadPartCommand({
    ...upload.target(), PartNumber: 1, Body: Readable.from([Buffer.from('data')]), ContentLength: 4,
  })), { ...DATA, ChecksumCRC32: crc32('data') }),
  withUpload('part with a wrong CRC32', FULL, (upload) => upload.part(1, 'data', { ChecksumCRC32: crc32('other') }), bad('BadDigest')),
  withUpload('part with a CRC32 of 3 bytes', FULL, (upload) => upload.part(1, 'data', { ChecksumCRC32: 'AAAA' }), bad('InvalidRequest')),
  withUpload('part without a CRC32, full object', FULL, (upload) => sent(upload, 'data', {}), { ...DATA, ChecksumCRC32: crc32('data') }),
  withUpload('part without a CRC32, composite', COMPOSITE, (upload) => upload.part(1, 'data', {}), bad('InvalidRequest')),
  withUpload('part with a CRC32, upload without checksums', PLAIN, (upload) => sent(upload, 'data', { ChecksumCRC32: crc32('data') }), { ...DATA, ChecksumCRC32: crc32('data') }),
  withUpload('part 0', FULL, (upload) => upload.part(0, 'data'), bad('InvalidArgument')),
  withUpload('part 10,000', FULL, (upload) => sent(upload, 'data', { PartNumber: 10_000 }), { ...DATA, ChecksumCRC32: crc32('data') }),
  withUpload('part 10,001', FULL, (upload) => upload.part(10_001, 'data'), bad('InvalidArgument')),
  { name: 'part of an unknown upload', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).part(1, 'data'), answer: NO_UPLOAD },
  withUpload('part with the upload id of another key', FULL, (upload, { client }) => (
    client.send(new s3.UploadPartCommand({ ...upload.target(), Key: 'another', PartNumber: 1, Body: 'data' }))), NO_UPLOAD),
  withParts('list of parts, first page', FULL, ({ upload }) => upload.list({ MaxParts: 1 }), {
    status: 200, IsTruncated: true, MaxParts: 1, NextPartNumberMarker: '1', ...FULL, Parts: [{ PartNumber: 1, Size: PART_BYTES, ETag: quoted(md5(FIRST)), ChecksumCRC32: crc32(FIRST) }],
  }),
  withParts('list of parts, last page', PLAIN, ({ upload }) => upload.list({ PartNumberMarker: '1' }), {
    status: 200, IsTruncated: false, MaxParts: 1000, NextPartNumberMarker: '2', Parts: [{ PartNumber: 2, Size: END.length, ETag: quoted(md5(END)) }],
  }),
  withParts('list of parts after a part was replaced', FULL, async ({ upload }) => {
    await upload.part(2, 'data');
    return upload.list({ PartNumberMarker: '1' });
  }, { status: 200, IsTruncated: false, MaxParts: 1000, NextPartNumberMarker: '2', ...FULL, Parts: [{ PartNumber: 2, Size: 4, ETag: DATA.ETag, ChecksumCRC32: crc32('data') }] }),
  withUpload('list of parts, no parts', PLAIN, (upload) => upload.list(), { status: 200, IsTruncated: false, MaxParts: 1000, NextPartNumberMarker: '0' }),
  withUpload('list of more than 1,000 parts', PLAIN, (upload) => upload.list({ MaxParts: 1001 }), { status: 200, IsTruncated: false, MaxParts: 1000, NextPartNumberMarker: '0' }),
  withUpload('list of parts with a negative limit', PLAIN, (upload) => upload.list({ MaxParts: -1 }), bad('InvalidArgument')),
  withUpload('list of parts with a marker that is not a number', PLAIN, (upload) => upload.list({ PartNumberMarker: 'x' }), bad('InvalidArgument')),
  { name: 'list of parts of an unknown upload', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).list({ UploadId: 'unknown' }), answer: NO_UPLOAD },
  {
    name: 'list of uploads',
    run: async ({ Key, ...tools }) => {
      for (const name of ['b', 'a', 'c']) await started({ ...tools, Key: `${Key}/${name}` }, FULL);
      return tools.client.send(new s3.ListMultipartUploadsCommand({ Bucket: tools.Bucket, Prefix: `${Key}/`, MaxUploads: 2 }));
    },
    answer: { status: 200, IsTruncated: true, MaxUploads: 2, NextKeyMarker: '/b', Uploads: [{ Key: '/a', ...FULL }, { Key: '/b', ...FULL }] },
  },
];

const ENDS: Row[] = [
  withParts('complete with the CRC32 of the object', FULL, ({ upload, one, two }) => (
    upload.complete([one, two], { ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT', MpuObjectSize: WHOLE.length, IfNoneMatch: '*' })),
  { ...JOINED, ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT' }),
  withParts('complete without the CRC32 of the object', FULL, ({ upload, one, two }) => upload.complete([one, two]), { ...JOINED, ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT' }),
  withParts('complete, composite', COMPOSITE, ({ upload, one, two }) => upload.complete([one, two], { ChecksumCRC32: compositeOf(FIRST, END) }), {
    ...JOINED, ChecksumCRC32: compositeOf(FIRST, END), ChecksumType: 'COMPOSITE',
  }),
  withParts('complete, composite, without the number of parts', COMPOSITE, ({ upload, one, two }) => upload.complete([one, two], { ChecksumCRC32: compositeOf(FIRST, END).slice(0, -2) }), {
    ...JOINED, ChecksumCRC32: compositeOf(FIRST, END), ChecksumType: 'COMPOSITE',
  }),
  withParts('complete without checksums', PLAIN, ({ upload, one, two }) => upload.complete([one, two]), JOINED),
  withParts('head of a completed upload', { ...FULL, ContentType: 'video/mp4', Metadata: { a: 'b' } }, async ({ upload, one, two }, tools) => {
    await upload.complete([one, two]);
    return head(tools);
  }, { ...JOINED, ChecksumCRC32: crc32(WHOLE), ChecksumType: 'FULL_OBJECT', ContentType: 'video/mp4', ContentLength: WHOLE.length, Metadata: { a: 'b' } }),
  withParts('complete with a wrong CRC32 of the object', FULL, ({ upload, one, two }) => upload.complete([one, two], { ChecksumCRC32: crc32('other') }), bad('BadDigest')),
  withParts('complete with a wrong composite CRC32', COMPOSITE, ({ upload, one, two }) => upload.complete([one, two], { ChecksumCRC32: crc32(WHOLE) }), bad('BadDigest')),
  withParts('complete with a CRC32 of 3 bytes', FULL, ({ upload, one, two }) => upload.complete([one, two], { ChecksumCRC32: 'AAAA' }), bad('InvalidRequest')),
  withParts('complete with another checksum type', FULL, ({ upload, one, two }) => upload.complete([one, two], { ChecksumType: 'COMPOSITE' }), bad('BadDigest'), {
    answer: bad('InvalidRequest'), document: `CompleteMultipartUpload, x-amz-checksum-type, ${API}`, why: 'the document names the error BadDigest',
  }),
  withParts('complete with another size', FULL, ({ upload, one, two }) => upload.complete([one, two], { MpuObjectSize: 1 }), bad('InvalidRequest')),
  withParts('complete with parts that are not sorted', PLAIN, async ({ upload, one }) => upload.complete([await upload.part(2, FIRST, {}), one]), bad('InvalidPartOrder')),
  withParts('complete with the same part twice', PLAIN, ({ upload, one }) => upload.complete([one, one]), bad('InvalidPartOrder')),
  withParts('complete with a missing part', PLAIN, ({ upload, one, two }) => upload.complete([one, { ...two, PartNumber: 3 }]), bad('InvalidPart')),
  withParts('complete with a foreign ETag', PLAIN, ({ upload, one, two }) => upload.complete([one, { ...two, ETag: one.ETag }]), bad('InvalidPart')),
  withParts('complete with a wrong CRC32 of a part', FULL, ({ upload, one, two }) => upload.complete([one, { ...two, ChecksumCRC32: one.ChecksumCRC32 }]), bad('InvalidPart')),
  withParts('complete with a CRC32 of a part of 3 bytes', FULL, ({ upload, one, two }) => upload.complete([one, { ...two, ChecksumCRC32: 'AAAA' }]), bad('InvalidArgument')),
  withParts('complete without the CRC32 of a part, full object', FULL, ({ upload, one, two: { PartNumber, ETag } }) => upload.complete([one, { PartNumber, ETag }]), bad('InvalidRequest')),
  withParts('complete without the CRC32 of a part, composite', COMPOSITE, ({ upload, one, two: { PartNumber, ETag } }) => upload.complete([one, { PartNumber, ETag }]), bad('InvalidRequest')),
  withParts('complete with the CRC32 of a part, upload without checksums', PLAIN, ({ upload, one }) => upload.complete([{ ...one, ChecksumCRC32: crc32(FIRST) }]), bad('InvalidPart')),
  withParts('complete with part number 0', PLAIN, ({ upload, one }) => upload.complete([{ ...one, PartNumber: 0 }]), bad('InvalidArgument')),
  withParts('complete with no parts', PLAIN, ({ upload }) => upload.complete([]), bad('MalformedXML')),
  withParts('complete with some of the parts', PLAIN, ({ upload, two }) => upload.complete([two]), { status: 200, ETag: etagOf(END) }),
  withParts('complete with part numbers that do not begin with 1, with checksums', FULL, ({ upload, two }) => upload.complete([two]), bad('InvalidPartOrder'), {
    answer: { status: 200, ETag: etagOf(END), ChecksumCRC32: crc32(END), ChecksumType: 'FULL_OBJECT' }, document: `CompletedPart, PartNumber, ${API}`,
    why: 'the document requires consecutive part numbers from 1 if parts have checksums',
  }),
  withUpload('complete with a part below 5 MiB', PLAIN, async (upload) => upload.complete([await upload.part(1, 'data', {}), await upload.part(2, END, {})]), bad('EntityTooSmall')),
  withParts('complete with If-None-Match: *, existing key', PLAIN, async ({ upload, one, two }, tools) => {
    await put(tools);
    return upload.complete([one, two], { IfNoneMatch: '*' });
  }, bad('PreconditionFailed', 412)),
  withParts('list of parts after a failed completion', PLAIN, async ({ upload, one }) => {
    await upload.complete([one, one]).catch(() => undefined);
    return upload.list({ MaxParts: 1 });
  }, { status: 200, IsTruncated: true, MaxParts: 1, NextPartNumberMarker: '1', Parts: [{ PartNumber: 1, Size: PART_BYTES, ETag: quoted(md5(FIRST)) }] }),
  withParts('complete a second time', PLAIN, async ({ upload, one, two }) => {
    await upload.complete([one, two]);
    return upload.complete([one, two]);
  }, NO_UPLOAD, {
    answer: JOINED, document: `CompleteMultipartUpload, NoSuchUpload, ${API}`,
    why: 'the document names NoSuchUpload for an upload that was completed. Users of AWS report the answer of versitygw (minio/minio, issue 13318)',
  }),
  withParts('abort', FULL, ({ upload }) => upload.abort(), { status: 204 }),
  withParts('abort after completion', PLAIN, async ({ upload, one, two }) => {
    await upload.complete([one, two]);
    return upload.abort();
  }, NO_UPLOAD),
  withParts('abort a second time', FULL, async ({ upload }) => {
    await upload.abort();
    return upload.abort();
  }, NO_UPLOAD),
  withParts('complete after abort', FULL, async ({ upload, one, two }) => {
    await upload.abort();
    return upload.complete([one, two]);
  }, NO_UPLOAD),
  withParts('part after completion', PLAIN, async ({ upload, one, two }) => {
    await upload.complete([one, two]);
    return upload.part(1, 'data', {});
  }, NO_UPLOAD),
  withParts('list of parts after abort', FULL, async ({ upload }) => {
    await upload.abort();
    return upload.list();
  }, NO_UPLOAD),
  withParts('list of uploads after abort', FULL, async ({ upload }, { client, Bucket, Key }) => {
    await upload.abort();
    return client.send(new s3.ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
  }, { status: 200, IsTruncated: false, MaxUploads: 1000 }),
];

/** The requests on objects and multipart uploads that are compared. */
export const ROWS: readonly Row[] = [...OBJECTS, ...PARTS, ...ENDS];

/** Uploads a part, and returns the whole response. */
function sent(upload: Upload, data: string, more: Partial<s3.UploadPartCommandInput>): Promise<object> {
  return upload.send({ PartNumber: 1, Body: data, ...more });
}
