/** What may be uploaded. */
export interface UploadLimits {
  /** Bytes. */
  readonly maxSize: number;
  /** Media types, or a whole family such as `video/*`, in any case. */
  readonly contentTypes: readonly string[];
  /** How long a signed URL may be used to start an upload; at most MAX_UPLOAD_EXPIRY_SECONDS. */
  readonly expirySeconds: number;
}

/**
 * A signed URL stops working when the credentials that signed it expire. A function is told when its credentials change, but not when
 * they expire, so `expiresAt` can only be kept by a lifetime shorter than what is left of them.
 */
export const MAX_UPLOAD_EXPIRY_SECONDS = 15 * 60;

/** The largest object that one PUT can make: 5 GiB (Amazon S3 User Guide, "Uploading objects"). */
export const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

/** Media types that hold video: every registered one, and what is registered elsewhere. */
export const VIDEO_CONTENT_TYPES = ['video/*', 'application/mp4', 'application/mxf'] as const;

/** Longest title of a video. */
export const MAX_TITLE_LENGTH = 200;

const NAME = '[a-z0-9!#$&^_.+-]+';
const CONTENT_TYPE_RANGE = new RegExp(`^${NAME}/(?:\\*|${NAME})$`, 'i');

/** Whether `contentTypes` may hold this: `video/mp4`, or `video/*`. */
export function isContentTypeRange(text: string): boolean {
  return CONTENT_TYPE_RANGE.test(text);
}

/** Why a declared file is refused; undefined when it is not. Media types know no case. */
export function refusalOf(file: { size: number; contentType: string }, limits: UploadLimits): 'too_large' | 'type_not_allowed' | undefined {
  if (file.size > limits.maxSize) return 'too_large';
  const contentType = file.contentType.toLowerCase();
  const ranges = limits.contentTypes.map((range) => range.toLowerCase());
  const allowed = ranges.some((range) => (range.endsWith('/*') ? contentType.startsWith(range.slice(0, -1)) : contentType === range));
  return allowed ? undefined : 'type_not_allowed';
}

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

/** `5.4 GiB`; rounded up, so that what is over a limit never reads like the limit. */
export function readableBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${Math.ceil(bytes / 1024 ** power * 100) / 100} ${units[power]}`;
}
