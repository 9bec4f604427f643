/** Who may find and watch a video. */
export enum VideoVisibility {
  /** Every viewer, which is everyone signed in unless `roles` says otherwise; listed. */
  SIGNED_IN = 'signed-in',
  /** Every viewer who knows its id; not listed. */
  UNLISTED = 'unlisted',
  /** Its owner, and admins. */
  PRIVATE = 'private',
}

/** As rows and the API write it. */
export type Visibility = `${VideoVisibility}`;

/** Whether ready videos of this visibility are in everyone's list. */
export function isListed(visibility: Visibility): boolean {
  return visibility === 'signed-in';
}

export const VISIBILITIES: readonly Visibility[] = Object.values(VideoVisibility);
