import { webhooks } from './events';
import { PROBLEM_MEDIA_TYPE, ProblemCode, PROBLEMS } from './problems';
import { API_STAGE, Route, ROUTES } from './routes';
import { COMPONENTS, JsonSchema, problemSchema } from './schemas';

/** The version of the API that the document describes. */
export const API_VERSION = '1';

type JsonObject = Record<string, unknown>;

const COMPONENT_NAMES = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]));

/**
 * Returns the OpenAPI 3.1 document of the API.
 *
 * @param handlers the handlers of the API; the document contains only routes of these handlers
 */
export function openApiDocument(version: string, handlers: readonly string[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const [operationId, route] of Object.entries(ROUTES).filter(([, { handler }]) => handlers.includes(handler)) as [string, Route][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Video on demand', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    // The URL is relative, so that the document is the same for every deployment.
    servers: [{ url: `/${API_STAGE}` }],
    paths,
    ...(handlers.includes('catalog/read-videos') && { webhooks: webhooks(refer) }),
    components: {
      schemas: Object.fromEntries(Object.entries(COMPONENTS).map(([name, schema]) => [name, inline(schema)])),
      responses: {
        [HEADERS_TOO_LARGE]: {
          // For the limit, see "Quotas for configuring and running a REST API" in the API Gateway Developer Guide. The guide names no status. Users report 431.
          description: 'The request has more than 10,240 bytes of headers. API Gateway wrote this response, and the body can have any format',
        },
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An id token of the user pool, or a token of the OIDC issuer if an issuer is configured' } },
    },
  };
}

const HEADERS_TOO_LARGE = 'HeadersTooLarge';

function operation(operationId: string, route: Route): object {
  return {
    operationId,
    summary: route.summary,
    security: route.access === 'open' ? [] : [{ token: [] }],
    parameters: [
      ...parameters('path', route.pathParameters), ...parameters('query', route.query), ...parameters('header', clientHeaders(route)),
      ...parameters('cookie', route.cookies),
    ],
    ...(route.body && { requestBody: { required: !route.bodyOptional, content: { 'application/json': { schema: refer(route.body) } } } }),
    responses: { ...successes(route), ...failures(route), 431: { $ref: `#/components/responses/${HEADERS_TOO_LARGE}` } },
  };
}

/**
 * Request headers that the document does not list. Some of these headers can be set only by browsers (see "forbidden request-header" in the Fetch standard).
 * OpenAPI ignores `accept`, `authorization` and `content-type` (see "Parameter Object" in OpenAPI 3.1).
 */
const NOT_PARAMETERS = /^(?:cookie|origin|sec-.*|accept|authorization|content-type)$/;

function clientHeaders({ headers = {} }: Route): Route['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PARAMETERS.test(name)));
}

function parameters(place: 'path' | 'query' | 'header' | 'cookie', schemas: Readonly<Record<string, JsonSchema>> = {}): object[] {
  return Object.entries(schemas).map(([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: place, required: place === 'path', ...(description && { description }), schema: COMPONENT_NAMES.has(schema) ? refer(schema) : rest };
  });
}

/** Returns a `$ref` to a component, or the whole schema if it is not a component. */
function refer(schema: JsonSchema): JsonObject {
  const name = COMPONENT_NAMES.get(schema);
  return name === undefined ? inline(schema) : { $ref: `#/components/schemas/${name}` };
}

function inline({ properties, patternProperties, additionalProperties, items, oneOf, ...rest }: JsonSchema): JsonObject {
  const each = (schemas: Readonly<Record<string, JsonSchema>>) => Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, refer(schema)]));
  return {
    ...rest,
    ...(properties && { properties: each(properties) }),
    ...(patternProperties && { patternProperties: each(patternProperties) }),
    ...(additionalProperties !== undefined && { additionalProperties: typeof additionalProperties === 'object' ? refer(additionalProperties) : additionalProperties }),
    ...(items && { items: refer(items) }),
    ...(oneOf && { oneOf: oneOf.map(refer) }),
  };
}

const REDIRECT = 'Redirect to the URL in `location`';

function successes({ status, response, redirects }: Route): Record<string, object> {
  const content = response && { content: { 'application/json': { schema: refer(response) } } };
  return {
    [status]: { description: status === 302 ? REDIRECT : 'Success', ...content },
    ...(redirects && { 302: { description: REDIRECT } }),
  };
}

function failures(route: Route): Record<string, object> {
  const codes = new Set<ProblemCode>([
    // Every route rejects unknown parameters.
    'invalid_request',
    ...(route.body ? ['malformed_json'] as const : []),
    // API Gateway rejects a body of more than 10 MB on every route.
    'too_large',
    // An app's own authorizer can deny access to any route that requires a token, and every authorizer can fail.
    ...(route.access === 'open' ? [] : ['not_signed_in', 'wrong_role', 'upstream_failed'] as const),
    ...(route.problems ?? []),
    // API Gateway throttles every route.
    'throttled', 'internal',
  ]);
  const byStatus: Record<string, string[]> = {};
  for (const code of codes) (byStatus[PROBLEMS[code].status] ??= []).push(code);
  // Routes with error pages have no request body. API Gateway itself writes these two errors of such routes, as JSON.
  const page = (found: string[]) => route.errorPage && found.some((code) => !['throttled', 'too_large'].includes(code)) && { 'text/html': {} };
  return Object.fromEntries(Object.entries(byStatus).map(([status, found]) => [status, {
    description: found.join(', '), content: { [PROBLEM_MEDIA_TYPE]: { schema: refer(problemSchema) }, ...page(found) },
  }]));
}
