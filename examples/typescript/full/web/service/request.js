const OVER = 'Your session has ended. Please sign in again.';
const UNAVAILABLE = 'The service is temporarily unavailable. Please try again in a moment.';
const ASK = 'Ask the operator of this service for this role, then reload this page.';

/** Messages for users by error code (docs/errors.md). Each function receives `detail` of the API's error. */
const WORDS = {
  invalid_grant: () => OVER,
  not_signed_in: () => OVER,
  wrong_role: () => `You don't have the required role. ${ASK}`,
  not_found: () => 'This video is gone, or its owner keeps it private.',
  wrong_status: () => 'This video can\'t be played now.',
  too_large: (detail = 'the file is too large') => `${detail[0].toUpperCase()}${detail.slice(1)}.`,
  type_not_allowed: (detail) => `Files of this kind can't be uploaded here${detail ? `: ${detail}` : ''}. Please choose another file.`,
  throttled: () => 'The service receives too many requests. Please try again in a moment.',
  // The last sentence names the route that lists the uploads. The page has its own list.
  limit_reached: (detail = 'please try again later') => `A limit is reached: ${withLocalTimes(detail.replace(/\. GET \S+ .*$/, ''))}.`,
  internal: (detail) => `Something went wrong on our side. Please try again. If the problem continues, ${detail}.`,
  upstream_failed: () => UNAVAILABLE,
  unavailable: () => UNAVAILABLE,
};

/** Replaces ISO times by times in the time zone and the language of the user. */
function withLocalTimes(detail) {
  return detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => new Date(time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }));
}

/** An error whose message the page shows to the user. */
export class Problem extends Error {
  name = 'Problem';

  /** @param errors - The invalid fields, each with the JSON pointer `pointer` and the reason `detail`. */
  constructor(message, { status, code, errors = [] } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** Whether the service rejected the request. After any other error, the service may have processed the request. */
  get isRefusal() {
    return this.status >= 400 && this.status < 500;
  }

  /** Returns a `Problem` if `words` has a message for the error's code. Otherwise returns `error` itself. */
  static of(error, words) {
    return words[error.code] ? new Problem(words[error.code], error) : error;
  }
}

/** Messages for a missing role, by action. */
export const ROLES = {
  upload: { wrong_role: `You are not allowed to upload videos, because you don't have the uploader role. ${ASK}` },
  watch: { wrong_role: `You can watch only your own videos. To watch videos of others, you need the viewer role. ${ASK}` },
};

/** `fetch` failed, or the connection was lost during the response. An AbortError means that the caller ended the request. */
function lost(error) {
  return error.name === 'AbortError' ? error : new Problem('The service can\'t be reached. Please check your connection.', { code: 'no_connection' });
}

/**
 * Sends an API request. Returns the body of the response, or throws a `Problem`. If the response has an ETag, the property `etag` of the result contains it.
 *
 * @param etag - The value of the header `If-Match`.
 */
export async function request(method, path, { body, token, etag, ...options } = {}) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }), ...(etag && { 'if-match': etag }) },
    body: body && JSON.stringify(body),
    ...options,
  }).catch((error) => { throw lost(error); });
  const { status, ok } = response;
  if (status === 204) return undefined;
  // A proxy may respond with HTML.
  const answer = await response.json().catch((error) => {
    if (error.name !== 'SyntaxError') throw lost(error);
  });
  const newEtag = response.headers.get('etag');
  if (ok && answer) return newEtag ? { ...answer, etag: newEtag } : answer;
  const { code, detail, errors } = answer ?? {};
  throw new Problem(WORDS[code]?.(detail) ?? detail ?? `The service returned an unexpected response (${status}). Please try again in a moment.`, { status, code, errors });
}
