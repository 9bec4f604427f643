import { spawn, spawnSync } from 'child_process';
import { once } from 'events';
import { existsSync, readFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(2 * PATIENCE_MS);
afterAll(stopAll);

/** For each kill, how many milliseconds before it an upload ended: its event is then in S3, on the bus, in the queue, or with a handler. */
const KILLS = [[300, 100, 20, 0], [200, 150, 50, 5]];

test('kill -9 after a finished upload loses no video', async () => {
  const data = temporaryFolder();
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 2));
  const videoIds: string[] = [];
  for (const ages of KILLS) {
    const stack = await StackProcess.start({ data });
    const client = await Client.signIn(stack.facts);
    const plans = await Promise.all(ages.map((age) => client.declare(clip.length, `killed after ${age} ms`)));
    for (const [index, { video, upload: { method, url, headers } }] of plans.entries()) {
      expect((await fetch(url, { method, headers, body: clip })).status).toBe(200);
      videoIds.push(video.videoId);
      await wait(ages[index] - (ages[index + 1] ?? 0));
    }
    stack.signal('SIGKILL');
    await stack.ended;
    await until('no process is left', () => stack.processes().length === 0);
  }
  const client = await Client.signIn((await StackProcess.start({ data })).facts);
  const videos = await Promise.all(videoIds.map((videoId) => client.settled(videoId).catch((error: Error) => ({ status: error.message }))));
  expect(videos.map(({ status }) => status)).toEqual(KILLS.flat().map(() => 'ready'));
});

test('a stack whose parent is killed ends', async () => {
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
