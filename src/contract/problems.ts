/** Every `code` that an error answer can carry, with its HTTP status and title (RFC 9457). docs/errors.md explains each; a test holds the two together. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  invalid_request: { status: 400, title: 'The request does not fit its description' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  invalid_return_to: { status: 400, title: 'The return address is not allowed' },
  sign_in_failed: { status: 400, title: 'The sign-in could not be finished' },
  invalid_grant: { status: 400, title: 'The refresh token is not valid any more' },
  not_signed_in: { status: 401, title: 'Not signed in' },
  wrong_role: { status: 403, title: 'This needs another role' },
  cross_site: { status: 403, title: 'Cross-site requests are refused' },
  not_found: { status: 404, title: 'Not found' },
  wrong_status: { status: 409, title: 'The video is in another status' },
  too_large: { status: 413, title: 'Too large' },
  type_not_allowed: { status: 415, title: 'This type of file is not allowed' },
  limit_reached: { status: 429, title: 'A limit is reached' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  upstream_failed: { status: 502, title: 'A service behind this one did not answer as it should' },
  unavailable: { status: 503, title: 'Not available for now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** What goes with `not_found` where the API has no such route, whether API Gateway answers or a handler does. */
export const NO_SUCH_ROUTE_DETAIL = 'no such route';

/** What goes with `not_signed_in` on a guarded route, whether API Gateway answers or a handler does. */
export const NOT_SIGNED_IN_DETAIL = 'sign in and send your token in Authorization';

/** Where a code is explained. */
export function problemType(code: string): string {
  return `https://github.com/serverless-vod/serverless-vod/blob/main/docs/errors.md#${code}`;
}
