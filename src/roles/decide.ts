import type { Roles } from '../contract/roles';
import { isOpen, PublicationTimes } from '../domain/publication-times';
import { isPresent, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

export interface Caller {
  readonly userId: string;
  readonly groups: readonly string[];
}

export interface GuardedVideo extends PublicationTimes {
  readonly owner: string;
  readonly status: VideoStatus;
  readonly visibility: Visibility;
}

export type Action =
  | { readonly type: 'upload' }
  /** `others`: all videos of another user. */
  | { readonly type: 'list'; readonly videos: 'own' | 'published' | 'others' }
  /** `manage` stands for every action that only admins and the owner can do, such as reading the error of a failed video. */
  | { readonly type: 'watch' | 'manage'; readonly video: GuardedVideo | undefined }
  /** Any action on the upload of a video. Only the owner of the video can do these actions. */
  | { readonly type: 'continue upload'; readonly video: GuardedVideo | undefined };

export type Decision = 'allowed' | 'wrong_role' | 'not_found';

/** Any other visibility, known or unknown, counts as private. */
const WATCHABLE: readonly Visibility[] = ['signed-in', 'unlisted'];

/**
 * Decides whether the roles allow an action.
 *
 * Admins can do everything, except to continue the uploads of other users. Owners can do everything with their own videos, even without a role. Viewers can
 * also watch the ready videos of other users, except private videos. Before `publishAt` and from `unpublishAt` on, every video is private. A caller who is not
 * allowed to watch a video cannot find out whether the video exists. A video with the status `deleting` or an unknown status is treated as missing.
 */
export function decide(caller: Caller, action: Action, roles: Roles, now: Date = new Date()): Decision {
  const { userId, groups } = caller;
  const isIn = (allowed: readonly string[]) => allowed.some((group) => groups.includes(group));
  const admin = isAdmin(caller, roles);
  const isUploader = admin || roles.uploaders === undefined || isIn(roles.uploaders);
  const isViewer = admin || roles.viewers === undefined || isIn(roles.viewers);
  if (action.type === 'upload') return isUploader ? 'allowed' : 'wrong_role';
  if (action.type === 'list') {
    const isAllowed = { own: true, published: isViewer, others: admin }[action.videos];
    return isAllowed ? 'allowed' : 'wrong_role';
  }

  const video = action.video && isPresent(action.video.status) ? action.video : undefined;
  if (action.type === 'continue upload') return video?.owner === userId ? 'allowed' : 'not_found';
  if (video && (admin || video.owner === userId)) return 'allowed';
  if (!isViewer) return 'wrong_role';
  if (video?.status !== 'ready' || !WATCHABLE.includes(video.visibility) || !isOpen(video, now)) return 'not_found';
  return action.type === 'watch' ? 'allowed' : 'wrong_role';
}

export function isAdmin({ groups }: Caller, { admins = [] }: Roles): boolean {
  return admins.some((group) => groups.includes(group));
}
