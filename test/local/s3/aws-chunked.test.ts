import { readdirSync, rmSync } from 'fs';
import { join } from 'path';
import { Readable } from 'stream';
import * as s3 from '@aws-sdk/client-s3';
import { accessOf, clientOf, crc32, rawTo, startFake, stackOf, uploadTo } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import type { LocalStack } from '../../../local/types';

const BUCKET = 'sources';
const CHUNK = Buffer.alloc(8192, 1);

let stack: LocalStack;
let served: Awaited<ReturnType<typeof startFake>>;
let client: s3.S3Client;
let store: ReturnType<typeof createS3>['store'];
const access = accessOf();

beforeAll(async () => {
  stack = stackOf([{ type: 'AWS::S3::Bucket', physicalId: BUCKET }]);
  const made = createS3({ stack, putEvent: () => undefined, access });
  ({ store } = made);
  served = await startFake(made.service, access);
  client = clientOf(served.endpoint, { requestChecksumCalculation: 'WHEN_SUPPORTED' });
});
afterAll(async () => {
  client.destroy();
  await served.stop();
  rmSync(stack.dataFolder, { recursive: true });
});

const stream = (size: number) => ({ Body: Readable.from([Buffer.alloc(size, 7)]), ContentLength: size });

test.each([0, 1, 8192, 300_000])('stores a stream of %d bytes that the SDK sends with a trailing checksum', async (size) => {
  const { ChecksumCRC32 } = await client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key: 'stream', ContentEncoding: 'gzip', ...stream(size) }));
  expect(ChecksumCRC32).toBe(crc32(Buffer.alloc(size, 7)));
  const { Body, ContentEncoding } = await client.send(new s3.GetObjectCommand({ Bucket: BUCKET, Key: 'stream', ChecksumMode: 'ENABLED' }));
  expect([await Body!.transformToByteArray().then((bytes) => bytes.length), ContentEncoding]).toEqual([size, 'gzip']);
});

test('stores a part that the SDK sends as a stream', async () => {
  const upload = uploadTo(client, BUCKET, 'parts');
  await upload.start();
  const { ETag, ChecksumCRC32 } = await client.send(new s3.UploadPartCommand({ ...upload.target(), PartNumber: 1, ...stream(100_000) }));
  expect(ChecksumCRC32).toBe(crc32(Buffer.alloc(100_000, 7)));
  expect(await upload.complete([{ PartNumber: 1, ETag, ChecksumCRC32 }], { ChecksumCRC32 })).toMatchObject({ ChecksumCRC32 });
});

const lines = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const TRAILER = `x-amz-checksum-crc32:${crc32('data')}\r\n`;
/** Sends a chunked body. `size` is the declared length of the decoded body. */
const send = (body: Buffer, size = 4, more: Record<string, string | undefined> = {}) => {
  const headers = {
    'content-length': `${body.length}`, 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': `${size}`,
    'x-amz-trailer': 'x-amz-checksum-crc32', ...more,
  };
  return rawTo(served.endpoint, 'PUT', `/${BUCKET}/raw`, Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>, body);
};

test.each<[string, Buffer, number?, Record<string, string | undefined>?]>([
  ['one chunk', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n')],
  ['several chunks', lines('2000\r\n', CHUNK, '\r\n4\r\ndata\r\n0\r\n', `x-amz-checksum-crc32:${crc32(Buffer.concat([CHUNK, Buffer.from('data')]))}\r\n\r\n`), 8196],
  ['no announced trailer', lines('4\r\ndata\r\n0\r\n\r\n'), 4, { 'x-amz-trailer': undefined }],
])('accepts %s', async (...[, body, size, more]) => {
  expect(await send(body, size, more)).toMatchObject({ status: 200 });
  expect(store.get(BUCKET, 'raw')!.size).toBe(size ?? 4);
  store.delete(BUCKET, 'raw');
});

test.each<[string, Buffer, string, number?, Record<string, string>?]>([
  ['a wrong checksum', lines('4\r\ndata\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'), 'BadDigest'],
  ['a checksum that is not 4 bytes', lines('4\r\ndata\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n'), 'InvalidRequest'],
  ['no checksum', lines('4\r\ndata\r\n0\r\n\r\n'), 'MalformedTrailerError'],
  ['another trailer', lines('4\r\ndata\r\n0\r\nx-amz-checksum-sha256:AAAAAA==\r\n\r\n'), 'MalformedTrailerError'],
  ['a trailer without a name', lines('4\r\ndata\r\n0\r\nAAAAAA==\r\n\r\n'), 'MalformedTrailerError'],
  ['a body that ends in a chunk', lines('4\r\nda'), 'IncompleteBody'],
  ['a body that ends after the data', lines('4\r\ndata\r\n'), 'IncompleteBody'],
  ['a body that ends in the trailer', lines('4\r\ndata\r\n0\r\n', TRAILER), 'IncompleteBody'],
  ['a chunk that is longer than its length', lines('3\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'IncompleteBody'],
  ['fewer bytes than declared', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'IncompleteBody', 5],
  ['more bytes than declared', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'IncompleteBody', 3],
  ['a length that is not hexadecimal', lines('x\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'IncompleteBody'],
  ['a length without an end', Buffer.alloc(2000, '1'), 'IncompleteBody'],
  ['a body that is not chunked', Buffer.from('data'), 'IncompleteBody'],
  ['chunks after the end', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n0\r\n\r\n'), 'IncompleteBody'],
  ['bytes between a chunk and its end', lines('4\r\ndata!\r\n0\r\n', TRAILER, '\r\n'), 'IncompleteBody'],
  ['a small chunk before the last chunk', lines('2\r\nda\r\n2\r\nta\r\n0\r\n', TRAILER, '\r\n'), 'InvalidChunkSizeError'],
  ['two checksums', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'InvalidRequest', 4, { 'x-amz-checksum-crc32': crc32('data') }],
  ['no length of the decoded body', lines('4\r\ndata\r\n0\r\n', TRAILER, '\r\n'), 'MissingContentLength', 4, { 'x-amz-decoded-content-length': '' }],
])('rejects %s', async (...[, body, code, size, more]) => {
  expect(await send(body, size, more)).toMatchObject({ status: code === 'MissingContentLength' ? 411 : 400, body: expect.stringContaining(`<Code>${code}</Code>`) });
  expect(store.get(BUCKET, 'raw')).toBeUndefined();
  expect(readdirSync(join(stack.dataFolder, 's3', '.incoming'))).toEqual([]);
});

test('rejects another algorithm of the trailer', async () => {
  expect(await send(lines('4\r\ndata\r\n0\r\n\r\n'), 4, { 'x-amz-trailer': 'x-amz-checksum-sha256' })).toMatchObject({ status: 501, body: expect.stringContaining('<Code>NotImplemented</Code>') });
});
