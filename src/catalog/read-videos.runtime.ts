import { Cursors, ownedCursors, ownedTaggedCursors, publishedCursors, taggedCursors, titledCursors } from './cursor.runtime';
import { etagOf } from './etag.runtime';
import { cutFolded } from '../contract/derived-rows';
import type { Roles } from '../contract/roles';
import { fold } from '../domain/fold';
import type { VideoStatus } from '../domain/video-status';
import { Caller, decide } from '../roles/decide';
import { HttpProblem, invalid } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations, Video } from '../runtime/route-types';
import type { Page } from '../runtime/rows/row-pages';
import type { SearchLists } from '../runtime/rows/search-lists';
import type { VideoLists } from '../runtime/rows/video-lists';
import type { VideoRepository } from '../runtime/rows/video-repository';
import type { PosterUrl } from '../runtime/signing/poster-urls';
import { toVideo } from '../runtime/video-view';

const DEFAULT_LIMIT = 20;

export interface ReadVideosPorts {
  readonly videos: Pick<VideoRepository, 'findWhole' | keyof VideoLists | keyof SearchLists>;
  readonly roles: Roles;
  /** Returns undefined if no URL can be signed at the moment. */
  readonly posterUrls: () => Promise<PosterUrl | undefined>;
  /** @default - the system clock */
  readonly clock?: () => Date;
}

interface Query {
  readonly limit?: number;
  readonly cursor?: string;
  readonly owner?: string;
  readonly status?: VideoStatus;
  readonly tag?: string;
  readonly titlePrefix?: string;
}

interface VideoPage {
  readonly body: { items: Video[]; cursor?: string };
}

/** A list, with the cursors that are valid for it. */
interface List<Position> {
  readonly cursors: Cursors<Position>;
  read(page: { limit: number; from?: Position }): Promise<Page<Position>>;
}

export function readVideos({ videos, roles, posterUrls, clock = () => new Date() }: ReadVideosPorts): Operations<'catalog/read-videos'> {
  async function pageOf<Position>(caller: Caller, { cursors, read }: List<Position>, { limit = DEFAULT_LIMIT, cursor }: Query): Promise<VideoPage> {
    const from = positionIn(cursor, cursors);
    const [{ rows, next }, posterUrl] = await Promise.all([read({ limit, from }), posterUrls()]);
    const now = clock();
    const items = rows.filter((video) => decide(caller, { type: 'watch', video }, roles, now) === 'allowed').map((row) => toVideo(row, { caller, roles, posterUrl }));
    return { body: { items, ...(next && { cursor: cursors.of(next) }) } };
  }

  return {
    async listVideos({ caller, query: given }): Promise<AnswerOf<'listVideos'>> {
      const query: Query = given;
      const { status, owner, tag, titlePrefix } = query;
      const userId = owner === 'me' ? caller.userId : owner;
      const decision = decide(caller, { type: 'list', videos: userId === undefined ? 'published' : userId === caller.userId ? 'own' : 'others' }, roles);
      if (decision !== 'allowed') throw refusal(decision);
      checkCombination(query);
      if (userId !== undefined && titlePrefix !== undefined) {
        const prefix = folded('titlePrefix', titlePrefix);
        return pageOf(caller, { cursors: titledCursors(cutFolded(prefix)), read: (page) => videos.listTitled(userId, prefix, page) }, query);
      }
      if (tag !== undefined) {
        const text = folded('tag', tag);
        return userId === undefined
          ? pageOf(caller, { cursors: taggedCursors, read: (page) => videos.listTagged(text, page) }, query)
          : pageOf(caller, { cursors: ownedTaggedCursors, read: (page) => videos.listOwnedTagged(userId, text, page) }, query);
      }
      return userId === undefined
        ? pageOf(caller, { cursors: publishedCursors, read: (page) => videos.listPublished(page) }, query)
        : pageOf(caller, { cursors: ownedCursors, read: (page) => videos.listOwned(userId, { ...page, status }) }, query);
    },

    async getVideo({ caller, path }): Promise<AnswerOf<'getVideo'>> {
      const whole = await videos.findWhole(path.videoId);
      const decision = decide(caller, { type: 'watch', video: whole?.row }, roles, clock());
      if (!whole || decision !== 'allowed') throw refusal(decision);
      const view = { caller, roles, posterUrl: await posterUrls() };
      return { body: toVideo(whole.row, view, whole.details), headers: { etag: etagOf(whole.row) } };
    },
  };
}

/** Throws if one DynamoDB query cannot apply all filters. */
function checkCombination({ owner, status, tag, titlePrefix }: Query): void {
  const filters = Object.entries({ status, tag, titlePrefix }).filter(([, value]) => value !== undefined).map(([name]) => name);
  if (filters.length > 1) {
    throw invalid(filters[1], `cannot be combined with ${filters[0]}. ${COMBINATIONS}`);
  }
  if (owner !== undefined) return;
  if (titlePrefix !== undefined) throw invalid('titlePrefix', `requires owner. ${COMBINATIONS}`);
  if (status !== undefined && status !== 'ready') {
    throw invalid('status', 'only "ready" is allowed in the list of all videos. Add owner=me to list your own videos with a different status');
  }
}

const COMBINATIONS = 'Without owner, use tag or status=ready. With owner, use tag, titlePrefix or status. A request can contain only one of these filters';

function folded(name: string, text: string): string {
  const result = fold(text);
  if (result === '') throw invalid(name, 'contains only accents, white space or invisible characters');
  return result;
}

function positionIn<Position>(cursor: string | undefined, { parse }: Cursors<Position>): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = parse(cursor);
  if (position === undefined) throw new HttpProblem('invalid_cursor', 'the cursor is not valid for this list. Omit the cursor to get the first page');
  return position;
}
