import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { videoKey, VideoRow } from '../../src/contract/table';
import { catalogTable } from '../runtime/rows/catalog-table';

export const TABLE_NAME = 'videos';
export const VIDEO_ID = '0193a1b2-0000-7000-8000-0123456789ab';
export const SOURCE_URL = `s3://sources/source/${VIDEO_ID}/original`;

/**
 * Starts a separate table. Sets the environment variables that the handlers use to connect to this table.
 *
 * @param onWrite receives the video's row after each accepted write
 */
export async function startTable(onWrite?: (row: VideoRow) => void) {
  const { client, close, put, tableName } = await catalogTable((usage) => {
    if (usage.kind !== 'write') return;
    for (const { before, after } of usage.changes) if (after && after !== before && after.sk.S === 'video') onWrite?.(unmarshall(after) as VideoRow);
  });
  const { hostname, port, protocol } = await client.config.endpoint!();
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `${protocol}//${hostname}:${port}`, AWS_REGION: await client.config.region(), TABLE_NAME: tableName,
    AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken,
  });
  const documents = DynamoDBDocumentClient.from(client);
  const now = new Date().toISOString();
  return {
    /** Puts the row of the video. Omitted fields are those of an uploaded video. */
    put: (row: Partial<VideoRow>) => put({ videoId: VIDEO_ID, status: 'uploaded', createdAt: now, updatedAt: now, ...row }),
    async get(): Promise<VideoRow> {
      return (await documents.send(new GetCommand({ TableName: tableName, Key: videoKey(VIDEO_ID), ConsistentRead: true }))).Item as VideoRow;
    },
    stop: close,
  };
}

export type Table = Awaited<ReturnType<typeof startTable>>;

export function claim(token: string, secondsAgo: number, attempt = 1): VideoRow['claim'] {
  return { attempt, token, startedAt: new Date(Date.now() - secondsAgo * 1000).toISOString() };
}
