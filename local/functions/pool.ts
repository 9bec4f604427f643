import type { ChildProcess } from 'child_process';
import { randomUUID } from 'crypto';
import type { InvokeResult } from '../types';

interface Message { readonly payload?: string; readonly error?: InvokeResult['error'] }

type Worker = ReturnType<typeof createWorker>;

const INIT_SECONDS = 30;

export const failed = (errorType: string, errorMessage: string) => ({ error: { errorType, errorMessage } });

/** Invocations above `limit` wait. */
export function createPool(start: () => ChildProcess, timeoutSeconds: number, limit: number) {
  const workers = new Set<Worker>();
  const running = new Map<Worker, Promise<InvokeResult>>();
  let stopped = false;

  function add(): Worker {
    const worker = createWorker(start());
    workers.add(worker);
    void worker.ended.then(() => workers.delete(worker));
    return worker;
  }

  return {
    async invoke(payload: string): Promise<InvokeResult> {
      while (running.size >= limit) await Promise.race(running.values());
      if (stopped) return failed('Runtime.ExitError', 'the stack is stopping');
      const worker = [...workers].find((each) => each.isAlive() && !running.has(each)) ?? add();
      const result = worker.invoke(payload, timeoutSeconds).finally(() => running.delete(worker));
      running.set(worker, result);
      return result;
    },
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all([...workers].map((worker) => worker.stop()));
    },
  };
}

function createWorker(child: ChildProcess) {
  let exited: string | undefined;
  // `next` sets `settle`. The alternative, `Promise.race` with `ended`, would keep each response in memory until the process ends.
  let settle: (message?: Message) => void = () => undefined;
  child.on('message', (message: Message) => settle(message));
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      exited = how;
      settle();
      resolve(how);
    };
    child.once('exit', (code, signal) => end(signal ? `signal: ${signal}` : `exit status ${code}`));
    child.once('error', ({ message }) => end(message));
  });

  /** Resolves with the next message. After `seconds`, or when the process ends, resolves with a message that contains an error. */
  function next(seconds: number, prefix: string): Promise<Message> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(failed('Sandbox.Timedout', `${prefix}Task timed out after ${seconds.toFixed(2)} seconds`));
      }, seconds * 1000);
      settle = (message = failed('Runtime.ExitError', `${prefix}Runtime exited with error: ${exited}`)) => {
        clearTimeout(timer);
        resolve(message);
      };
      if (exited !== undefined) settle();
    });
  }

  const stop = () => {
    child.kill('SIGKILL');
    return ended;
  };

  const ready = next(INIT_SECONDS, '');
  return {
    ended,
    stop,
    isAlive: () => child.connected && !child.killed,
    async invoke(payload: string, seconds: number): Promise<InvokeResult> {
      const { error: broken } = await ready;
      if (broken) return stop().then(() => ({ error: broken }));
      const id = randomUUID();
      // `send` with a callback does not throw if the process has just ended. `ended` reports the end.
      child.send({ id, payload, deadline: Date.now() + seconds * 1000 }, () => undefined);
      const { error, payload: result } = await next(seconds, `RequestId: ${id} Error: `);
      return error ? { error } : { payload: JSON.parse(result!) };
    },
  };
}
