import { promises as fs } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { ClientProcess, type End } from './client-process';
import { Client } from '../client';
import { digestOf, madeContent, storedDigest } from '../source-files';
import { StackProcess, temporaryFolder, until } from '../stack';

const PART_BYTES = 16 * 1024 ** 2;
/** Tokens and the sessions that sign URLs are valid for 5 seconds instead of an hour, so that both expire during the upload. */
const DIVIDE_LIFETIMES = 720;
const EXPIRY_MS = 6_000;

export interface SurvivalOptions {
  readonly size: number;
  readonly offlineSeconds: number;
  readonly say: (text: string) => void;
  /** Receives each started stack. */
  readonly onStart?: (stack: StackProcess) => void;
}

export interface Survival {
  readonly source: string;
  readonly stored: string | undefined;
  /** The results of the two uploads with a wrong file. */
  readonly refusals: readonly End[];
  readonly end: End;
  readonly phases: readonly string[];
  readonly partCount: number;
  /** The number of videos that the user has at the end. */
  readonly videos: number;
}

/**
 * Uploads a file to the local stack with the module of examples/typescript/full/web/upload. The upload survives a lost response, cut connections, no network, a
 * pause in which the token and the signing session expire, a kill of the client, and a kill of the stack. Different files are refused.
 */
export async function survive({ size, offlineSeconds, say, onStart }: SurvivalOptions): Promise<Survival> {
  const folder = temporaryFolder();
  const file = path.join(folder, 'film.mp4');
  await write(file, size);
  const other = path.join(folder, 'other.mp4');
  await fs.copyFile(file, other);
  await change(other, size);
  const partCount = Math.ceil(size / PART_BYTES);
  const partAt = (share: number) => Math.ceil(partCount * share);
  const options = { data: temporaryFolder(), port: await freePort(), divideLifetimes: DIVIDE_LIFETIMES, divideSessions: DIVIDE_LIFETIMES };
  const start = async () => {
    const stack = await StackProcess.start(options);
    onStart?.(stack);
    return stack;
  };

  const stack = await start();
  const plan = { facts: stack.facts, file, fileName: 'film.mp4', cutEvery: 5 };
  const first = new ClientProcess({
    ...plan, loseCreation: true,
    triggers: [{ part: partAt(0.2), does: 'offline' }, { part: partAt(0.4), does: 'pause' }, { part: partAt(0.6), does: 'report' }],
  });
  await first.until('offline');
  const { videoId } = await first.untilPhase('waiting');
  say('the client is offline');
  await wait(offlineSeconds * 1000);
  if (first.state?.phase !== 'waiting') throw new Error(`the client is offline, but its phase is ${first.state?.phase}`);
  first.send('online');
  await first.until('pause');
  say(`the client is paused at ${first.state.loadedBytes} bytes`);
  await wait(EXPIRY_MS);
  first.send('resume');
  await first.until('report');
  first.kill();
  say(`kill -9 ended the client. Its phases: ${first.phases.join(', ')}`);

  const refusals: End[] = [];
  for (const wrong of [{ fileName: 'other.mp4' }, { file: other }]) {
    const client = new ClientProcess({ ...plan, ...wrong, videoId });
    refusals.push(await client.ended());
    say(`refused: ${refusals.at(-1)!.error?.message}`);
  }

  const second = new ClientProcess({ ...plan, videoId, triggers: [{ part: partAt(0.8), does: 'report' }] });
  await second.until('report');
  process.kill(-stack.pid, 'SIGKILL');
  await stack.ended;
  await until('no process is left', () => stack.processes().length === 0);
  say(`kill -9 ended the stack at ${second.state?.loadedBytes} bytes`);
  await second.untilPhase('waiting');
  const { facts, data } = await start();
  say('the stack is started again');
  const end = await second.ended();
  say(`the second client has ended. Its phases: ${second.phases.join(', ')}`);

  const client = await Client.signIn(facts);
  const { items } = await client.call('GET', '/streams?owner=me');
  const [source, stored] = [await digestOf(madeContent(size)), await storedDigest(data, videoId!)];
  const phases = [...first.phases, ...second.phases];
  return { source, stored, refusals, end, phases, partCount, videos: items.length };
}

/** Writes a file that is not a video. */
async function write(file: string, size: number): Promise<void> {
  const content = madeContent(size);
  await using handle = await fs.open(file, 'w');
  for (let start = 0; start < size; start += PART_BYTES) await handle.write(await content.read(start, Math.min(start + PART_BYTES, size)));
}

/** Changes one byte of each part. */
async function change(file: string, size: number): Promise<void> {
  await using handle = await fs.open(file, 'r+');
  for (let start = 0; start < size; start += PART_BYTES) await handle.write('X', start);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
