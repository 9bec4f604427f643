/** Minimum age of a signing key before it signs. After this time every edge location knows its public key. */
export const SIGNING_KEY_DELAY_MINUTES = 15;

/** Returns whether every edge location knows a key that was created at this time (ISO 8601). */
export function isKnownEverywhere(createdAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdAt) >= SIGNING_KEY_DELAY_MINUTES * 60_000;
}
