import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip, padClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);
afterAll(stopAll);

const BYTES = 1024 ** 2;
const TAGS = [{ Key: 'vod-lifecycle', Value: 'archive' }];

test.each([
  ['delete', { state: 'deleted', read: 'NoSuchKey' }, 0],
  ['archive', { state: 'archived', read: 'InvalidObjectState', tags: TAGS }, BYTES],
])('the sweeper applies the source lifecycle "%s" a month after the video is ready, and the video still plays', async (action, ended, storedBytes) => {
  const stack = await StackProcess.start({ app: path.join(__dirname, 'sources.fixture.ts'), environment: { SOURCES: action } });
  const client = await Client.signIn(stack.facts);
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 1));
  const videoId = await client.upload(padClip(clip, BYTES), 'a source');
  await until('the video is ready', async () => (await client.find(videoId)).status === 'ready');

  const kept = { storedBytes: BYTES, sources: [{ dueAt: expect.any(String), size: BYTES, read: 'readable', tags: [] }] };
  await stack.invoke('VodSweeperSweepVideos', {});
  const { sources: [{ dueAt }], ...first } = await stack.invoke('Look', { monthPasses: true });
  expect(first.storedBytes).toBe(BYTES);
  const days = (Date.parse(dueAt) - Date.now()) / 86_400_000;
  expect([days > 29.9, days < 30.1]).toEqual([true, true]);
  expect(await stack.invoke('Look', {})).toEqual(kept);

  await stack.invoke('VodSweeperSweepVideos', {});
  // S3 applies lifecycle rules some time after the sweep.
  await until('the source is not readable', async () => (await stack.invoke('Look', {})).sources[0].read !== 'readable');
  expect(await stack.invoke('Look', {})).toEqual({ storedBytes, sources: [{ size: BYTES, ...ended }] });
  expect(await client.play(videoId)).toBeGreaterThan(0);
  await stack.invoke('VodSweeperSweepVideos', {});
  expect((await stack.invoke('Look', {})).storedBytes).toBe(storedBytes);
  expect(stack.output).not.toContain('access denied');
});
