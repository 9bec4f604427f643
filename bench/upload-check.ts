import { readFileSync } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import type { StackFacts } from '../local/stack';
import { putBytes, sendFile, stateOf, type CallApi, type PutBytes } from '../local/upload-file';
import { readableBytes } from '../src/domain/readable';
import { Client } from '../test/journey/client';
import { cutConnection } from '../test/journey/cut-connection';
import { digestOf, madeContent, storedDigest } from '../test/journey/source-files';
import { peakMemory, StackProcess, stopAll, temporaryFolder, until } from '../test/journey/stack';

const SIZE = Number(process.env.SIZE ?? 2_000_000_000);
const MEMORY_BOUND = 400 * 1024 ** 2;
/** Tokens are valid for 5 seconds instead of an hour, and so are the sessions that sign URLs. Both must therefore be renewed during the upload. */
const DIVIDE_LIFETIMES = 720;
/** The connection is cut during every fifth request. */
const CUT_EVERY = 5;

class Stopped extends Error {}

/** The number of tokens that were renewed after the API had rejected the expired token. */
let renewals = 0;

/** Returns a function that calls the API as a user, and renews the user's tokens when they have expired. */
function callerOf(facts: StackFacts): CallApi {
  let client: Client | undefined;
  return async (method, route, body) => {
    client ??= await Client.signIn(facts);
    const response = await client.fetch(method, route, body);
    if (response.status === 401) {
      renewals++;
      client = await client.renewed().catch(() => Client.signIn(facts));
      return client.call(method, route, body);
    }
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

/** Records the peak memory of every process of a running stack, and of this process. */
class Memory {
  stack?: StackProcess;
  readonly peaks = new Map<string, number>();
  private readonly timer = setInterval(() => this.sample(), 250);

  sample(): void {
    for (const each of [...this.stack?.processes() ?? [], { pid: process.pid, resident: process.memoryUsage.rss(), command: 'this command' }]) {
      const [name, peak] = [nameOf(each), peakMemory(each)];
      // `peakMemory` returns 0 for a process that has ended.
      if (peak > 0) this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, peak));
    }
  }

  end(): void {
    clearInterval(this.timer);
  }
}

/** Returns the name of the function that a process runs. If the process runs no function, returns its command. */
function nameOf({ pid, command }: { pid: number; command: string }): string {
  const name = command.split(' ').map((word) => path.basename(word)).join(' ').slice(0, 80);
  try {
    return /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? name;
  } catch {
    return name; // The process has ended, or the system has no /proc.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Uploads a file of 2 GB to a local stack. Meanwhile, connections are cut, sessions expire, a second client takes over, and `kill -9` ends the stack. */
async function main(memory: Memory): Promise<void> {
  const begin = performance.now();
  const say = (text: string) => console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const options = { data: temporaryFolder(), port: await freePort(), divideLifetimes: DIVIDE_LIFETIMES, divideSessions: DIVIDE_LIFETIMES };
  const start = async () => (memory.stack = await StackProcess.start(options));
  const content = madeContent(SIZE);

  const stack = await start();
  const first = callerOf(stack.facts);
  const plan = await first('POST', '/upload', { fileName: 'large.mp4', contentType: 'video/mp4', size: SIZE, title: 'large' });
  const { video: { videoId }, upload: { partCount } } = plan;
  say(`the service plans ${partCount} parts of ${readableBytes(plan.upload.partSize)}`);

  const sessions = new Set<string>();
  let [requests, cuts] = [0, 0];
  /** Sends a part. Cuts the connection of every `CUT_EVERY`th part, and then sends this part again. For the part `stopNumber`, calls `stop` instead. */
  const stoppingAt = (stopNumber: number, stop: PutBytes): PutBytes => async (signed, bytes) => {
    const query = new URL(signed.url).searchParams;
    sessions.add(query.get('X-Amz-Credential')!);
    if (Number(query.get('partNumber')) === stopNumber) return stop(signed, bytes);
    if (++requests % CUT_EVERY === 0) {
      cuts++;
      await cutConnection(signed, bytes);
    }
    await putBytes(signed, bytes);
  };
  const leave: PutBytes = async (signed, bytes) => {
    await cutConnection(signed, bytes);
    throw new Stopped();
  };
  await sendFile(first, plan, content, stoppingAt(Math.ceil(partCount / 3), leave)).catch(ignoreStopped);
  say(`the first client stopped after ${cuts} cut connections`);

  const second = callerOf(stack.facts);
  const taken = await stateOf(second, videoId);
  say(`a second client takes over with ${taken.parts?.length} stored parts`);
  const kill: PutBytes = async (signed, bytes) => {
    const sending = putBytes(signed, bytes).catch(() => undefined);
    await wait(5);
    process.kill(-stack.pid, 'SIGKILL');
    await Promise.all([sending, stack.ended]);
    await until('no process is left', () => stack.processes().length === 0);
    throw new Stopped();
  };
  await sendFile(second, taken, content, stoppingAt(Math.ceil(partCount * 2 / 3), kill)).catch(ignoreStopped);
  say(`kill -9 ended the local stack. Before the kill, the check cut ${cuts} connections, saw ${sessions.size} sessions of the signing role, and renewed ${renewals} tokens`);
  const isRenewed = sessions.size > 1 && renewals > 0;

  const { facts, data } = await start();
  const third = callerOf(facts);
  const left = await stateOf(third, videoId);
  say(`the restarted stack has ${left.parts?.length} stored parts`);
  await sendFile(third, left, content, stoppingAt(0, leave));
  say(`the upload is complete, after ${cuts} cut connections`);
  const [source, stored] = [await digestOf(content), await storedDigest(data, videoId)];
  say(`SHA-256 of the source: ${source}`);
  say(`SHA-256 of the object: ${stored}`);
  await until('the service has probed the file', async () => (await third('GET', `/streams/${videoId}`)).status === 'errored');
  memory.sample();
  console.table([...memory.peaks].sort(([, one], [, other]) => other - one).map(([name, bytes]) => ({ 'process': name, 'peak memory': readableBytes(bytes) })));

  const problems = [
    ...source === stored ? [] : ['the SHA-256 of the stored object differs from the SHA-256 of the source'],
    ...isRenewed ? [] : [`before the kill, expected at least 1 renewed token and 2 sessions that sign URLs, got ${renewals} and ${sessions.size}`],
    ...[...memory.peaks].filter(([, bytes]) => bytes > MEMORY_BOUND).map(([name, bytes]) => `${name}: expected a peak memory of at most ${readableBytes(MEMORY_BOUND)}, got ${readableBytes(bytes)}`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function ignoreStopped(error: Error): void {
  if (!(error instanceof Stopped)) throw error;
}

const memory = new Memory();
main(memory).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
}).finally(() => {
  memory.end();
  return stopAll();
});
