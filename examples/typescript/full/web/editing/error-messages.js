import { Problem } from '../service/request.js';
import { FIELDS, valuesOf } from './fields.js';

const KEPT = 'Your text is still in this form: copy it if you need it.';

/** What the API accepts, by field. */
const RULES = {
  title: 'Enter a title of 1 to 200 characters in one line.',
  description: 'A description can have 5,000 characters. Control characters are not allowed.',
  tags: 'A video can have 20 tags, and each tag can have 64 characters.',
  visibility: 'Choose one of these.',
};

/** Messages for a rejected edit, by error code. */
const EDIT_WORDS = {
  not_found: `This video is gone, or it is no longer yours. ${KEPT}`,
  wrong_role: `You are not allowed to edit this video. ${KEPT}`,
  malformed_json: 'The text contains a character that cannot be stored.',
  invalid_request: 'The service does not accept these values.',
};

const RETRY_WORDS = {
  source_unavailable: 'the service no longer has the file of this video, so it can\'t try again. Upload the file again.',
  wrong_status: 'another window has already started the next try, or this video has not failed.',
  wrong_role: 'you are not allowed to try this again.',
  not_found: 'this video is gone, or it is no longer yours.',
};

/**
 * Explains why an edit was not saved. Returns `errors`, which contains a message for each invalid field, and `problem`, the message for everything else.
 *
 * @param draft - The texts that were sent.
 */
export function explainEdit(error, draft) {
  const errors = {};
  for (const { pointer, detail } of error.errors ?? []) {
    const [, name, index] = pointer.split('/');
    if (FIELDS[name]) errors[name] ??= error.code === 'too_large' ? error.message : ruleFor(name, detail, index === undefined ? undefined : valuesOf(draft).tags[index]);
  }
  if (Object.keys(errors).length > 0) return { errors, problem: '' };
  return { errors, problem: `Your changes are not saved. ${EDIT_WORDS[error.code] ?? error.message}` };
}

/** The API quotes tags that are the same for a search, or that a search could not find. */
function ruleFor(name, detail, tag) {
  if (detail.startsWith('"')) return `${detail}.`;
  return tag === undefined ? RULES[name] : `“${tag}” can't be a tag. ${RULES[name]}`;
}

/** Returns the error of a retry with a message that names the video. */
export function retryProblem(error, title) {
  if (error.name === 'AbortError') return error;
  return new Problem(`${title}: ${RETRY_WORDS[error.code] ?? lowerFirst(error.message)}`, error);
}

const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);
