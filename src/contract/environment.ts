/**
 * Every handler, `{area}/{verb-noun}` as its file is called, with the environment it reads. The construct's `environment`
 * and the handler's reader are both typed by this list: a name dropped here fails to compile on both sides.
 */
export const ENVIRONMENTS = {
  'api/describe-api': [
    /** JSON list of the handlers whose routes the API has. */
    'HANDLERS',
  ],
  'auth/authorize-token': ['TOKEN_RULES'],
  /** Its resource's properties say what to fill, so that a new client asks again. */
  'auth/fill-client-secret': [],
  'auth/sign-in': [
    /** `https://…` of the hosted UI's domain. */
    'HOSTED_UI',
    /** Issuer of the user pool: `https://cognito-idp.{region}.amazonaws.com/{userPoolId}`. */
    'ISSUER',
    'CLIENT_ID',
    'SECRET_ARN',
    /** `https://…` that users see, without a slash at its end. */
    'ORIGIN',
    /** JSON list of the origins besides ORIGIN to which `return_to` may lead. */
    'RETURN_ORIGINS',
    /** How long a refresh token lasts, and so its cookie. */
    'REFRESH_SECONDS',
  ],
  'catalog/read-videos': ['TABLE_NAME', 'ORIGIN', 'ROLES'],
  'delivery/make-key-pair': [],
  'delivery/start-playback': ['TABLE_NAME', 'ORIGIN', 'SIGNING_KEYS', 'SESSION_SECONDS', 'ROLES'],
  'transcode/record-job-event': ['TABLE_NAME', 'MEDIA_BUCKET'],
  'transcode/submit-job': [
    'TABLE_NAME', 'MEDIA_BUCKET', 'QUEUE_ARN', 'JOB_ROLE_ARN', 'TRANSCODE_SETTINGS',
    /** How often a message is received before it goes to the dead-letter queue. */
    'MAX_RECEIVES',
  ],
  'upload/plan-upload': ['TABLE_NAME', 'ORIGIN', 'SOURCE_BUCKET', 'SOURCE_ADDRESS', 'UPLOAD_SETTINGS', 'ROLES'],
} as const satisfies Record<string, readonly string[]>;

/** `{area}/{verb-noun}` */
export type HandlerName = keyof typeof ENVIRONMENTS;

/** The environment of one handler. */
export type Environment<H extends HandlerName> = Readonly<Record<(typeof ENVIRONMENTS)[H][number], string>>;
