import { crc32 } from 'zlib';
import { FakeService, type Fault } from './fake-service';
import { advance, CONTENT, fileOf, loaded, settled, SMALL, started, useFakeTime, type Upload, type UploadOptions, type UploadState } from './started';

useFakeTime();

const VIDEO = { videoId: 'v1' };
const parts = (partSize: number, partCount: number) => ({ video: VIDEO, parts: [], upload: { kind: 'multipart', partSize, partCount } });

describe('an answer of the API that the module cannot use ends the upload, and keeps the video:', () => {
  const shapes: [string, unknown][] = [
    ['nothing', undefined], ['null', null], ['text', '<html>'], ['an array', []], ['an empty object', {}], ['a video without an ID', { video: {} }],
  ];
  const plans: [string, unknown][] = [
    ['an unknown kind of upload', { video: VIDEO, parts: [], upload: { kind: 'tus' } }], ['parts of 0 bytes', parts(0, 6)], ['too few parts', parts(10, 6)], ['a million parts', parts(1000, 1e6)],
  ];
  test.each<[string, string, unknown]>([
    ...[...shapes, ...plans, ['no upload', { video: VIDEO }]].map(([name, answer]): [string, string, unknown] => ['POST /upload', name as string, answer]),
    ...[...shapes, ...plans].map(([name, answer]): [string, string, unknown] => ['GET /upload/v1', name, answer]),
    ...shapes.map(([name, answer]): [string, string, unknown] => ['POST /upload/v1/complete', name, answer]),
    ['POST /upload/v1/parts', 'no URL', { parts: [], expiresAt: '' }],
    ['GET /upload/v1?cursor=a', 'the same cursor again', { ...parts(1000, 6), cursor: 'a' }],
  ])('%s returns %s', async (request, _, answer) => {
    const service = new FakeService();
    const isContinued = request.startsWith('GET');
    if (isContinued) await service.api('POST', '/upload', { fileName: 'film.mp4', size: 5500 });
    const { outcome, upload } = await started(service, CONTENT, {
      ...(isContinued && VIDEO), api: async (method, path, ...rest) => {
        const usual = await service.api(method, path, ...rest);
        if (request.endsWith('cursor=a') && path === '/upload/v1') return { ...usual, cursor: 'a' };
        return `${method} ${path}` === request ? answer : usual;
      },
    });
    expect(outcome!.error).toMatchObject({ name: 'UploadError', code: 'unexpected_answer' });
    expect([upload.state.phase, service.count('remove')]).toEqual(['failed', 0]);
  });
});

describe('a careless caller', () => {
  test.each<[string, Partial<Record<keyof UploadOptions, unknown>>]>([
    ['0 parts at the same time', { parallel: 0 }], ['-1 parts at the same time', { parallel: -1 }], ['NaN parts at the same time', { parallel: NaN }], ['no number of parts', { parallel: null }],
    ['null as the ID of the video', { videoId: null }], ['an empty ID of the video', { videoId: '' }], ['null as the details', { details: null }],
  ])('can pass %s', async (_, options) => {
    const service = new FakeService();
    const { outcome } = await started(service, CONTENT, options as Partial<UploadOptions>);
    expect(outcome).toEqual({ video: expect.objectContaining(VIDEO) });
    expect([service.uploads.get('v1')!.whole, service.count('create')]).toEqual([CONTENT, 1]);
  });

  test.each<[string, unknown]>([['an empty file', fileOf(Buffer.alloc(0))], ['a path', '/film.mp4'], ['an object without a size', {}]])('gets an error before any request for %s', async (_, file) => {
    const service = new FakeService();
    const { outcome, upload } = await started(service, CONTENT, { file: file as File });
    expect(outcome!.error).toMatchObject({ code: 'empty_file', message: 'the file is empty' });
    expect([upload.state.phase, upload.state.loadedBytes, service.log]).toEqual(['failed', 0, []]);
  });

  test.each<[unknown]>([[undefined], [null], ['text']])('whose function api throws %s has lost the connection', async (thrown) => {
    const service = new FakeService();
    let isFirst = true;
    const run = await started(service, CONTENT, {
      api: async (...request) => {
        if (!isFirst) return service.api(...request);
        isFirst = false;
        throw thrown;
      },
    });
    expect(run.upload.state).toMatchObject({ phase: 'waiting', error: { code: 'no_connection' } });
    await advance(2);
    expect(run.outcome!.video).toMatchObject(VIDEO);
  });

  test('can return values instead of promises', async () => {
    const api: any = (method: string) => (method === 'POST' ? { video: VIDEO, upload: { kind: 'single', url: 'https://s3', headers: {} } } : undefined);
    const { outcome } = await started(new FakeService(), SMALL, { api, put: (() => ({ status: 200 })) as any });
    expect(outcome).toEqual({ video: VIDEO });
  });

  test.each<[string, (state: UploadState) => boolean]>([
    ['at the start', ({ phase }) => phase === 'starting'], ['with the first bytes', ({ loadedBytes }) => loadedBytes > 0], ['at the end', ({ phase }) => phase === 'completing'],
    ['while no bytes move', ({ bytesPerSecond = Infinity }) => bytesPerSecond < 20],
  ])('whose function onChange throws %s gets the error from start(), and the upload ends', async (_, isWrong) => {
    const service = new FakeService();
    service.bytesPerStep = 300;
    service.plan('put 6', 'hanging');
    let calls = 0;
    const run = await started(service, CONTENT, {
      onChange: (state) => {
        if (!isWrong(state)) return;
        calls++;
        throw new Error('a bug of the page');
      },
    });
    await advance(90);
    expect(run.outcome!.error).toMatchObject({ name: 'UploadError', code: 'program_error', message: 'a bug of the page' });
    expect([run.upload.state.phase, service.running]).toEqual(['failed', 0]);
    // The last call reports that the upload has failed.
    const { length } = service.log;
    expect(calls).toBeLessThanOrEqual(2);
    await advance(10);
    expect([calls <= 2, service.log.length]).toEqual([true, length]);
  });

  test.each<[string, Partial<UploadOptions>]>([
    ['crc32 never ends', { crc32: () => new Promise(() => undefined) }],
    ['put ignores its signal', { put: (_signed, _body, { onProgress }) => new Promise(() => void setInterval(() => onProgress(1), 1000)) }],
  ])('whose function %s can abort and pause', async (_, options) => {
    const service = new FakeService();
    const { upload, result } = await started(service, SMALL, options);
    upload.pause();
    expect(upload.state.phase).toBe('paused');
    upload.resume();
    await upload.abort();
    expect([(await result).error.name, service.uploads.size]).toEqual(['AbortError', 0]);
  });
});

/** Starts an upload, and calls `act` when the module sends the request with this number. */
async function actAt(number: number, service: FakeService, act: (upload: Upload) => void): Promise<{ result: Promise<any>; requests: () => number }> {
  const { Upload: Uploading } = await loaded();
  let requests = 0;
  const count = () => { if (++requests === number) act(upload); };
  const upload = new Uploading({
    file: fileOf(CONTENT), crc32: async (blob) => crc32(new Uint8Array(await blob.arrayBuffer())),
    api: async (...request) => {
      count();
      return service.api(...request);
    },
    put: async (...request) => {
      count();
      return service.put(...request);
    },
  });
  const result = upload.start().then((video) => ({ video }), (error: unknown) => ({ error }));
  await settled();
  await advance(3);
  return { result, requests: () => requests };
}

/** An upload of CONTENT sends one request to create the video, two for URLs, six for parts and one to complete. */
const REQUESTS = Array.from({ length: 10 }, (_, index) => index + 1);

describe('during each request of an upload', () => {
  test.each(REQUESTS.slice(0, -1))('an abort removes the video, and nothing is sent afterwards: request %s', async (number) => {
    const service = new FakeService();
    let aborted: Promise<void> | undefined;
    const { result } = await actAt(number, service, (upload) => { aborted = upload.abort(); });
    await aborted;
    expect((await result).error).toMatchObject({ name: 'AbortError' });
    expect([service.uploads.size, service.running, service.log.at(-1), service.count('remove')]).toEqual([0, 0, 'remove', 1]);
  });

  test.each(REQUESTS)('a pause and its end lose nothing: request %s', async (number) => {
    const service = new FakeService();
    const { result, requests } = await actAt(number, service, (upload) => {
      upload.pause();
      setTimeout(() => upload.resume(), 1000);
    });
    expect((await result).video).toMatchObject(VIDEO);
    expect([service.uploads.get('v1')!.whole, service.count('create'), service.count('complete')]).toEqual([CONTENT, 1, 1]);
    expect(requests()).toBeLessThanOrEqual(20);
  });

  test.each(REQUESTS)('an end of the pause before the aborted requests end loses nothing: request %s', async (number) => {
    const service = new FakeService();
    const { result } = await actAt(number, service, (upload) => {
      upload.pause();
      upload.resume();
    });
    expect((await result).video).toMatchObject(VIDEO);
    expect([service.uploads.get('v1')!.whole, service.count('create')]).toEqual([CONTENT, 1]);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('an upload survives a storm of errors of the API and of S3, and creates one video: seed %s', async (seed) => {
  // MINSTD, a linear congruential generator.
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const faults: Fault[] = ['lost', 'unanswered', { status: 500 }, { status: 502 }, { status: 503, code: 'SlowDown' }, { status: 504 }, { status: 429, code: 'throttled' }];
  const storm = () => Array.from({ length: 8 }, () => faults[Math.floor(random() * faults.length)]);
  const service = new FakeService();
  for (const request of ['create', 'list', 'look', 'sign', 'complete', ...[1, 2, 3, 4, 5, 6].map((number) => `put ${number}`)]) service.plan(request, ...storm());
  const run = await started(service, CONTENT);
  await advance(1200, 1);
  expect(run.outcome).toEqual({ video: expect.objectContaining(VIDEO) });
  expect([service.uploads.get('v1')!.whole, service.uploads.size, service.count('remove')]).toEqual([CONTENT, 1, 0]);
});

describe('a file that changes during its upload, without an error of the browser,', () => {
  const OTHER = Buffer.from(CONTENT.map((byte) => 255 - byte));

  test.each([1, 2, 5, 9, 12, 13])('is never stored as a mixture of both contents: change after %s reads', async (reads) => {
    const service = new FakeService();
    let count = 0;
    const current = () => (count > reads ? OTHER : CONTENT);
    const file = {
      name: 'film.mp4', size: CONTENT.length, type: 'video/mp4',
      slice: (start: number, end: number) => ({
        size: end - start,
        slice: (from: number, to: number) => file.slice(start + from, start + to),
        arrayBuffer: async () => {
          count++;
          return new Uint8Array(current().subarray(start, end)).buffer;
        },
      }) as any,
    };
    const run = await started(service, CONTENT, { file });
    await advance(120, 1);
    const stored = service.uploads.get('v1')!.whole;
    if (run.outcome!.error) expect([run.outcome!.error.code, stored]).toEqual([expect.stringMatching(/^(file_changed|checksum_mismatch)$/), undefined]);
    else expect([CONTENT, OTHER].some((content) => content.equals(stored!))).toBe(true);
  });
});

describe('a clock that is set back by an hour', () => {
  const setBack = () => jest.setSystemTime(Date.now() - 3_600_000);

  test('does not stop the reports of the progress and of the speed', async () => {
    const service = new FakeService();
    service.bytesPerStep = 10;
    const run = await started(service, CONTENT);
    await advance(3);
    expect(run.upload.state.bytesPerSecond).toBeGreaterThan(0);
    setBack();
    const { length } = run.states;
    await advance(4);
    expect(run.states.length).toBeGreaterThan(length + 10);
    expect(run.upload.state.bytesPerSecond).toBeGreaterThan(300);
    expect(run.upload.state.bytesPerSecond).toBeLessThan(500);
  });

  test('does not hide that a request makes no progress', async () => {
    const service = new FakeService();
    service.plan('put 2', 'hanging');
    const run = await started(service, CONTENT);
    await advance(10);
    setBack();
    await advance(55);
    expect(run.outcome).toEqual({ video: expect.objectContaining(VIDEO) });
    expect(service.count('put 2')).toBe(2);
  });

  test('does not stop an upload with expired URLs', async () => {
    const service = new FakeService();
    service.bytesPerStep = 500;
    const run = await started(service, CONTENT, { parallel: 1 });
    setBack();
    service.oldestUrl = service.log.length;
    await advance(10);
    expect(run.outcome).toEqual({ video: expect.objectContaining(VIDEO) });
  });
});
