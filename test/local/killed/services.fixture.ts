import { appendFileSync } from 'fs';
import { startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { startDynamoDb } from '../../../local/services/dynamodb/dynamodb';
import { createEvents } from '../../../local/services/events/events';
import { createQueues } from '../../../local/services/queues';
import { createStreamMappings } from '../../../local/services/stream-mappings/stream-mappings';
import type { Functions } from '../../../local/types';
import { fakeAccess, fakeStack, resource, ROLE } from '../fakes';
import { globalTable, STREAM_ARN } from '../services/dynamodb/videos-table';

/**
 * A process that the test can kill. A function sends an event for each record of a table's stream. A rule sends the events to a queue, and a second function
 * reads the queue. The functions record their input, and sometimes fail.
 */
const [dataFolder, received] = process.argv.slice(2);
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:events';
const stack = {
  ...fakeStack([
    globalTable(),
    ...['stream', 'queue'].map((name) => resource('AWS::Lambda::Function', name, { Role: ROLE, Timeout: 1 })),
    resource('AWS::SQS::Queue', 'events', { VisibilityTimeout: 1 }, QUEUE),
    resource('AWS::Events::Rule', 'changes', { EventPattern: { source: ['table'] }, Targets: [{ Id: 'queue', Arn: QUEUE }] }),
    resource('AWS::Lambda::EventSourceMapping', 'of-stream', {
      EventSourceArn: STREAM_ARN, FunctionName: 'stream', StartingPosition: 'TRIM_HORIZON', BatchSize: 10,
      BisectBatchOnFunctionError: true, ParallelizationFactor: 2, FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    resource('AWS::Lambda::EventSourceMapping', 'of-queue', { EventSourceArn: QUEUE, FunctionName: 'queue', BatchSize: 10 }),
  ]),
  dataFolder,
};

const note = (from: string, content: unknown) => appendFileSync(received, `${JSON.stringify({ from, content })}\n`);
const functions: Functions = {
  async invoke(name, payload) {
    const { Records } = payload as { Records: any[] };
    for (const record of Records) {
      if (Math.random() < 0.02) return { error: { errorType: 'Error', errorMessage: 'now and then' } };
      if (name === 'stream' && Math.random() < 0.02) return { payload: { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] } };
      note(name, name === 'stream' ? record : JSON.parse(record.body).detail);
      if (name === 'stream') events.put({ 'source': 'table', 'detail-type': record.eventName, 'detail': record.dynamodb });
    }
    return { payload: null };
  },
};

const access = fakeAccess();
const log = () => undefined;
const dynamoDb = startDynamoDb({ stack });
let events: ReturnType<typeof createEvents>;

async function main(): Promise<void> {
  // Ends a line that a killed process left incomplete.
  appendFileSync(received, '\n');
  const { service, streams } = await dynamoDb;
  const queues = await createQueues({ stack, access, functions, log });
  events = createEvents({ stack, access, functions, queues, log });
  const store = { put: () => Promise.reject(new Error('nothing is given up')) };
  const mappings = await createStreamMappings({ stack, access, functions, streams, store, log, retryMilliseconds: 5 });
  const awsEndpoint = await startAwsEndpoint({ access });
  awsEndpoint.register(service);
  for (const part of [events, queues, mappings]) part.start();
  process.send!({ port: awsEndpoint.port });
}
void main();
