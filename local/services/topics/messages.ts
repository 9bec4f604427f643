/** What was published to a topic. */
export interface Message { readonly id: string; readonly timestamp: string; readonly text: string }

/** Nothing here signs for SNS. */
const SIGNATURE = { SignatureVersion: '1', Signature: 'EXAMPLE' };
const CERTIFICATE = 'https://sns.amazonaws.com/EXAMPLE.pem';
const unsubscribe = (subscriptionArn: string) => `https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;

const common = ({ id, timestamp, text }: Message, TopicArn: string) => ({
  Type: 'Notification', MessageId: id, TopicArn, Message: text, Timestamp: timestamp, ...SIGNATURE,
});

/** The body of a queue's message, without raw message delivery. */
export function notification(message: Message, topicArn: string, subscriptionArn: string): string {
  return JSON.stringify({ ...common(message, topicArn), SigningCertURL: CERTIFICATE, UnsubscribeURL: unsubscribe(subscriptionArn) });
}

/** What Lambda hands to a function, which names the addresses otherwise than a queue's message does. */
export function lambdaEvent(message: Message, topicArn: string, EventSubscriptionArn: string): string {
  const addresses = { SigningCertUrl: CERTIFICATE, UnsubscribeUrl: unsubscribe(EventSubscriptionArn) };
  const Sns = { ...common(message, topicArn), Subject: null, ...addresses, MessageAttributes: {} };
  return JSON.stringify({ Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns }] });
}
