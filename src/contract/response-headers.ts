/**
 * A policy that makes a browser treat an answer as a page of no origin that loads and runs nothing. A script on the service's own pages can then read
 * neither the answer in a popup or frame nor the address that it came to: docs/decisions/006-browser-sessions.md.
 */
const SANDBOX = 'default-src \'none\'; sandbox';

/** Headers of every answer of the API, whether a handler or API Gateway gives it. */
export const RESPONSE_HEADERS = { 'cache-control': 'no-store', 'content-security-policy': SANDBOX } as const;
