import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);
afterAll(stopAll);

test('videos whose job events are lost are made ready by the sweep', async () => {
  const stack = await StackProcess.start({ app: path.join(__dirname, 'sweeper.fixture.ts') });
  const client = await Client.signIn(stack.facts);
  const fire = async (rule: string) => expect((await fetch(stack.facts.door, { method: 'POST', headers: { 'x-local-fire-rule': rule } })).status).toBe(200);
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 5));
  const videoId = await client.upload(clip, 'swept');
  await until('the job is submitted', async () => (await client.find(videoId)).status === 'processing');
  const work = () => stack.processes().some(({ command }) => command.includes('ffmpeg'));
  await until('FFmpeg has begun', work);
  await until('FFmpeg has ended', () => !work());
  expect((await client.find(videoId)).status).toBe('processing');

  await until('the sweep finds the job', async () => {
    await fire('AnHour');
    await fire('Sweep');
    return (await client.find(videoId)).status !== 'processing';
  });
  const { status, durationSeconds, renditions } = await client.call('GET', `/streams/${videoId}`);
  expect([status, Math.round(durationSeconds), renditions.length]).toEqual(['ready', 5, 2]);
  expect(await client.play(videoId)).toBeGreaterThan(0);
  const { poster } = await client.call('POST', `/streams/${videoId}/playback`);
  expect((await client.get(poster)).status).toBe(200);
  expect(stack.output).not.toContain('access denied');
});
