import { isBlank, isLine } from './text-rules';

/** In characters. */
export const MAX_TITLE_LENGTH = 200;

/** In characters. */
export const MAX_FILE_NAME_LENGTH = 255;

export function titleOf(fileName: string): string {
  // Array.from() splits the string at code points, so no surrogate pair is cut.
  return Array.from(fileName).slice(0, MAX_TITLE_LENGTH).join('');
}

/** The texts of a video that users write. */
export interface UserTexts {
  readonly fileName?: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export type UserData = Readonly<Record<string, string | readonly string[] | Readonly<Record<string, string>> | undefined>>;

/** With this limit, a page of a list can contain 100 rows of the maximum size. */
export const MAX_USER_DATA_BYTES = 32 * 1024;

/** Returns the largest field if all fields together exceed the limit. */
export function oversizedField(data: UserData): { name: string; bytes: number; totalBytes: number } | undefined {
  const fields = Object.entries(data).map(([name, value]) => ({ name, bytes: value === undefined ? 0 : storedBytes(value) }));
  const totalBytes = fields.reduce((sum, { bytes }) => sum + bytes, 0);
  if (totalBytes <= MAX_USER_DATA_BYTES) return undefined;
  return { ...fields.reduce((largest, field) => (field.bytes > largest.bytes ? field : largest)), totalBytes };
}

/**
 * Returns the number of bytes that DynamoDB needs for a value. A text needs its length in UTF-8. A list or map needs 3 more bytes, and 1 more byte for each
 * element (see "DynamoDB item sizes and formats").
 */
function storedBytes(value: string | readonly string[] | Readonly<Record<string, string>>): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const texts: string[][] = Array.isArray(value) ? value.map((each: string) => [each]) : Object.entries(value);
  return texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text.join('')), 3);
}

/** In characters. Cognito and OpenID Connect limit a user id to 255 characters. */
export const MAX_OWNER_LENGTH = 255;

/** Whether a value can be the id of a user. */
export function isOwner(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_OWNER_LENGTH && isLine(value);
}

/** Returns the name of the first blank field. The schema accepts fields that contain only invisible characters, but `isBlank` detects them. */
export function blankField({ fileName, title, tags = [], metadata = {} }: UserTexts): string | undefined {
  const texts = { fileName: [fileName], title: [title], tags, metadata: Object.keys(metadata) };
  return Object.entries(texts).find(([, each]) => each.some((text) => text !== undefined && isBlank(text)))?.[0];
}
