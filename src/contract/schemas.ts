import { MEDIA_TYPE } from '../domain/media-type';
import { KEY_PATTERN, LINE_PATTERN } from '../domain/text-rules';
import { MAX_TITLE_LENGTH } from '../domain/user-data-limits';
import { VIDEO_ID } from '../domain/video-id';
import { VIDEO_ERROR_CODES, VIDEO_STATUSES } from '../domain/video-status';
import { VISIBILITIES } from '../domain/visibility';

/**
 * JSON Schemas of the API's bodies and parameters, in the subset that draft-04 (the handlers' validator) and
 * OpenAPI 3.1 share. No `$ref`, so that each stands alone. Patterns are read alike with and without Unicode mode.
 */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly (string | number)[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
}

const text = (description: string, maxLength: number, minLength = 0): JsonSchema => ({ type: 'string', description, minLength, maxLength });
const line = (description: string, maxLength: number): JsonSchema => ({ type: 'string', description, maxLength, pattern: LINE_PATTERN });
const time = (description: string): JsonSchema => ({ type: 'string', description: `${description} (ISO 8601, UTC)` });
const object = (properties: Record<string, JsonSchema>, required: string[], description?: string): JsonSchema => ({
  type: 'object', ...(description && { description }), properties, required, additionalProperties: false,
});
const stringMap = (description: string): JsonSchema => ({ type: 'object', description, additionalProperties: { type: 'string' } });

export const videoIdSchema: JsonSchema = { type: 'string', description: 'Id of a video', pattern: `^${VIDEO_ID}$` };

const visibility: JsonSchema = { type: 'string', description: 'Who may find and watch the video', enum: VISIBILITIES };
const tags: JsonSchema = { type: 'array', items: line('One line, not blank', 64), maxItems: 20, uniqueItems: true };
const metadata: JsonSchema = {
  type: 'object',
  description: 'Your own data: up to 20 entries, whose names are one line of 1 to 64 characters and none that every JavaScript object has, such as `constructor`',
  maxProperties: 20,
  patternProperties: { [KEY_PATTERN]: text('May have several lines', 1024) },
  additionalProperties: false,
};

export const uploadRequestSchema = object({
  fileName: line('Name of the file, as its owner knows it; one line, not blank', 255),
  contentType: { type: 'string', description: 'Media type of the file', maxLength: 127, pattern: `^${MEDIA_TYPE}$` },
  size: { type: 'integer', description: 'Bytes', minimum: 1 },
  title: line('One line, not blank. Default: the file name', MAX_TITLE_LENGTH),
  description: text('Free text, may have several lines', 5000),
  tags,
  visibility,
  metadata,
}, ['fileName', 'contentType', 'size'], 'The file to be uploaded, and what to call it. All texts together may take 32 KiB in UTF-8');

export const refreshRequestSchema = object({ refresh_token: text('Absent in a browser session: there it is a cookie', 4096, 1) }, []);

export const videoSchema = object({
  videoId: videoIdSchema,
  title: { type: 'string' },
  description: { type: 'string' },
  tags: { type: 'array', items: { type: 'string' } },
  visibility,
  metadata: stringMap('Your own data'),
  owner: { type: 'string', description: 'Id of the user who uploaded it' },
  status: { type: 'string', enum: VIDEO_STATUSES },
  progress: { type: 'integer', description: 'Percent of the transcode', minimum: 0, maximum: 100 },
  createdAt: time('When the upload was declared'),
  updatedAt: time('When anything last changed'),
  publishedAt: time('When it first became ready'),
  durationSeconds: { type: 'number' },
  width: { type: 'integer', description: 'Pixels of the source, as displayed' },
  height: { type: 'integer', description: 'Pixels of the source, as displayed' },
  renditions: {
    type: 'array',
    items: object({
      codec: { type: 'string' }, width: { type: 'integer' }, height: { type: 'integer' }, bitsPerSecond: { type: 'integer' },
    }, ['codec', 'width', 'height', 'bitsPerSecond']),
  },
  poster: { type: 'string', description: 'Address of a still; needs a playback session' },
  error: object({ code: { type: 'string', enum: VIDEO_ERROR_CODES }, message: { type: 'string' } }, ['code', 'message'], 'Shown to its owner and to admins'),
}, ['videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt'], 'A video');

export const uploadResponseSchema = object({
  video: videoSchema,
  upload: object({
    kind: { type: 'string', enum: ['single'] },
    method: { type: 'string', enum: ['PUT'] },
    url: { type: 'string', description: 'Signed address; treat it as a secret' },
    headers: stringMap('Headers to send as they are'),
    expiresAt: time('Until when the upload may be started'),
  }, ['kind', 'method', 'url', 'headers', 'expiresAt']),
}, ['video', 'upload']);

export const videoListSchema = object({
  items: { type: 'array', items: videoSchema, description: 'Fewer than `limit`, or none, when a page has reached its size or cost: go on with `cursor`' },
  cursor: { type: 'string', description: 'Absent on the last page' },
}, ['items']);

export const playbackSchema = object({
  hls: { type: 'string', description: 'Address of the HLS multivariant playlist' },
  poster: { type: 'string', description: 'Address of a still' },
  expiresAt: time('Until when the cookies that came along are good'),
}, ['hls', 'expiresAt']);

/** OAuth 2.0's own names (RFC 6749, section 5.1). */
export const tokensSchema = object({
  id_token: { type: 'string' },
  access_token: { type: 'string' },
  refresh_token: { type: 'string', description: 'Absent in a browser session' },
  expires_in: { type: 'integer', description: 'Seconds' },
  token_type: { type: 'string' },
}, ['id_token', 'access_token', 'expires_in', 'token_type']);

export const revokeResponseSchema = object({ logoutUrl: { type: 'string', description: 'Ends the hosted UI\'s own session' } }, ['logoutUrl']);

export const problemSchema = object({
  type: { type: 'string' },
  title: { type: 'string' },
  status: { type: 'integer' },
  detail: { type: 'string' },
  code: { type: 'string' },
  errors: { type: 'array', items: object({ pointer: { type: 'string' }, detail: { type: 'string' } }, ['pointer', 'detail']) },
}, ['type', 'title', 'status', 'detail', 'code'], 'RFC 9457');
