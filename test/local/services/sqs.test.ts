import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { createQueues } from '../../../local/services/queues';
import { createSqs } from '../../../local/services/sqs';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource, until } from '../fakes';

const QueueUrl = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/uploads`;
const ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:uploads`;

test('a message from one function reaches the function that reads the queue', async () => {
  const stack = fakeStack([
    resource('AWS::Lambda::Function', 'submit', { Role: 'role', Timeout: 1 }),
    resource('AWS::SQS::Queue', QueueUrl, {}, ARN),
    resource('AWS::Lambda::EventSourceMapping', 'mapping', { EventSourceArn: ARN, FunctionName: 'submit', BatchSize: 1 }),
  ]);
  const received: unknown[] = [];
  const functions = {
    async invoke(_: string, { Records }: any) {
      received.push(...Records.map(({ messageId, body }: any) => [messageId, body]));
      return { payload: null };
    },
  };
  const queues = await createQueues({ stack, access: fakeAccess(), functions, log: () => undefined });
  const access = fakeAccess();
  const awsEndpoint = await startAwsEndpoint({ access });
  awsEndpoint.register(createSqs({ stack, queues }).service);
  const client = new SQSClient({ endpoint: `http://127.0.0.1:${awsEndpoint.port}`, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 });
  queues.start();
  try {
    const send = (input: object = {}) => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'ü', ...input }));
    const { MessageId } = await send();
    await until(() => received.length === 1);
    expect(received).toEqual([[MessageId, 'ü']]);
    expect(access.asked).toEqual([{ action: 'sqs:SendMessage', resource: ARN }]);
    await expect(send({ QueueUrl: `${QueueUrl}-2` })).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  } finally {
    await queues.stop();
    await awsEndpoint.stop();
  }
});
