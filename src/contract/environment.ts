import { Codec, json, number, text } from './codec';
import type { IngestSettings } from './ingest';
import type { Roles } from './roles';
import type { SigningKeyReference } from './signing-keys';
import type { TokenRules } from './token-rules';
import type { TranscodeSettings } from './transcode';
import type { SourceLifecycleSettings, SourcePrefix, UploadExpiry, UploadSettings } from './upload';

/** All environment variables that constructs set for handlers, each with the codec of its value. */
export const VARIABLES = {
  /** Additional web origins whose pages can read responses of the API. */
  APP_ORIGINS: json<readonly string[]>(),
  /** Id of the app client of the user pool. */
  CLIENT_ID: text,
  EVENT_BUS_NAME: text,
  /** The bucket in which Lambda stores failed event records. */
  FAILED_EVENTS_BUCKET: text,
  /** Names of the handlers whose routes are part of the API. */
  HANDLERS: json<readonly string[]>(),
  /** The `https://` URL of the hosted UI. */
  HOSTED_UI: text,
  INGEST_SETTINGS: json<IngestSettings>(),
  /** The buckets and prefixes whose objects the sweeper can delete or archive. */
  INGEST_SOURCES: json<readonly SourcePrefix[]>(),
  /** Issuer of the user pool: `https://cognito-idp.{region}.amazonaws.com/{userPoolId}`. */
  ISSUER: text,
  /** ARN of the IAM role with which MediaConvert reads source files and writes media files. */
  JOB_ROLE_ARN: text,
  /** The number of failed tries after which SQS moves a message to the dead-letter queue. */
  MAX_RECEIVES: number,
  MEDIA_BUCKET: text,
  /** ARN of the MediaConvert queue. */
  QUEUE_ARN: text,
  /** Lifetime of refresh tokens and of the refresh cookie. */
  REFRESH_SECONDS: number,
  /** Additional web origins to which a sign-in can return (`return_to`). */
  RETURN_ORIGINS: json<readonly string[]>(),
  ROLES: json<Roles>(),
  /** ARN of the secret that contains the client secret. */
  SECRET_ARN: text,
  /** The `https://` URL that users open, without a trailing slash. */
  SERVICE_URL: text,
  /** Duration of a playback session. */
  SESSION_SECONDS: number,
  /** The key pairs that sign playback sessions and poster URLs, in the order of the prop `keyGenerations`. */
  SIGNING_KEYS: json<readonly SigningKeyReference[]>(),
  /** The `https://` URL of the source bucket. */
  SOURCE_ADDRESS: text,
  SOURCE_BUCKET: text,
  SOURCE_LIFECYCLE: json<SourceLifecycleSettings>(),
  /** ARN of the catalog's table. Every event contains this ARN as its resource. */
  TABLE_ARN: text,
  TABLE_NAME: text,
  TOKEN_RULES: json<TokenRules>(),
  TRANSCODE_SETTINGS: json<TranscodeSettings>(),
  /** URL of the queue that contains requests for MediaConvert jobs. */
  SUBMIT_QUEUE_URL: text,
  /** The number of uploads and retries that a user can start on one day. */
  UPLOADS_PER_DAY: number,
  UPLOAD_EXPIRY: json<UploadExpiry>(),
  /** ARN of the IAM role that the function assumes to sign upload URLs. */
  UPLOAD_ROLE_ARN: text,
  UPLOAD_SETTINGS: json<UploadSettings>(),
} as const satisfies Readonly<Record<string, Codec<any>>>;

/**
 * Environment variables that Lambda sets. Credentials change while an execution environment runs, so read these variables before each use.
 */
export type LambdaVariable = 'AWS_REGION' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_SESSION_TOKEN';

export type Variable = keyof typeof VARIABLES;

/**
 * The environment variables that each handler reads. `?` marks optional variables. A handler has the name of its file: `{area}/{verb-noun}`.
 *
 * The types of constructs and handlers are derived from this list, so the compiler reports a missing variable.
 */
export const ENVIRONMENTS = {
  'api/describe-api': ['HANDLERS', 'APP_ORIGINS?'],
  'auth/authorize-token': ['TOKEN_RULES'],
  /**
   * The input of this function is the properties of a custom resource. A new app client changes these properties, so CloudFormation invokes the function again.
   */
  'auth/fill-client-secret': [],
  'auth/sign-in': ['HOSTED_UI', 'ISSUER', 'CLIENT_ID', 'SECRET_ARN', 'SERVICE_URL', 'RETURN_ORIGINS', 'REFRESH_SECONDS'],
  'catalog/edit-videos': ['TABLE_NAME', 'ROLES', 'APP_ORIGINS?'],
  'catalog/publish-events': ['EVENT_BUS_NAME', 'TABLE_ARN', 'FAILED_EVENTS_BUCKET'],
  'catalog/read-videos': ['TABLE_NAME', 'SERVICE_URL', 'ROLES', 'SIGNING_KEYS?', 'APP_ORIGINS?'],
  'catalog/resend-events': ['TABLE_NAME', 'TABLE_ARN', 'EVENT_BUS_NAME', 'FAILED_EVENTS_BUCKET'],
  'delivery/make-key-pair': [],
  'delivery/start-playback': ['TABLE_NAME', 'SERVICE_URL', 'SIGNING_KEYS', 'SESSION_SECONDS', 'ROLES', 'APP_ORIGINS?'],
  'ingest/ingest-objects': ['TABLE_NAME', 'SUBMIT_QUEUE_URL', 'INGEST_SETTINGS'],
  'sweeper/sweep-videos': ['TABLE_NAME', 'SUBMIT_QUEUE_URL?', 'SOURCE_BUCKET?', 'UPLOAD_EXPIRY?', 'SOURCE_LIFECYCLE?', 'INGEST_SOURCES?'],
  'transcode/record-job-event': ['TABLE_NAME', 'MEDIA_BUCKET', 'SOURCE_LIFECYCLE?'],
  'transcode/retry-videos': ['TABLE_NAME', 'SUBMIT_QUEUE_URL', 'UPLOADS_PER_DAY', 'ROLES', 'APP_ORIGINS?'],
  'transcode/submit-job': ['TABLE_NAME', 'MEDIA_BUCKET', 'QUEUE_ARN', 'JOB_ROLE_ARN', 'TRANSCODE_SETTINGS', 'MAX_RECEIVES'],
  'upload/manage-uploads': ['TABLE_NAME', 'SOURCE_BUCKET', 'SOURCE_ADDRESS', 'UPLOAD_ROLE_ARN', 'UPLOAD_SETTINGS', 'ROLES', 'APP_ORIGINS?'],
} as const satisfies Readonly<Record<string, readonly (Variable | `${Variable}?`)[]>>;

export type HandlerName = keyof typeof ENVIRONMENTS;

type Listed<H extends HandlerName> = (typeof ENVIRONMENTS)[H][number];

export type Required<H extends HandlerName> = Extract<Listed<H>, Variable>;

export type Optional<H extends HandlerName> = Listed<H> extends infer Name ? Name extends `${infer V extends Variable}?` ? V : never : never;

export type HandlerReading<V extends Variable> = { [H in HandlerName]: V extends Required<H> | Optional<H> ? H : never }[HandlerName];

export type Values<V extends Variable> = { readonly [N in V]: (typeof VARIABLES)[N] extends Codec<infer T> ? T : never };

export type Environment<H extends HandlerName> = Values<Required<H>> & Partial<Values<Optional<H>>>;
