import { AsyncLocalStorage } from 'async_hooks';
import type { InitializeMiddleware } from '@smithy/types';
import fc from 'fast-check';

/** A fault at request number `call` of an invocation. Either the process ends, or only the request fails. */
export interface Fault {
  readonly call: number;
  readonly ends: boolean;
  /** When AWS executes the request. `later`: after requests of other invocations. */
  readonly executes: 'never' | 'now' | 'later';
}

/** Sends one request to AWS. */
type Send = <T>(request: () => Promise<T>) => Promise<T>;

export function oneFault(calls: number, executes: Fault['executes'][] = ['never', 'now']): fc.Arbitrary<Fault> {
  return fc.record({ call: fc.nat(calls - 1), ends: fc.boolean(), executes: fc.constantFrom(...executes) });
}

/** One fault or none. Most invocations have no fault. */
export function faults(...args: Parameters<typeof oneFault>): fc.Arbitrary<Fault | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: oneFault(...args) });
}

const invocations = new AsyncLocalStorage<Send>();

/** Adds a middleware to these clients. If an invocation has a fault, the middleware applies the fault to the requests of the invocation. */
export function addFaults(...clients: { readonly middlewareStack: object }[]): void {
  const middleware: InitializeMiddleware<any, any> = (next) => (args) => invocations.getStore()!(() => next(args));
  for (const { middlewareStack } of clients) (middlewareStack as { add: Function }).add(middleware, { step: 'initialize', priority: 'high' });
}

const never = () => new Promise<never>(() => undefined);

/** Runs the code of one invocation. Returns undefined if the process ended during the invocation. */
export function invoke<T>(run: () => Promise<T>, fault?: Fault, turns?: Turns): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let calls = 0;
    let hasEnded = false;
    const execute: Send = turns ? (request) => turns.execute(request) : (request) => request();
    const send: Send = async (request) => {
      if (hasEnded) return never();
      if (calls++ !== fault?.call) return execute(request);
      if (fault.executes === 'later') turns!.late.push(request);
      if (fault.executes === 'now') await execute(request);
      if (!fault.ends) throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
      hasEnded = true;
      resolve(undefined);
      return never();
    };
    invocations.run(send, run).then(resolve, reject);
  });
}

/** Executes the requests of concurrent invocations one after another, in an order that depends only on a seed. */
export class Turns {
  /** Requests that AWS has received, but not executed yet. */
  readonly late: (() => Promise<unknown>)[] = [];
  private readonly waiting: (() => Promise<void>)[] = [];

  execute<T>(request: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => this.waiting.push(() => request().then(resolve, reject)));
  }

  /** Runs the actions until all have ended. With `isLate`, also executes the late requests. */
  async run(seed: number, isLate: boolean, actions: readonly (() => Promise<void>)[]): Promise<void> {
    const late = isLate ? this.late.splice(0) : [];
    const all = [...actions, ...late.map((request) => () => this.execute(request).then(() => undefined, () => undefined))];
    let open = all.length;
    let random = 1 + seed % 2147483646;
    const results = Promise.allSettled(all.map((action) => action().finally(() => open--)));
    while (open > 0) {
      // First, all actions run until each has sent its next request. Then one of the waiting requests is executed.
      await new Promise(setImmediate);
      // The generator "minstd".
      random = random * 48271 % 2147483647;
      const [request] = this.waiting.splice(Math.floor(random / 2147483647 * this.waiting.length), 1);
      await request?.();
    }
    for (const result of await results) if (result.status === 'rejected') throw result.reason;
  }
}
