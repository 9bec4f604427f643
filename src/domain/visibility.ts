/** The users who can find and watch a video. */
export enum VideoVisibility {
  /** All viewers can list and watch the video. Every signed-in user is a viewer, unless `roles` limits the viewers. */
  SIGNED_IN = 'signed-in',
  /** All viewers who know the id can watch the video, but lists do not contain the video. */
  UNLISTED = 'unlisted',
  /** Only the owner and admins can watch the video. */
  PRIVATE = 'private',
}

export type Visibility = `${VideoVisibility}`;

export function isListed(visibility: Visibility): boolean {
  return visibility === 'signed-in';
}

export const VISIBILITIES: readonly Visibility[] = Object.values(VideoVisibility);

export function isVisibility(text: string): text is Visibility {
  return VISIBILITIES.some((each) => each === text);
}
