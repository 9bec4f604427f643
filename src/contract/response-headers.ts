/**
 * A Content-Security-Policy. With this policy, the browser treats a response as a page of an opaque origin, which runs no scripts and loads no subresources.
 * A script on the service's pages can then read neither the content nor the URL of a response in a popup or frame (docs/decisions/006-browser-sessions.md).
 */
const SANDBOX = 'default-src \'none\'; sandbox';

/** Headers of every response of the API, from handlers and from API Gateway. */
export const RESPONSE_HEADERS = { 'cache-control': 'no-store', 'content-security-policy': SANDBOX } as const;
