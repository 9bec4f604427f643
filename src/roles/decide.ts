import type { Roles } from '../contract/roles';
import { isPresent, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

/** Who calls, as the authorizer verified. */
export interface Caller {
  readonly userId: string;
  readonly groups: readonly string[];
}

/** What of a video decides who may do what with it. */
export interface GuardedVideo {
  readonly owner: string;
  readonly status: VideoStatus;
  readonly visibility: Visibility;
}

/** What a caller wants. `video` is undefined where there is none: the answer is the same as for one that the caller may not know of. */
export type Action =
  | { readonly type: 'upload' }
  | { readonly type: 'list'; readonly videos: 'own' | 'published' }
  /** To manage a video is to see what went wrong with it, and whatever else its owner may. */
  | { readonly type: 'watch' | 'manage'; readonly video: GuardedVideo | undefined };

/** What is not allowed is refused with the code of an error. */
export type Decision = 'allowed' | 'wrong_role' | 'not_found';

/** Visibilities that let viewers watch others' videos. Any other value, also one that this version does not know, is private. */
const WATCHABLE: readonly Visibility[] = ['signed-in', 'unlisted'];

/**
 * The one place that decides who may do what. Admins may do everything. Owners may do everything with their own videos, in every role.
 * Viewers may watch others' videos that are ready and not private. Everyone else learns nothing about others' videos, not even
 * whether they exist. A video that is being deleted, or whose status is unknown, is treated as if it did not exist.
 */
export function decide({ userId, groups }: Caller, action: Action, roles: Roles): Decision {
  const isIn = (allowed: readonly string[]) => allowed.some((group) => groups.includes(group));
  const isAdmin = isIn(roles.admins ?? []);
  const isUploader = isAdmin || roles.uploaders === undefined || isIn(roles.uploaders);
  const isViewer = isAdmin || roles.viewers === undefined || isIn(roles.viewers);
  if (action.type === 'upload') return isUploader ? 'allowed' : 'wrong_role';
  if (action.type === 'list') return isViewer || action.videos === 'own' ? 'allowed' : 'wrong_role';

  const video = action.video && isPresent(action.video.status) ? action.video : undefined;
  if (video && (isAdmin || video.owner === userId)) return 'allowed';
  if (!isViewer) return 'wrong_role';
  if (video?.status !== 'ready' || !WATCHABLE.includes(video.visibility)) return 'not_found';
  return action.type === 'watch' ? 'allowed' : 'wrong_role';
}
