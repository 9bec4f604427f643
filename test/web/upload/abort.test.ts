import { FakeService } from './fake-service';
import { advance, CONTENT, fileOf, loaded, settled, SMALL, started, useFakeTime } from './started';

useFakeTime();

describe('abort', () => {
  test('ends the running requests, and removes the video once', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const { upload, result } = await started(service, CONTENT);
    await advance(0.5);
    expect(service.running).toBe(4);
    await Promise.all([upload.abort(), upload.abort()]);
    expect((await result).error).toMatchObject({ name: 'AbortError' });
    expect(upload.state.phase).toBe('aborted');
    expect(service.count('remove')).toBe(1);
    expect([service.running, service.uploads.size]).toEqual([0, 0]);
    const { length } = service.log;
    upload.resume();
    await advance(60);
    expect(service.log).toHaveLength(length);
  });

  test('removes the video that a running request creates', async () => {
    const service = new FakeService();
    const { Upload } = await loaded();
    let aborted: Promise<void> | undefined;
    const upload = new Upload({
      file: fileOf(CONTENT), put: service.put, api: async (...request) => {
        if (request[1] === '/upload') aborted = upload.abort();
        return service.api(...request);
      },
    });
    const result = upload.start().catch((error: Error) => error);
    await settled();
    await aborted;
    expect(await result).toMatchObject({ name: 'AbortError' });
    expect(service.log).toEqual(['create', 'remove']);
  });

  test('works during a pause, and repeats the request while the service cannot be reached', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const { upload } = await started(service, CONTENT);
    upload.pause();
    service.isOffline = true;
    let isRemoved = false;
    void upload.abort().then(() => { isRemoved = true; });
    await advance(600, 1);
    expect([upload.state.phase, isRemoved]).toEqual(['aborted', false]);
    service.isOffline = false;
    await advance(31, 1);
    expect([isRemoved, service.uploads.size]).toEqual([true, 0]);
  });

  test('removes the video of a failed upload, and sends nothing without a video', async () => {
    const service = new FakeService();
    service.plan('sign', { status: 400, code: 'invalid_request' });
    const { upload, outcome } = await started(service, CONTENT);
    expect(outcome!.error).toMatchObject({ code: 'invalid_request' });
    await upload.abort();
    expect([upload.state.phase, service.uploads.size]).toEqual(['aborted', 0]);
    service.log.length = 0;
    service.plan('create', { status: 415, code: 'type_not_allowed' });
    await (await started(service, CONTENT)).upload.abort();
    expect(service.log).toEqual(['create']);
  });

  test('succeeds if the video is already removed', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const { upload } = await started(service, CONTENT);
    service.uploads.clear();
    await upload.abort();
    expect(service.count('remove')).toBe(1);
  });

  test('is rejected after the upload, and reports a refusal of the service', async () => {
    const service = new FakeService();
    const { upload } = await started(service, SMALL);
    await expect(upload.abort()).rejects.toMatchObject({ code: 'wrong_status' });
    expect(service.count('remove')).toBe(0);
    service.plan('remove', { status: 409, code: 'wrong_status' });
    service.bytesPerStep = 1;
    const second = await started(service, SMALL);
    await expect(second.upload.abort()).rejects.toMatchObject({ name: 'UploadError', code: 'wrong_status', status: 409 });
    service.plan('remove', { status: 401, code: 'not_signed_in' });
    const third = await started(service, SMALL);
    await expect(third.upload.abort()).rejects.toMatchObject({ code: 'not_signed_in', status: 401 });
  });

  test.each<[string, Error & { status?: number; code?: string }]>([
    ['the API returns 401', Object.assign(new Error('sign in again'), { status: 401, code: 'not_signed_in' })],
    ['the page aborts the requests of the session', Object.assign(new Error('the session has ended'), { name: 'AbortError' })],
  ])('fails at once after the end of the session (%s), and removes the video when it is called again', async (_, error) => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    let isSignedIn = true;
    const { upload, result } = await started(service, CONTENT, {
      api: async (...request) => {
        if (!isSignedIn) throw error;
        return service.api(...request);
      },
    });
    isSignedIn = false;
    const failed = upload.abort().catch((reason: Error) => reason);
    await settled();
    expect(await Promise.race([failed, 'waits'])).toMatchObject({ name: 'UploadError', code: 'not_signed_in', status: error.status });
    expect((await result).error).toMatchObject({ name: 'AbortError' });
    expect([upload.state.phase, service.uploads.size]).toEqual(['aborted', 1]);
    isSignedIn = true;
    await upload.abort();
    expect([service.uploads.size, service.count('remove')]).toEqual([0, 1]);
  });
});
