import type { Json } from './json';
import type { Access } from '../access/access';
import { onlyKnown } from '../lookup';
import { AwsError, type Functions, type LocalStack } from '../types';

/** The template's queues; what they hold is gone when they stop. */
export type Queues = Awaited<ReturnType<typeof startQueues>>;

const NEEDED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
/** So many batches may be in work at the same time. */
const POLLERS = 2;

const nameOf = (arn: string): string => arn.split(':').at(-1)!;

/** Starts the template's queues and what polls them for functions; rejects when a function's role may not read its queue. */
export async function startQueues({ stack, access, functions, log = console.error }: {
  stack: LocalStack; access: Access; functions: Functions; log?: (line: string) => void;
}) {
  const { buildApp } = await import('fauxqs');
  const app = buildApp({ logger: false, defaultRegion: stack.region });
  let stopped = false;

  // Within the process: no port, and a message wakes its poller at once.
  async function call(operation: string, input: Json): Promise<Json> {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` };
    const answer = await app.inject({ method: 'POST', url: '/', payload: JSON.stringify(input), headers });
    const body = answer.body ? answer.json<Json>() : {};
    if (answer.statusCode !== 200) throw new AwsError(body.__type.split('#').at(-1), body.message, answer.statusCode);
    return body;
  }

  async function poll({ EventSourceArn, FunctionName, BatchSize = 10, FunctionResponseTypes }: Json): Promise<void> {
    const QueueUrl = nameOf(EventSourceArn);
    while (!stopped) {
      const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: BatchSize, WaitTimeSeconds: 1, AttributeNames: ['All'] });
      if (Messages.length === 0) continue;
      try {
        const Records = Messages.map((message: Json) => recordOf(message, EventSourceArn, stack.region));
        const { payload, error } = await functions.invoke(FunctionName, { Records });
        if (error) throw new AwsError(error.errorType, error.errorMessage);
        // Lambda's rules: no list is a success, an empty id in it fails the whole batch.
        const failed: Json[] = FunctionResponseTypes && payload?.batchItemFailures || [];
        const stays = (messageId: string) => failed.some(({ itemIdentifier: id }) => !id || id === messageId);
        for (const { MessageId, ReceiptHandle } of Messages) if (!stays(MessageId)) await call('DeleteMessage', { QueueUrl, ReceiptHandle });
      } catch (error) {
        if (!stopped) log(`${QueueUrl}: a batch of ${Messages.length} stays: ${(error as Error).name}: ${(error as Error).message}`);
      }
    }
  }

  for (const { logicalId, attributes: { Arn }, properties: { SqsManagedSseEnabled, ...properties } } of stack.ofType('AWS::SQS::Queue')) {
    onlyKnown(logicalId, properties, 'VisibilityTimeout MessageRetentionPeriod RedrivePolicy');
    // The account of all fauxqs queues is another one.
    const text = (value: unknown) => typeof value === 'object' ? JSON.stringify(value).replaceAll(`:${stack.account}:`, ':000000000000:') : String(value);
    const attributes = Object.entries(properties).map(([name, value]) => [name, text(value)]);
    await call('CreateQueue', { QueueName: nameOf(Arn), Attributes: Object.fromEntries(attributes) });
  }
  for (const { logicalId, properties } of stack.ofType('AWS::Lambda::EventSourceMapping')) {
    onlyKnown(logicalId, properties, 'EventSourceArn FunctionName BatchSize FunctionResponseTypes ScalingConfig');
    const { FunctionName, EventSourceArn: resource, ScalingConfig } = properties;
    await access.require({ kind: 'role', id: stack.byArn(FunctionName).properties.Role }, NEEDED.map((action) => ({ action, resource })));
    for (let poller = 0; poller < Math.min(POLLERS, ScalingConfig?.MaximumConcurrency ?? POLLERS); poller++) {
      poll(properties).catch((error: Error) => stopped || log(`${logicalId}: polling ended: ${error.stack}`));
    }
  }
  return {
    /** Sends for a service that the queue's policy was asked about already. */
    send: (queueArn: string, MessageBody: string): Promise<unknown> => call('SendMessage', { QueueUrl: nameOf(queueArn), MessageBody }),
    async stop() {
      stopped = true;
      await app.close();
    },
  };
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Json, eventSourceARN: string, awsRegion: string): Json {
  const message = { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes, messageAttributes: {}, md5OfBody: MD5OfBody };
  return { ...message, eventSource: 'aws:sqs', eventSourceARN, awsRegion };
}
