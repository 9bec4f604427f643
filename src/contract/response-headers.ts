/**
 * A Content-Security-Policy that gives a response an opaque origin and disables scripts and subresources. With this policy, scripts on the service's pages
 * cannot read the content or the URL of the response in a popup or frame (docs/decisions/006-browser-sessions.md).
 */
const SANDBOX = 'default-src \'none\'; sandbox';

/** The headers of every response that handlers and API Gateway send. */
export const RESPONSE_HEADERS = { 'cache-control': 'no-store', 'content-security-policy': SANDBOX } as const;
