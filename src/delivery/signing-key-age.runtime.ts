/** How old a signing key must be before it signs: by then every edge location knows its public half. */
export const SIGNING_KEY_DELAY_MINUTES = 15;

/** Whether every edge location knows a key made at this time (ISO 8601). */
export function isKnownEverywhere(createdAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdAt) >= SIGNING_KEY_DELAY_MINUTES * 60_000;
}
