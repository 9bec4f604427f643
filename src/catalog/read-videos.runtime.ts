import { ownedCursor, parseOwnedCursor, parsePublishedCursor, publishedCursor } from './cursor.runtime';
import type { Roles } from '../contract/roles';
import type { VideoRow } from '../contract/table';
import { Caller, decide } from '../roles/decide';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

const DEFAULT_LIMIT = 20;

export interface ReadVideosPorts {
  readonly videos: Pick<VideoRepository, 'findWhole' | 'listPublished' | 'listOwned'>;
  readonly roles: Roles;
  readonly serviceUrl: string;
}

export function readVideos({ videos, roles, serviceUrl }: ReadVideosPorts): Operations<'catalog/read-videos'> {
  function pageOf(caller: Caller, rows: VideoRow[], cursor: string | undefined): AnswerOf<'listVideos'> {
    const items = rows.filter((video) => decide(caller, { type: 'watch', video }, roles) === 'allowed')
      .map((row) => toVideo(row, { caller, roles, serviceUrl }));
    return { body: { items, ...(cursor !== undefined && { cursor }) } };
  }

  return {
    async listVideos({ caller, query }): Promise<AnswerOf<'listVideos'>> {
      const { limit = DEFAULT_LIMIT, cursor, status, owner } = query;
      const own = owner === 'me';
      const decision = decide(caller, { type: 'list', videos: own ? 'own' : 'published' }, roles);
      if (decision !== 'allowed') throw refusal(decision);
      if (own) {
        const from = positionIn(cursor, parseOwnedCursor);
        const { rows, next } = await videos.listOwned(caller.userId, { limit, from, status });
        return pageOf(caller, rows, next && ownedCursor(next));
      }
      if (status !== undefined && status !== 'ready') {
        const detail = 'only "ready" is allowed in the list of all videos. Add owner=me to list your own videos with a different status';
        throw new HttpProblem('invalid_request', `status: ${detail}`, [{ pointer: 'status', detail }]);
      }
      const from = positionIn(cursor, parsePublishedCursor);
      const { rows, next } = await videos.listPublished({ limit, from });
      return pageOf(caller, rows, next && publishedCursor(next));
    },

    async getVideo({ caller, path }): Promise<AnswerOf<'getVideo'>> {
      const whole = await videos.findWhole(path.videoId);
      const decision = decide(caller, { type: 'watch', video: whole?.row }, roles);
      if (!whole || decision !== 'allowed') throw refusal(decision);
      return { body: toVideo(whole.row, { caller, roles, serviceUrl }, whole.details), headers: { etag: `"${whole.row.revision}"` } };
    },
  };
}

function positionIn<Position>(cursor: string | undefined, parse: (cursor: string) => Position | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = parse(cursor);
  if (position === undefined) throw new HttpProblem('invalid_cursor', 'the cursor is not valid for this list. Omit the cursor to get the first page');
  return position;
}
