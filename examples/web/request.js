const OVER = 'Your session has ended. Please sign in again.';
const ASK = 'Ask whoever runs this service for it, then load this page again.';

/** What a person can meet, in plain words; the codes are those of docs/errors.md. Functions take the API's own detail. */
const WORDS = {
  invalid_grant: () => OVER,
  not_signed_in: () => OVER,
  wrong_role: () => `You don't have the role that this takes. ${ASK}`,
  not_found: () => 'This video is gone, or its owner keeps it private.',
  wrong_status: () => 'This video can\'t be played now.',
  too_large: (detail) => `This file is too large: ${detail}.`,
  type_not_allowed: () => 'Files of this kind can\'t be uploaded here. Please choose a video.',
  limit_reached: () => 'That was too much at once. Please wait a moment and try again.',
  internal: (detail) => `Something went wrong on our side. Please try again; if it stays, ${detail}.`,
  upstream_failed: () => 'The service has trouble just now. Please try again in a moment.',
};

/** An error whose message is for the person who uses the page. */
export class Problem extends Error {
  name = 'Problem';

  constructor(message, { status, code } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The service has answered, and has not done what was asked. After anything else it may have. */
  get isRefusal() {
    return this.status >= 400 && this.status < 500;
  }

  /** By one's own words for a code where they can say more. */
  static of(error, words) {
    return words[error.code] ? new Problem(words[error.code], error) : error;
  }
}

/** What each refusal for lack of a role means; the API alone knows who has which. */
export const ROLES = {
  upload: { wrong_role: `You may not upload videos here: that takes a role which you don't have. ${ASK}` },
  watch: { wrong_role: `You may watch only your own videos here: for those of the others you need a role. ${ASK}` },
};

/** Asks the API. The body of the answer, or a `Problem`. */
export async function request(method, path, { body, token, ...options } = {}) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
    ...options,
  }).catch((error) => {
    throw error.name === 'AbortError' ? error : new Problem('The service can\'t be reached. Please look at your connection.');
  });
  const { status, ok } = response;
  if (status === 204) return undefined;
  // Whoever stands in between may answer in HTML.
  const answer = await response.json().catch((error) => {
    if (error.name === 'AbortError') throw error;
  });
  if (ok && answer) return answer;
  const { code, detail } = answer ?? {};
  throw new Problem(WORDS[code]?.(detail) ?? detail ?? `The service did not answer as it should (${status}). Please try again in a moment.`, { status, code });
}
