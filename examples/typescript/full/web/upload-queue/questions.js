import { readableSize } from './readable.js';

/** The questions that the page asks before an upload is removed or interrupted. The answer `keep` changes nothing. */

const LATER = 'A later upload of this file starts from the beginning.';

/** Returns the title of an upload. The default title is the name of the file. */
const nameOf = ({ title, file }) => (title === file.name ? title : `${title} (${file.name})`);

const consequenceOf = (uploadedBytes, totalBytes) =>
  uploadedBytes > 0 ? `${readableSize(uploadedBytes)} of ${readableSize(totalBytes)} are uploaded. The uploaded part of the file is deleted. ${LATER}` : LATER;

export const cancelQuestion = ({ loadedBytes, totalBytes, ...entry }) => ({
  question: `Cancel the upload of ${nameOf(entry)}?`,
  consequence: consequenceOf(loadedBytes, totalBytes),
  keep: 'Keep the upload',
  proceed: 'Cancel the upload',
});

/** `uploadedBytes` is undefined if the page does not know whether a part of the file is uploaded. */
export const removeQuestion = ({ title, uploadedBytes, size }) => ({
  question: `Remove the upload of ${title}?`,
  consequence: consequenceOf(uploadedBytes, size),
  keep: 'Keep the upload',
  proceed: 'Remove the upload',
});

/** @param entries - The entries of the queue that the sign-out interrupts. */
export const signOutQuestion = (entries) => ({
  question: entries.length === 1 ? `Sign out during the upload of ${nameOf(entries[0])}?` : `Sign out during ${entries.length} uploads?`,
  consequence: [
    entries.length > 1 && `${entries.map(nameOf).join(', ')}.`,
    'What is uploaded stays on the server. After the next sign-in, choose "Resume" under "Unfinished uploads".',
    entries.some(({ videoId }) => !videoId) && 'Choose files again whose upload has not started.',
  ].filter(Boolean).join(' '),
  keep: 'Stay signed in',
  proceed: 'Sign out',
});
