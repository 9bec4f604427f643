import { isVisible, toVideo } from '../contract/video-view';
import type { VideoStatus } from '../domain/video-status';
import type { Operations } from '../runtime/http';
import { HttpProblem } from '../runtime/http-problem';
import type { VideoRepository } from '../runtime/video-repository';

/** What a list answers when `limit` is left out. */
const DEFAULT_LIMIT = 20;

/** Lists videos and shows one. `origin` is where media are served. */
export function readVideos(videos: Pick<VideoRepository, 'find' | 'listPublished' | 'listOwned'>, origin: string): Operations<'catalog/read-videos'> {
  return {
    async listVideos({ caller: { userId }, query }) {
      const page = { limit: (query.limit as number | undefined) ?? DEFAULT_LIMIT, cursor: query.cursor as string | undefined };
      const status = query.status as VideoStatus | undefined;
      const own = query.owner === 'me';
      if (!own && status !== undefined && status !== 'ready') {
        const detail = 'others\' videos are listed when they are ready; add owner=me for your own in another status';
        throw new HttpProblem('invalid_request', `status: ${detail}`, [{ pointer: 'status', detail }]);
      }
      const { rows, cursor } = own ? await videos.listOwned(userId, { ...page, status }) : await videos.listPublished(page);
      const items = rows.filter((row) => isVisible(row, userId)).map((row) => toVideo(row, { userId, origin }));
      return { body: { items, ...(cursor !== undefined && { cursor }) } };
    },

    async getVideo({ caller: { userId }, path }) {
      const row = await videos.find(path.videoId);
      if (!row || !isVisible(row, userId)) throw new HttpProblem('not_found', 'no such video');
      return { body: toVideo(row, { userId, origin }), headers: { etag: `"${row.revision}"` } };
    },
  };
}
