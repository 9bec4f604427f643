import { existsSync, readFileSync } from 'fs';
import { request } from 'http';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { Client, type Plan } from './client';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';

jest.setTimeout(PATIENCE_MS);

const MEGABYTE = 1024 * 1024;
const SIZE = 1024 * MEGABYTE;
const LIMIT = 400 * MEGABYTE;

function* content(): Generator<Buffer> {
  const chunk = Buffer.alloc(MEGABYTE, 'no video ');
  for (let sent = 0; sent < SIZE; sent += chunk.length) yield chunk;
}

async function send({ upload: { method, url, headers } }: Plan): Promise<number> {
  const put = request(url, { method, headers: { ...headers, 'content-length': SIZE } });
  const status = new Promise<number>((resolve, reject) => {
    put.once('error', reject).once('response', (response) => resolve(response.resume().statusCode!));
  });
  await Promise.all([pipeline(Readable.from(content()), put), status]);
  return status;
}

/** Returns the peak memory of each Node process of the stack, or the current memory on a system without /proc. */
function memoryOf(stack: StackProcess): Map<string, number> {
  const own = stack.processes().filter(({ command }) => command.startsWith(process.execPath));
  return new Map(own.map(({ pid, command, resident }) => {
    const status = `/proc/${pid}/status`;
    const most = existsSync(status) ? Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))![1]) * 1024 : resident;
    return [`${pid} ${command}`, most];
  }));
}

describe('a large upload', () => {
  let stack: StackProcess;
  beforeAll(async () => { stack = await StackProcess.start(); });
  afterAll(stopAll);

  it('streams 1 GB with little memory, and ends as not_a_video', async () => {
    const client = await Client.signIn(stack.facts);
    const plan = await client.declare(SIZE, 'large');
    expect(await send(plan)).toBe(200);
    const { status, error } = await client.settled(plan.video.videoId);
    expect([status, error?.code]).toEqual(['errored', 'not_a_video']);

    const memory = memoryOf(stack);
    // The stack has a main process, and a process for each handler that ran.
    expect(memory.size).toBeGreaterThan(3);
    expect([...memory].filter(([, bytes]) => bytes > LIMIT)).toEqual([]);
    // A failed measurement returns 0, which is below LIMIT.
    expect(Math.min(...memory.values())).toBeGreaterThan(10 * MEGABYTE);
  });
});
