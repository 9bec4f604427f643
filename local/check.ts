import { promises as fs } from 'fs';
import * as path from 'path';
import { setTimeout } from 'timers/promises';
import { fetchMedia, SignIn } from './client';
import { makeClip, padClip } from './clip';
import { CookieJar } from './cookie-jar';
import type { StackFacts } from './stack';
import { contentOf, partOf, putBytes, sendFile, signPart, stateOf, type CallApi } from './upload-file';

const CLIP_SECONDS = 8;
/** By default, files of more than 64 MiB are uploaded in parts. */
const LARGE_BYTES = 65 * 1024 ** 2;

/** Signs in, uploads a video with one PUT request and a larger video in parts, and plays the first video over HTTP. Prints the duration of each step. */
export async function runCheck(facts: StackFacts, folder: string): Promise<void> {
  const { api, users: [user] } = facts;
  const jar = new CookieJar();
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work().catch((error) => { throw new Error(`failed: ${name}: ${error.message}`); });
    console.log(`${((performance.now() - start) / 1000).toFixed(2).padStart(6)} s  ${name}`);
    return result;
  };
  const call = async (status: number, method: string, route: string, token = '', body?: object): Promise<any> => {
    const headers = { ...(token && { authorization: token }), 'content-type': 'application/json' };
    return (await expect(status, jar.fetch(`${api}${route}`, { method, headers, body: body && JSON.stringify(body) }))).json();
  };

  const clip = await step('create a video file', async () => fs.readFile(makeClip(path.join(folder, 'clip.mp4'), CLIP_SECONDS, '1280x720')));
  await step('a request without a token returns 401', () => call(401, 'GET', '/streams'));
  const { id_token: token, refresh_token } = await step('sign in', async () => (await SignIn.begin(facts, undefined, jar)).tokens(user));
  const declared = { fileName: 'clip.mp4', contentType: 'video/mp4', size: clip.length, title: 'Check' };
  const { video: { videoId }, upload } = await step('declare the upload', () => call(201, 'POST', '/upload', token, declared));
  const send = () => fetch(upload.url, { method: upload.method, headers: upload.headers, body: clip });
  await step('upload', () => expect(200, send()));
  await step('a second upload to the same URL returns 412', () => expect(412, send()));
  const transcoded = async (id: string) => {
    let video = await call(200, 'GET', `/streams/${id}`, token);
    for (const end = Date.now() + 120_000; !['ready', 'errored'].includes(video.status) && Date.now() < end; await setTimeout(250)) {
      video = await call(200, 'GET', `/streams/${id}`, token);
    }
    if (video.status !== 'ready') throw new Error(`expected the video's status to be ready within 2 minutes, got ${video.status} ${video.error?.code ?? ''}`);
  };
  await step('transcode', () => transcoded(videoId));
  const large = contentOf(padClip(await fs.readFile(makeClip(path.join(folder, 'large.mp4'), 1, '320x180')), LARGE_BYTES));
  const inParts = await step('declare a large file', () => call(201, 'POST', '/upload', token, { ...declared, size: large.size, title: 'Check in parts' }));
  const { videoId: largeId } = inParts.video;
  const callApi: CallApi = (method, route, body) => call(200, method, route, token, body);
  await step('upload the first part of the large file', async () => {
    const bytes = await partOf(large, inParts.upload.partSize, 1);
    await putBytes(await signPart(callApi, largeId, 1, bytes), bytes);
  });
  await step('continue with the missing parts', async () => {
    const state = await stateOf(callApi, largeId);
    if (state.parts?.length !== 1) throw new Error(`expected 1 stored part, got ${state.parts?.length}`);
    await sendFile(callApi, state, large);
  });
  await step('transcode the large file', () => transcoded(largeId));
  const { hls } = await step('start playback', () => call(200, 'POST', `/streams/${videoId}/playback`, token));
  await step('fetching the playlist without cookies returns 403', () => expect(403, fetch(hls)));
  await step('fetch every segment', async () => {
    const lengths = (await fetchMedia(jar, hls)).map(({ segments }) => segments.reduce((sum, { duration }) => sum + duration, 0));
    if (lengths.some((seconds) => Math.abs(seconds - CLIP_SECONDS) > 1)) throw new Error(`expected renditions of ${CLIP_SECONDS} s, got ${lengths.join(' s, ')} s`);
  });
  const renewed = await step('refresh the token', () => call(200, 'POST', '/token', '', { refresh_token }));
  const { items } = await step('list videos with the new token', () => call(200, 'GET', '/streams', renewed.id_token));
  if (items[0].videoId !== largeId || items[1].videoId !== videoId) throw new Error('expected the new videos to be the first videos in the list');
  await step('sign out', () => call(200, 'POST', '/token/revoke', '', { refresh_token }));
  await step('refreshing the token after the sign-out returns 400', () => call(400, 'POST', '/token', '', { refresh_token }));
}

async function expect(status: number, answering: Promise<Response>): Promise<Response> {
  const response = await answering;
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}`);
  return response;
}
