/** Video ids are UUIDs of version 7 in lower case, which are time-sortable and unguessable. The pattern has no anchors. */
export const VIDEO_ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const WHOLE = new RegExp(`^${VIDEO_ID}$`);

export function isVideoId(text: string): boolean {
  return WHOLE.test(text);
}
