/** Minimum age of a signing key before it signs cookies. After 15 minutes, the public key is available at all edge locations. */
export const SIGNING_KEY_DELAY_MINUTES = 15;

/** Returns whether a key that was created at `createdAt` (ISO 8601) is available at all edge locations. */
export function isKnownEverywhere(createdAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdAt) >= SIGNING_KEY_DELAY_MINUTES * 60_000;
}
