import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { HandlerName } from '../contract/environment';
import type { OperationId, OperationsOf, ROUTES } from '../contract/routes';
import type { eventDetailSchema, problemSchema, tokensSchema, videoSchema } from '../contract/schemas';
import type { Caller } from '../roles/decide';

/*
 * Types of requests and responses, derived from the schemas in src/contract. They are part of src/runtime because the published type declarations must
 * not import json-schema-to-ts (docs/decisions/014).
 */

/** A video in an API response. Times are ISO 8601 in UTC, and URLs are absolute. Keys without a value are omitted. */
export type Video = FromSchema<typeof videoSchema>;

export type EventDetail = FromSchema<typeof eventDetailSchema>;

/** The response of the OAuth server's token endpoint, and of the token routes of this API. */
export type Tokens = FromSchema<typeof tokensSchema>;

export type Problem = FromSchema<typeof problemSchema>;

type RouteOf<O extends OperationId> = (typeof ROUTES)[O];

type Values<Schemas> = { readonly [Name in keyof Schemas]: Schemas[Name] extends JSONSchema ? FromSchema<Schemas[Name]> : never };

/** The schemas of a route for one key, such as `query`. Without that key the type has no properties. */
type SchemasOf<O extends OperationId, Key extends string> = RouteOf<O> extends Readonly<Record<Key, infer Schemas>> ? Schemas : object;

/** The path parameters of a request. All are present, because API Gateway has matched the path. */
export type PathOf<O extends OperationId> = Values<SchemasOf<O, 'pathParameters'>>;

/** The query parameters of a request. Each is optional. */
export type QueryOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'query'>>>;

/** The headers of a request that the route reads. Each is optional. */
export type HeadersOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'headers'>>>;

/** The body of a request. Undefined if the route does not accept a body. */
export type BodyOf<O extends OperationId> = RouteOf<O> extends { readonly body: infer Schema extends JSONSchema } ? FromSchema<Schema> : undefined;

/** A validated request. Only requests of signed-in routes have a caller. */
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
 * The response of an operation. Errors are thrown as `HttpProblem`.
 *
 * Declare this type as the return type of the operation: if TypeScript infers the type from a `return`, it accepts unknown keys.
 */
export type AnswerOf<O extends OperationId> =
  | DefaultAnswer<O>
  | (RouteOf<O> extends { readonly redirects: true } ? Redirect & { readonly status: 302 } : never);

export type Operations<H extends HandlerName> = { readonly [O in OperationsOf<H>]: (request: RequestOf<O>) => Promise<AnswerOf<O>> };
