import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { HandlerName } from '../contract/environment';
import type { OperationId, OperationsOf, ROUTES } from '../contract/routes';
import type { eventDetailSchema, multipartUploadSchema, problemSchema, singleUploadSchema, tokensSchema, videoSchema } from '../contract/schemas';
import type { Caller } from '../roles/decide';

/*
 * Types of requests and responses, derived from the schemas in src/contract. This file is not in src/contract, because the published type declarations
 * must not import json-schema-to-ts (docs/decisions/014).
 */

/** A video in an API response. Times are ISO 8601 in UTC, and URLs are absolute. Keys without a value are omitted. */
export type Video = FromSchema<typeof videoSchema>;

export type EventDetail = FromSchema<typeof eventDetailSchema>;

/** The response of the OAuth server's token endpoint, and of the token routes of this API. */
export type Tokens = FromSchema<typeof tokensSchema>;

export type Problem = FromSchema<typeof problemSchema>;

export type SingleUploadPlan = FromSchema<typeof singleUploadSchema>;

export type MultipartUploadPlan = FromSchema<typeof multipartUploadSchema>;

type RouteOf<O extends OperationId> = (typeof ROUTES)[O];

type Values<Schemas> = { readonly [Name in keyof Schemas]: Schemas[Name] extends JSONSchema ? FromSchema<Schemas[Name]> : never };

/** The schemas under one key of a route, such as `query`. */
type SchemasOf<O extends OperationId, Key extends string> = RouteOf<O> extends Readonly<Record<Key, infer Schemas>> ? Schemas : object;

/** The path parameters of a request. All path parameters are present, because API Gateway has matched the path. */
export type PathOf<O extends OperationId> = Values<SchemasOf<O, 'pathParameters'>>;

/** The query parameters of a request, all optional. */
export type QueryOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'query'>>>;

/** The request headers that the route reads, all optional. */
export type HeadersOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'headers'>>>;

/** The body of a request, or undefined if the route does not accept a body. */
export type BodyOf<O extends OperationId> = RouteOf<O> extends { readonly body: infer Schema extends JSONSchema } ? FromSchema<Schema> : undefined;

/** A validated request. `caller` exists only if the route requires a signed-in user. */
export type RequestOf<O extends OperationId> = {
  readonly path: PathOf<O>;
  readonly query: QueryOf<O>;
  readonly headers: HeadersOf<O>;
  readonly body: BodyOf<O>;
} & (RouteOf<O>['access'] extends 'signed-in' ? { readonly caller: Caller } : unknown);

interface AnswerHead {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

interface Redirect extends AnswerHead {
  readonly headers: { readonly location: string };
  readonly body?: undefined;
}

type DefaultAnswer<O extends OperationId> =
  RouteOf<O> extends { readonly response: infer Schema extends JSONSchema }
    ? AnswerHead & { readonly status?: RouteOf<O>['status']; readonly body: FromSchema<Schema> }
    : RouteOf<O>['status'] extends 302 ? Redirect
      : AnswerHead & { readonly body?: undefined };

/**
 * The response of an operation. Operations throw errors as `HttpProblem`.
 *
 * Declare this type as the return type of an operation, because TypeScript accepts unknown keys if it infers the return type.
 */
export type AnswerOf<O extends OperationId> =
  | DefaultAnswer<O>
  | (RouteOf<O> extends { readonly redirects: true } ? Redirect & { readonly status: 302 } : never);

export type Operations<H extends HandlerName> = { readonly [O in OperationsOf<H>]: (request: RequestOf<O>) => Promise<AnswerOf<O>> };
