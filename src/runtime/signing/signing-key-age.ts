/** After 15 minutes, a new public key is available at all edge locations. */
export const SIGNING_KEY_DELAY_MINUTES = 15;

/** `createdAt` is in ISO 8601. */
export function isKnownEverywhere(createdAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdAt) >= SIGNING_KEY_DELAY_MINUTES * 60_000;
}
