import type { HandlerName, HandlerReading } from './environment';
import type { ProblemCode } from './problems';
import {
  completeRequestSchema, completeResponseSchema, editRequestSchema, JsonSchema, partsRequestSchema, partsResponseSchema, playbackSchema, refreshRequestSchema,
  revokeRequestSchema, revokeResponseSchema, tagSchema, titlePrefixSchema, tokensSchema,
  uploadRequestSchema, uploadResponseSchema, uploadStateSchema, videoIdSchema,
  videoListSchema, videoSchema,
} from './schemas';
import { MAX_OWNER_LENGTH } from '../domain/user-data-limits';
import { PRESENT_STATUSES } from '../domain/video-status';

/** The stage name of the REST API. Every path begins with this name. */
export const API_STAGE = 'api';

type TextSchema = Omit<JsonSchema, 'type'> & { readonly type: 'string' };
/** The schema of a query parameter or header. The text of an `integer` parameter is converted to a number. */
type ParameterSchema = Omit<JsonSchema, 'type'> & { readonly type: 'string' | 'integer' };

/** A link on an error page, with which the user can continue. */
export interface ErrorPageLink {
  readonly href: string;
  readonly label: string;
}

/** A route of the API. The REST API, the routers in handlers, the request validation and the OpenAPI document are generated from all routes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** The path below the stage; `{name}` is a path parameter. */
  readonly path: string;
  readonly handler: HandlerName;
  /** `open` routes have no authorizer. */
  readonly access: 'open' | 'signed-in';
  /** For an `open` route: true if pages of `appOrigins` can call the route. These pages can always call `signed-in` routes. */
  readonly otherOrigins?: true;
  readonly summary: string;
  readonly pathParameters?: Readonly<Record<string, TextSchema>>;
  /** The query parameters of the route. Any other query parameter is rejected. */
  readonly query?: Readonly<Record<string, ParameterSchema>>;
  /** The request headers that are passed to the handler, with names in lower case. The handler receives no other headers. */
  readonly headers?: Readonly<Record<string, ParameterSchema>>;
  /** Cookies that the OpenAPI document lists for the route. */
  readonly cookies?: Readonly<Record<string, TextSchema>>;
  readonly body?: JsonSchema;
  /** True if clients can omit the body. An omitted body is read as `{}`. */
  readonly bodyOptional?: boolean;
  readonly status: number;
  /** The schema of the response body; absent if the response has no body. */
  readonly response?: JsonSchema;
  /** True if the route can also respond with 302. */
  readonly redirects?: boolean;
  /** The link on the error pages of the route. If this link is set, users who open the route in a browser receive errors as HTML pages. */
  readonly errorPage?: ErrorPageLink;
  /** Error codes of this route, in addition to the error codes of all routes. */
  readonly problems?: readonly ProblemCode[];
}

const videoId = { videoId: videoIdSchema };
const limit = { type: 'integer', description: 'The maximum number of items in a page (default 20)', minimum: 1, maximum: 100 } as const satisfies JsonSchema;
const cursor = { type: 'string', description: 'The `cursor` in the previous page of the list', minLength: 1, maxLength: 1024 } as const satisfies JsonSchema;
const owner = { type: 'string', description: '`me` for the videos of the caller. Admins can give the id of any user', minLength: 1, maxLength: MAX_OWNER_LENGTH } as const satisfies JsonSchema;
/** A parameter of an authorization response (RFC 6749, section 4.1.2; RFC 9207). */
const oauthText = { type: 'string', maxLength: 4096 } as const satisfies JsonSchema;

/** A header with any value. The schema has no list of values, because browsers may introduce new values. */
const anyHeader = { type: 'string' } as const satisfies JsonSchema;
/** Headers that distinguish a user's navigation from a request by a script, a frame or a prefetch. */
const navigation = {
  'cookie': anyHeader, 'sec-fetch-site': anyHeader, 'sec-fetch-mode': anyHeader, 'sec-fetch-dest': anyHeader, 'sec-purpose': anyHeader,
} as const;
/** Headers that show whether a page of the service sent the request. */
const sameSite = { 'cookie': anyHeader, 'origin': anyHeader, 'sec-fetch-site': anyHeader } as const;

/**
 * The cookie that contains the refresh token of a browser session. Pages over plain HTTP can't set or replace a cookie with the prefix `__Secure-`. The
 * prefix `__Host-` is not used: it requires the path `/`, so browsers would send the cookie with every request.
 */
export const REFRESH_COOKIE = '__Secure-vod-refresh';
const refreshCookie = {
  [REFRESH_COOKIE]: { type: 'string', description: 'The refresh token of a browser session' },
} as const satisfies Route['cookies'];

/** The maximum length of `return_to`. The same limit applies to the escaped URL that a cookie stores during the sign-in. */
export const RETURN_TO_LENGTH = 512;

const LOGIN = '/login';
const signInPage = { href: `/${API_STAGE}${LOGIN}?return_to=/`, label: 'Sign in again' } as const satisfies ErrorPageLink;

/** Every route, keyed by its OpenAPI operationId. */
export const ROUTES = {
  login: {
    method: 'GET', path: LOGIN, handler: 'auth/sign-in', access: 'open', status: 302,
    summary: 'Starts a sign-in. With `return_to`, the sign-in creates a browser session. Without `return_to`, the sign-in returns tokens as JSON.',
    query: { return_to: { type: 'string', description: 'The path or URL to open after the sign-in', minLength: 1, maxLength: RETURN_TO_LENGTH } },
    headers: navigation, errorPage: signInPage, problems: ['invalid_return_to', 'sign_in_failed', 'upstream_failed'],
  },
  authorize: {
    method: 'GET', path: '/authorize', handler: 'auth/sign-in', access: 'open', status: 200, response: tokensSchema, redirects: true,
    summary: 'Completes a sign-in: returns tokens as JSON, or sets the refresh cookie and redirects to `return_to` (302).',
    query: { code: oauthText, state: oauthText, error: oauthText, error_description: oauthText, error_uri: oauthText, iss: oauthText },
    headers: navigation, errorPage: signInPage, problems: ['sign_in_failed', 'upstream_failed'],
  },
  refreshTokens: {
    method: 'POST', path: '/token', handler: 'auth/sign-in', access: 'open', status: 200, response: tokensSchema,
    summary: 'Returns new tokens for the refresh token in the cookie or in the body.',
    headers: sameSite, cookies: refreshCookie, body: refreshRequestSchema, bodyOptional: true, problems: ['not_signed_in', 'invalid_grant', 'cross_site', 'upstream_failed'],
  },
  revokeTokens: {
    method: 'POST', path: '/token/revoke', handler: 'auth/sign-in', access: 'open', status: 200, response: revokeResponseSchema,
    summary: 'Ends the session: revokes the refresh token, and deletes the refresh cookie and the cookies of the given playback sessions.',
    headers: sameSite, cookies: refreshCookie, body: revokeRequestSchema, bodyOptional: true, problems: ['not_signed_in', 'cross_site', 'upstream_failed'],
  },
  planUpload: {
    method: 'POST', path: '/upload', handler: 'upload/manage-uploads', access: 'signed-in', status: 201, response: uploadResponseSchema,
    summary: 'Creates a video. Returns a signed URL for the file. For a large file, returns the size of the parts instead of a URL.',
    body: uploadRequestSchema, problems: ['wrong_role', 'too_large', 'type_not_allowed', 'limit_reached', 'unavailable'],
  },
  getUpload: {
    method: 'GET', path: '/upload/{videoId}', handler: 'upload/manage-uploads', access: 'signed-in', status: 200, response: uploadStateSchema,
    summary: 'Returns the data that the caller needs to continue their upload, and the parts that S3 has stored. A page contains at most 1,000 parts.',
    pathParameters: videoId, query: { cursor }, problems: ['not_found', 'invalid_cursor', 'upload_gone', 'unavailable'],
  },
  signParts: {
    method: 'POST', path: '/upload/{videoId}/parts', handler: 'upload/manage-uploads', access: 'signed-in', status: 200, response: partsResponseSchema,
    summary: 'Returns signed URLs for parts of the file.',
    pathParameters: videoId, body: partsRequestSchema, problems: ['not_found', 'wrong_status', 'unavailable'],
  },
  completeUpload: {
    method: 'POST', path: '/upload/{videoId}/complete', handler: 'upload/manage-uploads', access: 'signed-in', status: 200, response: completeResponseSchema,
    summary: 'Joins the uploaded parts into one file. The request can be repeated.',
    pathParameters: videoId, body: completeRequestSchema, bodyOptional: true,
    problems: ['not_found', 'wrong_status', 'parts_missing', 'checksum_mismatch', 'upload_gone', 'unavailable'],
  },
  abortUpload: {
    method: 'DELETE', path: '/upload/{videoId}', handler: 'upload/manage-uploads', access: 'signed-in', status: 204,
    summary: 'Ends an upload that is not complete, and deletes its parts and its video.',
    pathParameters: videoId, problems: ['not_found', 'wrong_status', 'unavailable'],
  },
  listVideos: {
    method: 'GET', path: '/streams', handler: 'catalog/read-videos', access: 'signed-in', status: 200, response: videoListSchema,
    summary: 'Lists ready videos that are visible to all viewers, newest first. With `owner`, lists the videos of one user in every status. A request can contain one of the filters `status`, `tag` and `titlePrefix`.',
    query: { limit, cursor, owner, status: { type: 'string', enum: PRESENT_STATUSES }, tag: tagSchema, titlePrefix: titlePrefixSchema },
    problems: ['invalid_cursor', 'wrong_role'],
  },
  getVideo: {
    method: 'GET', path: '/streams/{videoId}', handler: 'catalog/read-videos', access: 'signed-in', status: 200, response: videoSchema,
    summary: 'Returns one video.',
    pathParameters: videoId, problems: ['wrong_role', 'not_found', 'unavailable'],
  },
  editVideo: {
    method: 'PATCH', path: '/streams/{videoId}', handler: 'catalog/edit-videos', access: 'signed-in', status: 200, response: videoSchema,
    summary: 'Changes the texts, the visibility or (only admins) the owner of a video. `If-Match` contains the ETag of `GET /streams/{videoId}`. The response has a new ETag, and no poster.',
    pathParameters: videoId, headers: { 'if-match': { type: 'string', description: 'The ETag of the video', maxLength: 200 } }, body: editRequestSchema,
    problems: ['wrong_role', 'not_found', 'wrong_status', 'edit_conflict', 'if_match_required', 'too_large', 'unavailable'],
  },
  retryVideo: {
    method: 'POST', path: '/streams/{videoId}/retry', handler: 'transcode/retry-videos', access: 'signed-in', status: 202, response: videoSchema,
    summary: 'Starts a new attempt to transcode a video that failed (status `errored`). A retry is no edit: the ETag stays the same, and `If-Match` is not needed. Of several requests, one starts the attempt, and the others fail with 409.',
    pathParameters: videoId, problems: ['wrong_role', 'not_found', 'wrong_status', 'source_unavailable', 'limit_reached', 'unavailable'],
  },
  startPlayback: {
    method: 'POST', path: '/streams/{videoId}/playback', handler: 'delivery/start-playback', access: 'signed-in', status: 200, response: playbackSchema,
    summary: 'Starts or renews a playback session: returns the media URLs and sets the cookies that allow access to these URLs.',
    pathParameters: videoId, problems: ['wrong_role', 'not_found', 'wrong_status', 'unavailable'],
  },
  describeApi: {
    method: 'GET', path: '/openapi.json', handler: 'api/describe-api', access: 'open', otherOrigins: true, status: 200, response: { type: 'object' },
    summary: 'Returns this document.',
  },
} as const satisfies Record<string, Route & ({ access: 'open'; otherOrigins?: undefined } | { handler: HandlerReading<'APP_ORIGINS'> })>;

/** The path of the sign-in callback. */
export const AUTHORIZE_PATH = `/${API_STAGE}${ROUTES.authorize.path}`;

export const LOGIN_PATH = `/${API_STAGE}${LOGIN}`;

/** The path of the refresh cookie. Browsers send the cookie only to the two routes below this path. */
export const TOKEN_PATH = `/${API_STAGE}${ROUTES.refreshTokens.path}`;

export type OperationId = keyof typeof ROUTES;

export type OperationsOf<H extends HandlerName> = { [O in OperationId]: (typeof ROUTES)[O]['handler'] extends H ? O : never }[OperationId];

export function routesOf(handler: HandlerName): [OperationId, Route][] {
  return (Object.entries(ROUTES) as [OperationId, Route][]).filter(([, route]) => route.handler === handler);
}
