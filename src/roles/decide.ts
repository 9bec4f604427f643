import type { Roles } from '../contract/roles';
import { isPresent, VideoStatus } from '../domain/video-status';
import type { Visibility } from '../domain/visibility';

export interface Caller {
  readonly userId: string;
  readonly groups: readonly string[];
}

export interface GuardedVideo {
  readonly owner: string;
  readonly status: VideoStatus;
  readonly visibility: Visibility;
}

export type Action =
  | { readonly type: 'upload' }
  | { readonly type: 'list'; readonly videos: 'own' | 'published' }
  /** `manage` stands for every action that only admins and the owner can do. */
  | { readonly type: 'watch' | 'manage'; readonly video: GuardedVideo | undefined };

export type Decision = 'allowed' | 'wrong_role' | 'not_found';

/** Any other visibility, known or unknown, counts as private. */
const WATCHABLE: readonly Visibility[] = ['signed-in', 'unlisted'];

/**
 * Admins can do everything. Owners can do everything with their own videos, even without a role. Viewers can also watch the ready videos of other users, except
 * private videos. A caller cannot find out whether a video exists that the caller is not allowed to watch.
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
