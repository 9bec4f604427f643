/** Regular expression for the id of a video within a longer text: a UUID in lower case. Ids are of version 7: time-sortable and unguessable. */
export const VIDEO_ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const WHOLE = new RegExp(`^${VIDEO_ID}$`);

/** Whether a text has the form of a video's id. */
export function isVideoId(text: string): boolean {
  return WHOLE.test(text);
}
