/** Who may find and watch a video. */
export enum VideoVisibility {
  /** Everyone signed in; listed. */
  SIGNED_IN = 'signed-in',
  /** Everyone signed in who knows its id; not listed. */
  UNLISTED = 'unlisted',
  /** Its owner alone. */
  PRIVATE = 'private',
}
