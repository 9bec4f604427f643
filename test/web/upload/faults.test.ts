import { FakeService, PART_SIZE, type Fault } from './fake-service';
import { advance, CONTENT, settled, SMALL, started, useFakeTime } from './started';

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

  test('is done if S3 has no such upload, because another client completed it', async () => {
    const service = new FakeService();
    service.bytesPerStep = 100;
    const run = await started(service, CONTENT);
    service.uploads.get('v1')!.whole = CONTENT;
    await advance(4);
    expect(run.outcome!.video).toMatchObject({ videoId: 'v1' });
    expect(service.count('complete')).toBe(0);
  });
});
