import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, HeadObjectCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { CRC, KEY, MIB, multipartRow, OTHER_CRC, s3Error, singleRow, storedParts, UPLOAD_ID, uploadHandler, VIDEO_ID } from './upload-handler';
import type { VideoRow } from '../../src/contract/table';

const { dynamodb, s3, send, given } = uploadHandler();

const code = ({ status, body }: { status: number; body?: any }) => [status, body?.code];
const completions = () => s3.commandCalls(CompleteMultipartUploadCommand).map(({ args }) => args[0].input);
const changed = () => dynamodb.commandCalls(TransactWriteCommand);
const ABORTED = Object.assign(new Error('aborted'), { name: 'AbortError' });
const MISSING = s3Error('NotFound', 404);

/** Stores both parts of the upload, and no object. */
function givenAllParts(row: Partial<VideoRow> = {}): void {
  given(row);
  s3.on(ListPartsCommand).resolves({ Parts: storedParts([16 * MIB, 4 * MIB]) });
  s3.on(HeadObjectCommand).rejects(MISSING).on(CompleteMultipartUploadCommand).resolves({});
}

beforeEach(() => { jest.spyOn(console, 'warn').mockImplementation(); });

describe('POST /upload/{videoId}/complete', () => {
  test('joins the parts that S3 has stored, and returns the video', async () => {
    givenAllParts();
    const { status, body } = await send('completeUpload', { body: { checksum: CRC } });
    expect([status, body.video.status]).toEqual([200, 'waiting']);
    expect(completions()).toEqual([{
      Bucket: 'sources', Key: KEY, UploadId: UPLOAD_ID, IfNoneMatch: '*', ChecksumType: 'FULL_OBJECT', ChecksumCRC32: CRC, MpuObjectSize: 20 * MIB,
      MultipartUpload: { Parts: [1, 2].map((PartNumber) => ({ PartNumber, ETag: `"etag-${PartNumber}"`, ChecksumCRC32: CRC })) },
    }]);
    expect(changed()).toHaveLength(0);
  });

  test.each<[string, VideoRow, unknown, string | undefined]>([
    ['the declared checksum, if the request has no body', multipartRow({ source: { checksum: OTHER_CRC } as VideoRow['source'] }), undefined, OTHER_CRC],
    ['no checksum, if the client has declared none', multipartRow(), {}, undefined],
  ])('sends S3 %s', async (_, row, body, checksum) => {
    givenAllParts(row);
    expect((await send('completeUpload', { body })).status).toBe(200);
    expect(completions()[0].ChecksumCRC32).toBe(checksum);
  });

  test('joins 10,000 parts from ten pages', async () => {
    givenAllParts({ source: { size: 10_000 * 16 * MIB } as VideoRow['source'] });
    s3.on(ListPartsCommand).callsFake(async ({ PartNumberMarker = '0' }) => ({
      Parts: storedParts(Array(1000).fill(16 * MIB), Number(PartNumberMarker) + 1),
      IsTruncated: PartNumberMarker !== '9000',
      NextPartNumberMarker: String(Number(PartNumberMarker) + 1000),
    }));
    expect((await send('completeUpload')).status).toBe(200);
    expect(completions()[0].MultipartUpload!.Parts!.map(({ PartNumber }) => PartNumber)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
  });

  test.each<[string, readonly { PartNumber: number; Size: number }[], string]>([
    ['no part', [], '2 of 2 parts are missing or have a wrong length: 1, 2'],
    ['only the first part', storedParts([16 * MIB]), '1 of 2 parts are missing or have a wrong length: 2'],
    ['only the last part', storedParts([4 * MIB], 2), '1 of 2 parts are missing or have a wrong length: 1'],
    ['a first part that is too short', storedParts([16 * MIB - 1, 4 * MIB]), '1 of 2 parts are missing or have a wrong length: 1'],
    ['a last part that is too long', storedParts([16 * MIB, 16 * MIB]), '1 of 2 parts are missing or have a wrong length: 2'],
  ])('returns 409 parts_missing if S3 has %s, and changes nothing', async (_, Parts, detail) => {
    givenAllParts();
    s3.on(ListPartsCommand).resolves({ Parts: [...Parts] });
    const answer = await send('completeUpload', { body: { checksum: CRC } });
    expect([...code(answer), answer.body.detail]).toEqual([409, 'parts_missing', detail]);
    expect(completions()).toEqual([]);
  });

  test('names at most 10 missing parts', async () => {
    givenAllParts({ source: { size: 1000 * 16 * MIB } as VideoRow['source'] });
    s3.on(ListPartsCommand).resolves({ Parts: [] });
    expect((await send('completeUpload')).body.detail).toBe('1000 of 1000 parts are missing or have a wrong length: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …');
  });

  test('returns 409 checksum_mismatch if the file has another checksum, and keeps the parts', async () => {
    givenAllParts();
    s3.on(CompleteMultipartUploadCommand).rejects(s3Error('BadDigest', 400));
    expect(code(await send('completeUpload', { body: { checksum: OTHER_CRC } }))).toEqual([409, 'checksum_mismatch']);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0);
  });

  test('returns 409 checksum_mismatch if the request contradicts the declaration, without a request to S3', async () => {
    givenAllParts({ source: { checksum: CRC } as VideoRow['source'] });
    expect(code(await send('completeUpload', { body: { checksum: OTHER_CRC } }))).toEqual([409, 'checksum_mismatch']);
    expect(s3.calls()).toHaveLength(0);
  });

  test.each(['NoSuchUpload', 'PreconditionFailed', 'ConditionalRequestConflict'])('looks for the file if S3 returns %s', async (name) => {
    givenAllParts();
    s3.on(CompleteMultipartUploadCommand).rejects(s3Error(name, 409));
    expect(code(await send('completeUpload', { body: { checksum: CRC } }))).toEqual([409, 'upload_gone']);
    s3.on(HeadObjectCommand).rejects(s3Error('Forbidden', 403));
    expect(code(await send('completeUpload', { body: { checksum: CRC } }))).toEqual([409, 'upload_gone']);
    s3.on(HeadObjectCommand).resolves({ ContentLength: 20 * MIB, ChecksumCRC32: CRC });
    expect((await send('completeUpload', { body: { checksum: CRC } })).status).toBe(200);
    expect(s3.commandCalls(HeadObjectCommand)[0].args[0].input).toEqual({ Bucket: 'sources', Key: KEY, ChecksumMode: 'ENABLED' });
  });

  test.each<[string, VideoRow]>([
    ['is still waiting for S3\'s event', multipartRow()],
    ['has the status uploaded', multipartRow({ status: 'uploaded', multipart: undefined })],
    ['has the status ready', multipartRow({ status: 'ready', multipart: undefined })],
    ['has the status errored', multipartRow({ status: 'errored', multipart: undefined, error: { code: 'corrupt', message: 'corrupt' } })],
    ['was uploaded with one PUT request', singleRow()],
  ])('can be repeated if the video %s, but not with another file', async (_, row) => {
    given(row);
    s3.on(ListPartsCommand).rejects(s3Error('NoSuchUpload', 404)).on(HeadObjectCommand).resolves({ ContentLength: 20 * MIB, ChecksumCRC32: CRC });
    expect((await send('completeUpload')).status).toBe(200);
    expect((await send('completeUpload', { body: { checksum: CRC } })).status).toBe(200);
    const answer = await send('completeUpload', { body: { checksum: OTHER_CRC } });
    expect([...code(answer), answer.body.detail]).toEqual([409, 'checksum_mismatch', expect.stringMatching(/^the upload is complete, .* start a new upload$/)]);
    expect(completions()).toEqual([]);
  });

  test('can be repeated after the source file was deleted', async () => {
    given({ status: 'ready' });
    s3.on(HeadObjectCommand).rejects(MISSING);
    expect((await send('completeUpload', { body: { checksum: CRC } })).status).toBe(200);
  });

  test('lists the parts again if a part changed after the list was read', async () => {
    givenAllParts();
    s3.on(CompleteMultipartUploadCommand).rejectsOnce(s3Error('InvalidPart', 400)).resolves({});
    s3.on(ListPartsCommand).resolvesOnce({ Parts: storedParts([16 * MIB, 4 * MIB]) }).resolves({ Parts: storedParts([16 * MIB, 4 * MIB]).map((part) => ({ ...part, ETag: '"new"' })) });
    expect((await send('completeUpload')).status).toBe(200);
    expect(completions().map(({ MultipartUpload }) => MultipartUpload!.Parts![0].ETag)).toEqual(['"etag-1"', '"new"']);
  });

  test('returns 409 parts_missing if a part was replaced by a shorter part after the list was read', async () => {
    givenAllParts();
    s3.on(CompleteMultipartUploadCommand).rejects(s3Error('InvalidPart', 400));
    s3.on(ListPartsCommand).resolvesOnce({ Parts: storedParts([16 * MIB, 4 * MIB]) }).resolves({ Parts: storedParts([16 * MIB, 5]) });
    expect(code(await send('completeUpload'))).toEqual([409, 'parts_missing']);
  });

  test.each<[string, Error]>([
    ['a slow request', ABORTED], ['SlowDown', s3Error('SlowDown', 503)],
    // S3 can send the status 200 before an error. The SDK then sets the status 500.
    ['InternalError after the status 200', s3Error('InternalError', 500)],
  ])('returns 503 for %s, so that the client repeats the request', async (_, error) => {
    givenAllParts();
    s3.on(CompleteMultipartUploadCommand).rejects(error);
    const answer = await send('completeUpload', { body: { checksum: CRC } });
    expect([...code(answer), answer.body.detail]).toEqual([503, 'unavailable', 'S3 did not respond in time or is overloaded. Repeat the request in a few seconds']);
  });

  test('returns 409 parts_missing if the file of a single upload is not uploaded', async () => {
    given(singleRow());
    s3.on(HeadObjectCommand).rejects(MISSING);
    expect(code(await send('completeUpload'))).toEqual([409, 'parts_missing']);
  });

  test('returns 409 for an expired upload', async () => {
    given({ status: 'errored', error: { code: 'upload_expired', message: 'expired' } });
    expect(code(await send('completeUpload'))).toEqual([409, 'wrong_status']);
    expect(s3.calls()).toHaveLength(0);
  });

  test.each([{ checksum: 'x' }, { checksum: 5 }, { parts: [] }, { parts: [{ partNumber: 1, etag: '"foreign"' }] }, []])('rejects the body %j', async (body) => {
    givenAllParts();
    expect((await send('completeUpload', { body })).status).toBe(400);
    expect(completions()).toEqual([]);
  });
});

describe('DELETE /upload/{videoId}', () => {
  const canceled = () => new TransactionCanceledException({ message: 'canceled', $metadata: {}, CancellationReasons: [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }] });

  test('ends the upload of the video first, and then deletes its parts', async () => {
    givenAllParts();
    s3.on(AbortMultipartUploadCommand).callsFake(async () => { expect(changed()).toHaveLength(1); return {}; });
    expect(await send('abortUpload')).toEqual({ status: 204, body: undefined });
    expect(s3.commandCalls(AbortMultipartUploadCommand).map(({ args }) => args[0].input)).toEqual([{ Bucket: 'sources', Key: KEY, UploadId: UPLOAD_ID }]);
  });

  test('ends an upload with one PUT request', async () => {
    given(singleRow());
    s3.on(HeadObjectCommand).rejects(MISSING);
    expect((await send('abortUpload')).status).toBe(204);
    expect([changed().length, s3.commandCalls(AbortMultipartUploadCommand).length]).toEqual([1, 0]);
  });

  test.each<[string, Error]>([['has no such upload', s3Error('NoSuchUpload', 404)], ['does not respond in time', ABORTED], ['denies access', s3Error('AccessDenied', 403)]])(
    'ends the upload if S3 %s, because the sweeper deletes the parts too', async (_, error) => {
      givenAllParts();
      s3.on(AbortMultipartUploadCommand).rejects(error);
      expect((await send('abortUpload')).status).toBe(204);
    });

  test.each(['uploaded', 'processing', 'ready', 'errored'] as const)('returns 409 for a video with the status %s, and changes nothing', async (status) => {
    given({ status });
    expect(code(await send('abortUpload'))).toEqual([409, 'wrong_status']);
    expect([...changed(), ...s3.calls()]).toEqual([]);
  });

  test('returns 409 if the file is complete, and its event has not arrived', async () => {
    givenAllParts();
    s3.on(HeadObjectCommand).resolves({ ContentLength: 20 * MIB });
    expect(code(await send('abortUpload'))).toEqual([409, 'wrong_status']);
    expect([...changed(), ...s3.commandCalls(AbortMultipartUploadCommand)]).toEqual([]);
  });

  test.each<[string, VideoRow | undefined, unknown[]]>([
    ['became uploaded', multipartRow({ status: 'uploaded' }), [409, 'wrong_status']],
    ['expired', multipartRow({ status: 'errored' }), [409, 'wrong_status']],
    ['was aborted', multipartRow({ status: 'deleting' }), [404, 'not_found']],
    ['was removed', undefined, [404, 'not_found']],
  ])('keeps the parts if the video %s after it was read', async (_, row, expected) => {
    givenAllParts();
    dynamodb.on(TransactWriteCommand).callsFake(() => {
      dynamodb.on(GetCommand).resolves({ Item: row });
      throw canceled();
    });
    expect(code(await send('abortUpload'))).toEqual(expected);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0);
  });

  test('returns 404 for a second request', async () => {
    given({ status: 'deleting' });
    expect(code(await send('abortUpload'))).toEqual([404, 'not_found']);
    expect(code(await send('abortUpload', { videoId: VIDEO_ID.replace(/.$/, 'f') }))).toEqual([404, 'not_found']);
  });
});
