import { existsSync, readFileSync } from 'fs';
import { connect } from 'net';
import * as path from 'path';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

/** The maximum time until all child processes end after the main process was killed. */
const LEFT_BEHIND_MS = 10_000;

describe('a stack', () => {
  const data = temporaryFolder();
  let clip: Buffer<ArrayBuffer>;
  beforeAll(() => {
    // The clip is long, so that the test can stop the stack during the transcode.
    clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 20));
  });
  afterAll(stopAll);

  async function portsOf({ facts }: StackProcess, client: Client): Promise<number[]> {
    const { upload } = await client.declareSmall(1, 'never sent');
    const signIn = await fetch(`${facts.api}/login`, { redirect: 'manual' });
    return [facts.origin, upload.url, signIn.headers.get('location')!].map((address) => Number(new URL(address).port));
  }

  function isOpen(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }

  async function beginTranscode(stack: StackProcess, client: Client, title: string): Promise<string> {
    const videoId = await client.upload(clip, title);
    await until('FFmpeg runs', () => stack.processes().some(({ command }) => command.includes('ffmpeg') && command.includes('libx264')));
    return videoId;
  }

  async function keysOf({ facts }: StackProcess): Promise<unknown> {
    const [, poolId] = Object.entries(facts.outputs).find(([name]) => name.includes('UserPoolId'))!;
    const { headers } = await fetch(`${facts.api}/login`, { redirect: 'manual' });
    return (await fetch(new URL(`/${poolId}/.well-known/jwks.json`, headers.get('location')!))).json();
  }

  async function expectNothingLeft(stack: StackProcess, ports: number[]): Promise<void> {
    expect(stack.processes()).toEqual([]);
    expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => false));
    expect(existsSync(stack.factsFile)).toBe(false);
  }

  it('stops with all its processes, and continues its work after the next start', async () => {
    const first = await StackProcess.start({ data });
    const before = await Client.signIn(first.facts);
    const ports = await portsOf(first, before);
    expect([new Set(ports).size, await Promise.all(ports.map(isOpen))]).toEqual([3, [true, true, true]]);
    const keys = await keysOf(first);
    expect(keys).toMatchObject({ keys: [{ kid: expect.any(String) }] });
    const videoId = await beginTranscode(first, before, 'interrupted');
    // Ctrl-C in a terminal sends the signal to each process of the group, including FFmpeg.
    process.kill(-first.pid, 'SIGINT');
    expect(await first.ended).toBe(0);
    await expectNothingLeft(first, ports);

    const second = await StackProcess.start({ data });
    expect(await keysOf(second)).toEqual(keys);
    const after = await Client.signIn(second.facts);
    expect(await after.call('POST', '/token', { refresh_token: before.tokens.refresh_token })).toMatchObject({ token_type: 'Bearer' });
    expect(await after.settled(videoId)).toMatchObject({ status: 'ready', title: 'interrupted' });
    const { items } = await after.call('GET', '/streams');
    expect(items.map((video: { videoId: string }) => video.videoId)).toEqual([videoId]);
    expect(await after.play(videoId)).toBeGreaterThan(6);
    const portsNow = await portsOf(second, after);
    // `kill` sends the signal to the main process only.
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    await expectNothingLeft(second, portsNow);
    expect(first.output + second.output).not.toMatch(/denied|error|fault/i);
  });

  it('runs next to another stack, and leaves no process behind if it is killed', async () => {
    const [killed, other] = await Promise.all([StackProcess.start(), StackProcess.start()]);
    const [client, neighbour] = await Promise.all([Client.signIn(killed.facts), Client.signIn(other.facts)]);
    const [ports, portsOfOther] = await Promise.all([portsOf(killed, client), portsOf(other, neighbour)]);
    expect(new Set([...ports, ...portsOfOther]).size).toBe(6);

    const videoId = await beginTranscode(killed, client, 'mine');
    expect((await neighbour.fetch('GET', `/streams/${videoId}`)).status).toBe(404);
    killed.signal('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    await until('no process is left', () => killed.processes().length === 0, LEFT_BEHIND_MS);
    expect(await Promise.all([...ports, ...portsOfOther].map(isOpen))).toEqual([false, false, false, true, true, true]);

    // The killed stack left its lock folder and stack.json. The next stack can start nevertheless.
    const again = await StackProcess.start({ data: killed.data });
    expect(await (await Client.signIn(again.facts)).settled(videoId)).toMatchObject({ status: 'ready' });
    expect((await neighbour.call('GET', '/streams?owner=me')).items).toHaveLength(1);
  });
});
