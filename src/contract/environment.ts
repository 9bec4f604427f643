import { Codec, json, number, text } from './codec';
import type { Roles } from './roles';
import type { SigningKeyReference } from './signing-keys';
import type { TokenRules } from './token-rules';
import type { TranscodeSettings } from './transcode';
import type { UploadSettings } from './upload';

/** Every environment variable that a construct gives a handler, with the type of its value. */
export const VARIABLES = {
  /** Origins besides SERVICE_URL whose pages may read what the API answers. */
  APP_ORIGINS: json<readonly string[]>(),
  /** The user pool's client. */
  CLIENT_ID: text,
  EVENT_BUS_NAME: text,
  /** Where Lambda puts the records of the table's stream that could not be handled. */
  FAILED_EVENTS_BUCKET: text,
  /** Names of the handlers whose routes the API has. */
  HANDLERS: json<readonly string[]>(),
  /** `https://…` of the hosted UI's domain. */
  HOSTED_UI: text,
  /** Issuer of the user pool: `https://cognito-idp.{region}.amazonaws.com/{userPoolId}`. */
  ISSUER: text,
  /** The role with which MediaConvert reads sources and writes media. */
  JOB_ROLE_ARN: text,
  /** How often a message is received before it goes to the dead-letter queue. */
  MAX_RECEIVES: number,
  MEDIA_BUCKET: text,
  /** MediaConvert's. */
  QUEUE_ARN: text,
  /** How long a refresh token lasts, and so its cookie. */
  REFRESH_SECONDS: number,
  /** Origins besides SERVICE_URL to which `return_to` may lead. */
  RETURN_ORIGINS: json<readonly string[]>(),
  ROLES: json<Roles>(),
  /** Holds the client's secret. */
  SECRET_ARN: text,
  /** The `https://` URL that users open, without a slash at the end. */
  SERVICE_URL: text,
  /** How long a playback session lasts. */
  SESSION_SECONDS: number,
  /** In the order of declaration. */
  SIGNING_KEYS: json<readonly SigningKeyReference[]>(),
  /** `https://…` of the source bucket. */
  SOURCE_ADDRESS: text,
  SOURCE_BUCKET: text,
  /** The catalog's: what its events are about. */
  TABLE_ARN: text,
  /** The catalog's. */
  TABLE_NAME: text,
  TOKEN_RULES: json<TokenRules>(),
  TRANSCODE_SETTINGS: json<TranscodeSettings>(),
  /** The queue of videos that wait for their job to be submitted. */
  SUBMIT_QUEUE_URL: text,
  UPLOAD_SETTINGS: json<UploadSettings>(),
} as const satisfies Readonly<Record<string, Codec<any>>>;

/**
 * What handlers read of the variables that Lambda itself sets. No construct gives them, so no handler lists them. Credentials change while a function
 * lives: they are read when they are used.
 */
export type LambdaVariable = 'AWS_REGION' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_SESSION_TOKEN';

/** Name of an environment variable. */
export type Variable = keyof typeof VARIABLES;

/**
 * Every handler, `{area}/{verb-noun}` after its file, with the variables that it reads; `?` marks those that it works without. The construct and the handler
 * are both typed by this list: what one of them lacks does not compile.
 */
export const ENVIRONMENTS = {
  'api/describe-api': ['HANDLERS', 'APP_ORIGINS?'],
  'auth/authorize-token': ['TOKEN_RULES'],
  /** Its resource's properties say what to fill, so that a new client asks again. */
  'auth/fill-client-secret': [],
  'auth/sign-in': ['HOSTED_UI', 'ISSUER', 'CLIENT_ID', 'SECRET_ARN', 'SERVICE_URL', 'RETURN_ORIGINS', 'REFRESH_SECONDS'],
  'catalog/publish-events': ['EVENT_BUS_NAME', 'TABLE_ARN', 'FAILED_EVENTS_BUCKET'],
  'catalog/read-videos': ['TABLE_NAME', 'SERVICE_URL', 'ROLES', 'APP_ORIGINS?'],
  'catalog/resend-events': ['TABLE_NAME', 'TABLE_ARN', 'EVENT_BUS_NAME', 'FAILED_EVENTS_BUCKET'],
  'delivery/make-key-pair': [],
  'delivery/start-playback': ['TABLE_NAME', 'SERVICE_URL', 'SIGNING_KEYS', 'SESSION_SECONDS', 'ROLES', 'APP_ORIGINS?'],
  'sweeper/sweep-videos': ['TABLE_NAME', 'SUBMIT_QUEUE_URL?'],
  'transcode/record-job-event': ['TABLE_NAME', 'MEDIA_BUCKET'],
  'transcode/submit-job': ['TABLE_NAME', 'MEDIA_BUCKET', 'QUEUE_ARN', 'JOB_ROLE_ARN', 'TRANSCODE_SETTINGS', 'MAX_RECEIVES'],
  'upload/plan-upload': ['TABLE_NAME', 'SERVICE_URL', 'SOURCE_BUCKET', 'SOURCE_ADDRESS', 'UPLOAD_SETTINGS', 'ROLES', 'APP_ORIGINS?'],
} as const satisfies Readonly<Record<string, readonly (Variable | `${Variable}?`)[]>>;

/** `{area}/{verb-noun}` */
export type HandlerName = keyof typeof ENVIRONMENTS;

type Listed<H extends HandlerName> = (typeof ENVIRONMENTS)[H][number];

/** The variables that a handler can't work without. */
export type Required<H extends HandlerName> = Extract<Listed<H>, Variable>;

/** The variables that a handler works without. */
export type Optional<H extends HandlerName> = Listed<H> extends infer Name ? Name extends `${infer V extends Variable}?` ? V : never : never;

/** The handlers that may be given a variable. */
export type HandlerReading<V extends Variable> = { [H in HandlerName]: V extends Required<H> | Optional<H> ? H : never }[HandlerName];

/** Values of variables, by name. */
export type Values<V extends Variable> = { readonly [N in V]: (typeof VARIABLES)[N] extends Codec<infer T> ? T : never };

/** The environment of one handler, as it reads it. */
export type Environment<H extends HandlerName> = Values<Required<H>> & Partial<Values<Optional<H>>>;
