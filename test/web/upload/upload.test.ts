import { crcOf, FakeService, PART_SIZE } from './fake-service';
import { advance, CONTENT, phasesOf, SMALL, started, useFakeTime } from './started';

useFakeTime();

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

  test('works if the clock of the computer is a day fast', async () => {
    const service = new FakeService();
    const run = await started(service, CONTENT, { now: () => Date.now() + 86_400_000 });
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
    expect(service.log.filter((line) => line.startsWith('sign '))).toEqual(['sign 1 2 3 4', 'sign 5 6']);
  });
});
