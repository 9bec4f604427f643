import { HeadObjectCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { CRC, KEY, MIB, multipartRow, OTHER_CRC, s3Error, SIGNING, singleRow, storedParts, UPLOAD_ID, uploadHandler, VIDEO_ID } from './upload-handler';
import { verifies } from './verify-url';
import type { VideoRow } from '../../src/contract/table';

const { dynamodb, s3, sts, send, given } = uploadHandler();

const parts = (...numbers: unknown[]) => ({ parts: numbers.map((partNumber) => ({ partNumber, checksum: CRC })) });
const code = ({ status, body }: { status: number; body: any }) => [status, body.code];
const isGone = () => s3.on(ListPartsCommand).rejects(s3Error('NoSuchUpload', 404)).on(HeadObjectCommand).rejects(s3Error('NotFound', 404));
const signedOf = (url: string) => {
  const { pathname, searchParams } = new URL(url);
  return { pathname, ...Object.fromEntries([...searchParams].filter(([name]) => ['partNumber', 'uploadId', 'X-Amz-SignedHeaders'].includes(name))) };
};

describe('GET /upload/{videoId}', () => {
  test('returns the parts that S3 has stored, and how to continue', async () => {
    given();
    const storedAt = new Date(Date.now() - 60_000);
    s3.on(ListPartsCommand).resolves({ Parts: [{ ...storedParts([16 * MIB])[0], LastModified: storedAt }], IsTruncated: false, NextPartNumberMarker: '1' });
    const { status, body } = await send('getUpload');
    expect({ status, video: body.video }).toMatchObject({ status: 200, video: { videoId: VIDEO_ID, status: 'waiting' } });
    expect(body.parts).toEqual([{ partNumber: 1, size: 16 * MIB, etag: '"etag-1"', checksum: CRC }]);
    expect(body.file).toEqual({ fileName: 'a.mp4', contentType: 'video/mp4', size: 20 * MIB });
    expect(body).not.toHaveProperty('cursor');
    expect(body.upload).toMatchObject({ kind: 'multipart', partSize: 16 * MIB, partCount: 2 });
    expect(s3.commandCalls(ListPartsCommand)[0].args[0].input).toEqual({ Bucket: 'sources', Key: KEY, UploadId: UPLOAD_ID });
  });

  test.each([
    ['its last part', '2026-11-01T10:00:00.000Z', ['2026-11-02T10:00:00.000Z', '2026-11-03T12:00:00.000Z', '2026-11-03T11:00:00.000Z'], '2026-11-04T12:00:00.000Z'],
    ['its start, if S3 has no part', '2026-11-01T10:00:00.000Z', [], '2026-11-02T10:00:00.000Z'],
    ['its start, because S3 deletes the parts after 7 days', '2026-11-01T10:00:00.000Z', ['2026-11-08T09:00:00.000Z'], '2026-11-08T10:00:00.000Z'],
  ])('returns an expiry that counts from %s', async (_, createdAt, times, expiresAt) => {
    given({ createdAt });
    s3.on(ListPartsCommand).resolves({ Parts: times.map((time, index) => ({ ...storedParts([1], index + 1)[0], LastModified: new Date(time) })) });
    expect((await send('getUpload')).body.upload.expiresAt).toBe(expiresAt);
  });

  test('returns pages of parts', async () => {
    given({ source: { size: 2000 * 16 * MIB } as VideoRow['source'] });
    s3.on(ListPartsCommand).callsFake(async ({ PartNumberMarker }) => (
      PartNumberMarker === undefined ? { Parts: storedParts(Array(1000).fill(16 * MIB)), IsTruncated: true, NextPartNumberMarker: '1000' }
        : { Parts: storedParts([16 * MIB], Number(PartNumberMarker) + 1), IsTruncated: false, NextPartNumberMarker: '1001' }));
    const first = await send('getUpload');
    expect(first.body.parts).toHaveLength(1000);
    const second = await send('getUpload', { query: { cursor: first.body.cursor } });
    expect(second.body.parts.map(({ partNumber }: { partNumber: number }) => partNumber)).toEqual([1001]);
    expect(second.body).not.toHaveProperty('cursor');
  });

  test.each(['a0', 'a10001', 'a-1', 'a1.5', 'a01', '1', 'a', 'a1\n', ' a1', 'a१'])('rejects the cursor %j', async (cursor) => {
    given();
    expect(code(await send('getUpload', { query: { cursor } }))).toEqual([400, 'invalid_cursor']);
    expect(s3.calls()).toHaveLength(0);
  });

  test('returns a new URL of an upload with one PUT request', async () => {
    given(singleRow({ source: { size: MIB, checksum: CRC } as VideoRow['source'] }));
    s3.on(HeadObjectCommand).rejects(s3Error('Forbidden', 403));
    const { status, body: { upload, parts: listed } } = await send('getUpload');
    expect([status, listed]).toEqual([200, []]);
    expect(upload).toMatchObject({ kind: 'single', method: 'PUT', headers: { 'content-type': 'video/mp4', 'if-none-match': '*', 'x-amz-checksum-crc32': CRC } });
    expect(signedOf(upload.url)).toEqual({ 'pathname': `/${KEY}`, 'X-Amz-SignedHeaders': 'content-length;content-type;host;if-none-match;x-amz-checksum-crc32' });
  });

  test.each([
    ['a single upload', singleRow()],
    ['a multipart upload', multipartRow()],
  ])('returns no upload if S3 has the file of %s, but its event has not arrived', async (_, row) => {
    given(row);
    s3.on(ListPartsCommand).rejects(s3Error('NoSuchUpload', 404)).on(HeadObjectCommand).resolves({ ContentLength: 20 * MIB });
    const { status, body } = await send('getUpload');
    expect([status, Object.keys(body), body.parts]).toEqual([200, ['video', 'file', 'parts'], []]);
  });

  test.each(['uploaded', 'ready', 'errored'] as const)('returns no upload of a video with the status %s, and does not call S3', async (status) => {
    given({ status });
    const { body } = await send('getUpload');
    expect([Object.keys(body), body.parts, body.video.status]).toEqual([['video', 'file', 'parts'], [], status]);
    expect(s3.calls()).toHaveLength(0);
  });

  test('returns 409 upload_gone if S3 has neither the upload nor the file', async () => {
    given();
    isGone();
    expect(code(await send('getUpload'))).toEqual([409, 'upload_gone']);
  });

  test('returns 503 if S3 does not respond in time', async () => {
    jest.spyOn(console, 'warn').mockImplementation();
    given();
    s3.on(ListPartsCommand).rejects(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    expect(code(await send('getUpload'))).toEqual([503, 'unavailable']);
  });
});

describe('POST /upload/{videoId}/parts', () => {
  test('returns a signed URL for each part in the order of the request, and does not call S3', async () => {
    given();
    const before = Date.now();
    const { status, body } = await send('signParts', { body: { parts: [{ partNumber: 2, checksum: OTHER_CRC }, { partNumber: 1, checksum: CRC }] } });
    expect(status).toBe(200);
    expect(body.parts.map(({ partNumber, headers }: any) => ({ partNumber, headers }))).toEqual([
      { partNumber: 2, headers: { 'x-amz-checksum-crc32': OTHER_CRC } }, { partNumber: 1, headers: { 'x-amz-checksum-crc32': CRC } },
    ]);
    const SIGNED = { 'pathname': `/${KEY}`, 'uploadId': UPLOAD_ID, 'X-Amz-SignedHeaders': 'content-length;host;x-amz-checksum-crc32' };
    expect(body.parts.map(({ url }: any) => signedOf(url))).toEqual([{ ...SIGNED, partNumber: '2' }, { ...SIGNED, partNumber: '1' }]);
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(before + 598_000);
    expect(Date.parse(body.expiresAt)).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(s3.calls()).toHaveLength(0);
  });

  test('signs 100 parts at once, and starts at most one session', async () => {
    given({ source: { size: 16 * MIB * 100 } as VideoRow['source'] });
    const { status, body } = await send('signParts', { body: parts(...Array.from({ length: 100 }, (_, index) => index + 1)) });
    expect([status, body.parts.length, new Set(body.parts.map(({ url }: any) => url)).size]).toEqual([200, 100, 100]);
    expect(sts.commandCalls(AssumeRoleCommand).length).toBeLessThanOrEqual(1);
  });

  test('signs part 10,000', async () => {
    given({ source: { size: 16 * MIB * 10_000 } as VideoRow['source'] });
    const { body } = await send('signParts', { body: parts(10_000) });
    expect(signedOf(body.parts[0].url)).toMatchObject({ partNumber: '10000' });
  });

  test.each<[string, number, number, number, number]>([
    ['the first part', 20 * MIB, 16 * MIB, 1, 16 * MIB],
    ['the last part', 20 * MIB, 16 * MIB, 2, 4 * MIB],
    ['the last part of a file without a rest', 32 * MIB, 16 * MIB, 2, 16 * MIB],
    ['the last part with one byte', 32 * MIB + 1, 16 * MIB, 3, 1],
    ['the only part', 5, 16 * MIB, 1, 5],
    ['part 10,000', 9_999 * 17 * MIB + 3, 17 * MIB, 10_000, 3],
  ])('signs the exact length of %s', async (_, size, partSize, partNumber, length) => {
    given({ source: { size } as VideoRow['source'], multipart: { id: UPLOAD_ID, partSize } });
    const { body: { parts: [{ url, headers }] } } = await send('signParts', { body: parts(partNumber) });
    const sent = (bytes: number) => verifies(url, { ...headers, 'host': 'sources.s3.eu-central-1.amazonaws.com', 'content-length': String(bytes) }, SIGNING);
    expect([await sent(length - 1), await sent(length), await sent(length + 1)]).toEqual([false, true, false]);
  });

  test.each<[string, unknown]>([
    ['the part 0', parts(0)], ['the part -1', parts(-1)], ['the part 10,001', parts(10_001)], ['the part 1.5', parts(1.5)], ['the part "1"', parts('1')],
    ['a part after the last part', parts(1, 3)], ['a part twice', parts(1, 2, 1)],
    ['no parts', { parts: [] }], ['101 parts', parts(...Array.from({ length: 101 }, (_, index) => index + 1))],
    ['a part without a checksum', { parts: [{ partNumber: 1 }] }], ['a wrong checksum', { parts: [{ partNumber: 1, checksum: 'yZRlqh==' }] }],
    ['an unknown field', { ...parts(1), uploadId: 'mine' }], ['an unknown field of a part', { parts: [{ partNumber: 1, checksum: CRC, size: 5 }] }], ['no body', undefined],
  ])('rejects %s', async (_, body) => {
    given();
    const { status } = await send('signParts', { body });
    expect(status).toBe(400);
  });

  test('rejects 10,000 parts at once, because the body is too large', async () => {
    given();
    expect(code(await send('signParts', { body: parts(...Array.from({ length: 10_000 }, (_, index) => index + 1)) }))).toEqual([413, 'too_large']);
  });

  test('names the part that is wrong', async () => {
    given();
    expect((await send('signParts', { body: parts(1, 3) })).body.errors).toEqual([{ pointer: '/parts/1/partNumber', detail: 'is 3, but the upload has 2 parts' }]);
    expect((await send('signParts', { body: parts(1, 1) })).body.errors).toEqual([{ pointer: '/parts/1/partNumber', detail: 'is given twice' }]);
  });

  test.each<[string, VideoRow]>([
    ['an upload with one PUT request', singleRow()],
    ['a complete upload', multipartRow({ status: 'uploaded' })],
    ['an expired upload', multipartRow({ status: 'errored', error: { code: 'upload_expired', message: 'expired' } })],
  ])('returns 409 for %s', async (_, row) => {
    given(row);
    expect(code(await send('signParts', { body: parts(1) }))).toEqual([409, 'wrong_status']);
  });
});

describe('the upload of another user', () => {
  test.each(['getUpload', 'signParts', 'completeUpload', 'abortUpload'] as const)('is not found by %s, even by an admin', async (operationId) => {
    for (const owner of ['bob', 'ANN', 'ann ']) {
      given({ owner });
      for (const groups of [['makers'], ['bosses'], []]) {
        const answer = await send(operationId, { groups, body: operationId === 'signParts' ? parts(1) : undefined });
        expect({ owner, answer: code(answer), detail: answer.body.detail }).toEqual({ owner, answer: [404, 'not_found'], detail: 'no such video' });
      }
    }
    given({ status: 'deleting' });
    expect(code(await send(operationId, { body: operationId === 'signParts' ? parts(1) : undefined }))).toEqual([404, 'not_found']);
    expect([...s3.calls(), ...dynamodb.calls().filter(({ args }) => !(args[0] instanceof GetCommand))]).toEqual([]);
  });

  test('can be continued by its owner, even without a role', async () => {
    given();
    expect((await send('signParts', { groups: [], body: parts(1) })).status).toBe(200);
  });
});
