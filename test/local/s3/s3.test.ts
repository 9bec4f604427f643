import { createHash, randomBytes } from 'crypto';
import { readdirSync, rmSync } from 'fs';
import { request as httpRequest } from 'http';
import { join } from 'path';
import { Readable } from 'stream';
import { crc32 } from 'zlib';
import * as s3 from '@aws-sdk/client-s3';
import { accessOf, doorTo, stackOf } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import type { BusEvent, LocalStack } from '../../../local/types';

const BUCKET = 'sources';
const PAGE = 'https://page.example';
const MIB = 1024 * 1024;
const base64Crc = (data: Buffer) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(crc32(data)); return bytes.toString('base64'); };
const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');

let stack: LocalStack;
let door: Awaited<ReturnType<typeof doorTo>>;
let client: s3.S3Client;
let store: ReturnType<typeof createS3>['store'];
let denied: (action: string, resource: string) => boolean;
const events: BusEvent[] = [];
const access = accessOf(({ action, resource }) => denied(action, resource));

beforeAll(async () => {
  stack = stackOf([{
    type: 'AWS::S3::Bucket',
    physicalId: BUCKET,
    properties: {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      CorsConfiguration: {
        CorsRules: [{
          AllowedOrigins: [PAGE, 'https://*.app.example'],
          AllowedMethods: ['PUT'],
          AllowedHeaders: ['content-type', 'x-amz-checksum-*', 'if-none-match'],
          ExposedHeaders: ['ETag'],
          MaxAge: 600,
        }],
      },
    },
  }, { type: 'AWS::S3::Bucket', physicalId: 'silent' }]);
  const made = createS3({ stack, putEvent: (event) => events.push(event), access });
  store = made.store;
  store.list(BUCKET); // makes its folders
  door = await doorTo(made.service, access);
  client = new s3.S3Client({ endpoint: door.endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 });
});
beforeEach(() => {
  denied = () => false;
  events.length = 0;
  access.asked.length = 0;
});
afterAll(async () => {
  client.destroy();
  await door.stop();
  rmSync(stack.dataFolder, { recursive: true });
});

const put = (Key: string, Body: string | Buffer = 'x', more: Partial<s3.PutObjectCommandInput> = {}) =>
  client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const start = async (Key: string, more: Partial<s3.CreateMultipartUploadCommandInput> = {}) =>
  (await client.send(new s3.CreateMultipartUploadCommand({ Bucket: BUCKET, Key, ...more }))).UploadId!;
const part = (Key: string, UploadId: string, PartNumber: number, Body: Buffer, more: Partial<s3.UploadPartCommandInput> = {}) =>
  client.send(new s3.UploadPartCommand({ Bucket: BUCKET, Key, UploadId, PartNumber, Body, ...more }));
const complete = (Key: string, UploadId: string, Parts: s3.CompletedPart[], more: Partial<s3.CompleteMultipartUploadCommandInput> = {}) =>
  client.send(new s3.CompleteMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const bytesOf = async (Key: string, more: Partial<s3.GetObjectCommandInput> = {}) =>
  Buffer.from(await (await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key, ...more }))).Body!.transformToByteArray());
const leftovers = () => ['bytes', 'uploads'].map((folder) => readdirSync(join(stack.dataFolder, 's3', BUCKET, folder)).length);

/** What the SDK will not send: raw headers, raw paths. */
const raw = (method: string, path: string, headers: Record<string, string> = {}, body?: Buffer | Readable) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = httpRequest(`${door.endpoint}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: `${Buffer.concat(chunks)}` }));
    }).on('error', reject);
    if (body instanceof Readable) body.pipe(sent);
    else sent.end(body);
  });

test('an object comes back as it was put, with its facts', async () => {
  const data = randomBytes(300_000);
  const answer = await put('a/b c+ü%?.bin', data, { ContentType: 'video/mp4', Metadata: { who: 'me' }, CacheControl: 'max-age=1' });
  expect(answer.ETag).toBe(`"${md5(data)}"`);
  expect(answer.ChecksumCRC32).toBe(base64Crc(data));
  const got = await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'a/b c+ü%?.bin' }));
  expect(got).toMatchObject({ ContentType: 'video/mp4', ContentLength: 300_000, Metadata: { who: 'me' }, CacheControl: 'max-age=1', AcceptRanges: 'bytes' });
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true);
  expect(store.get(BUCKET, 'a/b c+ü%?.bin')).toMatchObject({ size: 300_000, etag: answer.ETag, contentType: 'video/mp4' });
});

test('keys cannot leave the folder, and survive a restart', async () => {
  await put('../../../escape', 'out');
  await put('..', 'dots');
  expect(store.path(BUCKET, '../../../escape')!.startsWith(join(stack.dataFolder, 's3', BUCKET, 'bytes'))).toBe(true);
  const again = createS3({ stack, putEvent: () => undefined }).store;
  expect(again.list(BUCKET, '..').map(({ key, size }) => [key, size])).toEqual([['..', 4], ['../../../escape', 3]]);
});

test('a streamed body is decoded from aws-chunked and its trailing checksum is verified', async () => {
  const data = randomBytes(3 * MIB);
  await client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key: 'stream', Body: Readable.from([data.subarray(0, 7), data.subarray(7)]), ContentLength: data.length }));
  expect((await bytesOf('stream')).equals(data)).toBe(true);
  expect(store.get(BUCKET, 'stream')!.headers).toEqual({});
  const framed = (sum: string) => Buffer.concat([Buffer.from('3;chunk-signature=abc\r\nabc\r\n2\r\nde\r\n0\r\n'), Buffer.from(`x-amz-checksum-crc32:${sum}\r\n\r\n`)]);
  const send = (sum: string, length = '5') => raw('PUT', `/${BUCKET}/framed`, {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': length, 'x-amz-trailer': 'x-amz-checksum-crc32', 'content-encoding': 'aws-chunked',
  }, framed(sum));
  expect(await send(base64Crc(Buffer.from('abcde')))).toMatchObject({ status: 200, headers: { etag: `"${md5(Buffer.from('abcde'))}"` } });
  expect((await send(base64Crc(Buffer.from('other')))).body).toContain('<Code>BadDigest</Code>');
  expect((await send(base64Crc(Buffer.from('abcde')), '6')).body).toContain('<Code>IncompleteBody</Code>');
});

test('only one of two racing conditional puts wins', async () => {
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => put('race', Buffer.alloc(MIB, i), { IfNoneMatch: '*' })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  const before = leftovers();
  await expect(put('race', 'again', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(leftovers()).toEqual(before);
});

test('ranges and conditions', async () => {
  const { ETag } = await put('range', '0123456789', { ContentType: 'text/plain' });
  const got = (Range: string) => client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'range', Range }));
  const cases: [string, string, string][] = [['bytes=2-4', '234', 'bytes 2-4/10'], ['bytes=8-', '89', 'bytes 8-9/10'], ['bytes=-3', '789', 'bytes 7-9/10'], ['bytes=5-99', '56789', 'bytes 5-9/10']];
  for (const [range, body, contentRange] of cases) {
    const answer = await got(range);
    expect([answer.$metadata.httpStatusCode, answer.ContentRange, await answer.Body!.transformToString()]).toEqual([206, contentRange, body]);
  }
  expect((await got('bytes=4-2')).$metadata.httpStatusCode).toBe(200);
  await expect(got('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
  expect((await raw('GET', `/${BUCKET}/range`, { range: 'bytes=10-' })).headers['content-range']).toBe('bytes */10');
  expect((await raw('GET', `/${BUCKET}/range`, { 'if-none-match': ETag! })).status).toBe(304);
  expect((await raw('GET', `/${BUCKET}/range`, { 'if-match': '"other"' })).status).toBe(412);
  expect((await raw('HEAD', `/${BUCKET}/range`)).headers).toMatchObject({ 'content-length': '10', 'etag': ETag, 'content-type': 'text/plain' });
});

test('multipart: listed, completed with a full-object checksum, announced once', async () => {
  const [one, two] = [randomBytes(5 * MIB), randomBytes(1000)];
  const whole = Buffer.concat([one, two]);
  const id = await start('big', { ContentType: 'video/mp4', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  await part('big', id, 2, Buffer.from('replaced'));
  const etags = [(await part('big', id, 1, one)).ETag, (await part('big', id, 2, two)).ETag];
  expect(etags[0]).toBe(`"${md5(one)}"`);
  const listed = await client.send(new s3.ListPartsCommand({ Bucket: BUCKET, Key: 'big', UploadId: id }));
  expect(listed).toMatchObject({ ChecksumType: 'FULL_OBJECT', IsTruncated: false });
  expect(listed.Parts!.map(({ PartNumber, Size, ETag, ChecksumCRC32 }) => [PartNumber, Size, ETag, ChecksumCRC32])).toEqual([
    [1, 5 * MIB, etags[0], base64Crc(one)],
    [2, 1000, etags[1], base64Crc(two)],
  ]);
  const page = await client.send(new s3.ListPartsCommand({ Bucket: BUCKET, Key: 'big', UploadId: id, MaxParts: 1 }));
  expect([page.IsTruncated, page.NextPartNumberMarker, page.Parts!.length]).toEqual([true, '1', 1]);
  const parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
  await expect(complete('big', id, parts, { ChecksumCRC32: base64Crc(one), ChecksumType: 'FULL_OBJECT' })).rejects.toMatchObject({ name: 'BadDigest' });
  const done = await complete('big', id, parts, { ChecksumCRC32: base64Crc(whole), ChecksumType: 'FULL_OBJECT' });
  const etag = `${md5(Buffer.concat([one, two].map((data) => createHash('md5').update(data).digest())))}-2`;
  expect(done).toMatchObject({ ETag: `"${etag}"`, ChecksumCRC32: base64Crc(whole), ChecksumType: 'FULL_OBJECT' });
  expect((await bytesOf('big')).equals(whole)).toBe(true);
  expect(events.map(({ detail }) => [detail.reason, detail.object.key, detail.object.size, detail.object.etag])).toEqual([['CompleteMultipartUpload', 'big', whole.length, etag]]);
  await expect(complete('big', id, parts)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  expect(leftovers()[1]).toBe(0);
});

test('a composite checksum, the SDK\'s default, is the checksum of checksums', async () => {
  const data = [randomBytes(5 * MIB), randomBytes(10)];
  const id = await start('composite', { ChecksumAlgorithm: 'CRC32' });
  const parts = await Promise.all(data.map(async (body, index) => ({ ...await part('composite', id, index + 1, body), PartNumber: index + 1 })));
  const done = await complete('composite', id, parts.map(({ PartNumber, ETag, ChecksumCRC32 }) => ({ PartNumber, ETag, ChecksumCRC32 })));
  const raws = Buffer.concat(data.map((body) => Buffer.from(base64Crc(body), 'base64')));
  expect(done).toMatchObject({ ChecksumType: 'COMPOSITE', ChecksumCRC32: `${base64Crc(raws)}-2` });
  expect((await bytesOf('composite')).length).toBe(5 * MIB + 10);
});

/** Status and code of each refusal, as S3 answers it. */
const refusals: [name: string, call: () => Promise<unknown>, status: number, code: string][] = [
  ['get of a missing key', () => bytesOf('missing'), 404, 'NoSuchKey'],
  ['a bucket that is not in the template', () => client.send(new s3.GetObjectCommand({ Bucket: 'other', Key: 'k' })), 404, 'NoSuchBucket'],
  ['put into a missing bucket', () => client.send(new s3.PutObjectCommand({ Bucket: 'other', Key: 'k', Body: 'x' })), 404, 'NoSuchBucket'],
  ['a wrong CRC32', () => put('bad', 'data', { ChecksumCRC32: base64Crc(Buffer.from('else')) }), 400, 'BadDigest'],
  ['a wrong SHA-256', () => put('bad', 'data', { ChecksumSHA256: createHash('sha256').update('else').digest('base64') }), 400, 'BadDigest'],
  ['an algorithm that we have not', () => put('bad', 'data', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }), 501, 'NotImplemented'],
  ['If-None-Match with an etag', () => put('bad', 'data', { IfNoneMatch: '"x"' }), 501, 'NotImplemented'],
  ['a subresource that we have not', () => client.send(new s3.GetObjectAclCommand({ Bucket: BUCKET, Key: 'k' })), 501, 'NotImplemented'],
  ['a delimiter', () => client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET, Delimiter: '/' })), 501, 'NotImplemented'],
  ['a part of no upload', () => part('k', 'nope', 1, Buffer.from('x')), 404, 'NoSuchUpload'],
  ['an upload id that climbs', () => part('k', '../objects', 1, Buffer.from('x')), 404, 'NoSuchUpload'],
  ['another key\'s upload', async () => part('other-key', await start('key'), 1, Buffer.from('x')), 404, 'NoSuchUpload'],
  ['part number 0', async () => part('k', await start('k'), 0, Buffer.from('x')), 400, 'InvalidArgument'],
  ['a part with a wrong checksum', async () => part('k', await start('k'), 1, Buffer.from('x'), { ChecksumCRC32: base64Crc(Buffer.from('y')) }), 400, 'BadDigest'],
  ['a part that was never sent', async () => complete('k', await start('k'), [{ PartNumber: 1, ETag: '"x"' }]), 400, 'InvalidPart'],
  ['a part\'s wrong etag', async () => {
    const id = await start('k');
    await part('k', id, 1, Buffer.from('x'));
    return complete('k', id, [{ PartNumber: 1, ETag: '"x"' }]);
  }, 400, 'InvalidPart'],
  ['parts out of order', async () => {
    const id = await start('k');
    const [a, b] = [await part('k', id, 1, Buffer.alloc(5 * MIB)), await part('k', id, 2, Buffer.from('x'))];
    return complete('k', id, [{ PartNumber: 2, ETag: b.ETag }, { PartNumber: 1, ETag: a.ETag }]);
  }, 400, 'InvalidPartOrder'],
  ['a small part that is not the last', async () => {
    const id = await start('k');
    const [a, b] = [await part('k', id, 1, Buffer.from('x')), await part('k', id, 2, Buffer.from('x'))];
    return complete('k', id, [{ PartNumber: 1, ETag: a.ETag }, { PartNumber: 2, ETag: b.ETag }]);
  }, 400, 'EntityTooSmall'],
  ['completing over an object with If-None-Match', async () => {
    await put('there');
    const id = await start('there');
    const { ETag } = await part('there', id, 1, Buffer.from('x'));
    return complete('there', id, [{ PartNumber: 1, ETag }], { IfNoneMatch: '*' });
  }, 412, 'PreconditionFailed'],
  ['completing with no parts', async () => complete('k', await start('k'), []), 400, 'MalformedXML'],
  ['a full-object SHA-256', () => start('k', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }), 400, 'InvalidRequest'],
  ['aborting twice', async () => {
    const id = await start('k');
    const abort = () => client.send(new s3.AbortMultipartUploadCommand({ Bucket: BUCKET, Key: 'k', UploadId: id }));
    await abort();
    return abort();
  }, 404, 'NoSuchUpload'],
];
test.each(refusals)('%s is refused', async (_name, call, status, code) => {
  const before = leftovers()[0];
  await expect(call()).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
  expect(leftovers()[0] - before).toBeLessThanOrEqual(1);
});

test('a put without a length is refused', async () => {
  const answer = await raw('PUT', `/${BUCKET}/long`, {}, Readable.from([Buffer.alloc(3 * MIB), Buffer.alloc(MIB)]));
  expect(answer).toMatchObject({ status: 411, body: expect.stringContaining('<Code>MissingContentLength</Code>') });
  expect(store.get(BUCKET, 'long')).toBeUndefined();
});

test('an upload that breaks off leaves nothing', async () => {
  const before = leftovers();
  await expect(new Promise((_resolve, reject) => {
    const sent = httpRequest(`${door.endpoint}/${BUCKET}/broken`, { method: 'PUT', headers: { 'content-length': '1000000' } }).on('error', reject);
    sent.write(Buffer.alloc(100_000), () => setTimeout(() => sent.destroy(new Error('gone')), 50));
  })).rejects.toThrow('gone');
  for (let tries = 0; tries < 100 && `${leftovers()}` !== `${before}`; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(leftovers()).toEqual(before);
  expect(store.get(BUCKET, 'broken')).toBeUndefined();
});

test('a missing key is 403 for who may not list', async () => {
  denied = (action) => action === 's3:ListBucket';
  await expect(bytesOf('missing')).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
});

test('lists by prefix and page, in byte order', async () => {
  for (const key of ['l/b', 'l/a&<', 'l/é', 'l/c', 'm']) await put(key);
  const keys: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page: s3.ListObjectsV2CommandOutput = await client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'l/', MaxKeys: 2, ContinuationToken: token }));
    keys.push(...page.Contents!.map(({ Key }) => Key));
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
    token = page.NextContinuationToken;
  } while (token);
  expect(keys).toEqual(['l/a&<', 'l/b', 'l/c', 'l/é']);
});

test('deletes, one and many, and each key of many is judged', async () => {
  for (const key of ['d/1', 'd/2', 'd/&3']) await put(key);
  await client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'd/1' }));
  await client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'd/1' }));
  denied = (_action, resource) => resource.endsWith('d/2');
  const result = await client.send(new s3.DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: 'd/2' }, { Key: 'd/&3' }] } }));
  expect(result.Deleted).toEqual([{ Key: 'd/&3' }]);
  expect(result.Errors).toMatchObject([{ Key: 'd/2', Code: 'AccessDenied' }]);
  expect(store.list(BUCKET, 'd/').map(({ key }) => key)).toEqual(['d/2']);
});

test('asks for the permission that S3 asks for', async () => {
  const id = await start('p/k');
  await part('p/k', id, 1, Buffer.from('x'));
  await client.send(new s3.ListPartsCommand({ Bucket: BUCKET, Key: 'p/k', UploadId: id }));
  await client.send(new s3.AbortMultipartUploadCommand({ Bucket: BUCKET, Key: 'p/k', UploadId: id }));
  await client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'p/' }));
  await client.send(new s3.HeadBucketCommand({ Bucket: BUCKET }));
  await put('p/k');
  await bytesOf('p/k');
  await client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'p/k' }));
  const object = `arn:aws:s3:::${BUCKET}/p/k`;
  expect(access.asked).toEqual([
    ...['s3:PutObject', 's3:PutObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'].map((action) => ({ action, resource: object })),
    { action: 's3:ListBucket', resource: `arn:aws:s3:::${BUCKET}`, context: { 's3:prefix': 'p/' } },
    { action: 's3:ListBucket', resource: `arn:aws:s3:::${BUCKET}` },
    ...['s3:PutObject', 's3:GetObject', 's3:DeleteObject'].map((action) => ({ action, resource: object })),
  ]);
});

test('announces a new object as EventBridge does, and only where the bucket says so', async () => {
  await put('ev ü/+', 'abc');
  await put('ev2', 'abc');
  await client.send(new s3.PutObjectCommand({ Bucket: 'silent', Key: 'k', Body: 'x' }));
  expect(events).toHaveLength(2);
  expect(events[0]).toEqual({
    'source': 'aws.s3',
    'detail-type': 'Object Created',
    'resources': [`arn:aws:s3:::${BUCKET}`],
    'detail': {
      'version': '0',
      'bucket': { name: BUCKET },
      'object': { key: 'ev ü/+', size: 3, etag: md5(Buffer.from('abc')), sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) },
      'request-id': expect.any(String),
      'requester': '111122223333',
      'source-ip-address': '127.0.0.1',
      'reason': 'PutObject',
    },
  });
  expect(events[1].detail.object.sequencer > events[0].detail.object.sequencer).toBe(true);
});

test.each<[string, Record<string, string>, number]>([
  ['the page', { 'origin': PAGE, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'Content-Type, x-amz-checksum-crc32' }, 200],
  ['a wildcard origin', { 'origin': 'https://x.app.example', 'access-control-request-method': 'PUT' }, 200],
  ['another origin', { 'origin': 'https://page.example.evil', 'access-control-request-method': 'PUT' }, 403],
  ['another method', { 'origin': PAGE, 'access-control-request-method': 'DELETE' }, 403],
  ['another header', { 'origin': PAGE, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' }, 403],
  ['no origin', { 'access-control-request-method': 'PUT' }, 400],
])('preflight of %s', async (_name, headers, status) => {
  const answer = await raw('OPTIONS', `/${BUCKET}/k`, headers);
  expect(answer.status).toBe(status);
  expect(answer.headers['access-control-allow-origin']).toBe(status === 200 ? headers.origin : undefined);
  if (headers['access-control-request-headers'] && status === 200) expect(answer.headers['access-control-allow-headers']).toBe('content-type, x-amz-checksum-crc32');
  expect((await raw('OPTIONS', '/silent/k', headers)).status).not.toBe(200);
});

test('answers and refusals carry the CORS headers', async () => {
  const good = await raw('PUT', `/${BUCKET}/cors`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
  expect(good.headers).toMatchObject({ 'access-control-allow-origin': PAGE, 'access-control-expose-headers': 'ETag' });
  denied = () => true;
  const bad = await raw('PUT', `/${BUCKET}/cors`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
  expect([bad.status, bad.headers['access-control-allow-origin']]).toEqual([403, PAGE]);
  expect((await raw('GET', `/${BUCKET}/cors`, { origin: PAGE })).headers['access-control-allow-origin']).toBeUndefined();
});

test('a large upload does not grow memory', async () => {
  const chunk = Buffer.alloc(MIB, 7);
  const size = 200 * MIB;
  const before = process.memoryUsage().rss;
  let most = 0;
  const body = Readable.from((function* () {
    for (let sent = 0; sent < size; sent += chunk.length) {
      most = Math.max(most, process.memoryUsage().rss);
      yield chunk;
    }
  })());
  expect(await raw('PUT', `/${BUCKET}/huge`, { 'content-length': `${size}` }, body)).toMatchObject({ status: 200 });
  expect(most - before).toBeLessThan(100 * MIB);
  store.delete(BUCKET, 'huge');
});
