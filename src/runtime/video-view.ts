import type { Video } from './route-types';
import type { PosterUrl } from './signing/poster-urls';
import type { Roles } from '../contract/roles';
import { presentDetails, VideoDetails, VideoRow } from '../contract/table';
import { Caller, decide } from '../roles/decide';

export interface ViewContext {
  readonly caller: Caller;
  readonly roles: Roles;
  /** @default - the video has no poster */
  readonly posterUrl?: PosterUrl;
}

/** Before you call this function, check that `caller` is allowed to watch the video. */
export function toVideo(row: VideoRow, { caller, roles, posterUrl }: ViewContext, details: VideoDetails = {}): Video {
  const shown = [
    'videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt', 'publishedAt', 'publishAt', 'unpublishAt',
    'durationSeconds', 'width', 'height', 'renditions',
  ] as const satisfies (keyof Video & keyof VideoRow)[];
  const { status, media, error, unpublishAt } = row;
  const isManager = decide(caller, { type: 'manage', video: row }, roles) === 'allowed';
  const end = isManager || unpublishAt === undefined ? undefined : new Date(unpublishAt);
  return {
    ...pick(row, shown),
    ...presentDetails(details),
    ...(status === 'ready' && media?.poster !== undefined && posterUrl && { poster: posterUrl(media.poster, end) }),
    ...(error && isManager && { error }),
  };
}

function pick<T extends object, K extends keyof T>(row: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])) as Pick<T, K>;
}
