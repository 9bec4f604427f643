import { FakeService, type Fault } from './fake-service';
import { advance, CONTENT, loaded, settled, started, useFakeTime } from './started';

useFakeTime();

describe('an upload', () => {
  test.each([
    [413, 'too_large'], [415, 'type_not_allowed'], [403, 'wrong_role'], [400, 'invalid_request'],
  ])('fails after a refusal of the service: %s %s', async (status, code) => {
    const service = new FakeService();
    service.plan('create', { status, code, message: 'because' });
    const { outcome, upload } = await started(service, CONTENT);
    expect(outcome!.error).toMatchObject({ name: 'UploadError', status, code, message: 'because' });
    expect(upload.state).toMatchObject({ phase: 'failed', error: outcome!.error, loadedBytes: 0 });
    expect(service.log).toEqual(['create']);
  });

  test('fails at once when a quota is reached', async () => {
    const service = new FakeService();
    service.plan('create', { status: 429, code: 'limit_reached', message: 'you have 10 open uploads' });
    const run = await started(service, CONTENT);
    expect(run.outcome!.error).toMatchObject({ code: 'limit_reached', status: 429, message: 'you have 10 open uploads' });
    expect(service.log).toEqual(['create']);
  });

  test('fails if S3 refuses eight new URLs of one part, and leaves the upload as it is', async () => {
    const service = new FakeService();
    service.plan('put 2', ...Array<Fault>(9).fill({ status: 403, code: 'AccessDenied' }));
    const run = await started(service, CONTENT);
    await advance(120);
    expect(run.outcome!.error).toMatchObject({ code: 'storage_refused', status: 403, message: 'S3 returned 403 AccessDenied to 8 requests in a row' });
    expect(service.count('put 2')).toBe(8);
    expect(service.uploads.get('v1')).toMatchObject({ status: 'waiting' });
    expect(service.count('remove')).toBe(0);
    const { length } = service.log;
    await advance(60);
    expect(service.log).toHaveLength(length);
  });

  test('fails if the file was changed or deleted on the disk', async () => {
    const service = new FakeService();
    // Browsers report the unreadable file as a lost connection.
    const unreadable = { slice: () => ({ arrayBuffer: async () => { throw new DOMException('the file has changed', 'NotReadableError'); } }) };
    const run = await started(service, CONTENT, {
      put: async (signed, body, options) => {
        if (!signed.url.endsWith('/2')) return service.put(signed, body, options);
        Object.assign(body, unreadable);
        throw new TypeError('Failed to fetch');
      },
    });
    await settled();
    expect(run.outcome!.error).toMatchObject({ name: 'UploadError', code: 'file_unreadable' });
    expect(service.count('remove')).toBe(0);
  });

  test.each([['expired', 'upload_expired'], ['deleted', 'not_found']])('fails if it was %s in the meantime', async (what, code) => {
    const service = new FakeService();
    service.plan('put 2', 'lost');
    const run = await started(service, CONTENT);
    if (what === 'expired') Object.assign(service.uploads.get('v1')!, { status: 'errored', error: { code: 'upload_expired' } });
    else service.uploads.delete('v1');
    await advance(2);
    expect(run.outcome!.error).toMatchObject({ code });
    expect(service.count('remove')).toBe(0);
  });

  test('fails if S3 has no such upload, but the API still shows it', async () => {
    const service = new FakeService();
    service.plan('put 2', ...Array<Fault>(9).fill({ status: 404, code: 'NoSuchUpload' }));
    const { outcome } = await started(service, CONTENT);
    expect(outcome!.error).toMatchObject({ code: 'upload_gone', status: 404 });
    expect(service.count('put 2')).toBe(1);
  });

  test('fails if the API reports that S3 has no parts any more', async () => {
    const service = new FakeService();
    service.plan('sign', { status: 409, code: 'upload_gone' });
    service.plan('look', { status: 409, code: 'upload_gone' });
    const { outcome } = await started(service, CONTENT);
    expect(outcome!.error).toMatchObject({ code: 'upload_gone' });
  });

  test('fails after an error of its own code, and does not call the error a lost connection', async () => {
    const service = new FakeService();
    const { outcome, upload } = await started(service, CONTENT, { crc32: async () => (undefined as any).length });
    expect(outcome!.error).toMatchObject({ name: 'UploadError', code: 'program_error', message: expect.stringContaining('undefined'), cause: expect.any(TypeError) });
    expect(upload.state).toMatchObject({ phase: 'failed', error: outcome!.error });
    expect(service.count('remove')).toBe(0);
  });

  test.each(['no_worker', 'file_unreadable'])('fails before the service creates a video, also for a large file: %s', async (code) => {
    const service = new FakeService();
    const { UploadError } = await loaded();
    const file = { name: 'large.mp4', size: 65 * 1024 ** 2, slice: () => new Blob(['a']) };
    const { outcome } = await started(service, CONTENT, { file, crc32: async () => { throw new UploadError(code, 'it did not load'); } });
    expect([outcome!.error.code, service.log]).toEqual([code, []]);
  });

  test.each(['api', 'put'] as const)('fails if the function %s throws an UploadError, for example because of an error of the page', async (name) => {
    const service = new FakeService();
    const { UploadError } = await loaded();
    const { outcome } = await started(service, CONTENT, { [name]: async () => { throw new UploadError('program_error', 'a bug of the page'); } });
    expect(outcome!.error).toMatchObject({ code: 'program_error', message: 'a bug of the page' });
  });
});
