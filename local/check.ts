import { execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import * as HLS from 'hls-parser';
import { CookieJar } from './cookie-jar';
import type { StackFacts } from './stack';
import { ensure } from './system';

const CLIP_SECONDS = 8;
/** A journey that has not come to its end by then won't. */
const PATIENCE_MS = 120_000;

interface Tokens { readonly id_token: string; readonly refresh_token: string }

/** Does the whole journey over HTTP, as any client could, and prints each step's time. Throws at the first step that fails. */
export async function runCheck({ api, origin, users }: Pick<StackFacts, 'api' | 'origin' | 'users'>): Promise<void> {
  const times: { step: string; seconds: string }[] = [];
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await work();
    } catch (error) {
      throw new Error(`failed: ${name}: ${(error as Error).message}`);
    } finally {
      times.push({ step: name, seconds: ((performance.now() - start) / 1000).toFixed(2) });
    }
  };
  const json = async (method: string, where: string, { token, body, status = 200 }: { token?: string; body?: object; status?: number } = {}) => {
    const response = await fetch(`${api}${where}`, {
      method, headers: { ...(token && { authorization: token }), 'content-type': 'application/json' }, body: body && JSON.stringify(body),
    });
    expectStatus(response, status);
    return { body: await response.json() as any, cookies: response.headers.getSetCookie() };
  };

  const clip = await step('make a clip', async () => makeClip());
  await step('no token: 401', () => json('GET', '/streams', { status: 401 }));
  const tokens = await step('sign in', () => signIn(api, users[0]));
  const token = tokens.id_token;
  const { body: { video, upload } } = await step('declare the upload', () => json('POST', '/upload', {
    token, status: 201, body: { fileName: 'clip.mp4', contentType: 'video/mp4', size: clip.size, title: 'Check' },
  }));
  await step('upload', async () => expectStatus(await fetch(upload.url, { method: upload.method, headers: upload.headers, body: clip }), 200));
  await step('a second upload to the same address: 412', async () => (
    expectStatus(await fetch(upload.url, { method: upload.method, headers: upload.headers, body: clip }), 412)));
  await step('transcode', async () => {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 250))) {
      const { status, error } = (await json('GET', `/streams/${video.videoId}`, { token })).body;
      if (status === 'ready') return;
      if (status === 'errored') throw new Error(`${error.code}: ${error.message}`);
    }
    throw new Error(`not ready after ${PATIENCE_MS / 1000} s`);
  });
  await step('list', async () => {
    const { items } = (await json('GET', '/streams', { token })).body;
    if (!items.some(({ videoId }: { videoId: string }) => videoId === video.videoId)) throw new Error('the video is not listed');
  });
  const session = await step('start playback', () => json('POST', `/streams/${video.videoId}/playback`, { token }));
  await step('without cookies: 403', async () => expectStatus(await fetch(session.body.hls), 403));
  await step('fetch every segment', () => fetchMedia(session.body.hls, new CookieJar(origin, session.cookies)));
  const renewed = await step('refresh', () => json('POST', '/token', { body: { refresh_token: tokens.refresh_token } }));
  await step('list with the new token', () => json('GET', '/streams?owner=me', { token: renewed.body.id_token }));
  await step('sign out', () => json('POST', '/token/revoke', { body: { refresh_token: tokens.refresh_token } }));
  await step('refresh after it: 400', () => json('POST', '/token', { body: { refresh_token: tokens.refresh_token }, status: 400 }));
  console.table(Object.fromEntries(times.map(({ step: name, seconds }) => [name, { seconds }])));
}

function expectStatus(response: Response, status: number): void {
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}`);
}

function makeClip(): Blob {
  const folder = mkdtempSync(path.join(tmpdir(), 'clip-'));
  try {
    const file = path.join(folder, 'clip.mp4');
    execFileSync(ensure('ffmpeg'), [
      '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(CLIP_SECONDS),
      '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
    ]);
    return new Blob([readFileSync(file)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As a person does it: follows redirects, fills in the one form, and ends with the callback's JSON. */
async function signIn(api: string, { username, password }: { username: string; password: string }): Promise<Tokens> {
  const jar = new CookieJar();
  let response = await jar.fetch(`${api}/login`);
  expectStatus(response, 200);
  const html = await response.text();
  const hidden = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [attribute(input, 'name'), attribute(input, 'value')]);
  const action = new URL(attribute(html.match(/<form[^>]*>/)?.[0] ?? '', 'action') || response.url, response.url);
  response = await jar.fetch(action.href, { method: 'POST', body: new URLSearchParams([...hidden, ['username', username], ['password', password]]) });
  expectStatus(response, 200);
  return await response.json() as Tokens;
}

function attribute(tag: string, name: string): string {
  return (tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '').replace(/&amp;/g, '&').replace(/&quot;/g, '"');
}

/** Walks the multivariant playlist to every segment of every rendition. */
async function fetchMedia(address: string, jar: CookieJar): Promise<void> {
  const read = async (from: string): Promise<Response> => {
    const response = await jar.fetch(from);
    expectStatus(response, 200);
    return response;
  };
  const master = HLS.parse(await (await read(address)).text());
  if (!('variants' in master) || master.variants.length < 2) throw new Error('expected several renditions');
  const playlists = new Set(master.variants.flatMap(({ uri, audio }) => [uri, ...audio.map((rendition) => rendition.uri!)]));
  for (const playlist of playlists) {
    const from = new URL(playlist, address).href;
    const media = HLS.parse(await (await read(from)).text());
    if (!('segments' in media)) throw new Error(`${playlist} is no media playlist`);
    const length = media.segments.reduce((sum, { duration }) => sum + duration, 0);
    if (Math.abs(length - CLIP_SECONDS) > 1) throw new Error(`${playlist} is ${length} s long`);
    for (const { uri, map } of media.segments) {
      for (const part of [uri, ...(map ? [map.uri] : [])]) await (await read(new URL(part, from).href)).arrayBuffer();
    }
  }
}
