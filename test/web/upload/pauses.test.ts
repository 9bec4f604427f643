import { FakeService } from './fake-service';
import { advance, CONTENT, loaded, phasesOf, settled, started, useFakeTime } from './started';

useFakeTime();

describe('an upload', () => {
  test('pauses and resumes: sends nothing in the meantime, and keeps the parts that S3 has', async () => {
    const service = new FakeService();
    service.bytesPerStep = 500;
    const run = await started(service, CONTENT, { parallel: 2 });
    await advance(0.25);
    expect(service.uploads.get('v1')!.parts.size).toBe(2);
    run.upload.pause();
    await settled();
    expect(run.upload.state).toMatchObject({ phase: 'paused', loadedBytes: 2000 });
    expect(run.upload.state.error).toBeUndefined();
    const { length } = service.log;
    await advance(3600, 60);
    expect(service.log).toHaveLength(length);
    expect(service.running).toBe(0);
    run.upload.resume();
    await advance(2);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect([service.count('put 1'), service.count('put 2'), service.count('put 3')]).toEqual([1, 1, 2]);
    expect(phasesOf(run.states)).toEqual(['starting', 'uploading', 'paused', 'uploading', 'completing', 'done']);
  });

  test('can be paused during the request that creates the video, and keeps its result', async () => {
    const service = new FakeService();
    const { Upload } = await loaded();
    const upload = new Upload({
      file: new File([CONTENT], 'film.mp4', { type: 'video/mp4' }), api: async (...request) => {
        if (request[1] === '/upload') upload.pause();
        return service.api(...request);
      }, put: service.put,
    });
    const result = upload.start();
    await settled();
    expect(upload.state).toMatchObject({ phase: 'paused', videoId: 'v1' });
    expect(service.log).toEqual(['create']);
    upload.resume();
    await settled();
    await expect(result).resolves.toMatchObject({ videoId: 'v1' });
    expect(service.count('create')).toBe(1);
  });

  test.each<[string, Error & { status?: number; code?: string }]>([
    ['the API returns 401', Object.assign(new Error('sign in again'), { status: 401, code: 'not_signed_in' })],
    ['the page aborts the requests of the session', Object.assign(new Error('the session has ended'), { name: 'AbortError' })],
  ])('is paused when the session of the user has ended (%s), and continues after the sign-in', async (_, error) => {
    const service = new FakeService();
    let isSignedIn = true;
    const run = await started(service, CONTENT, {
      parallel: 1, api: async (method, path, ...rest) => {
        if (service.count('put 3') === 1) isSignedIn = false;
        if (!isSignedIn) throw error;
        return service.api(method, path, ...rest);
      },
    });
    expect(run.upload.state).toMatchObject({ phase: 'paused', error: { code: 'not_signed_in', status: error.status } });
    const { length } = service.log;
    await advance(600, 10);
    expect(service.log).toHaveLength(length);
    run.upload.resume();
    await settled();
    expect(run.upload.state.phase).toBe('paused');
    service.log.push('put 3');
    isSignedIn = true;
    run.upload.resume();
    await advance(2);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(run.upload.state.error).toBeUndefined();
  });

  test('continues if the pause ends before the aborted requests end', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const run = await started(service, CONTENT, { parallel: 2 });
    await advance(0.25);
    run.upload.pause();
    run.upload.resume();
    await settled();
    expect(run.upload.state).toMatchObject({ phase: 'uploading' });
    await advance(10);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
  });
});
