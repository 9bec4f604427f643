import { readFileSync } from 'fs';
import { join } from 'path';
import { createContext, SourceTextModule } from 'vm';

interface Player { open(videoId: string): Promise<boolean>; close(): void }

const HOUR = 3_600_000;
const MINUTE = 60_000;
const element = { removeAttribute: () => undefined, load: () => undefined, play: async () => undefined };
/** A browser that plays HLS itself. */
const PORTS = { now: () => Date.now(), element: () => element, loadHls: async () => ({ isSupported: () => false }) };
const read = (name: string) => readFileSync(join(__dirname, '..', '..', 'examples', 'typescript', 'full', 'web', name), 'utf8');

/** The clock of the page is wrong by `clockError` milliseconds. */
async function loadPlayer(clockError: number): Promise<new (ports: object) => Player> {
  const MachineDate = class extends Date {
    static now = () => Date.now() + clockError;
  };
  const context = createContext({ setTimeout, clearTimeout, Date: MachineDate });
  const player = new SourceTextModule(read('playback/player.js'), { context });
  await player.link((name: string) => new SourceTextModule(read(join('playback', name)), { context }));
  await player.evaluate();
  return (player.namespace as { Player: new (ports: object) => Player }).Player;
}

describe('the player', () => {
  beforeEach(() => { jest.useFakeTimers(); });
  afterEach(() => { jest.useRealTimers(); });

  test.each([
    ['right', 0], ['a day ahead', 24 * HOUR], ['a day behind', -24 * HOUR],
  ])('renews a session of six hours once, if the clock of the machine is %s', async (_, clockError) => {
    const asked: number[] = [];
    const begin = Date.now();
    const api = async () => {
      asked.push((Date.now() - begin) / HOUR);
      return { hls: '/v/none.m3u8', expiresAt: new Date(Date.now() + 6 * HOUR).toISOString() };
    };
    const player = new (await loadPlayer(clockError))({ ...PORTS, api, onProblem: (error: Error) => { throw error; } });
    await player.open('v');
    await jest.advanceTimersByTimeAsync(6 * HOUR);
    expect(asked).toEqual([0, 4.8]);
    player.close();
  });

  it('retries a failed renewal until the session expires, and then reports the error once', async () => {
    const asked: [second: number, isUp: boolean][] = [];
    const said: [second: number, message: string][] = [];
    let isUp = true;
    const begin = Date.now();
    const seconds = () => (Date.now() - begin) / 1000;
    const api = async () => {
      asked.push([seconds(), isUp]);
      if (!isUp) throw new Error('unreachable');
      return { hls: '/v/none.m3u8', expiresAt: new Date(Date.now() + 5 * MINUTE).toISOString() };
    };
    const onProblem = ({ message }: Error) => said.push([seconds(), message]);
    const player = new (await loadPlayer(0))({ ...PORTS, api, onProblem });
    await player.open('v');
    isUp = false;
    await jest.advanceTimersByTimeAsync(255_000);
    isUp = true;
    await jest.advanceTimersByTimeAsync(5_000);
    isUp = false;
    await jest.advanceTimersByTimeAsync(299_000);
    expect(asked).toEqual([[0, true], [240, false], [250, false], [260, true], ...[500, 510, 520, 530, 540, 550].map((second) => [second, false])]);
    expect(said).toEqual([]);
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(said).toEqual([[560, 'unreachable']]);
    expect(asked.slice(10)).toEqual([[560, false]]);
    player.close();
  });
});
