/** The cookies of a playback session (CloudFront Developer Guide, "Set signed cookies that use a custom policy"). */
export const PLAYBACK_COOKIES = ['CloudFront-Policy', 'CloudFront-Signature', 'CloudFront-Key-Pair-Id', 'CloudFront-Hash-Algorithm'] as const;

export type PlaybackCookies = Readonly<Record<typeof PLAYBACK_COOKIES[number], string>>;

/**
 * The maximum number of playback sessions whose cookies one sign-out deletes. Each session needs four `Set-Cookie` headers with about 450 bytes in total. API
 * Gateway accepts 10,240 bytes of headers, but proxies of development servers often accept only 8 KiB.
 */
export const MAX_CLEARED_SESSIONS = 16;
