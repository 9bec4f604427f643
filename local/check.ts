import { execFileSync } from 'child_process';
import { promises as fs } from 'fs';
import * as path from 'path';
import { setTimeout } from 'timers/promises';
import * as HLS from 'hls-parser';
import { CookieJar } from './cookie-jar';
import type { StackFacts } from './stack';
import { ensure } from './system';

const CLIP_SECONDS = 8;
/** A journey that has not come to its end by then won't. */
const PATIENCE_MS = 120_000;

/** Does the whole journey over HTTP, as any client could, and prints each step's time. Throws at the first step that fails. */
export async function runCheck({ api, users: [user] }: StackFacts, folder: string): Promise<void> {
  const jar = new CookieJar();
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work().catch((error) => { throw new Error(`failed: ${name}: ${error.message}`); });
    console.log(`${((performance.now() - start) / 1000).toFixed(2).padStart(6)} s  ${name}`);
    return result;
  };
  const call = async (method: string, route: string, { token, body, status = 200 }: { token?: string; body?: object; status?: number } = {}) => {
    const headers = { ...(token && { authorization: token }), 'content-type': 'application/json' };
    const response = await jar.fetch(`${api}${route}`, { method, headers, body: body && JSON.stringify(body) });
    return expectStatus(response, status).json() as Promise<any>;
  };

  const clip = await step('make a clip', () => makeClip(path.join(folder, 'clip.mp4')));
  await step('no token: 401', () => call('GET', '/streams', { status: 401 }));
  const { id_token: token, refresh_token } = await step('sign in', () => signIn(jar, `${api}/login`, user));
  const declared = { fileName: 'clip.mp4', contentType: 'video/mp4', size: clip.length, title: 'Check' };
  const { video: { videoId }, upload } = await step('declare the upload', () => call('POST', '/upload', { token, status: 201, body: declared }));
  const send = () => fetch(upload.url, { method: upload.method, headers: upload.headers, body: clip });
  await step('upload', async () => expectStatus(await send(), 200));
  await step('a second upload to the same address: 412', async () => expectStatus(await send(), 412));
  await step('transcode', async () => {
    let video = await call('GET', `/streams/${videoId}`, { token });
    for (const end = Date.now() + PATIENCE_MS; !['ready', 'errored'].includes(video.status) && Date.now() < end; await setTimeout(250)) {
      video = await call('GET', `/streams/${videoId}`, { token });
    }
    if (video.status !== 'ready') throw new Error(`the video is ${video.status} ${video.error?.code ?? ''}`);
  });
  const { hls } = await step('start playback', () => call('POST', `/streams/${videoId}/playback`, { token }));
  await step('without cookies: 403', async () => expectStatus(await fetch(hls), 403));
  await step('fetch every segment', () => fetchMedia(jar, hls));
  const renewed = await step('refresh', () => call('POST', '/token', { body: { refresh_token } }));
  const { items } = await step('list with the new token', () => call('GET', '/streams', { token: renewed.id_token }));
  if (items[0].videoId !== videoId) throw new Error('the newest video is not first in the list');
  await step('sign out', () => call('POST', '/token/revoke', { body: { refresh_token } }));
  await step('refresh after it: 400', () => call('POST', '/token', { body: { refresh_token }, status: 400 }));
}

function expectStatus(response: Response, status: number): Response {
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}`);
  return response;
}

async function makeClip(file: string): Promise<Buffer<ArrayBuffer>> {
  execFileSync(ensure('ffmpeg'), [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(CLIP_SECONDS),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ]);
  return fs.readFile(file);
}

/** As a person does it: follows redirects, fills in the one form, and ends with the callback's JSON. */
async function signIn(jar: CookieJar, address: string, { username, password }: StackFacts['users'][number]): Promise<Record<string, string>> {
  const form = expectStatus(await jar.fetch(address), 200);
  const hidden = (await form.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const body = new URLSearchParams([...[...hidden].map(([, name, value]) => [name, value]), ['username', username], ['password', password]]);
  return await expectStatus(await jar.fetch(form.url, { method: 'POST', body }), 200).json() as Record<string, string>;
}

/** Fetches every segment of every rendition below a playlist. */
async function fetchMedia(jar: CookieJar, address: string): Promise<void> {
  const read = async (uri: string) => expectStatus(await jar.fetch(new URL(uri, address)), 200).text();
  const playlist = HLS.parse(await read(address));
  if ('variants' in playlist) {
    const uris = new Set(playlist.variants.flatMap(({ uri, audio }) => [uri, ...audio.map((rendition) => rendition.uri!)]));
    if (uris.size < 2) throw new Error('expected several renditions');
    for (const uri of uris) await fetchMedia(jar, new URL(uri, address).href);
  } else if ('segments' in playlist) {
    const seconds = playlist.segments.reduce((sum, { duration }) => sum + duration, 0);
    if (Math.abs(seconds - CLIP_SECONDS) > 1) throw new Error(`${address} is ${seconds} s long`);
    for (const part of new Set(playlist.segments.flatMap(({ uri, map }) => [map?.uri ?? uri, uri]))) await read(part);
  }
}
