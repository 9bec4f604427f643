import { readVideos } from '../../src/catalog/read-videos.runtime';
import { serveRoutes } from '../../src/runtime/http';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, catalogTable, idOf, videoRow } from '../runtime/rows/catalog-table';

const now = () => new Date('2026-11-22T12:00:00.000Z');

describe('GET /streams/{videoId} while the video changes', () => {
  let table: CatalogTable;
  beforeAll(async () => { table = await catalogTable(); });
  afterAll(() => table.close());
  const repository = () => videoRepository(table.tableName, { client: table.client, clock: now });
  const get = async (videoId: string) => {
    const handler = serveRoutes('catalog/read-videos', readVideos({ videos: repository(), roles: {}, posterUrls: async () => undefined }));
    const { headers, body } = await handler(apiEvent('GET', '/streams/{videoId}', { userId: 'owner', groups: [], path: { videoId } }));
    return { etag: headers?.etag, video: JSON.parse(body) };
  };

  test('progress and result of a transcode do not change the ETag', async () => {
    const { videoId } = await table.put({ videoId: idOf(1), status: 'processing', revision: 3, version: 8 });
    for (const percent of [10, 50]) {
      await repository().recordProgress(videoId, 1, percent);
      expect(await get(videoId)).toMatchObject({ etag: `"${videoId}.3"`, video: { progress: percent } });
    }
    await repository().recordReady(videoId, 1, { media: { hls: 'hls' }, renditions: [] });
    expect(await get(videoId)).toMatchObject({ etag: `"${videoId}.3"`, video: { status: 'ready', progress: 100 } });
  });

  test('a new attempt contains no data of the previous attempt', async () => {
    const { videoId } = await table.put({
      videoId: idOf(2),
      status: 'errored',
      progress: 70,
      error: { code: 'internal', message: 'no' },
      claim: { attempt: 1, token: 'token', startedAt: '2026-11-22T10:01:00.000Z', abandoned: true },
      jobId: 'job',
      media: { hls: 'hls', poster: 'poster' },
      renditions: [],
      durationSeconds: 6,
      width: 1920,
      height: 1080,
    });
    expect((await get(videoId)).video).toMatchObject({ status: 'errored', error: { code: 'internal' }, width: 1920 });
    await repository().reopen(videoId, 1);
    const { pk, sk, schemaVersion, stageKey, source, attempt, revision, version, ...shown } = videoRow({ videoId });
    expect(await get(videoId)).toEqual({ etag: `"${videoId}.1"`, video: { ...shown, status: 'uploaded', progress: 0, updatedAt: now().toISOString() } });
  });
});
