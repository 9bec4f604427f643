import { readFileSync } from 'fs';
import { join } from 'path';
import { ENVIRONMENTS, type HandlerName } from '../../src/contract/environment';
import { openApiDocument } from '../../src/contract/openapi';
import { PROBLEMS } from '../../src/contract/problems';
import { Route, ROUTES } from '../../src/contract/routes';
import type { JsonSchema } from '../../src/contract/schemas';

const routes = Object.entries(ROUTES) as [string, Route][];

function described(handlers: HandlerName[]): { operationId: string; security: object[] }[] {
  const { paths } = openApiDocument('1', handlers) as { paths: Record<string, Record<string, { operationId: string; security: object[] }>> };
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

function walk(schema: JsonSchema, visit: (schema: JsonSchema) => void): void {
  visit(schema);
  Object.values(schema.properties ?? {}).forEach((inner) => walk(inner, visit));
  if (schema.items) walk(schema.items, visit);
  if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, visit);
}

describe('the route table', () => {
  test('contains each method and path once', () => {
    const names = routes.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(routes)('%s declares every path parameter, a known handler and known problems', (_id, route) => {
    expect(Object.keys(route.pathParameters ?? {})).toEqual([...route.path.matchAll(/{(\w+)}/g)].map(([, name]) => name));
    expect(Object.keys(ENVIRONMENTS)).toContain(route.handler);
    for (const code of route.problems ?? []) expect(PROBLEMS).toHaveProperty(code);
  });

  test.each(routes.filter(([, { body }]) => body))('%s rejects unknown fields', (_id, { body }) => {
    walk(body!, (schema) => {
      if (schema.type === 'object') expect(schema.additionalProperties).toBeDefined();
      if (schema.type === 'object' && schema.properties) expect(schema.additionalProperties).toBe(false);
      for (const name of schema.required ?? []) expect(schema.properties).toHaveProperty(name);
    });
  });

  test.each(routes)('%s lists headers in lower case, and the cookie header if it has cookies', (_id, { headers = {}, cookies }) => {
    expect(Object.keys(headers)).toEqual(Object.keys(headers).map((name) => name.toLowerCase()));
    if (cookies) expect(headers).toHaveProperty('cookie');
  });

  test.each(routes.filter(([, { bodyOptional }]) => bodyOptional))('%s, whose body is optional, requires no field', (_id, { body }) => {
    expect(body?.required).toEqual([]);
  });

  test('every route that requires a role has the problem wrong_role', () => {
    for (const [operationId, { handler, path, problems = [] }] of routes) {
      // Only the owner of a video can use the routes of its upload, so these routes require no role.
      const decides = (ENVIRONMENTS[handler] as readonly string[]).includes('ROLES') && !path.startsWith('/upload/');
      expect([operationId, problems.includes('wrong_role')]).toEqual([operationId, decides]);
    }
    const { paths } = openApiDocument('1', Object.keys(ENVIRONMENTS) as HandlerName[]) as { paths: Record<string, Record<string, { responses: Record<string, object> }>> };
    expect(paths['/streams/{videoId}'].get.responses['403']).toMatchObject({ description: 'wrong_role' });
  });

  test('the OpenAPI document contains every route, with a security requirement for signed-in routes', () => {
    const operations = described(Object.keys(ENVIRONMENTS) as HandlerName[]);
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort());
    for (const { operationId, security } of operations) {
      expect([operationId, security.length]).toEqual([operationId, ROUTES[operationId as keyof typeof ROUTES].access === 'open' ? 0 : 1]);
    }
  });

  test('the OpenAPI document contains no route of a missing handler', () => {
    expect(described(['api/describe-api', 'upload/manage-uploads']).map(({ operationId }) => operationId).sort()).toEqual([
      'abortUpload', 'completeUpload', 'describeApi', 'getUpload', 'planUpload', 'signParts',
    ]);
  });
});

test('docs/errors.md explains every code with its status', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'errors.md'), 'utf8');
  for (const [code, { status }] of Object.entries(PROBLEMS)) expect(page).toContain(`<a id="${code}"></a>\`${code}\` | ${status} |`);
});
