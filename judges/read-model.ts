import { strict as assert } from 'assert';
import { execFile } from 'child_process';
import * as path from 'path';
import { promisify } from 'util';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { program } from './python';
import { detailsKey } from '../src/contract/read-model';
import { SCHEMA_VERSION } from '../src/contract/table';
import { CREDENTIALS, REGION } from '../test/local/fakes';
import { catalogTable, idOf } from '../test/runtime/rows/catalog-table';

const RUN = `
import json, sys
from handler import handler
print(json.dumps([handler({"detail": {"video": {"videoId": each}}}, None) for each in sys.argv[1:]], default=str))`;

/** Runs examples/read-videos/handler.py with boto3 on the local DynamoDB. Returns 0 if the results are correct, otherwise 1. */
export async function judgeReadModel(): Promise<number> {
  const table = await catalogTable();
  try {
    const { title, owner } = await table.put({ videoId: idOf(1), status: 'ready', durationSeconds: 1.5, media: { hls: 'v/1/1/index.m3u8' } });
    await DynamoDBDocumentClient.from(table.client).send(new PutCommand({ TableName: table.tableName, Item: { ...detailsKey(idOf(1)), schemaVersion: SCHEMA_VERSION, description: 'The news' } }));
    await table.put({ videoId: idOf(2), status: 'deleting' });
    const { hostname, port } = await table.client.config.endpoint!();
    const { stdout } = await promisify(execFile)(program('python'), ['-c', RUN, idOf(1), idOf(2), idOf(3)], {
      cwd: path.join(__dirname, '..', 'examples/read-videos'),
      env: {
        ...process.env, PYTHONDONTWRITEBYTECODE: '1', TABLE_NAME: table.tableName, AWS_ENDPOINT_URL_DYNAMODB: `http://${hostname}:${port}`, AWS_DEFAULT_REGION: REGION,
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey, AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
      },
    });
    const [video, ...others] = JSON.parse(stdout);
    assert.partialDeepStrictEqual(video, { videoId: idOf(1), title, owner, durationSeconds: 1.5, media: { hls: 'v/1/1/index.m3u8' }, description: 'The news' });
    assert.deepEqual(others, [null, null]);
    console.log('read model: the Python example reads a video, and finds neither a deleted nor an unknown video');
    return 0;
  } catch (error) {
    console.error(`read model: the Python example failed: ${error}`);
    return 1;
  } finally {
    await table.close();
  }
}
