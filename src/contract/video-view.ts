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
  const { videoId, title, description, tags, visibility, metadata, owner, status, progress, createdAt, updatedAt } = row;
  const { publishedAt, durationSeconds, width, height, renditions, media, error } = row;
  return withoutAbsent({
    videoId, title, description, tags, visibility, metadata, owner, status, progress, createdAt, updatedAt, publishedAt, durationSeconds, width, height, renditions,
    poster: status === 'ready' && media?.poster !== undefined ? `${origin}/${media.poster}` : undefined,
    error: owner === userId ? error : undefined,
  });
}

function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
