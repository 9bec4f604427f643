import { ownedCursor, parseOwnedCursor, parsePublishedCursor, publishedCursor } from './cursor.runtime';
import { etagOf } from './etag.runtime';
import type { Roles } from '../contract/roles';
import type { VideoRow } from '../contract/table';
import { decide } from '../roles/decide';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';
import type { PosterUrl } from '../runtime/signing/poster-urls';
import { toVideo, ViewContext } from '../runtime/video-view';

const DEFAULT_LIMIT = 20;

export interface ReadVideosPorts {
  readonly videos: Pick<VideoRepository, 'findWhole' | 'listPublished' | 'listOwned'>;
  readonly roles: Roles;
  /** Returns undefined if no URL can be signed at the moment. */
  readonly posterUrls: () => Promise<PosterUrl | undefined>;
}

export function readVideos({ videos, roles, posterUrls }: ReadVideosPorts): Operations<'catalog/read-videos'> {
  function pageOf(view: ViewContext, rows: VideoRow[], cursor: string | undefined): AnswerOf<'listVideos'> {
    const items = rows.filter((video) => decide(view.caller, { type: 'watch', video }, roles) === 'allowed').map((row) => toVideo(row, view));
    return { body: { items, ...(cursor !== undefined && { cursor }) } };
  }

  return {
    async listVideos({ caller, query }): Promise<AnswerOf<'listVideos'>> {
      const { limit = DEFAULT_LIMIT, cursor, status, owner } = query;
      const userId = owner === 'me' ? caller.userId : owner;
      const decision = decide(caller, { type: 'list', videos: userId === undefined ? 'published' : userId === caller.userId ? 'own' : 'others' }, roles);
      if (decision !== 'allowed') throw refusal(decision);
      if (userId !== undefined) {
        const from = positionIn(cursor, parseOwnedCursor);
        const [{ rows, next }, posterUrl] = await Promise.all([videos.listOwned(userId, { limit, from, status }), posterUrls()]);
        return pageOf({ caller, roles, posterUrl }, rows, next && ownedCursor(next));
      }
      if (status !== undefined && status !== 'ready') {
        const detail = 'only "ready" is allowed in the list of all videos. Add owner=me to list your own videos with a different status';
        throw new HttpProblem('invalid_request', `status: ${detail}`, [{ pointer: 'status', detail }]);
      }
      const from = positionIn(cursor, parsePublishedCursor);
      const [{ rows, next }, posterUrl] = await Promise.all([videos.listPublished({ limit, from }), posterUrls()]);
      return pageOf({ caller, roles, posterUrl }, rows, next && publishedCursor(next));
    },

    async getVideo({ caller, path }): Promise<AnswerOf<'getVideo'>> {
      const whole = await videos.findWhole(path.videoId);
      const decision = decide(caller, { type: 'watch', video: whole?.row }, roles);
      if (!whole || decision !== 'allowed') throw refusal(decision);
      const view = { caller, roles, posterUrl: await posterUrls() };
      return { body: toVideo(whole.row, view, whole.details), headers: { etag: etagOf(whole.row) } };
    },
  };
}

function positionIn<Position>(cursor: string | undefined, parse: (cursor: string) => Position | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = parse(cursor);
  if (position === undefined) throw new HttpProblem('invalid_cursor', 'the cursor is not valid for this list. Omit the cursor to get the first page');
  return position;
}
