import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { HandlerName } from '../contract/environment';
import type { OperationId, OperationsOf, ROUTES } from '../contract/routes';
import type { eventDetailSchema, problemSchema, tokensSchema, videoSchema } from '../contract/schemas';
import type { Caller } from '../roles/decide';

/*
 * Types of requests and answers, made from the schemas of the contract. They stand on the handlers' side, because the published type declarations
 * must not import json-schema-to-ts (docs/decisions/014).
 */

/** A video as the API answers it. Times are ISO 8601 UTC, addresses absolute, absent values absent keys. */
export type Video = FromSchema<typeof videoSchema>;

/** What an event of a video says. */
export type EventDetail = FromSchema<typeof eventDetailSchema>;

/** What the token endpoint of the sign-in server answers, and so do ours. */
export type Tokens = FromSchema<typeof tokensSchema>;

/** problem+json of RFC 9457. */
export type Problem = FromSchema<typeof problemSchema>;

type RouteOf<O extends OperationId> = (typeof ROUTES)[O];

/** The type of each value, by name. */
type Values<Schemas> = { readonly [Name in keyof Schemas]: Schemas[Name] extends JSONSchema ? FromSchema<Schemas[Name]> : never };

/** The schemas under one key of a route; an object without keys if the route lacks it. */
type SchemasOf<O extends OperationId, Key extends string> = RouteOf<O> extends Readonly<Record<Key, infer Schemas>> ? Schemas : object;

/** Path parameters: always there, since the path matched. */
export type PathOf<O extends OperationId> = Values<SchemasOf<O, 'pathParameters'>>;

/** Query parameters: each may be left out. */
export type QueryOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'query'>>>;

/** The headers that the route names: each may be left out. */
export type HeadersOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'headers'>>>;

/** The body; undefined if the route takes none. */
export type BodyOf<O extends OperationId> = RouteOf<O> extends { readonly body: infer Schema extends JSONSchema } ? FromSchema<Schema> : undefined;

/** A request that fits the description of its route. Only requests of signed-in routes have a caller. */
export type RequestOf<O extends OperationId> = {
  readonly path: PathOf<O>;
  readonly query: QueryOf<O>;
  /** Names in lower case. */
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
 * What an operation may answer; errors are thrown (`HttpProblem`). Annotate the operation with it: TypeScript accepts unknown keys in an object whose
 * type it infers from a `return`.
 */
export type AnswerOf<O extends OperationId> =
  | DefaultAnswer<O>
  | (RouteOf<O> extends { readonly redirects: true } ? Redirect & { readonly status: 302 } : never);

/** The operations of one handler, by operationId. */
export type Operations<H extends HandlerName> = { readonly [O in OperationsOf<H>]: (request: RequestOf<O>) => Promise<AnswerOf<O>> };
