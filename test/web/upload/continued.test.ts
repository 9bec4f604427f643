import { FakeService } from './fake-service';
import { advance, CONTENT, fileOf, loaded, phasesOf, SMALL, started, useFakeTime, type Started, type UploadOptions } from './started';

useFakeTime();

/** Starts an upload that stops after S3 has the parts before `missing`, and then continues this upload. */
async function interrupted(content: Buffer<ArrayBuffer>, missing: number | 'whole'): Promise<{ service: FakeService; resume: (file: File, options?: Partial<UploadOptions>) => Promise<Started> }> {
  const service = new FakeService();
  service.plan(`put ${missing}`, { status: 418 });
  const { upload } = await started(service, content, { parallel: 1 });
  upload.pause();
  await advance(1);
  service.log.length = 0;
  return { service, resume: (file, options) => started(service, content, { file, videoId: 'v1', ...options }) };
}

describe('a continued upload', () => {
  test('sends only the parts that S3 does not have', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    const { outcome, states } = await resume(fileOf(CONTENT));
    expect(outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
    expect(service.log.filter((line) => line.startsWith('put'))).toEqual(['put 4', 'put 5', 'put 6']);
    expect(service.log.filter((line) => line.startsWith('sign '))).toEqual(['sign 4 5 6']);
    expect(service.count('create')).toBe(0);
    expect(phasesOf(states)).toEqual(['checking', 'uploading', 'completing', 'done']);
    expect(states.find(({ phase }) => phase === 'uploading')!.loadedBytes).toBe(3000);
  });

  test('reads the list of stored parts from all pages', async () => {
    const { service, resume } = await interrupted(CONTENT, 6);
    const paths: string[] = [];
    const { outcome } = await resume(fileOf(CONTENT), {
      api: async (method, path, ...rest) => {
        paths.push(path);
        const answer = await service.api(method, path, ...rest);
        if (method !== 'GET') return answer;
        const isFirst = !path.includes('cursor');
        return { ...answer, parts: isFirst ? answer.parts.slice(0, 2) : answer.parts.slice(2), ...(isFirst && { cursor: 'a+b' }) };
      },
    });
    expect(outcome!.video).toBeDefined();
    expect(paths.slice(0, 2)).toEqual(['/upload/v1', '/upload/v1?cursor=a%2Bb']);
    expect(service.log.filter((line) => line.startsWith('put'))).toEqual(['put 6']);
  });

  test('is done if the upload is completed while the pages of its parts are read', async () => {
    const { service, resume } = await interrupted(CONTENT, 6);
    const { outcome } = await resume(fileOf(CONTENT), {
      api: async (method, path, ...rest) => {
        const answer = await service.api(method, path, ...rest);
        if (path.includes('cursor')) return answer;
        service.uploads.get('v1')!.whole = CONTENT;
        return { ...answer, cursor: 'a' };
      },
    });
    expect(outcome!.video).toMatchObject({ videoId: 'v1' });
    expect(service.log).toEqual(['look', 'look']);
  });

  test('sends a stored part again that differs from the file', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    service.uploads.get('v1')!.parts.set(2, Buffer.alloc(1000));
    const { outcome } = await resume(fileOf(CONTENT));
    expect(outcome!.video).toBeDefined();
    expect(service.log.filter((line) => line.startsWith('put')).sort()).toEqual(['put 2', 'put 4', 'put 5', 'put 6']);
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
  });

  test('also continues a small file', async () => {
    const { service, resume } = await interrupted(SMALL, 'whole');
    const { outcome } = await resume(fileOf(SMALL));
    expect(outcome!.video).toBeDefined();
    expect(service.uploads.get('v1')!.whole).toEqual(SMALL);
    expect(service.log).toEqual(['look', 'put whole']);
  });

  const changed = (content: Buffer<ArrayBuffer>) => {
    const copy = Buffer.from(content);
    copy[3]++;
    return copy;
  };
  test.each<[string, Buffer<ArrayBuffer>, File, string]>([
    ['name', CONTENT, fileOf(CONTENT, 'b.mp4'), 'another file is required: b.mp4 (5500 bytes) is not film.mp4 (5500 bytes)'],
    ['size', CONTENT, fileOf(CONTENT.subarray(1)), 'another file is required: film.mp4 (5499 bytes) is not film.mp4 (5500 bytes)'],
    ['content', CONTENT, fileOf(changed(CONTENT)), 'another file is required: film.mp4 (5500 bytes) has not the content that is already uploaded'],
    ['content (small file)', SMALL, fileOf(changed(SMALL)), 'another file is required: film.mp4 (700 bytes) has not the content that is already uploaded'],
  ])('refuses another file before a byte is sent: another %s', async (_, content, file, message) => {
    const { service, resume } = await interrupted(content, content === SMALL ? 'whole' : 2);
    const { outcome, upload } = await resume(file);
    expect(outcome!.error).toMatchObject({
      code: 'other_file', message, expected: { fileName: 'film.mp4', size: content.length }, actual: { fileName: file.name, size: file.size },
    });
    expect(upload.state.phase).toBe('failed');
    expect(service.log).toEqual(['look']);
    // The right file still works.
    await resume(fileOf(content));
    expect(service.uploads.get('v1')!.whole).toEqual(content);
  });

  test('accepts a Blob without a name', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    const { outcome } = await resume(new Blob([CONTENT]) as File);
    expect(outcome!.video).toBeDefined();
    expect(service.uploads.get('v1')!.whole).toEqual(CONTENT);
  });

  test('is done at once if S3 has the whole file', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    service.uploads.get('v1')!.whole = CONTENT;
    const { outcome, upload } = await resume(fileOf(CONTENT));
    expect(outcome!.video).toMatchObject({ videoId: 'v1' });
    expect(service.log).toEqual(['look']);
    expect(upload.state).toMatchObject({ phase: 'done', loadedBytes: 5500 });
  });

  test.each<[string, File]>([['name', fileOf(CONTENT, 'b.mp4')], ['size', fileOf(CONTENT.subarray(1))]])('refuses another file if S3 has the whole file: another %s', async (_, file) => {
    const { service, resume } = await interrupted(CONTENT, 4);
    service.uploads.get('v1')!.whole = CONTENT;
    const { outcome, upload } = await resume(file);
    expect(outcome!.error).toMatchObject({ code: 'other_file', expected: { fileName: 'film.mp4', size: 5500 }, actual: { fileName: file.name, size: file.size } });
    expect([upload.state.phase, service.log]).toEqual(['failed', ['look']]);
  });

  test('fails if the upload has expired or its video is gone', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    Object.assign(service.uploads.get('v1')!, { status: 'errored', error: { code: 'upload_expired' } });
    expect((await resume(fileOf(CONTENT))).outcome!.error).toMatchObject({ code: 'upload_expired' });
    service.uploads.clear();
    expect((await resume(fileOf(CONTENT))).outcome!.error).toMatchObject({ code: 'not_found', status: 404 });
  });

  test('waits if the first request gets no response', async () => {
    const { service, resume } = await interrupted(CONTENT, 4);
    service.plan('look', 'lost', 'hanging', { status: 503 });
    const run = await resume(fileOf(CONTENT));
    expect(run.upload.state).toMatchObject({ phase: 'waiting', retryAt: Date.now() + 500 });
    await advance(66);
    expect(run.outcome!.video).toBeDefined();
  });
});

test('the list of open uploads contains all pages, and does not change the answers of the API', async () => {
  const { listOpenUploads } = await loaded();
  const paths: string[] = [];
  // The caller can have a cache that returns the same answer again, so the function must not change an answer.
  const pages = [Object.freeze({ items: Object.freeze([{ videoId: 'v1' }]), cursor: 'c&1' }), Object.freeze({ items: Object.freeze([{ videoId: 'v2' }]), cursor: 'c&2' }), { items: [] }];
  const videos = await listOpenUploads(async (method, path) => pages[paths.push(`${method} ${path}`) - 1]);
  expect(videos.map(({ videoId }) => videoId)).toEqual(['v1', 'v2']);
  expect(paths).toEqual(['GET /streams?owner=me&status=waiting', 'GET /streams?owner=me&status=waiting&cursor=c%261', 'GET /streams?owner=me&status=waiting&cursor=c%262']);
});
