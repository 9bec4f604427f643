import { readFileSync } from 'fs';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

let stack: StackProcess;
let client: Client;
let clip: Buffer<ArrayBuffer>;
beforeAll(async () => {
  stack = await StackProcess.start({ app: path.join(__dirname, 'sweeper.fixture.ts') });
  client = await Client.signIn(stack.facts);
  clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 5));
});
afterAll(stopAll);

const statusOf = async (videoId: string) => (await client.find(videoId)).status;
const fire = async (rule: string) => expect((await fetch(stack.facts.awsEndpoint, { method: 'POST', headers: { 'x-local-fire-rule': rule } })).status).toBe(200);
const sweep = (videoId: string) => until('the sweep makes the video ready', async () => {
  await fire('AnHour');
  await fire('Sweep');
  return await statusOf(videoId) === 'ready';
});

test('the sweep completes a video whose job events are lost', async () => {
  const work = () => stack.processes().some(({ command }) => command.includes('ffmpeg'));
  // FFmpeg can finish before the test reads the status. Therefore, the test starts to look for FFmpeg when it starts the upload.
  const [videoId] = await Promise.all([client.upload(clip, 'swept'), until('FFmpeg has begun', work)]);
  await until('the job is submitted', async () => await statusOf(videoId) === 'processing');
  await until('FFmpeg has ended', () => !work());
  expect(await statusOf(videoId)).toBe('processing');

  await sweep(videoId);
  const { durationSeconds, renditions } = await client.call('GET', `/streams/${videoId}`);
  expect([Math.round(durationSeconds), renditions.length]).toEqual([5, 2]);
  expect(await client.play(videoId)).toBeGreaterThan(0);
  const { poster } = await client.call('POST', `/streams/${videoId}/playback`);
  expect((await client.get(poster)).status).toBe(200);
  expect(stack.output).not.toContain('access denied');
});

test('the sweep completes a video whose submit function was killed after it stored the upload', async () => {
  const short = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 1));
  let videoId = '';
  await until('a video is stuck', async () => {
    videoId = await client.upload(short, 'stuck');
    while (await statusOf(videoId) === 'waiting');
    // Kills all functions, including the submit function. The message of the submit function is not delivered again during this test.
    for (const { pid } of stack.processes().filter(({ command }) => command.includes('run-loop.mjs'))) process.kill(pid, 'SIGKILL');
    await wait(1000);
    return await statusOf(videoId) === 'uploaded';
  });
  await sweep(videoId);
  expect(await client.play(videoId)).toBeGreaterThan(0);
});
