import { readFileSync } from 'fs';
import * as path from 'path';
import { readableBytes } from '../src/domain/readable';
import { peakMemory, StackProcess, stopAll } from '../test/journey/stack';
import { ClientProcess } from '../test/journey/upload-client/client-process';
import { survive } from '../test/journey/upload-client/survival';

const SIZE = Number(process.env.SIZE ?? 2_000_000_000);
const OFFLINE_SECONDS = Number(process.env.OFFLINE ?? 60);
const MEMORY_BOUND = 400 * 1024 ** 2;

/** Records the peak memory of every process of a running stack. */
class Memory {
  stack?: StackProcess;
  readonly peaks = new Map<string, number>();
  private readonly timer = setInterval(() => this.sample(), 250);

  sample(): void {
    for (const each of this.stack?.processes() ?? []) {
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

/**
 * Uploads a file of 2 GB to a local stack with the upload module of the example page. During the upload, cuts connections, and kills the client and the stack.
 */
async function main(memory: Memory): Promise<void> {
  const begin = performance.now();
  const say = (text: string) => console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const { source, stored, refusals, end, videos } = await survive({
    size: SIZE, offlineSeconds: OFFLINE_SECONDS, say, onStart: (stack) => { memory.stack = stack; },
  });
  memory.sample();
  memory.peaks.set('client', end.peakMemory);
  say(`the client sent ${end.sent.length} parts and renewed ${end.renewals} tokens. The upload URLs were signed with ${end.sessions} sessions of the upload role`);
  say(`SHA-256 of the source: ${source}`);
  say(`SHA-256 of the object: ${stored}`);
  console.table([...memory.peaks].sort(([, one], [, other]) => other - one).map(([name, bytes]) => ({ 'process': name, 'peak memory': readableBytes(bytes) })));

  const problems = [
    ...end.video ? [] : [`the upload failed: ${end.error?.code} ${end.error?.message}`],
    ...source === stored ? [] : ['the object differs from the source'],
    ...refusals.every(({ error }) => error?.code === 'other_file') ? [] : ['expected the error other_file when the client continues the upload with another file'],
    ...videos === 1 && end.removals === 0 ? [] : [`expected 1 video and no DELETE request, got ${videos} and ${end.removals}`],
    ...end.sessions > 1 && end.renewals > 0 ? [] : [`expected at least 1 renewed token and 2 sessions that sign URLs, got ${end.renewals} and ${end.sessions}`],
    ...[...memory.peaks].filter(([, bytes]) => bytes > MEMORY_BOUND).map(([name]) => `${name}: more than ${readableBytes(MEMORY_BOUND)} of memory`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

const memory = new Memory();
main(memory).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
}).finally(() => {
  memory.end();
  ClientProcess.running.forEach((client) => client.kill());
  return stopAll();
});
