import { randomUUID } from 'crypto';
import { setTimeout as wait } from 'timers/promises';
import type { Access } from '../access/access';
import { durableRecords } from '../durable';
import type { FailureQueue } from '../functions/failure-queues';
import { firstLines, logLine } from '../text';
import { AwsError, type Functions, type Principal } from '../types';

/** Lambda's attempts for an asynchronous event. The sender's retry policy doesn't change this number. */
const TRIES = 3;

export interface Delivery {
  readonly sourceArn: string;
  readonly targetArn: string;
  readonly deadLetterArn?: string;
  /** JSON for a function, any text for a queue. */
  readonly text: string;
}

export interface Tools {
  readonly access: Pick<Access, 'require'>;
  readonly functions: Functions;
  /** @default - the sender's dead-letter queue receives the failed events of functions */
  readonly failureQueueOf?: (functionArn: string) => FailureQueue | undefined;
  readonly queues: { send(queueArn: string, body: string): unknown };
  readonly log?: (line: string) => void;
  /** The delay before the first retry, which is 1 minute in AWS. */
  readonly retryMilliseconds?: number;
}

/** Targets that are not functions or queues. `action` is the IAM action that a sender needs. */
export interface OtherTargets { readonly action: string; has(arn: string): boolean; send(arn: string, text: string): void }

/**
 * Creates a sender, which sends texts to functions and queues as a service principal. A delivery is stored on disk when `add` returns. `start` sends all
 * stored deliveries, also those of a process that ended with `kill -9`. Each delivery is sent at least once.
 */
export function createDeliveries(folder: string, service: string, tools: Tools, others?: OtherTargets) {
  const { access, functions, failureQueueOf, queues, log = logLine, retryMilliseconds = 1000 } = tools;
  const stopping = new AbortController();
  const pending = durableRecords<Delivery>(folder);
  let started = false;
  const principalOf = (sourceArn: string): Principal => ({ kind: 'service', id: service, context: { 'aws:SourceArn': sourceArn } });

  async function settle([id, delivery]: [id: string, delivery: Delivery]): Promise<void> {
    try {
      await deliver(delivery);
      // An interrupted delivery is sent again at the next start.
      if (!stopping.signal.aborted) pending.delete(id);
    } catch (error) {
      // The error comes from the local stack, for example from a full disk, so the delivery is retried later.
      log(`${delivery.sourceArn}: ${delivery.targetArn}: ${firstLines(error as Error)}`);
      await wait(retryMilliseconds * TRIES, undefined, { signal: stopping.signal }).then(() => settle([id, delivery]), () => undefined);
    }
  }

  async function deliver({ sourceArn, targetArn, deadLetterArn, text }: Delivery): Promise<void> {
    try {
      const isQueue = targetArn.split(':')[2] === 'sqs';
      const other = others?.has(targetArn) ? others : undefined;
      if (!isQueue && !other) return await invoke(sourceArn, targetArn, text);
      await access.require(principalOf(sourceArn), [{ action: other?.action ?? 'sqs:SendMessage', resource: targetArn }]);
      (other ?? queues).send(targetArn, text);
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!(error instanceof AwsError)) throw error;
      log(`${sourceArn}: ${targetArn}: ${error.name}: ${error.message}`);
      if (deadLetterArn) await deliver({ sourceArn, targetArn: deadLetterArn, text });
    }
  }

  async function invoke(sourceArn: string, functionArn: string, text: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { error } = await functions.invoke(functionArn, payloadOf(text), principalOf(sourceArn));
      if (!error) return;
      if (attempt === TRIES) {
        const failed = failureQueueOf?.(functionArn);
        if (!failed) throw new AwsError(error.errorType, error.errorMessage);
        await access.require({ kind: 'role', id: failed.roleArn }, [{ action: 'sqs:SendMessage', resource: failed.arn }]);
        return void queues.send(failed.arn, JSON.stringify(failureOf(functionArn, payloadOf(text), error)));
      }
      await wait(retryMilliseconds * attempt, undefined, { signal: stopping.signal });
    }
  }

  return {
    add(delivery: Delivery): void {
      const entry: [string, Delivery] = [randomUUID(), delivery];
      pending.set(...entry);
      if (started) void settle(entry);
    },
    start(): void {
      started = true;
      pending.entries().forEach((entry) => void settle(entry));
    },
    stop: async (): Promise<void> => stopping.abort(),
  };
}

/** Returns the message that Lambda sends to a destination (Lambda Developer Guide, "Asynchronous invocation"). */
function failureOf(functionArn: string, requestPayload: unknown, responsePayload: object): object {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: { requestId: randomUUID(), functionArn: `${functionArn}:$LATEST`, condition: 'RetriesExhausted', approximateInvokeCount: TRIES },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload,
  };
}

function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${text}`);
  }
}
