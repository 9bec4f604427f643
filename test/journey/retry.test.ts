import { readFileSync } from 'fs';
import * as path from 'path';
import { Client, problemOf } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);
afterAll(stopAll);

test('a video whose job failed is ready after a retry, with the media files of the second attempt', async () => {
  const stack = await StackProcess.start();
  const client = await Client.signIn(stack.facts);
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 5));
  const videoId = await client.upload(clip, 'unlucky');
  await until('FFmpeg is killed and the video failed', async () => {
    // If a signal kills FFmpeg, the job ends with MediaConvert's "Unexpected system error".
    for (const { pid, command } of stack.processes()) if (command.startsWith('ffmpeg')) process.kill(pid, 'SIGKILL');
    return (await client.find(videoId)).status === 'errored';
  });
  expect((await client.find(videoId)).error).toMatchObject({ code: 'transcode_failed' });
  const etag = await client.etagOf(videoId);

  const answer = await client.fetch('POST', `/streams/${videoId}/retry`);
  expect([answer.status, answer.headers.get('etag'), await answer.json()]).toMatchObject([202, etag, { videoId, status: 'uploaded', progress: 0 }]);
  expect((await problemOf(await client.fetch('POST', `/streams/${videoId}/retry`)))[2]).toBe('wrong_status');
  expect(await client.settled(videoId)).toMatchObject({ status: 'ready' });
  expect(await client.play(videoId)).toBeGreaterThan(0);
  const { hls } = await client.call('POST', `/streams/${videoId}/playback`);
  expect(hls).toContain(`/v/${videoId}/2/`);
  expect(stack.output).not.toContain('access denied');
});
