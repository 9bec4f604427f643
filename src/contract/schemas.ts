import { MEDIA_TYPE } from '../domain/media-type';
import { KEY_PATTERN, LINE_PATTERN } from '../domain/text-rules';
import { MAX_TITLE_LENGTH } from '../domain/user-data-limits';
import { VIDEO_ID } from '../domain/video-id';
import { VIDEO_ERROR_CODES, VIDEO_STATUSES } from '../domain/video-status';
import { VISIBILITIES } from '../domain/visibility';

/**
 * JSON Schemas of the API's bodies and parameters, in the subset that draft-04 (the handlers' validator) and
 * OpenAPI 3.1 share. No `$ref`, so that each stands alone. Patterns are read alike with and without Unicode mode.
 *
 * Each schema keeps its literal type: handlers take the types of requests and answers from it (`runtime/route-types.ts`).
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

/** The schema of an object with exactly these properties. */
export interface ObjectSchema<Properties, Required> {
  readonly type: 'object';
  readonly description?: string;
  readonly properties: Properties;
  readonly required: Required;
  readonly additionalProperties: false;
}

function object<const P extends Readonly<Record<string, JsonSchema>>, const R extends readonly (string & keyof P)[]>(
  properties: P, required: R, description?: string,
): ObjectSchema<P, R> {
  return { type: 'object', ...(description && { description }), properties, required, additionalProperties: false };
}

const text = (description: string, maxLength: number, minLength = 0) => ({ type: 'string', description, minLength, maxLength }) as const;
const line = (description: string, maxLength: number) => ({ type: 'string', description, maxLength, pattern: LINE_PATTERN }) as const;
const time = (description: string) => ({ type: 'string', description: `${description} (ISO 8601, UTC)` }) as const;
const stringMap = (description: string) => ({ type: 'object', description, additionalProperties: { type: 'string' } }) as const;

export const videoIdSchema = { type: 'string', description: 'Id of a video', pattern: `^${VIDEO_ID}$` } as const satisfies JsonSchema;

const visibilitySchema = { type: 'string', description: 'Who may find and watch the video', enum: VISIBILITIES } as const satisfies JsonSchema;
const statusSchema = { type: 'string', description: 'Where the video stands', enum: VIDEO_STATUSES } as const satisfies JsonSchema;

const tags = { type: 'array', items: line('One line, not blank', 64), maxItems: 20, uniqueItems: true } as const satisfies JsonSchema;
const metadata = {
  type: 'object',
  description: 'Your own data: up to 20 entries, whose names are one line of 1 to 64 characters and none that every JavaScript object has, such as `constructor`',
  maxProperties: 20,
  patternProperties: { [KEY_PATTERN]: text('May have several lines', 1024) },
  additionalProperties: false,
} as const satisfies JsonSchema;

export const uploadRequestSchema = object({
  fileName: line('Name of the file, as its owner knows it; one line, not blank', 255),
  contentType: { type: 'string', description: 'Media type of the file', maxLength: 127, pattern: `^${MEDIA_TYPE}$` },
  size: { type: 'integer', description: 'Bytes', minimum: 1 },
  title: line('One line, not blank. Default: the file name', MAX_TITLE_LENGTH),
  description: text('Free text, may have several lines', 5000),
  tags,
  visibility: visibilitySchema,
  metadata,
}, ['fileName', 'contentType', 'size'], 'The file to be uploaded, and what to call it. All texts together may take 32 KiB in UTF-8');

export const refreshRequestSchema = object({ refresh_token: text('Absent in a browser session: there it is a cookie', 4096, 1) }, []);

const renditionSchema = object({
  codec: { type: 'string' }, width: { type: 'integer' }, height: { type: 'integer' }, bitsPerSecond: { type: 'integer' },
}, ['codec', 'width', 'height', 'bitsPerSecond']);

const videoErrorSchema = object({
  code: { type: 'string', enum: VIDEO_ERROR_CODES }, message: { type: 'string' },
}, ['code', 'message'], 'Shown to its owner and to admins');

export const videoSchema = object({
  videoId: videoIdSchema,
  title: { type: 'string' },
  description: { type: 'string', description: 'Absent in lists' },
  tags: { type: 'array', items: { type: 'string' } },
  visibility: visibilitySchema,
  metadata: stringMap('Your own data; absent in lists'),
  owner: { type: 'string', description: 'Id of the user who uploaded it' },
  status: statusSchema,
  progress: { type: 'integer', description: 'Percent of the transcode', minimum: 0, maximum: 100 },
  createdAt: time('When the upload was declared'),
  updatedAt: time('When anything last changed'),
  publishedAt: time('When it first became ready'),
  durationSeconds: { type: 'number' },
  width: { type: 'integer', description: 'Pixels of the source, as displayed' },
  height: { type: 'integer', description: 'Pixels of the source, as displayed' },
  renditions: { type: 'array', items: renditionSchema },
  poster: { type: 'string', description: 'Address of a still; needs a playback session' },
  error: videoErrorSchema,
}, ['videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt'], 'A video');

const { description: _description, metadata: _metadata, poster: _poster, ...inEvents } = videoSchema.properties;

/** What an event tells of a video: no text that people wrote but the title and the tags, and no address. */
const eventVideoSchema = object({
  ...inEvents,
  error: { ...videoErrorSchema, description: 'Why it can\'t become ready' },
  attempt: { type: 'integer', description: '1 for the first transcode' },
}, ['videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt', 'attempt'], 'A video as an event tells of it');

/** What this version sends, exactly. `openEventDetailSchema` is what consumers are told. */
export const eventDetailSchema = object({
  eventId: { type: 'string', description: '`{videoId}:{version}:{type}`: equal when an event is delivered again' },
  version: { type: 'integer', description: 'Counts the writes of the video: an event with a lower one than you have seen of it is older. Two events of one write have the same' },
  video: eventVideoSchema,
}, ['eventId', 'version', 'video'], 'What an event of a video says. Events may come more than once and in any order');

/** The schema for those who read what later versions send, too: more fields, and more values where this version lists them. */
function openSchema(schema: JsonSchema): JsonSchema {
  const { enum: values, properties, items, ...rest } = schema;
  if (schema.additionalProperties === true || !(values || properties || items)) return schema;
  return {
    ...rest,
    ...(values && { description: `${schema.description ? `${schema.description}: ` : ''}${values.join(', ')}. Later versions may add others` }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, openSchema(each)])),
      additionalProperties: true,
    }),
    ...(items && { items: openSchema(items) }),
  };
}

const openEventVideoSchema = openSchema(eventVideoSchema);

/** What an event of a video says, for those who hear of it. */
export const openEventDetailSchema = openSchema({ ...eventDetailSchema, properties: { ...eventDetailSchema.properties, video: openEventVideoSchema } });

const uploadSchema = object({
  kind: { type: 'string', enum: ['single'] },
  method: { type: 'string', enum: ['PUT'] },
  url: { type: 'string', description: 'Signed address; treat it as a secret' },
  headers: stringMap('Headers to send as they are; HTTP clients add `content-length`'),
  expiresAt: time('Until when the upload may be started'),
}, ['kind', 'method', 'url', 'headers', 'expiresAt']);

export const uploadResponseSchema = object({ video: videoSchema, upload: uploadSchema }, ['video', 'upload']);

export const videoListSchema = object({
  items: { type: 'array', items: videoSchema, description: 'Fewer than `limit`, or none, when a page has reached its size or cost: go on with `cursor`' },
  cursor: { type: 'string', description: 'Absent on the last page' },
}, ['items']);

export const playbackSchema = object({
  hls: { type: 'string', description: 'Address of the HLS multivariant playlist' },
  poster: { type: 'string', description: 'Address of a still' },
  expiresAt: time('Until when the cookies that came along are good'),
}, ['hls', 'expiresAt']);

/** OAuth 2.0's own names (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3). */
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
  errors: {
    type: 'array',
    items: object({
      pointer: { type: 'string', description: 'JSON pointer (RFC 6901), or name of a parameter' },
      detail: { type: 'string' },
    }, ['pointer', 'detail']),
  },
}, ['type', 'title', 'status', 'detail', 'code'], 'RFC 9457');

/** By their names in the OpenAPI document, which refers to them wherever another schema holds one. */
export const COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  EventDetail: openEventDetailSchema,
  EventVideo: openEventVideoSchema,
  Playback: playbackSchema,
  Problem: problemSchema,
  RefreshRequest: refreshRequestSchema,
  Rendition: renditionSchema,
  RevokeResponse: revokeResponseSchema,
  Tokens: tokensSchema,
  Upload: uploadSchema,
  UploadRequest: uploadRequestSchema,
  UploadResponse: uploadResponseSchema,
  Video: videoSchema,
  VideoError: videoErrorSchema,
  VideoId: videoIdSchema,
  VideoList: videoListSchema,
  VideoStatus: statusSchema,
  Visibility: visibilitySchema,
};
