import { readFileSync } from 'fs';
import { join } from 'path';
import { createContext, SourceTextModule } from 'vm';

interface ProgressPoller { start(): void; stop(): void }

async function load(): Promise<new (ports: object) => ProgressPoller> {
  const source = readFileSync(join(__dirname, '..', '..', 'examples', 'typescript', 'full', 'web', 'state', 'progress-poller.js'), 'utf8');
  const page = new SourceTextModule(source, { context: createContext({ setTimeout, clearTimeout }) });
  await page.link(() => { throw new Error('it imports nothing'); });
  await page.evaluate();
  return (page.namespace as { ProgressPoller: new (ports: object) => ProgressPoller }).ProgressPoller;
}

/** The video is in progress for the first `movingSeconds`. */
async function open({ movingSeconds = 0 } = {}) {
  const begin = Date.now();
  const page = { isHidden: false, answer: async () => undefined as unknown };
  const at = { look: [] as number[], own: [] as number[], published: [] as number[] };
  const ask = (name: keyof typeof at) => async () => {
    at[name].push((Date.now() - begin) / 1000);
    await page.answer();
  };
  const poller = new (await load())({
    look: ask('look'), lists: [ask('own'), ask('published')], isMoving: () => Date.now() - begin < movingSeconds * 1000, isHidden: () => page.isHidden,
  });
  const count = () => at.look.length + at.own.length + at.published.length;
  return { page, at, poller, count, wait: (seconds: number) => jest.advanceTimersByTimeAsync(seconds * 1000) };
}

describe('the progress poller', () => {
  beforeEach(() => { jest.useFakeTimers(); });
  afterEach(() => { jest.useRealTimers(); });

  test('polls for a video in progress often at first, then every 10 seconds, and stops once the video is ready', async () => {
    const { poller, at, wait } = await open({ movingSeconds: 45 });
    poller.start();
    await wait(600);
    expect(at.look).toEqual([1, 3, 6, 11, 21, 31, 41]);
    expect(at.own.slice(0, 3)).toEqual([30, 90, 150]);
  });

  test('polls one list every 30 seconds, in turn, while no video is in progress', async () => {
    const { poller, at, wait } = await open();
    poller.start();
    await wait(125);
    expect(at).toEqual({ look: [], own: [30, 90], published: [60, 120] });
  });

  test('sends at most a ninth of the requests that two lists every 1.5 seconds would need, for a video that takes five minutes', async () => {
    const { poller, count, wait } = await open({ movingSeconds: 300 });
    poller.start();
    await wait(300);
    expect(count()).toBe(42);
    expect(count()).toBeLessThanOrEqual((2 * 300) / 1.5 / 9);
  });

  test('does not poll while the page is hidden or the poller is stopped', async () => {
    const { page, poller, count, wait } = await open({ movingSeconds: 3600 });
    poller.start();
    await wait(2);
    page.isHidden = true;
    await wait(60);
    const before = count();
    await wait(600);
    expect(count()).toBe(before);
    page.isHidden = false;
    poller.start();
    await wait(2);
    expect(count()).toBe(before + 1);
    poller.stop();
    await wait(600);
    expect(count()).toBe(before + 1);
  });

  test('sends one request at a time, and none after a response that arrives after the stop', async () => {
    const { page, poller, at, count, wait } = await open({ movingSeconds: 3600 });
    page.answer = () => new Promise((resolve) => setTimeout(resolve, 20_000));
    poller.start();
    await wait(22);
    expect(at.look).toEqual([1]);
    await wait(2);
    expect(at.look).toEqual([1, 23]);
    poller.stop();
    const before = count();
    await wait(600);
    expect(count()).toBe(before);
  });

  test('polls once per interval, even if it is started twice', async () => {
    const { poller, at, wait } = await open({ movingSeconds: 3600 });
    poller.start();
    poller.start();
    await wait(7);
    expect(at.look).toEqual([1, 3, 6]);
  });
});
