import { crcOf, FakeService, PART_SIZE, type Fault } from './fake-service';
import { advance, CONTENT, loaded, phasesOf, settled, SMALL, started, useFakeTime } from './started';

useFakeTime();

const LARGE_FAULTS = ['put 2', 'sign', 'complete', 'create'];

/** Faults after which an upload continues, whatever request they hit. */
const API_FAULTS: Fault[] = ['lost', 'unanswered', 'hanging', { status: 500 }, { status: 502 }, { status: 503, code: 'unavailable' }, { status: 429, code: 'throttled' }, { status: 408 }];
const S3_FAULTS: Fault[] = [
  'lost', 'unanswered', 'hanging', { status: 500, code: 'InternalError' }, { status: 503, code: 'SlowDown' }, { status: 429 }, { status: 408 }, { status: 409, code: 'OperationAborted' },
  { status: 400, code: 'RequestTimeout' }, { status: 400, code: 'ExpiredToken' }, { status: 403, code: 'AccessDenied' }, { status: 401 },
];
const nameOf = (fault: Fault) => (typeof fault === 'string' ? fault : `${fault.status} ${fault.code ?? ''}`);

describe('an upload', () => {
  test('of a small file sends one PUT request, and declares the checksum', async () => {
    const service = new FakeService();
    const { outcome, upload } = await started(service, SMALL);
    expect(outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.log).toEqual(['create', 'put whole']);
    expect(service.uploads.get('v1')).toMatchObject({ whole: SMALL, request: { fileName: 'film.mp4', contentType: 'video/mp4', size: 700, checksum: crcOf(SMALL) } });
    expect(upload.state).toEqual({ phase: 'done', videoId: 'v1', loadedBytes: 700, totalBytes: 700 });
  });

  test('of a large file sends parts, requests URLs in batches, and completes with the checksum of the file', async () => {
    const service = new FakeService();
    const { outcome, states } = await started(service, CONTENT, { details: { title: 'A film', fileName: 'other.mp4' } });
    expect(outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1', title: 'A film' }) });
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
    expect(service.uploads.get('v1')!.request).toMatchObject({ title: 'A film', fileName: 'other.mp4', contentType: 'video/mp4' });
    expect(service.log.filter((line) => line.startsWith('sign '))).toEqual(['sign 1 2 3 4', 'sign 5 6']);
    expect(service.mostRunning).toBe(4);
    expect(phasesOf(states)).toEqual(['starting', 'uploading', 'completing', 'done']);
    expect(service.log.at(-1)).toBe('complete');
  });

  test('sends slices of the file and does not copy them', async () => {
    const service = new FakeService();
    const slices: Blob[] = [];
    const file = {
      name: 'film.mp4', size: CONTENT.length, type: 'video/mp4', slice: (start: number, end: number) => {
        slices.push(new Blob([CONTENT.subarray(start, end)]));
        return slices.at(-1)!;
      },
    };
    await started(service, CONTENT, { file, parallel: 2 });
    expect(service.mostRunning).toBe(2);
    expect(service.bodies).toHaveLength(6);
    for (const body of service.bodies) expect(slices).toContain(body);
  });

  describe.each(LARGE_FAULTS)('continues after a fault of the request %s:', (request) => {
    test.each((request.startsWith('put') ? S3_FAULTS : API_FAULTS).map((fault) => [nameOf(fault), fault]))('%s', async (_, fault) => {
      const service = new FakeService();
      service.plan(request, fault as Fault);
      const run = await started(service, CONTENT);
      expect(run.outcome).toBeUndefined();
      await advance(fault === 'hanging' ? 61 : 2);
      expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
      expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
      // A repeated PUT request uses a new URL.
      expect(new Set(service.urls).size).toBe(service.urls.length);
      expect(service.count('remove')).toBe(0);
    });
  });

  describe('of a small file continues after a fault of its PUT request:', () => {
    test.each(S3_FAULTS.map((fault) => [nameOf(fault), fault]))('%s', async (_, fault) => {
      const service = new FakeService();
      service.plan('put whole', fault as Fault);
      const run = await started(service, SMALL);
      await advance(fault === 'hanging' ? 61 : 2);
      expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
      expect(service.uploads.get('v1')!.whole).toEqual(SMALL);
      // After a lost response, the module asks the API and sends nothing again.
      expect(service.count('put whole')).toBe(fault === 'unanswered' ? 1 : 2);
      expect(service.count('remove')).toBe(0);
    });

    test('412, because S3 stored the file of an earlier request', async () => {
      const service = new FakeService();
      service.plan('put whole', 'lost');
      const run = await started(service, SMALL);
      service.plan('put whole', ...Array<Fault>(12).fill({ status: 412, code: 'PreconditionFailed' }));
      await advance(120);
      service.uploads.get('v1')!.whole = SMALL;
      await advance(30);
      expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    });
  });

  test('does not create a second video if the response of the first request was lost', async () => {
    const service = new FakeService();
    // Uploads of another file, and of the same file with stored parts: both belong to another client.
    service.plan('sign', { status: 400 }, { status: 400 });
    await started(service, CONTENT, { details: { fileName: 'another.mp4' } });
    await started(service, CONTENT);
    service.uploads.get('v2')!.parts.set(1, CONTENT.subarray(0, PART_SIZE));
    service.log.length = 0;
    service.plan('create', 'unanswered');
    const run = await started(service, CONTENT);
    await advance(1);
    expect(run.outcome!.video).toMatchObject({ videoId: 'v3' });
    expect([...service.uploads.keys()]).toEqual(['v1', 'v2', 'v3']);
    expect(service.log.slice(0, 5)).toEqual(['create', 'list', 'look', 'look', 'look']);
    expect(service.count('create')).toBe(1);
  });

  test('does not look for a video after a throttle, because the service has created none', async () => {
    const service = new FakeService();
    service.plan('create', { status: 429, code: 'throttled' });
    const run = await started(service, CONTENT);
    await advance(1);
    expect(run.outcome!.video).toMatchObject({ videoId: 'v1' });
    expect(service.log.slice(0, 2)).toEqual(['create', 'create']);
  });

  test('survives ten minutes without a connection, and shows the time of the next try', async () => {
    const service = new FakeService();
    service.bytesPerStep = 50;
    const run = await started(service, CONTENT);
    await advance(1);
    service.isOffline = true;
    await advance(1);
    expect(run.upload.state).toMatchObject({ phase: 'waiting', videoId: 'v1', error: expect.objectContaining({ code: 'no_connection' }) });
    await advance(598, 1);
    const { phase, retryAt } = run.upload.state;
    expect(phase).toBe('waiting');
    expect(retryAt! - Date.now()).toBeLessThanOrEqual(30_000);
    service.isOffline = false;
    await advance(40);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
    expect(service.count('remove')).toBe(0);
    // Each of four parts is tried at most every 15 seconds after the first minute (half of 30 seconds, because the fake random number is 0.5).
    expect(service.log.length).toBeLessThan(4 * (600 / 15 + 10) * 2);
  });

  test('continues immediately when the browser is online again', async () => {
    const events = new EventTarget();
    const original = globalThis.addEventListener;
    Object.assign(globalThis, { addEventListener: events.addEventListener.bind(events) });
    try {
      const service = new FakeService();
      service.isOffline = true;
      const run = await started(service, CONTENT, { isOnline: () => !service.isOffline });
      await advance(5);
      expect(run.upload.state.phase).toBe('waiting');
      service.isOffline = false;
      events.dispatchEvent(new Event('online'));
      await settled();
      expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    } finally {
      Object.assign(globalThis, { addEventListener: original });
    }
  });

  test('of a suspended computer requests new URLs instead of sending bytes to expired URLs', async () => {
    const service = new FakeService();
    service.bytesPerStep = 500;
    const run = await started(service, CONTENT, { parallel: 1 });
    // While part 1 is sent, the URL of part 2 is already there.
    expect(service.log.slice(-2)).toEqual(['sign', 'sign 2']);
    jest.setSystemTime(Date.now() + 3 * 60 * 60 * 1000);
    service.oldestUrl = service.log.length;
    await advance(5);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    // S3 accepts the request that was running during the suspension. No other request used an expired URL.
    expect([service.count('put 1'), service.count('put 2'), service.count('sign 2')]).toEqual([1, 1, 2]);
  });

  test('works if the clock of the computer is a day fast', async () => {
    const service = new FakeService();
    const run = await started(service, CONTENT, { now: () => Date.now() + 86_400_000 });
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.log.filter((line) => line.startsWith('sign '))).toEqual(['sign 1 2 3 4', 'sign 5 6']);
  });

  test('aborts a PUT request that makes no progress for a minute, but not a slow one', async () => {
    const service = new FakeService();
    service.bytesPerStep = 1; // 1,000 bytes in 100 seconds
    service.plan('put 2', 'hanging');
    const run = await started(service, CONTENT);
    await advance(59, 1);
    expect(service.count('put 2')).toBe(1);
    await advance(3);
    expect(service.count('put 2')).toBe(2);
    await advance(300, 1);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    for (const number of [1, 3, 4, 5, 6]) expect(service.count(`put ${number}`)).toBe(1);
  });

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

  test.each<[string, Fault]>([
    ['503 SlowDown', { status: 503, code: 'SlowDown' }], ['400 RequestTimeout', { status: 400, code: 'RequestTimeout' }],
    ['400 ExpiredToken', { status: 400, code: 'ExpiredToken' }], ['409', { status: 409, code: 'OperationAborted' }], ['a lost connection', 'lost'],
  ])('repeats a request without an end after %s', async (_, fault) => {
    for (const content of [CONTENT, SMALL]) {
      const service = new FakeService();
      service.plan(content === SMALL ? 'put whole' : 'put 2', ...Array<Fault>(20).fill(fault));
      const run = await started(service, content);
      await advance(400, 1);
      expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    }
  });

  test('no longer waits when a repeated request makes progress', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    service.plan('put whole', 'lost');
    const run = await started(service, SMALL);
    expect(run.upload.state).toMatchObject({ phase: 'waiting', error: { code: 'no_connection' } });
    await advance(0.75);
    expect(run.upload.state).toMatchObject({ phase: 'uploading', loadedBytes: 200 });
    expect(run.upload.state.error).toBeUndefined();
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

  test('sends a part again with a new checksum if the file changed after the checksum was computed', async () => {
    const service = new FakeService();
    service.plan('put 2', { status: 400, code: 'BadDigest' });
    const run = await started(service, CONTENT);
    await advance(2);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
    service.plan('put 2', ...Array<Fault>(9).fill({ status: 400, code: 'BadDigest' }));
    const changing = await started(service, CONTENT);
    await advance(2);
    expect(changing.outcome!.error).toMatchObject({ code: 'file_changed' });
  });

  test.each([false, true])('sends parts again that another client has replaced (or deleted: %s)', async (isOneMissing) => {
    const service = new FakeService();
    service.plan('complete', 'lost');
    const run = await started(service, CONTENT);
    service.uploads.get('v1')!.parts.set(3, Buffer.alloc(PART_SIZE));
    if (isOneMissing) service.uploads.get('v1')!.parts.delete(5);
    await advance(2);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
    expect([1, 2, 3, 4, 5, 6].map((number) => service.count(`put ${number}`))).toEqual([1, 1, 2, 1, isOneMissing ? 2 : 1, 1]);
  });

  test('is done if another client has completed it', async () => {
    const service = new FakeService();
    service.plan('put 2', 'lost');
    service.plan('put 3', 'lost');
    const run = await started(service, CONTENT);
    service.uploads.get('v1')!.whole = CONTENT;
    await advance(4);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(run.upload.state.loadedBytes).toBe(CONTENT.length);
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

  test('is done if S3 has no such upload, because another client completed it', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const run = await started(service, CONTENT);
    service.uploads.get('v1')!.whole = CONTENT;
    await advance(4);
    expect(run.outcome!.video).toMatchObject({ videoId: 'v1' });
    expect(service.count('complete')).toBe(0);
  });

  test('fails if the API reports that S3 has no parts any more', async () => {
    const service = new FakeService();
    service.plan('sign', { status: 409, code: 'upload_gone' });
    service.plan('look', { status: 409, code: 'upload_gone' });
    const { outcome } = await started(service, CONTENT);
    expect(outcome!.error).toMatchObject({ code: 'upload_gone' });
  });
});

describe('progress', () => {
  test('counts the bytes of each part, and shows the speed and the time left', async () => {
    const service = new FakeService();
    service.bytesPerStep = 10;
    const run = await started(service, CONTENT, { parallel: 2 });
    await advance(1);
    expect(run.upload.state.bytesPerSecond).toBeUndefined();
    await advance(4);
    const { loadedBytes, bytesPerSecond, secondsLeft } = run.upload.state;
    // Two parts are sent with 100 bytes per second each.
    expect(loadedBytes).toBeGreaterThan(900);
    expect(bytesPerSecond).toBeGreaterThan(180);
    expect(bytesPerSecond).toBeLessThan(220);
    expect(secondsLeft).toBe(Math.ceil((CONTENT.length - loadedBytes) / bytesPerSecond!));
    await advance(10);
    expect(run.upload.state.bytesPerSecond).toBeGreaterThan(180);
    service.bytesPerStep = 5;
    await advance(15);
    // The speed is measured over the last 15 seconds.
    expect(run.upload.state.bytesPerSecond).toBeLessThan(120);
    // Progress is reported at most five times a second.
    expect(run.states.length).toBeLessThan(30 * 5 + 10);
  });

  test('shows a speed of zero when no bytes move, and takes the bytes of a lost request back', async () => {
    const service = new FakeService();
    service.bytesPerStep = 10;
    const run = await started(service, CONTENT, { parallel: 1 });
    await advance(5);
    expect(run.upload.state.loadedBytes).toBeGreaterThan(400);
    service.isOffline = true;
    await advance(1);
    expect(run.upload.state).toMatchObject({ phase: 'waiting', loadedBytes: 0 });
    expect(run.upload.state.bytesPerSecond).toBeUndefined();
  });
});
