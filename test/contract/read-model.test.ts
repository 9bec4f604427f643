import { readFileSync } from 'fs';
import { join } from 'path';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { buildSync } from 'esbuild';
import { temporaryFolder } from '../../build/temporary-folder';
import { detailsKey, NewerFormat, readDetails, readVideo } from '../../src/contract/read-model';
import { SCHEMA_VERSION, type VideoRow } from '../../src/contract/table';
import { CREDENTIALS, REGION } from '../local/fakes';
import { catalogTable, type CatalogTable, idOf, videoRow } from '../runtime/rows/catalog-table';

const ROOT = join(__dirname, '..', '..');
const READY: VideoRow = {
  ...videoRow({ videoId: idOf(1), status: 'ready' }),
  tags: ['news'], publishedAt: '2026-12-01T00:00:00.000Z', durationSeconds: 1.5, width: 640, height: 360,
  media: { hls: 'v/1/1/index.m3u8', poster: 'v/1/1/poster.jpg' },
  source: { bucket: 'sources', key: 'source/1/original.mp4', fileName: 'a.mp4', contentType: 'video/mp4', size: 5, etag: 'internal' },
  claim: { attempt: 1, token: 'internal', startedAt: '2026-12-01T00:00:00.000Z' },
};
const MEMBERS = /^\| `(\w+)` \|/gm;

describe('the read model', () => {
  test('omits keys and internal attributes', () => {
    const video = readVideo(READY)!;
    expect(video).toMatchObject({ videoId: idOf(1), status: 'ready', tags: ['news'], media: READY.media, durationSeconds: 1.5 });
    expect(video.source).toEqual({ bucket: 'sources', key: 'source/1/original.mp4', fileName: 'a.mp4', contentType: 'video/mp4', size: 5 });
    expect(JSON.stringify(video)).not.toMatch(/internal|"pk"|"sk"|stageKey|schemaVersion/);
  });

  test('docs/read-model.md describes each field of the view, and no others', () => {
    const all = { ...READY, publishAt: 'a', unpublishAt: 'b', renditions: [], error: { code: 'corrupt', message: '' } } as const;
    const page = readFileSync(join(ROOT, 'docs', 'read-model.md'), 'utf8');
    const described = Array.from(page.matchAll(MEMBERS), ([, name]) => name);
    expect(described.sort()).toEqual([...Object.keys(readVideo(all)!), 'description', 'metadata'].sort());
  });

  test('a missing video and a video that is being deleted are undefined, but not a video with a status of a later version', () => {
    expect(readVideo(undefined)).toBeUndefined();
    expect(readVideo({ ...READY, status: 'deleting' })).toBeUndefined();
    expect(readVideo({ ...READY, status: 'held' })).toMatchObject({ status: 'held' });
  });

  test('rejects an item of a newer format', () => {
    const newer = { ...READY, schemaVersion: SCHEMA_VERSION + 1 };
    expect(() => readVideo(newer)).toThrow(NewerFormat);
    expect(() => readDetails(newer, READY)).toThrow(NewerFormat);
  });

  test('reads the long texts of the details item, and of a row of format 0', () => {
    const { schemaVersion, ...old } = READY;
    expect(readDetails(undefined, undefined)).toEqual({});
    expect(readDetails(undefined, { ...old, description: 'old' })).toEqual({ description: 'old' });
    expect(readDetails({ ...detailsKey(idOf(1)), schemaVersion: 1, description: 'new', metadata: { a: 'b' } }, READY)).toEqual({ description: 'new', metadata: { a: 'b' } });
  });
});

describe('examples/read-videos', () => {
  let table: CatalogTable;
  beforeAll(async () => {
    table = await catalogTable();
  });
  afterAll(() => table.close());

  test('the handler reads a video with its description, and returns null for a deleted video', async () => {
    const file = join(temporaryFolder('read-videos-'), 'handler.js');
    buildSync({
      entryPoints: [join(ROOT, 'examples/read-videos/handler.ts')], outfile: file, bundle: true, platform: 'node',
      alias: { 'serverless-vod/read-model': join(ROOT, 'src/contract/read-model.ts') },
    });
    await table.put(READY);
    const documents = DynamoDBDocumentClient.from(table.client);
    await documents.send(new PutCommand({ TableName: table.tableName, Item: { ...detailsKey(idOf(1)), schemaVersion: SCHEMA_VERSION, description: 'The news of the day' } }));
    const { hostname, port } = await table.client.config.endpoint!();
    Object.assign(process.env, {
      TABLE_NAME: table.tableName, AWS_ENDPOINT_URL_DYNAMODB: `http://${hostname}:${port}`, AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey, AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    });
    const { handler } = await import(file);
    const event = (videoId: string) => ({ detail: { video: { videoId } } });
    expect(await handler(event(idOf(1)))).toMatchObject({ title: READY.title, description: 'The news of the day', source: { key: 'source/1/original.mp4' } });
    expect(await handler(event(idOf(2)))).toBeNull();
  });
});
