import { createServer } from 'http';
import type { AddressInfo } from 'net';
import { json } from 'stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { AwsEndpoint, startAwsEndpoint } from '../local/aws-endpoint/aws-endpoint';
import { startDynamoDb } from '../local/services/dynamodb/dynamodb';
import { jsonService, type Json } from '../local/services/json';
import type { AwsService } from '../local/types';
import type { VideoRow } from '../src/contract/table';
import { CREDENTIALS, fakeAccess } from '../test/local/fakes';
import { synthesized } from '../test/local/template/stacks';
import { catalogIn } from '../test/toolkit/stacks';

// The CDK's TableV2 warns of its own code, and its check of the template is another command's.
Object.assign(process.env, { JSII_DEPRECATED: 'quiet', CDK_VALIDATION: 'false' });

/** A request to DynamoDB. */
export interface Operation { readonly name: string; readonly input: Json; readonly refused: boolean }

/** A job as its events name it. */
export interface Job { readonly jobId: string; readonly userMetadata: Record<string, string> }

const PROBED = {
  container: { format: 'mp4', duration: 600, tracks: [{ trackType: 'video', codec: 'AVC', videoProperties: { width: 1920, height: 1080 } }] },
};

/** A service that answers, and remembers each request. */
function counted(service: AwsService, operations: Operation[]): AwsService {
  return {
    ...service,
    async handle(request, response) {
      const operation = { name: request.headers['x-amz-target'].split('.')[1], input: JSON.parse(request.body!.toString()) };
      try {
        await service.handle(request, response);
        operations.push({ ...operation, refused: false });
      } catch (error) {
        operations.push({ ...operation, refused: true });
        throw error;
      }
    },
  };
}

/** The table of the catalog's template on this machine, a bus and MediaConvert that only answer, and what the handlers asked of them. */
export async function localCatalog() {
  const stack = await synthesized((scope) => void catalogIn(scope));
  const [{ physicalId: tableName, attributes: { StreamArn } }] = stack.ofType('AWS::DynamoDB::GlobalTable');
  const dynamoDb = await startDynamoDb({ stack });
  const awsEndpoint: AwsEndpoint = await startAwsEndpoint({ access: fakeAccess() });
  const operations: Operation[] = [];
  const events: Json[] = [];
  awsEndpoint.register(counted(dynamoDb.service, operations));
  awsEndpoint.register(jsonService('events', () => [], {
    PutEvents({ Entries }) {
      events.push(...Entries);
      return { FailedEntryCount: 0, Entries: Entries.map((_: Json, index: number) => ({ EventId: String(index) })) };
    },
  }));
  const jobs: Job[] = [];
  const mediaConvert = createServer((request, response) => void (async () => {
    const input = await json(request) as Json;
    const isProbe = request.url!.endsWith('/probe');
    if (!isProbe) jobs.push({ jobId: `job-${jobs.length}`, userMetadata: input.userMetadata });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(isProbe ? { probeResults: [PROBED] } : { job: { id: jobs.at(-1)!.jobId } }));
  })());
  await new Promise<void>((resolve) => mediaConvert.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${awsEndpoint.port}`;
  Object.assign(process.env, {
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    AWS_ENDPOINT_URL_DYNAMODB: address,
    AWS_ENDPOINT_URL_EVENTBRIDGE: address,
    AWS_ENDPOINT_URL_MEDIACONVERT: `http://127.0.0.1:${(mediaConvert.address() as AddressInfo).port}`,
    TABLE_NAME: tableName,
  });
  let position = '';
  return {
    tableName,
    operations,
    events,
    jobs,
    /** Puts rows as they are, a hundred a transaction. */
    async put(rows: readonly VideoRow[]) {
      const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });
      for (let n = 0; n < rows.length; n += 100) {
        await documents.send(new TransactWriteCommand({ TransactItems: rows.slice(n, n + 100).map((Item) => ({ Put: { TableName: tableName, Item } })) }));
      }
      documents.destroy();
    },
    /** The changes since the last call, in the order of the stream. */
    async changes() {
      const records = await dynamoDb.streams.read(StreamArn, position, -1);
      position = records.at(-1)?.dynamodb.SequenceNumber ?? position;
      return records;
    },
    async stop() {
      mediaConvert.close();
      mediaConvert.closeAllConnections();
      await awsEndpoint.stop();
      await dynamoDb.stop();
    },
  };
}

export type LocalCatalog = Awaited<ReturnType<typeof localCatalog>>;
