import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { startDynamoDb } from '../../../local/services/dynamodb/dynamodb';
import { AwsError, type AwsService } from '../../../local/types';
import type { ObserveUsage } from '../../../local/usage';
import { INDEXES, SCHEMA_VERSION, stageKey, TABLE_KEYS, videoKey, VideoRow } from '../../../src/contract/table';
import { stageOf } from '../../../src/domain/stage';
import { CREDENTIALS, fakeAccess, fakeStack, REGION, resource } from '../../local/fakes';

/** The catalog's table in the local DynamoDB. The local DynamoDB runs in the process of the test. */
export interface CatalogTable {
  readonly tableName: string;
  readonly client: DynamoDBClient;
  /** Returns a client that calls the local DynamoDB without HTTP, which is faster. */
  direct(): DynamoDBClient;
  /** Puts a row. Omitted fields have the values of `videoRow`. */
  put(row: Partial<VideoRow> & Pick<VideoRow, 'videoId'>): Promise<VideoRow>;
  /** Deletes all items. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function catalogTable(observe?: ObserveUsage): Promise<CatalogTable> {
  const tableName = 'videos';
  const keySchema = (partition: string, sort: string) => [{ AttributeName: partition, KeyType: 'HASH' }, { AttributeName: sort, KeyType: 'RANGE' }];
  const indexes = Object.values(INDEXES);
  const definition = {
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(TABLE_KEYS.partition, TABLE_KEYS.sort),
    AttributeDefinitions: [...new Set([TABLE_KEYS, ...indexes].flatMap(({ partition, sort }) => [partition, sort]))]
      .map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    GlobalSecondaryIndexes: indexes.map(({ name, partition, sort, projection }) => ({
      IndexName: name, KeySchema: keySchema(partition, sort), Projection: { ProjectionType: projection },
    })),
  };
  const dynamoDb = await startDynamoDb({ stack: fakeStack([resource('AWS::DynamoDB::Table', tableName, definition)]), observe, inMemory: true });
  const awsEndpoint = await startAwsEndpoint({ access: fakeAccess() });
  awsEndpoint.register(dynamoDb.service);
  const client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${awsEndpoint.port}`, region: REGION, credentials: CREDENTIALS });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return {
    tableName,
    client,
    direct: () => new DynamoDBClient({
      endpoint: 'http://127.0.0.1', region: REGION, credentials: CREDENTIALS, maxAttempts: 1, requestHandler: { handle: (request: HttpRequest) => callDirectly(dynamoDb.service, request) },
    }),
    async put(given) {
      const row = videoRow(given);
      await documents.send(new PutCommand({ TableName: tableName, Item: row }));
      return row;
    },
    async clear() {
      const { Items = [] } = await documents.send(new ScanCommand({ TableName: tableName }));
      for (const { pk, sk } of Items) await documents.send(new DeleteCommand({ TableName: tableName, Key: { pk, sk } }));
    },
    async close() {
      client.destroy();
      await awsEndpoint.stop();
      await dynamoDb.stop();
    },
  };
}

async function callDirectly(service: AwsService, { headers, body }: HttpRequest): Promise<{ response: HttpResponse }> {
  const answer = { statusCode: 200, headers: {}, body: '' };
  const response = {
    setHeader: () => response,
    writeHead: (statusCode: number, given: object) => (Object.assign(answer, { statusCode, headers: given }), response),
    end: (text: string) => Object.assign(answer, { body: text }),
  } as never;
  await service.handle({ headers, body } as never, response).catch((error: Error) => {
    if (!(error instanceof AwsError)) throw error;
    service.fail(error, response);
  });
  return { response: new HttpResponse({ ...answer, body: Buffer.from(answer.body) }) };
}

/** Returns a row. Omitted fields have the values of a video that waits for its upload. */
export function videoRow(given: Partial<VideoRow> & Pick<VideoRow, 'videoId'>): VideoRow {
  return {
    ...videoKey(given.videoId),
    schemaVersion: SCHEMA_VERSION,
    owner: 'owner',
    title: 'A title',
    tags: [],
    visibility: 'signed-in',
    status: 'waiting',
    stageKey: stageKey(stageOf(given.status ?? 'waiting'), given.videoId),
    attempt: 1,
    progress: 0,
    revision: 1,
    version: 1,
    createdAt: '2026-11-22T10:00:00.000Z',
    updatedAt: '2026-11-22T10:00:00.000Z',
    source: { bucket: 'sources', key: `source/${given.videoId}/original`, fileName: 'a.mp4', contentType: 'video/mp4', size: 1000 },
    ...given,
  };
}

/** Ids sort by `n`. */
export function idOf(n: number): string {
  return `019aa000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}
