import { ChildProcess } from 'child_process';
import { randomUUID } from 'crypto';
import type { InvokeResult } from '../types';

/** How the processes of one function are made and bound. */
export interface PoolOptions {
  readonly arn: string;
  /** Starts a process that runs run-loop.mjs. */
  readonly start: () => ChildProcess;
  readonly timeoutSeconds: number;
  /** Invocations beyond this many at once wait. */
  readonly limit: number;
}

/** What run-loop.mjs sends: once when it is ready, then once for each invocation. */
interface Message { readonly payload?: string; readonly error?: InvokeResult['error'] }

const INIT_SECONDS = 30;

/** The processes of one function: one invocation at a time each, started when needed, kept when idle. */
export class ProcessPool {
  private readonly processes = new Set<FunctionProcess>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private stopped = false;

  public constructor(private readonly options: PoolOptions) {}

  /** Runs the payload (JSON text) in a process that does nothing else meanwhile. */
  public async invoke(payload: string): Promise<InvokeResult> {
    while (this.running >= this.options.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.stopped) return failed('Runtime.ExitError', 'the stack is stopping');
    this.running++;
    const worker = [...this.processes].find(({ idle }) => idle) ?? this.add();
    try {
      return await worker.invoke(payload, this.options);
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  /** Ends every process, whatever it is at. */
  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.processes].map((worker) => worker.stop()));
  }

  private add(): FunctionProcess {
    const worker = new FunctionProcess(this.options.start());
    this.processes.add(worker);
    void worker.ended.then(() => this.processes.delete(worker));
    return worker;
  }
}

class FunctionProcess {
  public idle = false;
  public readonly ended: Promise<string>;
  private readonly ready: Promise<Message>;

  public constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    this.ready = this.next(INIT_SECONDS, '');
  }

  public async invoke(payload: string, { arn, timeoutSeconds }: PoolOptions): Promise<InvokeResult> {
    this.idle = false;
    const id = randomUUID();
    const { error: broken } = await this.ready;
    if (broken) {
      await this.stop();
      return { error: broken };
    }
    // The callback keeps a send to a process that just died from being thrown; `ended` tells of it.
    this.child.send({ id, payload, arn, deadline: Date.now() + timeoutSeconds * 1000 }, () => undefined);
    const { error, payload: result } = await this.next(timeoutSeconds, `RequestId: ${id} Error: `);
    this.idle = this.child.connected && !this.child.killed;
    return error ? { error } : { payload: JSON.parse(result!) };
  }

  public async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** The next message; an error when the time is over or the process ends first. */
  private async next(seconds: number, prefix: string): Promise<Message> {
    let timer: NodeJS.Timeout | undefined;
    const message = await Promise.race([
      new Promise<Message>((resolve) => this.child.once('message', resolve)),
      this.ended.then((how) => failed('Runtime.ExitError', `${prefix}Runtime exited with error: ${how}`)),
      new Promise<Message>((resolve) => {
        timer = setTimeout(() => {
          this.child.kill('SIGKILL');
          resolve(failed('Sandbox.Timedout', `${prefix}Task timed out after ${seconds.toFixed(2)} seconds`));
        }, seconds * 1000);
      }),
    ]);
    clearTimeout(timer);
    return message;
  }
}

/** An invocation's failure in Lambda's words. */
export function failed(errorType: string, errorMessage: string): { error: { errorType: string; errorMessage: string } } {
  return { error: { errorType, errorMessage } };
}
