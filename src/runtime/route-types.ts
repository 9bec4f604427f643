import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { HandlerName } from '../contract/environment';
import type { OperationId, OperationsOf, ROUTES } from '../contract/routes';
import type { eventDetailSchema, ingestMetadataSchema, multipartUploadSchema, problemSchema, singleUploadSchema, tokensSchema, videoSchema } from '../contract/schemas';
import type { Caller } from '../roles/decide';

/* This file is not in src/contract, because the published type declarations must not import json-schema-to-ts (docs/decisions/014). */

export type Video = FromSchema<typeof videoSchema>;

export type EventDetail = FromSchema<typeof eventDetailSchema>;

/** The response of the OAuth server's token endpoint and of this API's token routes. */
export type Tokens = FromSchema<typeof tokensSchema>;

export type Problem = FromSchema<typeof problemSchema>;

export type SingleUploadPlan = FromSchema<typeof singleUploadSchema>;

export type MultipartUploadPlan = FromSchema<typeof multipartUploadSchema>;

export type IngestMetadata = FromSchema<typeof ingestMetadataSchema>;

type RouteOf<O extends OperationId> = (typeof ROUTES)[O];

type Values<Schemas> = { readonly [Name in keyof Schemas]: Schemas[Name] extends JSONSchema ? FromSchema<Schemas[Name]> : never };

type SchemasOf<O extends OperationId, Key extends string> = RouteOf<O> extends Readonly<Record<Key, infer Schemas>> ? Schemas : object;

/** API Gateway has matched the path, so all path parameters are present. */
export type PathOf<O extends OperationId> = Values<SchemasOf<O, 'pathParameters'>>;

export type QueryOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'query'>>>;

export type HeadersOf<O extends OperationId> = Partial<Values<SchemasOf<O, 'headers'>>>;

export type BodyOf<O extends OperationId> = RouteOf<O> extends { readonly body: infer Schema extends JSONSchema } ? FromSchema<Schema> : undefined;

/** `caller` exists only if the route requires a signed-in user. */
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

/** Declare this type as the return type of each operation. If TypeScript infers the return type, TypeScript accepts unknown keys. */
export type AnswerOf<O extends OperationId> =
  | DefaultAnswer<O>
  | (RouteOf<O> extends { readonly redirects: true } ? Redirect & { readonly status: 302 } : never);

export type Operations<H extends HandlerName> = { readonly [O in OperationsOf<H>]: (request: RequestOf<O>) => Promise<AnswerOf<O>> };
