import { readFileSync } from 'fs';
import { join } from 'path';
import { NO_SUCH_ROUTE_DETAIL } from '../../src/contract/problems';
import { serveRoutes } from '../../src/runtime/http';
import { apiEvent } from '../runtime/api-event';
import { methodsOfRoutes, pathOf } from '../templates/checks/api';
import { functionsOf } from '../toolkit/functions';
import { templateOf, testStack, vodIn } from '../toolkit/stacks';
import { ours, references } from '../toolkit/template';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
}

const file = readFileSync(join(__dirname, '..', '..', 'openapi.json'), 'utf8');
const { paths } = JSON.parse(file) as { paths: Record<string, Record<string, Operation>> };
const documented = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, ...operation })));

const stack = testStack();
vodIn(stack, { ingest: {} });
const template = templateOf(stack);
const deployed = methodsOfRoutes(template).map(({ properties: { HttpMethod, ResourceId, OperationName, AuthorizationType, Integration } }) => {
  const target = references(Integration.Uri).at(-1);
  return {
    route: `${HttpMethod} ${pathOf(template, ResourceId)}`,
    operationId: OperationName as string,
    isOpen: AuthorizationType === 'NONE',
    handler: functionsOf(template).find(({ id }) => id === target)?.name,
  };
});

const sorted = (lines: string[]) => lines.sort();

/**
 * For each type of gateway response: the routes for which API Gateway can send the response instead of the handler. `none`: the response belongs to no route,
 * or has no fixed status.
 */
const ROUTES_OF_GATEWAY_RESPONSES: Record<string, 'all' | 'signed-in' | 'none'> = {
  MISSING_AUTHENTICATION_TOKEN: 'none', DEFAULT_4XX: 'none',
  UNAUTHORIZED: 'signed-in', ACCESS_DENIED: 'signed-in', AUTHORIZER_FAILURE: 'signed-in', AUTHORIZER_CONFIGURATION_ERROR: 'signed-in',
  REQUEST_TOO_LARGE: 'all', UNSUPPORTED_MEDIA_TYPE: 'all', THROTTLED: 'all', QUOTA_EXCEEDED: 'all', DEFAULT_5XX: 'all',
};

/** The document, the template and the routers of the handlers are all derived from the route table. These tests fail if only one of the three changes. */
describe('the OpenAPI document, the template and the routers agree', () => {
  test('the document and the template have the same routes, operations and open routes', () => {
    expect(sorted(documented.map(({ route, operationId, security }) => `${route} ${operationId} ${security.length === 0 ? 'open' : 'signed-in'}`)))
      .toEqual(sorted(deployed.map(({ route, operationId, isOpen }) => `${route} ${operationId} ${isOpen ? 'open' : 'signed-in'}`)));
    expect(deployed.length).toBeGreaterThan(10);
  });

  test('the document lists the path parameters of the template', () => {
    for (const { route, parameters } of documented) {
      expect([route, parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)]).toEqual([route, Array.from(route.matchAll(/{(\w+)}/g), ([, name]) => name)]);
    }
  });

  const gatewayResponses = ours(template, 'AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties);

  test('the template has no other gateway responses than this test knows', () => {
    expect(sorted(gatewayResponses.map(({ ResponseType }) => ResponseType))).toEqual(Object.keys(ROUTES_OF_GATEWAY_RESPONSES).sort());
  });

  test.each(documented)('the document lists the responses that API Gateway writes for $route', ({ security, responses }) => {
    const written = gatewayResponses.filter(({ ResponseType }) => {
      const routes = ROUTES_OF_GATEWAY_RESPONSES[ResponseType];
      return routes === 'all' || (routes === 'signed-in' && security.length > 0);
    });
    for (const { StatusCode, ResponseTemplates } of written) {
      const { code } = JSON.parse(ResponseTemplates['application/json']);
      expect([StatusCode, responses[StatusCode]?.description?.split(', ')]).toEqual([StatusCode, expect.arrayContaining([code])]);
    }
    // These three statuses do not depend on the route. API Gateway writes 431 without a gateway response.
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['413', '429', '431']));
  });

  const handlers = [...new Set(deployed.map(({ handler }) => handler!))];
  test.each(handlers)('the router of %s accepts the routes whose methods invoke its function, and no others', async (handler) => {
    const operations = new Proxy({}, { get: () => async () => ({ body: {} }) });
    const serve = serveRoutes(handler, operations as never);
    const accepted: string[] = [];
    for (const { route } of deployed) {
      const [method, path] = route.split(' ');
      const { statusCode, body } = await serve(apiEvent(method, path, { userId: 'ann' }));
      const isUnknown = statusCode === 404 && body.includes(NO_SUCH_ROUTE_DETAIL);
      if (!isUnknown) accepted.push(route);
    }
    expect(sorted(accepted)).toEqual(sorted(deployed.filter((each) => each.handler === handler).map(({ route }) => route)));
  });
});
