import { ProblemCode, PROBLEMS } from './problems';
import { API_STAGE, Route, ROUTES } from './routes';
import { JsonSchema, problemSchema } from './schemas';

/** The OpenAPI 3.1 document of the API, made from the route table: of those routes that the API has, by who serves them. */
export function openApiDocument(version: string, handlers: readonly string[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries(ROUTES).filter(([, { handler }]) => handlers.includes(handler)) as [string, Route][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Video on demand', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    // Relative: the document is the same wherever the API is.
    servers: [{ url: `/${API_STAGE}` }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The id token, or what the identity provider of the service gives' } },
    },
  };
}

function operation(operationId: string, route: Route): object {
  return {
    operationId,
    summary: route.summary,
    security: route.access === 'open' ? [] : [{ token: [] }],
    parameters: [...parameters('path', route.pathParameters, true), ...parameters('query', route.query, false)],
    ...(route.body && { requestBody: { required: !route.bodyOptional, content: { 'application/json': { schema: route.body } } } }),
    responses: { [route.status]: success(route), ...failures(route) },
  };
}

function parameters(place: 'path' | 'query', schemas: Route['query'], required: boolean): object[] {
  return Object.entries(schemas ?? {}).map(([name, { description, ...schema }]: [string, JsonSchema]) => ({
    name, in: place, required, ...(description && { description }), schema,
  }));
}

function success(route: Route): object {
  return route.response ? { description: 'Done', content: { 'application/json': { schema: route.response } } } : { description: 'On to the next address' };
}

function failures(route: Route): Record<string, object> {
  const codes = new Set<ProblemCode>([
    // Every route refuses parameters that it does not define.
    'invalid_request',
    ...(route.body ? ['malformed_json', 'too_large'] as const : []),
    ...(route.access === 'open' ? [] : ['not_signed_in'] as const),
    ...(route.problems ?? []),
    'internal',
  ]);
  const byStatus: Record<string, string[]> = {};
  for (const code of codes) (byStatus[PROBLEMS[code].status] ??= []).push(code);
  return Object.fromEntries(Object.entries(byStatus).map(([status, found]) => [status, {
    description: found.join(', '), content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }]));
}
