import { spawn, spawnSync } from 'child_process';
import { once } from 'events';
import { cpSync, existsSync, readFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { Client } from './client';
import { Hearings } from './killed/hearings';
import { problemsOf, type Row } from './killed/judge';
import { Load } from './killed/load';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until, WAIT_MS } from './stack';
import { makeClip } from '../../local/clip';

/** The complete test needs `KILLS=200`, and takes 15 minutes. */
const KILLS = Number(process.env.KILLS ?? 2);
/** Only every tenth run uploads a clip. Each start of the stack restarts all unfinished transcodes, so more clips would make the test slow. */
const RUNS_A_CLIP = 10;
/**
 * The longest delays before a kill. Half of the kills follow an upload, and the other half follow a start of the stack. In the 0.5 seconds after an upload, the
 * event of the upload passes through S3, the bus, the queue and a function. A kill in these 0.5 seconds can interrupt each of these four services.
 */
const LONGEST_MS = { afterUpload: 500, afterStart: 2000 };
jest.setTimeout(2 * PATIENCE_MS + KILLS * 10_000);
afterAll(stopAll);

async function rowsOf(stack: StackProcess): Promise<Row[]> {
  const found: Row[] = [];
  let next: unknown;
  do {
    const page = await stack.invoke('Write', { read: { next } });
    found.push(...page.rows);
    next = page.next;
  } while (next);
  return found;
}

async function listedFor(client: Client): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call('GET', `/streams?owner=me&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    found.push(...page.items.map(({ videoId }: { videoId: string }) => videoId));
    cursor = page.cursor;
  } while (cursor);
  return found;
}

test(`kill -9 of the stack at ${KILLS} random moments loses no video, change or event, and invents none`, async () => {
  const [data, heard, assemblies] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const environment = { HEARD: heard, ASSEMBLY: path.join(assemblies, 'assembly') };
  const start = () => {
    const app = path.join(__dirname, existsSync(environment.ASSEMBLY) ? 'killed/same-app.fixture.ts' : 'killed.fixture.ts');
    return StackProcess.start({ data, app, environment });
  };
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 1, '256x144'));
  const load = new Load();
  for (let kill = 0; kill < KILLS; kill++) {
    const stack = await start();
    if (kill === 0) cpSync(path.join(data, 'cdk.out'), environment.ASSEMBLY, { recursive: true });
    const running = load.run(stack, await Client.signIn(stack.facts), kill % RUNS_A_CLIP === 0 ? clip : undefined);
    const moment = kill % 2 === 0 ? 'afterUpload' : 'afterStart';
    if (moment === 'afterUpload') await Promise.race([running, load.nextUpload()]);
    await Promise.race([running, wait(Math.random() * LONGEST_MS[moment])]);
    load.end();
    process.kill(-stack.pid, 'SIGKILL');
    await Promise.all([running, stack.ended]);
    await until('no process is left', () => stack.processes().length === 0);
  }

  const stack = await start();
  const hearings = new Hearings(heard, path.join(data, 'notifications'));
  let problems: string[] = [];
  const isSettled = async () => (problems = problemsOf(load, await rowsOf(stack), hearings.all())).length === 0;
  await until('no problem is left', isSettled, WAIT_MS + KILLS * 1000).catch(() => undefined);
  expect(problems.slice(0, 20)).toEqual([]);
  const listed = new Set(await listedFor(await Client.signIn(stack.facts)));
  const kept = [...load.known].filter(([, { isRemoving }]) => !isRemoving).map(([videoId]) => videoId);
  expect(kept.filter((videoId) => !listed.has(videoId))).toEqual([]);
  expect(kept.length).toBeGreaterThan(0);
  const counts = Object.entries(hearings.all()).map(([target, events]) => `${target} ${new Set(events.map(({ detail }) => detail.eventId)).size} of ${events.length}`);
  console.log(`${KILLS} kills, ${load.acknowledged} acknowledged requests, ${load.known.size} videos; different events of those delivered: ${counts.join(', ')}`);
});

test('the stack ends if its parent process is killed', async () => {
  const data = temporaryFolder();
  const main = ['--import', 'tsx', 'local/main.ts', '--port', '0', '--data', data, '--app', 'test/local/stack/app.fixture.ts'];
  const parent = spawn(process.execPath, ['-e', `
    const { pid } = require('child_process').spawn(process.execPath, ${JSON.stringify(main)}, { stdio: 'ignore', detached: true });
    console.log(pid);
    setInterval(() => {}, 1000);
  `], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  try {
    await until('the stack answers', () => existsSync(path.join(data, 'stack.json')));
    const { origin } = JSON.parse(readFileSync(path.join(data, 'stack.json'), 'utf8'));
    parent.kill('SIGKILL');
    await until('the stack ends', () => !existsSync(path.join(data, 'stack.json')), 10_000);
    await expect(fetch(origin)).rejects.toThrow('fetch failed');
  } finally {
    spawnSync('kill', ['-9', String(pid)]);
  }
});
