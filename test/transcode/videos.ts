import type { AddressInfo } from 'net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import { SCHEMA_VERSION, stageKey, TABLE_KEYS, videoKey, VideoRow } from '../../src/contract/table';
import { stageOf } from '../../src/domain/stage';

export const TABLE_NAME = 'videos';
export const VIDEO_ID = '0193a1b2-0000-7000-8000-0123456789ab';
export const SOURCE_URL = `s3://sources/source/${VIDEO_ID}/original`;

export async function startTable() {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', TABLE_NAME,
  });
  const client = new DynamoDBClient({});
  await client.send(new CreateTableCommand({
    TableName: TABLE_NAME,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: Object.values(TABLE_KEYS).map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
    KeySchema: [{ AttributeName: TABLE_KEYS.partition, KeyType: 'HASH' }, { AttributeName: TABLE_KEYS.sort, KeyType: 'RANGE' }],
  }));
  const documents = DynamoDBDocumentClient.from(client);
  const now = new Date().toISOString();
  return {
    async put(row: Partial<VideoRow>): Promise<void> {
      const whole: VideoRow = {
        ...videoKey(VIDEO_ID),
        schemaVersion: SCHEMA_VERSION,
        videoId: VIDEO_ID,
        owner: 'someone',
        title: 'A video',
        tags: [],
        visibility: 'signed-in',
        status: 'uploaded',
        stageKey: stageKey(stageOf(row.status ?? 'uploaded'), VIDEO_ID),
        attempt: 1,
        progress: 0,
        revision: 1,
        version: 1,
        createdAt: now,
        updatedAt: now,
        source: { bucket: 'sources', key: `source/${VIDEO_ID}/original`, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 },
        ...row,
      };
      await documents.send(new PutCommand({ TableName: TABLE_NAME, Item: whole }));
    },
    async get(): Promise<VideoRow> {
      return (await documents.send(new GetCommand({ TableName: TABLE_NAME, Key: videoKey(VIDEO_ID), ConsistentRead: true }))).Item as VideoRow;
    },
    stop: () => new Promise<void>((resolve) => {
      client.destroy();
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

export type Table = Awaited<ReturnType<typeof startTable>>;

export function claim(token: string, secondsAgo: number, attempt = 1): VideoRow['claim'] {
  return { attempt, token, startedAt: new Date(Date.now() - secondsAgo * 1000).toISOString() };
}
