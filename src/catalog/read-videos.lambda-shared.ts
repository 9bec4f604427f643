import { toVideo } from '../contract/video-view';
import { decide, Roles } from '../domain/roles';
import type { VideoStatus } from '../domain/video-status';
import type { Operations } from '../runtime/http';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { VideoRepository } from '../runtime/video-repository';

/** What a list answers when `limit` is left out. */
const DEFAULT_LIMIT = 20;

export interface ReadVideosPorts {
  readonly videos: Pick<VideoRepository, 'find' | 'listPublished' | 'listOwned'>;
  readonly roles: Roles;
  /** Where media are served. */
  readonly origin: string;
}

/** Lists videos and shows one. */
export function readVideos({ videos, roles, origin }: ReadVideosPorts): Operations<'catalog/read-videos'> {
  return {
    async listVideos({ caller, query }) {
      const page = { limit: (query.limit as number | undefined) ?? DEFAULT_LIMIT, cursor: query.cursor as string | undefined };
      const status = query.status as VideoStatus | undefined;
      const own = query.owner === 'me';
      const decision = decide(caller, { type: 'list', videos: own ? 'own' : 'published' }, roles);
      if (decision !== 'allowed') throw refusal(decision);
      if (!own && status !== undefined && status !== 'ready') {
        const detail = 'others\' videos are listed when they are ready; add owner=me for your own in another status';
        throw new HttpProblem('invalid_request', `status: ${detail}`, [{ pointer: 'status', detail }]);
      }
      const { rows, cursor } = own ? await videos.listOwned(caller.userId, { ...page, status }) : await videos.listPublished(page);
      const items = rows.filter((video) => decide(caller, { type: 'watch', video }, roles) === 'allowed')
        .map((row) => toVideo(row, { caller, roles, origin }));
      return { body: { items, ...(cursor !== undefined && { cursor }) } };
    },

    async getVideo({ caller, path }) {
      const video = await videos.find(path.videoId);
      const decision = decide(caller, { type: 'watch', video }, roles);
      if (!video || decision !== 'allowed') throw refusal(decision);
      return { body: toVideo(video, { caller, roles, origin }), headers: { etag: `"${video.revision}"` } };
    },
  };
}
