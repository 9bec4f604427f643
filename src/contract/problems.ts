/** All error codes, each with its HTTP status and title (RFC 9457). docs/errors.md explains each code. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  invalid_request: { status: 400, title: 'The request does not match the schema of the route' },
  invalid_cursor: { status: 400, title: 'The cursor is not valid' },
  invalid_return_to: { status: 400, title: 'The return URL is not allowed' },
  sign_in_failed: { status: 400, title: 'The sign-in failed' },
  invalid_grant: { status: 400, title: 'The refresh token is no longer valid' },
  not_signed_in: { status: 401, title: 'Not signed in' },
  wrong_role: { status: 403, title: 'The caller does not have the required role' },
  cross_site: { status: 403, title: 'Cross-site requests are rejected' },
  not_found: { status: 404, title: 'Not found' },
  wrong_status: { status: 409, title: 'The video does not have the status that the request requires' },
  source_unavailable: { status: 409, title: 'The source file of the video is not available' },
  parts_missing: { status: 409, title: 'Parts of the file are missing' },
  checksum_mismatch: { status: 409, title: 'The uploaded file does not have the expected checksum' },
  upload_gone: { status: 409, title: 'The upload no longer exists' },
  edit_conflict: { status: 412, title: 'The video was edited after the client read it' },
  too_large: { status: 413, title: 'The file or the body is too large' },
  type_not_allowed: { status: 415, title: 'The content type is not allowed' },
  if_match_required: { status: 428, title: 'The header If-Match is required' },
  limit_reached: { status: 429, title: 'A limit is reached' },
  throttled: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The service failed' },
  upstream_failed: { status: 502, title: 'An upstream service failed' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The media type of every error response (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The `detail` that API Gateway and handlers return if a request matches no route (`not_found`). */
export const NO_SUCH_ROUTE_DETAIL = 'the API has no such route';

/** The `detail` that API Gateway and handlers return if a route requires a token and the request has no valid token (`not_signed_in`). */
export const NOT_SIGNED_IN_DETAIL = 'sign in and send the token in the Authorization header';

export function problemType(code: string): string {
  return `https://github.com/serverless-vod/serverless-vod/blob/main/docs/errors.md#${code}`;
}
