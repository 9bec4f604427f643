import { FakeService, type Fault } from './fake-service';
import { advance, CONTENT, phasesOf, started, useFakeTime } from './started';

useFakeTime();

describe('the state', () => {
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

  test('shows that S3 joins the parts while the API returns 503 for minutes, and a lost connection as such', async () => {
    const service = new FakeService();
    service.plan('complete', ...Array<Fault>(8).fill({ status: 503, code: 'unavailable' }), 'lost');
    const run = await started(service, CONTENT);
    await advance(40);
    expect(run.upload.state).toEqual({ phase: 'completing', videoId: 'v1', loadedBytes: CONTENT.length, totalBytes: CONTENT.length });
    expect(phasesOf(run.states)).toEqual(['starting', 'uploading', 'completing']);
    await advance(30);
    expect(run.upload.state).toMatchObject({ phase: 'waiting', error: { code: 'no_connection' } });
    await advance(30);
    expect(run.outcome).toEqual({ video: expect.objectContaining({ videoId: 'v1' }) });
  });
});
