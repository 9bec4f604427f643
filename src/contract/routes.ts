import type { HandlerName, HandlerReading } from './environment';
import type { ProblemCode } from './problems';
import {
  JsonSchema, playbackSchema, refreshRequestSchema, revokeResponseSchema, tokensSchema, uploadRequestSchema, uploadResponseSchema, videoIdSchema,
  videoListSchema, videoSchema,
} from './schemas';
import { isPresent, VIDEO_STATUSES } from '../domain/video-status';

/** The stage of the REST API, and so the first part of every path. */
export const API_STAGE = 'api';

/** Path parameters are text. */
type TextSchema = JsonSchema & { readonly type: 'string' };
/** Other parameters and headers are text on the wire: `integer` ones are converted. */
type ParameterSchema = JsonSchema & { readonly type: 'string' | 'integer' };

/** One route: the REST API, the handlers' routers with their validation, and the OpenAPI document are all made from these. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the stage; `{name}` is a path parameter. */
  readonly path: string;
  readonly handler: HandlerName;
  /** `open`: no authorizer. */
  readonly access: 'open' | 'signed-in';
  /** True if pages of `appOrigins` may call the route although it is open. They may call every route of signed-in users. */
  readonly otherOrigins?: true;
  readonly summary: string;
  readonly pathParameters?: Readonly<Record<string, TextSchema>>;
  /** Any other parameter is refused. */
  readonly query?: Readonly<Record<string, ParameterSchema>>;
  /** Request headers that the handler reads, in lower case: it gets no others. */
  readonly headers?: Readonly<Record<string, ParameterSchema>>;
  /** What the OpenAPI document says of the cookies in the `cookie` header that a client may send of its own accord. */
  readonly cookies?: Readonly<Record<string, TextSchema>>;
  readonly body?: JsonSchema;
  /** True when the body may be left out; it counts as `{}` then. */
  readonly bodyOptional?: boolean;
  readonly status: number;
  /** The body of an answer with `status`; absent if it has none. */
  readonly response?: JsonSchema;
  /** True when 302 is an answer besides `status`. */
  readonly redirects?: boolean;
  /** Codes of the errors, besides those that every route of its kind has. */
  readonly problems?: readonly ProblemCode[];
}

const videoId = { videoId: videoIdSchema };
const limit = { type: 'integer', description: 'Items a page (default 20)', minimum: 1, maximum: 100 } as const satisfies JsonSchema;
const cursor = { type: 'string', description: 'From the page before', minLength: 1, maxLength: 1024 } as const satisfies JsonSchema;
/** What a sign-in server may send back (RFC 6749, section 4.1.2; RFC 9207). */
const oauthText = { type: 'string', maxLength: 4096 } as const satisfies JsonSchema;

/** A header of any value: browsers may add values, and the handler decides what an unknown one means. */
const anyHeader = { type: 'string' } as const satisfies JsonSchema;
/** What tells a person's navigation from the request of a script, a frame or a prefetch. */
const navigation = {
  'cookie': anyHeader, 'sec-fetch-site': anyHeader, 'sec-fetch-mode': anyHeader, 'sec-fetch-dest': anyHeader, 'sec-purpose': anyHeader,
} as const;
/** What tells whether a page of the service's own sends its cookie. */
const ownPage = { 'cookie': anyHeader, 'origin': anyHeader, 'sec-fetch-site': anyHeader } as const;

/**
 * The cookie with the refresh token of a browser session. `__Secure-`: no page that came over plain http can set or replace it. (`__Host-` requires the
 * path `/`, and would send it with every request.)
 */
export const REFRESH_COOKIE = '__Secure-vod-refresh';
const refreshCookie = {
  [REFRESH_COOKIE]: { type: 'string', description: 'The refresh token of a browser session' },
} as const satisfies Route['cookies'];

/** The longest `return_to`, also once it is a whole, escaped address: the cookie of a sign-in under way holds it. */
export const RETURN_TO_LENGTH = 512;

/** By OpenAPI operationId. */
export const ROUTES = {
  login: {
    method: 'GET', path: '/login', handler: 'auth/sign-in', access: 'open', status: 302,
    summary: 'Starts a sign-in. With `return_to` a browser session follows, without it the tokens come as JSON.',
    query: { return_to: { type: 'string', description: 'Path or address to return to', minLength: 1, maxLength: RETURN_TO_LENGTH } },
    headers: navigation, problems: ['invalid_return_to', 'sign_in_failed', 'upstream_failed'],
  },
  authorize: {
    method: 'GET', path: '/authorize', handler: 'auth/sign-in', access: 'open', status: 200, response: tokensSchema, redirects: true,
    summary: 'The sign-in\'s callback: tokens, or the refresh cookie and on to `return_to` (302).',
    query: { code: oauthText, state: oauthText, error: oauthText, error_description: oauthText, error_uri: oauthText, iss: oauthText },
    headers: navigation, problems: ['sign_in_failed', 'upstream_failed'],
  },
  refreshTokens: {
    method: 'POST', path: '/token', handler: 'auth/sign-in', access: 'open', status: 200, response: tokensSchema,
    summary: 'New tokens for a refresh token, from the cookie or the body.',
    headers: ownPage, cookies: refreshCookie, body: refreshRequestSchema, bodyOptional: true, problems: ['not_signed_in', 'invalid_grant', 'cross_site', 'upstream_failed'],
  },
  revokeTokens: {
    method: 'POST', path: '/token/revoke', handler: 'auth/sign-in', access: 'open', status: 200, response: revokeResponseSchema,
    summary: 'Ends the session: revokes the refresh token and clears the cookie.',
    headers: ownPage, cookies: refreshCookie, body: refreshRequestSchema, bodyOptional: true, problems: ['not_signed_in', 'cross_site', 'upstream_failed'],
  },
  planUpload: {
    method: 'POST', path: '/upload', handler: 'upload/plan-upload', access: 'signed-in', status: 201, response: uploadResponseSchema,
    summary: 'Declares a file, creates its video and answers how to send the bytes.',
    body: uploadRequestSchema, problems: ['wrong_role', 'too_large', 'type_not_allowed'],
  },
  listVideos: {
    method: 'GET', path: '/streams', handler: 'catalog/read-videos', access: 'signed-in', status: 200, response: videoListSchema,
    summary: 'Listed, ready videos, newest first; with `owner=me` the caller\'s own in every status.',
    query: { limit, cursor, owner: { type: 'string', enum: ['me'] }, status: { type: 'string', enum: VIDEO_STATUSES.filter(isPresent) } },
    problems: ['invalid_cursor', 'wrong_role'],
  },
  getVideo: {
    method: 'GET', path: '/streams/{videoId}', handler: 'catalog/read-videos', access: 'signed-in', status: 200, response: videoSchema,
    summary: 'One video.',
    pathParameters: videoId, problems: ['wrong_role', 'not_found', 'unavailable'],
  },
  startPlayback: {
    method: 'POST', path: '/streams/{videoId}/playback', handler: 'delivery/start-playback', access: 'signed-in', status: 200, response: playbackSchema,
    summary: 'Starts or renews a playback session: addresses, and the cookies that open them.',
    pathParameters: videoId, problems: ['wrong_role', 'not_found', 'wrong_status', 'unavailable'],
  },
  describeApi: {
    method: 'GET', path: '/openapi.json', handler: 'api/describe-api', access: 'open', otherOrigins: true, status: 200, response: { type: 'object' },
    summary: 'This document.',
  },
} as const satisfies Record<string, Route & ({ access: 'open'; otherOrigins?: undefined } | { handler: HandlerReading<'APP_ORIGINS'> })>;

/** The sign-in's callback, as the sign-in server knows it. */
export const AUTHORIZE_PATH = `/${API_STAGE}${ROUTES.authorize.path}`;

/** Where a sign-in begins. */
export const LOGIN_PATH = `/${API_STAGE}${ROUTES.login.path}`;

/** Where the refresh cookie goes, and nowhere else: both token routes are below it. */
export const TOKEN_PATH = `/${API_STAGE}${ROUTES.refreshTokens.path}`;

export type OperationId = keyof typeof ROUTES;

/** The operations that one handler serves. */
export type OperationsOf<H extends HandlerName> = { [O in OperationId]: (typeof ROUTES)[O]['handler'] extends H ? O : never }[OperationId];

/** The routes that one handler serves. */
export function routesOf(handler: HandlerName): [OperationId, Route][] {
  return (Object.entries(ROUTES) as [OperationId, Route][]).filter(([, route]) => route.handler === handler);
}
