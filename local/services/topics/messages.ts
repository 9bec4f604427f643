export interface Message { readonly id: string; readonly timestamp: string; readonly text: string }

/** The local stack doesn't sign messages. */
const SIGNATURE = { SignatureVersion: '1', Signature: 'EXAMPLE' };
const CERTIFICATE = 'https://sns.amazonaws.com/EXAMPLE.pem';
const unsubscribe = (subscriptionArn: string) => `https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;

const common = ({ id, timestamp, text }: Message, TopicArn: string) => ({
  Type: 'Notification', MessageId: id, TopicArn, Message: text, Timestamp: timestamp, ...SIGNATURE,
});

/** Returns the body of an SQS message for a subscription without raw message delivery. */
export function notification(message: Message, topicArn: string, subscriptionArn: string): string {
  return JSON.stringify({ ...common(message, topicArn), SigningCertURL: CERTIFICATE, UnsubscribeURL: unsubscribe(subscriptionArn) });
}

/** The event of a Lambda function has the fields `SigningCertUrl` and `UnsubscribeUrl`. A message to SQS has `SigningCertURL` and `UnsubscribeURL`. */
export function lambdaEvent(message: Message, topicArn: string, EventSubscriptionArn: string): string {
  const addresses = { SigningCertUrl: CERTIFICATE, UnsubscribeUrl: unsubscribe(EventSubscriptionArn) };
  const Sns = { ...common(message, topicArn), Subject: null, ...addresses, MessageAttributes: {} };
  return JSON.stringify({ Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns }] });
}
