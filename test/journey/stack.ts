import { execFileSync, spawn, type ChildProcess } from 'child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import type { StackFacts } from '../../local/stack';
import { readAssembly } from '../../local/template/assembly';

const ROOT = path.join(__dirname, '..', '..');
export const PATIENCE_MS = 150_000;
/** The timeout of `until`. This timeout is shorter than the test timeout, so that the error of a failed test names the condition. */
export const WAIT_MS = 75_000;

export interface StackProcessOptions {
  /** @default - a new folder */
  readonly data?: string;
  /**
   * @default - the full example
   */
  readonly app?: string;
  /**
   * @default 1
   */
  readonly divideLifetimes?: number;
  /**
   * @default 1
   */
  readonly divideSessions?: number;
  /**
   * @default 0 - a free port
   */
  readonly port?: number;
  /**
   * @default - none
   */
  readonly environment?: Record<string, string>;
}

/** The local stack as `npm start` runs it, in a separate process group. */
export class StackProcess {
  /** Starts a stack and waits until it responds. */
  static async start(
    { data = temporaryFolder(), app, divideLifetimes = 1, divideSessions = 1, port = 0, environment = {} }: StackProcessOptions = {},
  ): Promise<StackProcess> {
    // A killed stack does not delete its stack.json, so the file of an earlier run is deleted here.
    rmSync(path.join(data, 'stack.json'), { force: true });
    const lifetimes = ['--divide-lifetimes', String(divideLifetimes), '--divide-sessions', String(divideSessions)];
    const stack = new StackProcess(data, ['--port', String(port), '--data', data, ...lifetimes, ...(app ? ['--app', app] : [])], environment);
    started.add(stack);
    await until('the stack responds', () => {
      if (stack.child.exitCode !== null) throw new Error(`the stack did not start:\n${stack.output}`);
      return existsSync(stack.factsFile);
    });
    return stack;
  }

  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly factsFile: string;
  private readonly child: ChildProcess;
  private readonly descendants = new Set<number>();

  private constructor(readonly data: string, args: string[], environment: Record<string, string>) {
    this.factsFile = path.join(data, 'stack.json');
    const command = ['--import', 'tsx', path.join(ROOT, 'local/main.ts'), ...args];
    const env = { ...process.env, ...environment };
    this.child = spawn(process.execPath, command, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (chunk) => { this.output += chunk; });
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve(code ?? signal!)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get facts(): StackFacts {
    return JSON.parse(readFileSync(this.factsFile, 'utf8'));
  }

  /** Needs no permission. `id` is a prefix of the function's logical id. */
  async invoke(id: string, payload: object): Promise<any> {
    const name = functionIn(path.join(this.data, 'cdk.out'), id);
    const response = await fetch(this.facts.awsEndpoint, { method: 'POST', headers: { 'x-local-invoke': name }, body: JSON.stringify(payload) });
    const text = await response.text();
    if (!response.ok || response.headers.has('x-amz-function-error')) throw new Error(`${name}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Sends a signal to the main process only, as `kill` does. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** Returns the running processes of the stack's process group, and all known descendants in other process groups. */
  processes(): ProcessFacts[] {
    const all = listProcesses();
    this.descendants.add(this.pid);
    // The list can contain a child before its parent, so the loop repeats until it finds no new descendant.
    for (let size = 0; size < this.descendants.size;) {
      size = this.descendants.size;
      for (const { pid, parent, group } of all) if (this.descendants.has(parent) || group === this.pid) this.descendants.add(pid);
    }
    return all.filter(({ pid }) => this.descendants.has(pid));
  }

  kill(): void {
    for (const { pid } of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
  /** Resident memory in bytes. */
  readonly resident: number;
}

/** Returns the peak resident memory of a process in bytes, or the current memory on a system without /proc. Returns 0 for a process that has ended. */
export function peakMemory({ pid, resident }: Pick<ProcessFacts, 'pid' | 'resident'>): number {
  if (!existsSync('/proc/self/status')) return resident;
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function functionIn(assembly: string, id: string): string {
  const found = Object.entries(readAssembly(assembly).template.Resources).find(([name, { Type }]) => name.startsWith(id) && Type === 'AWS::Lambda::Function');
  if (!found) throw new Error(`the template has no function ${id}`);
  return found[0];
}

const started = new Set<StackProcess>();
const folders: string[] = [];

export async function stopAll(): Promise<void> {
  await Promise.all([...started].map((stack) => Promise.race([stack.stop(), wait(15_000, undefined, { ref: false })])));
  started.forEach((stack) => stack.kill());
  started.clear();
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vod-journey-'));
  folders.push(folder);
  return folder;
}

export async function until(what: string, check: () => unknown, milliseconds = WAIT_MS): Promise<void> {
  for (const end = Date.now() + milliseconds; !await check(); await wait(50)) {
    if (Date.now() > end) throw new Error(`not true after ${milliseconds / 1000} seconds: ${what}`);
  }
}

function listProcesses(): ProcessFacts[] {
  // The smallest Debian images have no `ps`, and macOS has no /proc.
  return existsSync('/proc/self/stat') ? readProc() : readPs();
}

function readProc(): ProcessFacts[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent, group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group), command, resident: Number(rest[18]) * 4096 }];
    } catch {
      return []; // The process ended after the folder was listed.
    }
  });
}

function readPs(): ProcessFacts[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,rss=,args='], { encoding: 'utf8' }).split('\n').flatMap((line) => {
    const [, pid, parent, group, state, kilobytes, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command, resident: Number(kilobytes) * 1024 }];
  });
}
