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

interface Message { readonly id?: string; readonly ready?: boolean; readonly payload?: string; readonly error?: InvokeResult['error'] }

const INIT_SECONDS = 30;

/** The processes of one function: one invocation at a time each, started when needed, kept when idle. */
export class ProcessPool {
  private readonly processes = new Set<FunctionProcess>();
  private readonly idle: FunctionProcess[] = [];
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private stopped = false;

  public constructor(private readonly options: PoolOptions) {}

  /** Runs the payload (JSON text) in a process of its own for the time. */
  public async invoke(payload: string): Promise<InvokeResult> {
    while (this.running >= this.options.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.stopped) return failed('Runtime.ExitError', 'the stack is stopping');
    this.running++;
    const worker = this.take();
    try {
      return await worker.invoke(this.options, payload);
    } finally {
      if (worker.alive) this.idle.push(worker);
      this.running--;
      this.waiting.shift()?.();
    }
  }

  /** Ends every process, whatever it is at. */
  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.processes].map((worker) => worker.stop()));
  }

  private take(): FunctionProcess {
    for (let worker = this.idle.pop(); worker; worker = this.idle.pop()) {
      if (worker.alive) return worker;
    }
    const worker = new FunctionProcess(this.options.start());
    this.processes.add(worker);
    void worker.ended.then(() => this.processes.delete(worker));
    return worker;
  }
}

class FunctionProcess {
  public readonly ended: Promise<string>;
  private readonly ready: Promise<InvokeResult['error']>;
  private answered?: (message: Message) => void;

  public constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    child.on('message', (message: Message) => this.answered?.(message));
    this.ready = this.next(INIT_SECONDS, (message) => Boolean(message.ready ?? message.error)).then((message) => message.error);
  }

  public get alive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  public async invoke({ arn, timeoutSeconds }: PoolOptions, payload: string): Promise<InvokeResult> {
    const broken = await this.ready;
    if (broken) {
      await this.stop();
      return { error: broken };
    }
    const id = randomUUID();
    const answer = this.next(timeoutSeconds, (message) => message.id === id, id);
    // A process that died in between is told by `ended`; the callback keeps the failed send from being thrown.
    this.child.send({ id, payload, arn, deadline: Date.now() + timeoutSeconds * 1000 }, () => undefined);
    const { error, payload: result } = await answer;
    return error ? { error } : { payload: JSON.parse(result!) };
  }

  public async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** The next message of that kind; an error when the time is over or the process ends first. */
  private async next(seconds: number, wanted: (message: Message) => boolean, id?: string): Promise<Message> {
    let timer: NodeJS.Timeout | undefined;
    const prefix = id ? `RequestId: ${id} Error: ` : '';
    const message = await Promise.race([
      new Promise<Message>((resolve) => this.answered = (each) => wanted(each) && resolve(each)),
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
