import type { VideoRow } from './table';
import type { Video } from './video';

/** Who looks, and under which address (`https://…`, no slash at its end) media are served. */
export interface Viewer {
  /** The `sub` claim. */
  readonly userId: string;
  readonly origin: string;
}

/**
 * Whether this user may know that the video exists. Whoever may not is answered as if it did not: private ones and those
 * that are not ready are their owner's alone, and one that is being deleted is nobody's.
 */
export function isVisible(row: VideoRow, userId: string): boolean {
  if (row.status === 'deleting') return false;
  return row.owner === userId || (row.status === 'ready' && row.visibility !== 'private');
}

/** The row as the API answers it to a viewer who may see it. Keys of buckets, claims and jobs stay inside. */
export function toVideo(row: VideoRow, { userId, origin }: Viewer): Video {
  const shown = [
    'videoId', 'title', 'description', 'tags', 'visibility', 'metadata', 'owner', 'status', 'progress', 'createdAt', 'updatedAt', 'publishedAt',
    'durationSeconds', 'width', 'height', 'renditions',
  ] as const satisfies (keyof Video & keyof VideoRow)[];
  const { status, media, owner, error } = row;
  return {
    ...pick(row, shown),
    ...(status === 'ready' && media?.poster !== undefined && { poster: `${origin}/${media.poster}` }),
    ...(owner === userId && error && { error }),
  };
}

function pick<T extends object, K extends keyof T>(row: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])) as Pick<T, K>;
}
