import { Problem, ROLES } from '../service/request.js';
import { readableSize } from './readable.js';

export const ELSEWHERE = 'Another tab is uploading this file.';

/** Messages for the user, by error code. Each function receives the message of the error. */
const FAILURES = {
  empty_file: () => 'An empty file can\'t be uploaded.',
  file_unreadable: () => 'The file can\'t be read. It was moved, deleted or changed. Choose the file again.',
  file_changed: () => 'The file was changed during the upload. Choose the original file, or dismiss this upload and upload the changed file.',
  upload_expired: () => 'This upload has expired. Upload the file again.',
  upload_gone: () => 'The parts of this upload were deleted. Upload the file again.',
  not_found: () => 'This upload was removed.',
  wrong_status: () => 'This upload has already ended. Reload the page.',
  storage_refused: () => 'The storage rejected the file. Upload the file again.',
  unexpected_answer: () => 'The service returned an unexpected response. Try again.',
  no_worker: (message) => `A file of this page does not load. Reload the page, and then resume the upload. (${message})`,
  program_error: (message) => `This page has an error. Reload the page, and then resume the upload. (${message})`,
};

/** Returns why an upload failed. */
export function failureMessage(error, { name }) {
  const { code, message, expected, actual } = error;
  if (code !== 'other_file') return FAILURES[code]?.(message) ?? Problem.of(error, ROLES.upload).message;
  const differs = expected && (expected.fileName !== actual?.fileName || expected.size !== actual?.size);
  if (!differs) return `${name} has other content than the file of this upload. Choose the original file, or dismiss this upload and upload the file as a new video.`;
  return `${name} (${readableSize(actual.size)}) is another file. Choose ${expected.fileName} (${readableSize(expected.size)}).`;
}

/** Returns why an upload waits. */
export function waitMessage({ code = '', status }) {
  if (code === 'no_progress') return 'The connection is interrupted';
  if (status === undefined) return 'No connection';
  if (status === 429) return 'The service has too many requests';
  return code.startsWith('storage_') ? 'The storage does not accept the file at the moment' : 'The service does not respond';
}

/** Returns why the page did not remove an upload. The message stays after the other tab has ended the upload. */
export const notRemoved = ({ title }) => `The upload of ${title} was not removed, because another tab was uploading the file.`;

/** Returns why the service did not remove an upload. `video` is the present state of the video if the service reports the status 409. */
export function removalMessage(error, title, video) {
  switch (error.code) {
    case 'not_signed_in': return `You are signed out, so the upload of ${title} is not removed. Sign in again, and remove it under "Unfinished uploads".`;
    case 'wrong_status':
      if (video?.error?.code === 'upload_expired') return `The upload of ${title} has expired. There is nothing to remove.`;
      return `The file of ${title} is already uploaded, so its upload can't be removed. The video stays in your list.`;
    default: return failureMessage(error, { name: title });
  }
}
