import { createHash, randomUUID } from 'crypto';
import { EventEmitter, once } from 'events';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import { eventSourceMappings, functionOf } from './event-source-mappings';
import type { Json } from './json';
import type { Access } from '../access/access';
import { durableRecords } from '../durable';
import { onlyKnown } from '../lookup';
import type { Resource } from '../template/resources';
import { firstLines, logLine } from '../text';
import { AwsError, type Functions, type LocalStack } from '../types';
import { ignoreUsage, type ObserveUsage } from '../usage';

export type Queues = Awaited<ReturnType<typeof createQueues>>;

/** Times are in milliseconds. */
interface Message { readonly body: string; readonly sentAt: number; readonly firstReceivedAt?: number; readonly failures: number }
interface Received extends Message { readonly id: string }

const NEEDED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
/** The number of batches that can be processed at the same time. */
const POLLERS = 2;
const POLL_MS = 1000;
const LARGEST = 1024 * 1024;
const DAYS_4 = 345_600;

/**
 * Rejects if a function's role isn't allowed to read the function's queue. Messages survive `kill -9`, also in dead-letter queues. Polling starts with `start`.
 */
export async function createQueues({ stack, access, functions, observe = ignoreUsage, log = logLine }: {
  stack: LocalStack; access: Access; functions: Functions; observe?: ObserveUsage; log?: (line: string) => void;
}) {
  const observeRequest = (operation: string, caller?: string) => observe({ kind: 'request', service: 'sqs', operation, caller });
  let stopped = false;
  const queues = new Map(stack.ofType('AWS::SQS::Queue').map((resource) => [resource.attributes.Arn, createQueue(stack, resource, (arn) => queueOf(arn))]));
  const queueOf = (arn: string): Queue => {
    const queue = queues.get(arn);
    if (!queue) throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${arn}`);
    return queue;
  };

  async function pollOnce({ EventSourceArn, FunctionName, BatchSize = 10, FunctionResponseTypes }: Json): Promise<void> {
    const queue = queueOf(EventSourceArn);
    const messages = queue.receive(BatchSize);
    if (messages.length === 0) return queue.changed();
    observeRequest('ReceiveMessage', 'lambda.amazonaws.com');
    try {
      const { payload, error } = await functions.invoke(FunctionName, { Records: messages.map((message) => recordOf(message, EventSourceArn, stack)) });
      if (error) throw new AwsError(error.errorType, error.errorMessage);
      // Without `batchItemFailures`, Lambda treats the batch as successful. An empty `itemIdentifier` fails the whole batch.
      const failed: Json[] = FunctionResponseTypes && payload?.batchItemFailures || [];
      const stays = ({ id }: Received) => failed.some(({ itemIdentifier }) => !itemIdentifier || itemIdentifier === id);
      if (!messages.every(stays)) observeRequest('DeleteMessageBatch', 'lambda.amazonaws.com');
      messages.forEach((message) => stays(message) ? queue.fail(message) : queue.delete(message));
    } catch (error) {
      if (stopped) return;
      log(`${EventSourceArn}: a batch of ${messages.length} messages failed and stays in the queue: ${(error as Error).name}: ${(error as Error).message}`);
      messages.forEach((message) => queue.fail(message));
    }
  }

  async function poll(mapping: Json): Promise<void> {
    while (!stopped) {
      await pollOnce(mapping).catch((error: Error) => {
        // After an error of the local stack, such as a full disk, the messages are still in the queue and will be received again.
        if (!stopped) log(`${mapping.EventSourceArn}: ${firstLines(error)}`);
        return wait(POLL_MS);
      });
    }
  }

  const pollers: (() => void)[] = [];
  for (const mapping of eventSourceMappings(stack, 'sqs')) {
    const { logicalId, properties } = mapping;
    onlyKnown(logicalId, properties, 'EventSourceArn FunctionName BatchSize FunctionResponseTypes ScalingConfig');
    const { EventSourceArn: resource, ScalingConfig } = properties;
    const { Role, Timeout = 3 } = functionOf(stack, mapping).properties;
    const { visibilitySeconds } = queueOf(resource);
    // Lambda makes this check, with this message, when an event source mapping is created.
    if (visibilitySeconds < Timeout) throw new Error(`${logicalId}: Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${Timeout} seconds`);
    await access.require({ kind: 'role', id: Role }, NEEDED.map((action) => ({ action, resource })));
    for (let poller = 0; poller < Math.min(POLLERS, ScalingConfig?.MaximumConcurrency ?? POLLERS); poller++) {
      pollers.push(() => void poll(properties));
    }
  }
  return {
    /** The caller must have checked the permission. */
    send(queueArn: string, body: string): string {
      observeRequest('SendMessage');
      return queueOf(queueArn).send(body);
    },
    start: () => pollers.forEach((startPoller) => startPoller()),
    async stop() {
      stopped = true;
    },
  };
}

type Queue = ReturnType<typeof createQueue>;

function createQueue(stack: LocalStack, { logicalId, attributes, properties }: Resource, queueOf: (arn: string) => Pick<Queue, 'put'>) {
  onlyKnown(logicalId, properties, 'VisibilityTimeout MessageRetentionPeriod RedrivePolicy SqsManagedSseEnabled');
  const { VisibilityTimeout: hiddenSeconds = 30, MessageRetentionPeriod: keptSeconds = DAYS_4, RedrivePolicy: redrive } = properties;
  const messages = durableRecords<Message>(join(stack.dataFolder, 'queues', attributes.Arn.split(':').at(-1)!));
  // This map is not stored on disk, because all receivers stop when this process stops.
  const hiddenUntil = new Map<string, number>();
  const emitter = new EventEmitter();

  function put(id: string, message: Message): void {
    messages.set(id, message);
    emitter.emit('changed');
  }

  function drop(id: string): void {
    messages.delete(id);
    hiddenUntil.delete(id);
  }

  /** Removes an expired message. Moves a message that failed too often to the dead-letter queue. */
  function isVisible([id, message]: [id: string, message: Message], now: number): boolean {
    if (message.sentAt + keptSeconds * 1000 <= now) {
      drop(id);
      return false;
    }
    if ((hiddenUntil.get(id) ?? 0) > now) return false;
    if (!redrive || message.failures < redrive.maxReceiveCount) return true;
    // The message is written to the dead-letter queue before it is deleted here, so that a crash can't lose it.
    queueOf(redrive.deadLetterTargetArn).put(id, { ...message, failures: 0 });
    drop(id);
    return false;
  }

  return {
    visibilitySeconds: hiddenSeconds as number,
    put,
    send(body: string): string {
      if (Buffer.byteLength(body) > LARGEST) throw new AwsError('InvalidParameterValue', `Message must be shorter than ${LARGEST} bytes.`);
      const id = randomUUID();
      put(id, { body, sentAt: Date.now(), failures: 0 });
      return id;
    },
    /** Returns up to `count` messages, oldest first, and hides them for the visibility timeout. */
    receive(count: number): Received[] {
      const now = Date.now();
      const visible = messages.entries().filter((entry) => isVisible(entry, now)).sort(([, a], [, b]) => a.sentAt - b.sentAt).slice(0, count);
      return visible.map(([id, message]) => {
        hiddenUntil.set(id, now + hiddenSeconds * 1000);
        return { firstReceivedAt: now, ...message, id };
      });
    },
    delete: ({ id }: Received) => drop(id),
    /** The message is visible again after its visibility timeout. */
    fail({ id, firstReceivedAt }: Received): void {
      const message = messages.get(id);
      // Another receiver may have deleted the message in the meantime.
      if (message) messages.set(id, { ...message, firstReceivedAt, failures: message.failures + 1 });
    },
    changed: () => once(emitter, 'changed', { signal: AbortSignal.timeout(POLL_MS) }).then(() => undefined, () => undefined),
  };
}

function recordOf({ id, body, sentAt, firstReceivedAt, failures }: Received, eventSourceARN: string, stack: LocalStack): Json {
  return {
    messageId: id,
    receiptHandle: randomUUID(),
    body,
    attributes: {
      ApproximateReceiveCount: String(failures + 1),
      SentTimestamp: String(sentAt),
      SenderId: stack.account,
      ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: stack.region,
  };
}
