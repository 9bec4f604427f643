import type { Roles } from '../contract/roles';
import { isPresent, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

/** The caller, as verified by the authorizer. */
export interface Caller {
  readonly userId: string;
  readonly groups: readonly string[];
}

/** The fields of a video that decide which actions are allowed. */
export interface GuardedVideo {
  readonly owner: string;
  readonly status: VideoStatus;
  readonly visibility: Visibility;
}

/** An action of a caller. `video` is undefined if the video does not exist. The decision is then the same as for a video that the caller cannot see. */
export type Action =
  | { readonly type: 'upload' }
  | { readonly type: 'list'; readonly videos: 'own' | 'published' }
  /** `manage` includes everything that the owner of a video can do, such as reading its error. */
  | { readonly type: 'watch' | 'manage'; readonly video: GuardedVideo | undefined };

/** `allowed`, or the error code of the rejection. */
export type Decision = 'allowed' | 'wrong_role' | 'not_found';

/** Visibilities that let viewers watch the videos of other users. Any other visibility counts as private, even if this version does not know it. */
const WATCHABLE: readonly Visibility[] = ['signed-in', 'unlisted'];

/**
 * Decides whether the roles allow an action. All handlers use this function.
 *
 * Admins can do everything. Owners can do everything with their own videos, in every role. Viewers can watch the videos of other users that are ready and not
 * private. All other callers learn nothing about the videos of other users, not even whether they exist. A video that is being deleted, or whose status is
 * unknown, is treated as if it did not exist.
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
