import { Access, AwsError, DoorService, Functions, LocalStack, Need, Part, Resource } from '../types';
import { failJson, inputOf, operationOf } from './json';

/** What the queues need. */
export interface QueuesOptions {
  readonly stack: LocalStack;
  readonly access: Access;
  readonly functions: Functions;
  /** Hears of batches that could not be delivered. @default console.error */
  readonly log?: (line: string) => void;
}

/** The template's queues; what they hold is gone when they stop. */
export interface Queues extends Part {
  readonly service: DoorService;
  /** Sends for a service that the queue's policy was asked about already. */
  send(queueArn: string, body: string): Promise<void>;
}

type Json = Record<string, any>;

/** The account of all fauxqs queues; the template's own has to be put in its place on the way in and out. */
const FAUXQS_ACCOUNT = ':000000000000:';
const FAUXQS_URL = /http:\/\/[^/"]+\/000000000000\//g;
const ATTRIBUTES = [
  'VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds', 'ReceiveMessageWaitTimeSeconds', 'MaximumMessageSize', 'RedrivePolicy',
];
/** What makes no difference on one machine. */
const IGNORED = ['QueueName', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled', 'RedriveAllowPolicy', 'Tags'];
const MAPPING = [
  'EventSourceArn', 'FunctionName', 'BatchSize', 'Enabled', 'FunctionResponseTypes', 'MaximumBatchingWindowInSeconds', 'ScalingConfig', 'Tags',
];
const NEEDED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
/** At most what a Lambda poller takes at once; two batches may be in work at the same time. */
const BATCH_LIMIT = 10;
const POLLERS = 2;

/** Starts the template's queues and what polls them for functions; rejects when a function's role may not read its queue. */
export async function startQueues({ stack, access, functions, log = console.error }: QueuesOptions): Promise<Queues> {
  const { buildApp } = await import('fauxqs');
  const app = buildApp({ logger: false, defaultRegion: stack.region });
  const open = new Set<Promise<unknown>>();
  let stopped = false;

  // Within the process: no port, and a message wakes its poller at once.
  const inject = (operation: string, payload: string | Buffer) => app.inject({
    method: 'POST', url: '/', payload, headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
  });
  async function call(operation: string, input: Json): Promise<Json> {
    const answer = await inject(operation, JSON.stringify(input));
    const body = answer.body ? answer.json<Json>() : {};
    if (answer.statusCode !== 200) throw new AwsError(String(body.__type).split('#')[1], body.message, answer.statusCode);
    return body;
  }

  async function create({ logicalId, attributes: { Arn }, properties }: Resource): Promise<void> {
    const given = Object.keys(properties).filter((name) => !IGNORED.includes(name));
    const unknown = given.filter((name) => !ATTRIBUTES.includes(name));
    if (unknown.length > 0) throw new Error(`${logicalId}: unsupported in a queue: ${unknown.join(', ')}`);
    const text = (value: unknown) => typeof value === 'object' ? JSON.stringify(value).replaceAll(`:${stack.account}:`, FAUXQS_ACCOUNT) : String(value);
    await call('CreateQueue', { QueueName: nameOf(Arn), Attributes: Object.fromEntries(given.map((name) => [name, text(properties[name])])) });
  }

  async function poll({ properties }: Resource): Promise<void> {
    const { EventSourceArn, FunctionName, BatchSize = BATCH_LIMIT, FunctionResponseTypes = [] } = properties;
    const QueueUrl = nameOf(EventSourceArn);
    while (!stopped) {
      const receiving = call('ReceiveMessage', {
        QueueUrl, MaxNumberOfMessages: Math.min(BatchSize, BATCH_LIMIT), WaitTimeSeconds: 1, AttributeNames: ['All'], MessageAttributeNames: ['All'],
      });
      open.add(receiving);
      const { Messages = [] } = await receiving.finally(() => open.delete(receiving));
      if (Messages.length === 0) continue;
      const Records = Messages.map((message: Json) => recordOf(message, EventSourceArn, stack.region));
      try {
        const { payload, error } = await functions.invoke(FunctionName, { Records });
        if (error) throw new AwsError(error.errorType, error.errorMessage);
        const stays = FunctionResponseTypes.includes('ReportBatchItemFailures') ? failuresIn(payload) : () => false;
        for (const { MessageId, ReceiptHandle } of Messages) if (!stays(MessageId)) await call('DeleteMessage', { QueueUrl, ReceiptHandle });
      } catch (error) {
        if (!stopped) log(`${QueueUrl}: a batch of ${Messages.length} stays: ${(error as Error).name}: ${(error as Error).message}`);
      }
    }
  }

  async function stop(): Promise<void> {
    stopped = true;
    await app.close();
    await Promise.allSettled(open);
  }

  async function begin(mapping: Resource): Promise<void> {
    const { EventSourceArn, FunctionName, Enabled = true, ScalingConfig } = mapping.properties;
    const unknown = Object.keys(mapping.properties).filter((name) => !MAPPING.includes(name));
    if (unknown.length > 0 || !/^arn:[^:]*:sqs:/.test(EventSourceArn)) {
      throw new Error(`${mapping.logicalId}: unsupported event source mapping ${EventSourceArn} ${unknown.join(', ')}`);
    }
    if (!Enabled) return;
    const role = stack.byArn(FunctionName).properties.Role;
    await access.require({ kind: 'role', id: role }, NEEDED.map((action) => ({ action, resource: EventSourceArn })));
    for (let poller = 0; poller < Math.min(POLLERS, ScalingConfig?.MaximumConcurrency ?? POLLERS); poller++) {
      poll(mapping).catch((error: Error) => stopped || log(`${mapping.logicalId}: polling ended: ${error.stack}`));
    }
  }

  try {
    for (const queue of stack.ofType('AWS::SQS::Queue')) await create(queue);
    for (const mapping of stack.ofType('AWS::Lambda::EventSourceMapping')) await begin(mapping);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async send(queueArn, body) {
      await call('SendMessage', { QueueUrl: nameOf(queueArn), MessageBody: body });
    },
    service: {
      name: 'sqs',
      needs: ({ headers, body }) => [needOf(stack, operationOf(headers), inputOf(body))],
      async handle({ headers, body }, response) {
        const answer = await inject(operationOf(headers), body ?? '{}');
        response.writeHead(answer.statusCode, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(answer.body.replaceAll(FAUXQS_ACCOUNT, `:${stack.account}:`).replace(FAUXQS_URL, `http://${headers.host}/${stack.account}/`));
      },
      fail: failJson,
    },
    stop,
  };
}

/** Which messages stay in the queue. Lambda's rules: no list is a success, an empty id in it fails the whole batch. */
function failuresIn(payload: any): (messageId: string) => boolean {
  const ids = (payload?.batchItemFailures ?? []).map(({ itemIdentifier }: Json) => itemIdentifier) as (string | undefined)[];
  return (messageId) => ids.some((id) => !id || id === messageId);
}

function recordOf(message: Json, eventSourceARN: string, awsRegion: string): Json {
  const attributes = Object.entries<Json>(message.MessageAttributes ?? {}).map(([name, { StringValue, BinaryValue, DataType }]) => (
    [name, { stringValue: StringValue, binaryValue: BinaryValue, stringListValues: [], binaryListValues: [], dataType: DataType }]));
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  };
}

function nameOf(arn: string): string {
  return arn.split(':').at(-1)!;
}

function needOf(stack: LocalStack, operation: string, { QueueUrl, QueueName }: Json): Need {
  const name = QueueName ?? String(QueueUrl ?? '').split('/').at(-1);
  // A batch needs what its single form needs.
  return { action: `sqs:${operation.replace(/Batch$/, '')}`, resource: name ? `arn:aws:sqs:${stack.region}:${stack.account}:${name}` : '*' };
}
