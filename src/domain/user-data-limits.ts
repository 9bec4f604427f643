/** Longest title of a video. */
export const MAX_TITLE_LENGTH = 200;

/** The title of a video that was given none. */
export function titleOf(fileName: string): string {
  // By code points: half of a pair is no character.
  return Array.from(fileName).slice(0, MAX_TITLE_LENGTH).join('');
}

/** What people write about one video: by the name of its field. */
export type UserData = Readonly<Record<string, string | readonly string[] | Readonly<Record<string, string>> | undefined>>;

/** The most that people may write about one video, all fields together. Rows of this size can be listed a hundred a page. */
export const MAX_USER_DATA_BYTES = 32 * 1024;

/** The largest field of data that is too large as a whole; undefined when it is not. */
export function oversizedField(data: UserData): { name: string; bytes: number; totalBytes: number } | undefined {
  const fields = Object.entries(data).map(([name, value]) => ({ name, bytes: value === undefined ? 0 : storedBytes(value) }));
  const totalBytes = fields.reduce((sum, { bytes }) => sum + bytes, 0);
  if (totalBytes <= MAX_USER_DATA_BYTES) return undefined;
  return { ...fields.reduce((largest, field) => (field.bytes > largest.bytes ? field : largest)), totalBytes };
}

/** As DynamoDB counts ("DynamoDB item sizes and formats"): UTF-8, three bytes for a list or map and one for each of its elements. */
function storedBytes(value: string | readonly string[] | Readonly<Record<string, string>>): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const texts: string[][] = Array.isArray(value) ? value.map((each: string) => [each]) : Object.entries(value);
  return texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text.join('')), 3);
}
