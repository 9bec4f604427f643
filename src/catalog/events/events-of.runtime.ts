import { eventId, VideoEventType } from '../../contract/events';
import type { VideoRow } from '../../contract/table';
import type { VideoStatus } from '../../domain/video-status';
import type { EventDetail } from '../../runtime/route-types';

export interface VideoEvent {
  readonly type: VideoEventType;
  readonly detail: EventDetail;
}

const OF_STATUS: Readonly<Record<Exclude<VideoStatus, 'waiting'>, VideoEventType>> = {
  uploaded: 'video.uploaded', processing: 'video.processing', held: 'video.held', ready: 'video.ready', errored: 'video.errored', deleting: 'video.deleting',
};

/**
 * `before` is undefined for a new row, and `after` is undefined for a removed row. If only the progress or the claim (the lock on an attempt) has changed, the
 * change causes no event. A status that only a newer version of this library knows causes no event.
 */
export function eventsOf(before: VideoRow | undefined, after: VideoRow | undefined): VideoEvent[] {
  // The removal of a row does not increment `version`.
  if (!after) return before ? [event('video.deleted', { ...before, version: before.version + 1 })] : [];
  const types = [
    ...(before ? [] : ['video.created' as const]),
    ...(entersStatus(before, after) ? [OF_STATUS[after.status as keyof typeof OF_STATUS]] : []),
    ...(before && after.revision > before.revision ? ['video.updated' as const] : []),
    ...publicationEvents(before, after),
    ...(isNoticed(before, after) ? ['video.expiring' as const] : []),
  ];
  return types.filter((type) => type !== undefined).map((type) => event(type, after));
}

function entersStatus(before: VideoRow | undefined, { status, attempt }: VideoRow): boolean {
  return before?.status !== status || before.attempt !== attempt;
}

/** A video that is published when it becomes ready causes only `video.ready`. */
function publicationEvents(before: VideoRow | undefined, after: VideoRow): VideoEventType[] {
  if (before?.status !== 'ready' || after.status !== 'ready' || isPublished(before) === isPublished(after)) return [];
  return [isPublished(after) ? 'video.published' : 'video.unpublished'];
}

function isPublished({ publishedAt, unpublishedAt }: VideoRow): boolean {
  return publishedAt !== undefined && unpublishedAt === undefined;
}

function isNoticed(before: VideoRow | undefined, { expiryNoticedAt }: VideoRow): boolean {
  return before !== undefined && expiryNoticedAt !== undefined && expiryNoticedAt !== before.expiryNoticedAt;
}

function event(type: VideoEventType, row: VideoRow): VideoEvent {
  const { videoId, title, tags, visibility, owner, status, progress, attempt, version, createdAt, updatedAt } = row;
  const { publishedAt, publishAt, unpublishAt, durationSeconds, width, height, renditions, error } = row;
  const optional = { publishedAt, publishAt, unpublishAt, durationSeconds, width, height, renditions, error };
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    type,
    detail: {
      eventId: eventId(videoId, version, type),
      version,
      video: { videoId, title, tags, visibility, owner, status, progress, attempt, createdAt, updatedAt, ...known },
    },
  };
}
