import { randomUUID } from 'crypto';
import { mkdirSync } from 'fs';
import { join } from 'path';
import { lambdaEvent, notification, type Message } from './messages';
import { onlyKnown } from '../../lookup';
import type { Resource } from '../../template/resources';
import { AwsError, type LocalStack } from '../../types';
import { createDeliveries, type OtherTargets, type Tools } from '../deliveries';
import { writeJson, type Json } from '../json';
import { compilePattern } from '../patterns';

/** The maximum message size, in bytes. */
const LARGEST = 256 * 1024;
const FOR_PEOPLE = ['email', 'email-json', 'sms', 'http', 'https'];

interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly raw: boolean;
  readonly deadLetterArn?: string;
  readonly takes: (text: string) => boolean;
}

/**
 * A message is on disk when `send` returns, and is delivered to functions and queues at least once. A message to e-mail, SMS or HTTP becomes a file below
 * `notifications` in the data folder.
 */
export function createTopics({ stack, ...tools }: { stack: LocalStack } & Tools): OtherTargets & { start(): void; stop(): Promise<void> } {
  const outbox = join(stack.dataFolder, 'notifications');
  const deliveries = createDeliveries(join(stack.dataFolder, 'topics'), 'sns.amazonaws.com', tools);
  const topics = new Map(stack.ofType('AWS::SNS::Topic').map((topic) => [topic.physicalId, [] as Subscription[]]));
  const subscribe = (subscription: Subscription) => {
    const others = topics.get(subscription.topicArn);
    if (!others) throw new Error(`${subscription.arn}: the template has no topic ${subscription.topicArn}`);
    others.push(subscription);
  };
  for (const { logicalId, physicalId: TopicArn, properties: { Subscription: inline = [], ...more } } of stack.ofType('AWS::SNS::Topic')) {
    onlyKnown(logicalId, more, 'TopicName DisplayName', { FifoTopic: [false] });
    inline.forEach((given: Json, index: number) => subscribe(subscriptionOf(logicalId, `${TopicArn}:${logicalId}-${index}`, { ...given, TopicArn })));
  }
  for (const { logicalId, physicalId, properties } of stack.ofType('AWS::SNS::Subscription') as Resource[]) subscribe(subscriptionOf(logicalId, physicalId, properties));

  function deliver(message: Message, { arn, topicArn, protocol, endpoint, raw, deadLetterArn }: Subscription, index: number): void {
    if (FOR_PEOPLE.includes(protocol)) {
      mkdirSync(outbox, { recursive: true, mode: 0o700 });
      return writeJson(join(outbox, `${message.id}-${index}.json`), { protocol, endpoint, topicArn, timestamp: message.timestamp, message: message.text });
    }
    const text = protocol === 'lambda' ? lambdaEvent(message, topicArn, arn) : raw ? message.text : notification(message, topicArn, arn);
    return deliveries.add({ sourceArn: topicArn, targetArn: endpoint, deadLetterArn, text });
  }

  return {
    action: 'sns:Publish',
    has: (arn) => topics.has(arn),
    send(topicArn, text) {
      if (Buffer.byteLength(text) > LARGEST) throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
      const message = { id: randomUUID(), timestamp: new Date().toISOString(), text };
      topics.get(topicArn)!.forEach((subscription, index) => {
        if (subscription.takes(text)) deliver(message, subscription, index);
      });
    },
    start: deliveries.start,
    stop: deliveries.stop,
  };
}

function subscriptionOf(logicalId: string, arn: string, properties: Json): Subscription {
  const { TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, RawMessageDelivery: raw = false, RedrivePolicy } = properties;
  onlyKnown(logicalId, properties, 'TopicArn Endpoint FilterPolicy RedrivePolicy', {
    Protocol: ['lambda', 'sqs', ...FOR_PEOPLE], RawMessageDelivery: [true, false], FilterPolicyScope: ['MessageBody', 'MessageAttributes'],
  });
  onlyKnown(logicalId, RedrivePolicy ?? {}, 'deadLetterTargetArn');
  const takes = filterOf(properties);
  return { arn, topicArn, protocol, endpoint, raw, deadLetterArn: RedrivePolicy?.deadLetterTargetArn, takes };
}

/** A filter policy on message attributes is evaluated without attributes, because the messages of an event bus have none. */
function filterOf({ FilterPolicy, FilterPolicyScope }: Json): (text: string) => boolean {
  if (!FilterPolicy) return () => true;
  const matches = compilePattern(FilterPolicy);
  if (FilterPolicyScope !== 'MessageBody') return () => matches({});
  return (text) => {
    try {
      return matches(JSON.parse(text));
    } catch {
      return false;
    }
  };
}
