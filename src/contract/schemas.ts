import { MAX_CLEARED_SESSIONS } from './playback-cookies';
import { MAX_CONTENT_TYPE_LENGTH, MEDIA_TYPE } from '../domain/media-type';
import { HLS_KEY } from '../domain/object-keys';
import { MAX_YEARS_AHEAD, TIME_PATTERN } from '../domain/publication-times';
import { KEY_PATTERN, LINE_PATTERN } from '../domain/text-rules';
import { MAX_PARTS } from '../domain/upload-limits';
import { MAX_FILE_NAME_LENGTH, MAX_OWNER_LENGTH, MAX_TITLE_LENGTH } from '../domain/user-data-limits';
import { VIDEO_ID } from '../domain/video-id';
import { VIDEO_ERROR_CODES, VIDEO_STATUSES } from '../domain/video-status';
import { VISIBILITIES } from '../domain/visibility';

/**
 * A JSON Schema of a body or parameter of the API.
 *
 * A schema contains no `$ref`, and only keywords that JSON Schema draft-04 and OpenAPI 3.1 have in common. The validator of the handlers uses draft-04. Each
 * regular expression in a schema has the same meaning with and without JavaScript's flag `u` (Unicode mode). `runtime/route-types.ts` derives the types of
 * requests and responses from the schemas.
 */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | readonly ['string', 'null'];
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
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  /** The alternatives of a value. Each alternative is an object schema. The alternatives differ in their required properties. */
  readonly oneOf?: readonly JsonSchema[];
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

export const videoIdSchema = { type: 'string', description: 'The id of a video', pattern: `^${VIDEO_ID}$` } as const satisfies JsonSchema;

const visibilitySchema = { type: 'string', description: 'The users who can find and watch the video', enum: VISIBILITIES } as const satisfies JsonSchema;
const statusSchema = { type: 'string', description: 'The status of the video', enum: VIDEO_STATUSES } as const satisfies JsonSchema;

const MAX_TAG_LENGTH = 64;
const tags = { type: 'array', items: line('A tag: one line, not blank. Two tags of a video must differ in more than case, accents, width and white space', MAX_TAG_LENGTH), maxItems: 20, uniqueItems: true } as const satisfies JsonSchema;

export const tagSchema = line('Lists the videos with this tag. Case, accents, width and repeated white space are ignored', MAX_TAG_LENGTH) satisfies JsonSchema;
export const titlePrefixSchema = line('With `owner`: lists the videos whose title begins with this text, in the order of the titles. Case, accents, width and repeated white space are ignored', MAX_TITLE_LENGTH) satisfies JsonSchema;

const metadata = {
  type: 'object',
  description: 'Custom data of the client: up to 20 entries. Each name is one line of 1 to 64 characters. Names that every JavaScript object has, such as `constructor`, are rejected',
  maxProperties: 20,
  patternProperties: { [KEY_PATTERN]: text('A value, which can have several lines', 1024) },
  additionalProperties: false,
} as const satisfies JsonSchema;

const checksumOf = (what: string) => ({
  type: 'string', description: `The CRC32 of ${what}: 4 bytes, most significant byte first, in base64`, pattern: '^[A-Za-z0-9+/]{5}[AQgw]==$',
}) as const;

const descriptive = {
  title: line('The title: one line, not blank. Default: the file name', MAX_TITLE_LENGTH),
  description: text('The description, which can have several lines', 5000),
  tags,
  visibility: visibilitySchema,
  metadata,
} as const;

const requestTime = (description: string) => ({ type: 'string', description: `${description} (ISO 8601 in UTC, for example 2026-12-24T18:00:00Z; at most ${MAX_YEARS_AHEAD} years in the future)`, pattern: TIME_PATTERN }) as const;
const removableTime = (description: string) => ({ ...requestTime(`${description}. \`null\` removes the time`), type: ['string', 'null'] }) as const;
const PUBLISH_AT = 'Before this time, only the owner and admins can find and watch the video';
const UNPUBLISH_AT = 'From this time on, only the owner and admins can find and watch the video';
const PUBLISH_AT_GIVEN = `${PUBLISH_AT}. A time in the past publishes the video at once`;
const UNPUBLISH_AT_GIVEN = `${UNPUBLISH_AT}. Must be later than \`publishAt\``;

export const uploadRequestSchema = object({
  fileName: line('The name of the file: one line, not blank', MAX_FILE_NAME_LENGTH),
  contentType: { type: 'string', description: 'The media type of the file', maxLength: MAX_CONTENT_TYPE_LENGTH, pattern: `^${MEDIA_TYPE}$` },
  size: { type: 'integer', description: 'The size of the file in bytes', minimum: 1 },
  checksum: checksumOf('the file'),
  ...descriptive,
  publishAt: requestTime(PUBLISH_AT_GIVEN),
  unpublishAt: requestTime(UNPUBLISH_AT_GIVEN),
}, ['fileName', 'contentType', 'size'], 'The file to upload, and the text fields of the video, such as the title. All text fields together can have at most 32 KiB in UTF-8');

export const editRequestSchema = {
  ...object({
    ...descriptive,
    title: line('The title: one line, not blank', MAX_TITLE_LENGTH),
    publishAt: removableTime(PUBLISH_AT_GIVEN),
    unpublishAt: removableTime(UNPUBLISH_AT_GIVEN),
    owner: line('The user id of the new owner. Only admins can change the owner, and only after the upload. The service does not check whether the user exists', MAX_OWNER_LENGTH),
  }, [],
  'The fields to change. Each given field replaces the whole field. An empty text, array or object removes the value. Fields that are not given stay as they are. All text fields of the video together can have at most 32 KiB in UTF-8'),
  minProperties: 1,
} as const satisfies JsonSchema;

/** The JSON text in the metadata `x-amz-meta-vod` of an object that another pipeline puts into S3. */
export const ingestMetadataSchema = object({
  ...descriptive,
  owner: line('The user id of the owner', MAX_OWNER_LENGTH),
}, [], 'The text fields, the visibility and the owner of the video');

const refreshToken = text('The refresh token. Omit the property in a browser session: the refresh cookie contains the token', 4096, 1);

export const refreshRequestSchema = object({ refresh_token: refreshToken }, []);

export const revokeRequestSchema = object({
  refresh_token: refreshToken,
  playbackSessions: {
    type: 'array',
    description: 'The `hls` URLs of the playback sessions to end. The response deletes the cookies of these sessions. Not allowed together with `refresh_token`',
    items: { type: 'string', maxLength: 512, pattern: `^https?://[^/]+/${HLS_KEY}$` },
    maxItems: MAX_CLEARED_SESSIONS,
    uniqueItems: true,
  },
}, []);

const renditionSchema = object({
  codec: { type: 'string' }, width: { type: 'integer' }, height: { type: 'integer' }, bitsPerSecond: { type: 'integer' },
}, ['codec', 'width', 'height', 'bitsPerSecond']);

const videoErrorSchema = object({
  code: { type: 'string', enum: VIDEO_ERROR_CODES }, message: { type: 'string' },
}, ['code', 'message'], 'The reason for the status `errored`. Only the owner of the video and admins can see the reason');

const posterSchema = {
  type: 'string',
  description: 'The signed URL of a still image. The URL needs no playback session, and expires 6 to 12 hours after the response. The property is absent if the service cannot sign URLs at the moment',
} as const;

export const videoSchema = object({
  videoId: videoIdSchema,
  title: { type: 'string' },
  description: { type: 'string', description: 'The description; absent in lists' },
  tags: { type: 'array', items: { type: 'string' } },
  visibility: visibilitySchema,
  metadata: stringMap('Custom data of the client; absent in lists'),
  owner: { type: 'string', description: 'The id of the user who owns the video: the user who uploaded the video, or the user to whom an admin transferred the video' },
  status: statusSchema,
  progress: { type: 'integer', description: 'The progress of the transcode in percent', minimum: 0, maximum: 100 },
  createdAt: time('The time at which the upload was requested'),
  updatedAt: time('The time of the last change'),
  publishedAt: time('The time at which the video was published: the time at which it became ready, or a later `publishAt`. Absent before the first publication'),
  publishAt: time(PUBLISH_AT),
  unpublishAt: time(UNPUBLISH_AT),
  durationSeconds: { type: 'number' },
  width: { type: 'integer', description: 'The display width of the source in pixels' },
  height: { type: 'integer', description: 'The display height of the source in pixels' },
  renditions: { type: 'array', items: renditionSchema },
  poster: posterSchema,
  error: videoErrorSchema,
}, ['videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt'], 'A video');

const { description: _description, metadata: _metadata, poster: _poster, ...inEvents } = videoSchema.properties;

/** The video in an event. Of the texts that users write, an event contains only the title and the tags. An event contains no URLs. */
const eventVideoSchema = object({
  ...inEvents,
  error: { ...videoErrorSchema, description: 'The reason why the video cannot become ready' },
  attempt: { type: 'integer', description: 'The number of the attempt: 1 for the first transcode' },
}, ['videoId', 'title', 'tags', 'visibility', 'owner', 'status', 'progress', 'createdAt', 'updatedAt', 'attempt'], 'A video in an event');

/** The exact schema of the events that this version sends. */
export const eventDetailSchema = object({
  eventId: { type: 'string', description: '`{videoId}:{version}:{type}`. An event that is delivered again has the same `eventId`' },
  version: { type: 'integer', description: 'A number that increases with each write of the video. An event with a lower version is older. Two events of one write have the same version' },
  video: eventVideoSchema,
}, ['eventId', 'version', 'video'], 'The detail of an event. Events can be delivered more than once and in any order');

/** Returns a schema that also accepts additional fields and enum values, which later versions may send. */
function openSchema(schema: JsonSchema): JsonSchema {
  const { enum: values, properties, items, ...rest } = schema;
  if (schema.additionalProperties === true || !(values || properties || items)) return schema;
  return {
    ...rest,
    ...(values && { description: `${schema.description ? `${schema.description}: ` : ''}${values.join(', ')}. Later versions of the service may add values` }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, openSchema(each)])),
      additionalProperties: true,
    }),
    ...(items && { items: openSchema(items) }),
  };
}

const openEventVideoSchema = openSchema(eventVideoSchema);

/** The schema with which event consumers can validate the `detail` of an event. */
export const openEventDetailSchema = openSchema({ ...eventDetailSchema, properties: { ...eventDetailSchema.properties, video: openEventVideoSchema } });

const signedUrl = { type: 'string', description: 'The signed URL. Treat the URL as a secret' } as const;
const signedHeaders = stringMap('Request headers that the PUT request must contain unchanged. HTTP clients set `content-length` automatically');

export const singleUploadSchema = object({
  kind: { type: 'string', enum: ['single'] },
  method: { type: 'string', enum: ['PUT'] },
  url: signedUrl,
  headers: signedHeaders,
  expiresAt: time('The time at which the URL expires. The PUT request must start before this time. `GET /upload/{videoId}` returns a new URL'),
}, ['kind', 'method', 'url', 'headers', 'expiresAt'], 'An upload with one PUT request');

export const multipartUploadSchema = object({
  kind: { type: 'string', enum: ['multipart'] },
  partSize: { type: 'integer', description: 'The length of each part in bytes. The last part is shorter if the size of the file is not a multiple of `partSize`' },
  partCount: { type: 'integer', description: 'The number of parts', maximum: MAX_PARTS },
  expiresAt: time('The time at which the upload expires if no further part arrives'),
}, ['kind', 'partSize', 'partCount', 'expiresAt'], 'An upload in parts. `POST /upload/{videoId}/parts` returns the signed URLs of parts');

const uploadSchema = { description: 'How to upload the file', oneOf: [singleUploadSchema, multipartUploadSchema] } as const satisfies JsonSchema;

const partNumber = { type: 'integer', description: 'The number of the part, starting at 1', minimum: 1, maximum: MAX_PARTS } as const satisfies JsonSchema;

export const uploadResponseSchema = object({ video: videoSchema, upload: uploadSchema }, ['video', 'upload']);

export const uploadStateSchema = object({
  video: videoSchema,
  file: object({
    fileName: { type: 'string' }, contentType: { type: 'string' }, size: { type: 'integer', description: 'The size of the file in bytes' },
  }, ['fileName', 'contentType', 'size'], 'The file of the upload request. A client that continues the upload compares these values with its own file'),
  upload: uploadSchema,
  parts: {
    type: 'array',
    description: 'The parts that S3 has stored, sorted by part number',
    items: object({
      partNumber, size: { type: 'integer', description: 'The length of the part in bytes' }, etag: { type: 'string' }, checksum: checksumOf('the part'),
    }, ['partNumber', 'size', 'etag', 'checksum']),
  },
  cursor: { type: 'string', description: 'The cursor of the next page of parts; absent on the last page' },
}, ['video', 'file', 'parts'], 'The state of an upload. `upload` is absent after the whole file was uploaded');

/** The maximum number of signed URLs in one response. */
export const MAX_PARTS_SIGNED = 100;

export const partsRequestSchema = object({
  parts: { type: 'array', items: object({ partNumber, checksum: checksumOf('the part') }, ['partNumber', 'checksum']), minItems: 1, maxItems: MAX_PARTS_SIGNED },
}, ['parts']);

export const partsResponseSchema = object({
  parts: { type: 'array', items: object({ partNumber, url: signedUrl, headers: signedHeaders }, ['partNumber', 'url', 'headers']) },
  expiresAt: time('The time at which the URLs expire. The PUT requests must start before this time'),
}, ['parts', 'expiresAt']);

export const completeRequestSchema = object({ checksum: checksumOf('the file') }, []);

export const completeResponseSchema = object({ video: videoSchema }, ['video']);

export const videoListSchema = object({
  items: { type: 'array', items: videoSchema, description: 'A page of videos. The size and the cost of a page are limited, so a page can have fewer than `limit` items, or none. Continue with `cursor`' },
  cursor: { type: 'string', description: 'The cursor of the next page; absent on the last page' },
}, ['items']);

export const playbackSchema = object({
  hls: { type: 'string', description: 'The URL of the HLS multivariant playlist' },
  poster: posterSchema,
  expiresAt: time('The time at which the cookies of this response expire'),
}, ['hls', 'expiresAt']);

/** The tokens in a response, with the field names of OAuth 2.0 (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3). */
export const tokensSchema = object({
  id_token: { type: 'string' },
  access_token: { type: 'string' },
  refresh_token: { type: 'string', description: 'The refresh token; absent in a browser session' },
  expires_in: { type: 'integer', description: 'The lifetime of the access token in seconds' },
  token_type: { type: 'string' },
}, ['id_token', 'access_token', 'expires_in', 'token_type']);

export const revokeResponseSchema = object({ logoutUrl: { type: 'string', description: 'The URL that ends the session of the hosted UI' } }, ['logoutUrl']);

export const problemSchema = object({
  type: { type: 'string' },
  title: { type: 'string' },
  status: { type: 'integer' },
  detail: { type: 'string' },
  code: { type: 'string' },
  errors: {
    type: 'array',
    items: object({
      pointer: { type: 'string', description: 'The JSON pointer of a field (RFC 6901), or the name of a parameter' },
      detail: { type: 'string' },
    }, ['pointer', 'detail']),
  },
}, ['type', 'title', 'status', 'detail', 'code'], 'A problem (RFC 9457)');

/** The schemas that are components of the OpenAPI document, by name. */
export const COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  CompletedUpload: completeResponseSchema,
  CompleteUploadRequest: completeRequestSchema,
  EditRequest: editRequestSchema,
  EventDetail: openEventDetailSchema,
  EventVideo: openEventVideoSchema,
  Playback: playbackSchema,
  Problem: problemSchema,
  RefreshRequest: refreshRequestSchema,
  Rendition: renditionSchema,
  RevokeRequest: revokeRequestSchema,
  RevokeResponse: revokeResponseSchema,
  Tokens: tokensSchema,
  MultipartUpload: multipartUploadSchema,
  PartsRequest: partsRequestSchema,
  PartsResponse: partsResponseSchema,
  SingleUpload: singleUploadSchema,
  Upload: uploadSchema,
  UploadRequest: uploadRequestSchema,
  UploadResponse: uploadResponseSchema,
  UploadState: uploadStateSchema,
  Video: videoSchema,
  VideoError: videoErrorSchema,
  VideoId: videoIdSchema,
  VideoList: videoListSchema,
  VideoStatus: statusSchema,
  Visibility: visibilitySchema,
};
