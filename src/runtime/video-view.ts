import type { Video } from './route-types';
import type { Roles } from '../contract/roles';
import type { VideoDetails, VideoRow } from '../contract/table';
import { Caller, decide } from '../roles/decide';

/** What a video's look depends on: who asks, who may do what, and under which address (`https://…`, no slash at its end) media are served. */
export interface ViewContext {
  readonly caller: Caller;
  readonly roles: Roles;
  readonly serviceUrl: string;
}

/** The row as the API answers it to a caller who may see it. Keys of buckets, claims and jobs stay inside. */
export function toVideo(row: VideoRow, { caller, roles, serviceUrl }: ViewContext, { description, metadata }: VideoDetails = {}): Video {
  const shown = [
    'videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt', 'publishedAt',
    'durationSeconds', 'width', 'height', 'renditions',
  ] as const satisfies (keyof Video & keyof VideoRow)[];
  const { status, media, error } = row;
  return {
    ...pick(row, shown),
    ...(description !== undefined && { description }),
    ...(metadata !== undefined && { metadata }),
    ...(status === 'ready' && media?.poster !== undefined && { poster: `${serviceUrl}/${media.poster}` }),
    ...(error && decide(caller, { type: 'manage', video: row }, roles) === 'allowed' && { error }),
  };
}

function pick<T extends object, K extends keyof T>(row: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])) as Pick<T, K>;
}
