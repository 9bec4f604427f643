import { Problem, ROLES } from '../service/request.js';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Returns a size with at most three digits, for example `1.25 GB`. */
export function readableSize(bytes) {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${UNITS[power]}`;
}

export function readableDuration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const ELSEWHERE = 'Another tab is uploading this file.';

const WORDS = {
  file_unreadable: 'The file can\'t be read. It was moved, deleted or changed. Choose the file again.',
  file_changed: 'The file was changed during the upload. Cancel this upload, and upload the file again.',
  upload_expired: 'This upload has expired. Upload the file again.',
  upload_gone: 'The parts of this upload were deleted. Upload the file again.',
  not_found: 'This upload was removed.',
  storage_refused: 'The storage rejected the file. Upload the file again.',
  unexpected_answer: 'The service returned an unexpected response. Try again.',
};

/** Returns why an upload failed, in words for the user. */
export function reasonOf(error, { name }) {
  const { code, expected, actual } = error;
  if (code !== 'other_file') return WORDS[code] ?? Problem.of(error, ROLES.upload).message;
  const differs = expected && (expected.fileName !== actual?.fileName || expected.size !== actual?.size);
  if (!differs) return `${name} has other content than the file of this upload. Choose the original file.`;
  return `${name} (${readableSize(actual.size)}) is another file. Choose ${expected.fileName} (${readableSize(expected.size)}).`;
}
