import { randomUUID } from 'crypto';
import { setTimeout } from 'timers/promises';
import { createAuthorizers, type KeysOf } from './authorizers';
import { createMock } from './mock';
import { arnIn, invokeFunction, proxyAnswer, proxyEvent, type ProxyContext } from './proxy';
import { createResponses, Refused, type ApiAnswer, type ApiRequest } from './responses';
import { byId, onlyKnown, theOne } from '../lookup';
import { createThrottle } from './throttle';
import type { Functions, LocalStack } from '../types';

export type Gateway = (request: ApiRequest) => Promise<ApiAnswer>;

export type { KeysOf };

export const bodyLimit = 10 * 1024 * 1024;

/**
 * For each resource type: the properties that can have any value, and the supported values of the other properties. The local stack writes no access logs, so
 * `AccessLogSetting` has no effect.
 */
const knownProperties: Record<string, [free: string, bound?: Record<string, unknown[]>]> = {
  RestApi: ['Description EndpointConfiguration Name'],
  Stage: ['AccessLogSetting DeploymentId MethodSettings RestApiId StageName'],
  Method: ['AuthorizerId Integration MethodResponses OperationName ResourceId RestApiId', {
    AuthorizationType: ['NONE', 'COGNITO_USER_POOLS', 'CUSTOM'], HttpMethod: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
  }],
};

/** Returns the routes in the order in which their paths are matched. */
function readRoutes(stack: LocalStack, rootId: string): { id: string; path: string; expression: RegExp }[] {
  const pathOf = (id: string): string => {
    if (id === rootId) return '';
    const { ParentId, PathPart } = byId(stack, 'AWS::ApiGateway::Resource', id).properties;
    if (PathPart.includes('+')) throw new Error(`the local stack does not support a + in a path part, got ${PathPart}`);
    return `${pathOf(ParentId)}/${PathPart}`;
  };
  const ids = new Set<string>(stack.ofType('AWS::ApiGateway::Method').map(({ properties }) => properties.ResourceId));
  return [...ids].map((id) => {
    const path = pathOf(id) || '/';
    return { id, path, expression: new RegExp(`^${path.replace(/\./g, '\\.').replace(/{(\w+)}/g, '(?<$1>[^/]+)')}$`) };
    // `{` sorts after all other characters of a path, so paths with parameters are last.
  }).sort((a, b) => a.path < b.path ? -1 : 1);
}

export function createGateway({ stack, functions, keysOf }: { stack: LocalStack; functions: Functions; keysOf: KeysOf }): Gateway {
  for (const [type, [free, bound]] of Object.entries(knownProperties)) {
    for (const { logicalId, properties } of stack.ofType(`AWS::ApiGateway::${type}`)) {
      onlyKnown(logicalId, properties, free, bound);
      const { Integration = {} } = properties;
      // createMock checks the properties of a mock integration.
      if (Integration.Type !== 'MOCK') onlyKnown(logicalId, Integration, 'IntegrationHttpMethod TimeoutInMillis Uri', { Type: ['AWS_PROXY'] });
    }
  }
  const api = theOne(stack, 'AWS::ApiGateway::RestApi');
  const stageResource = theOne(stack, 'AWS::ApiGateway::Stage');
  const stage: string = stageResource.properties.StageName;
  const methods = stack.ofType('AWS::ApiGateway::Method');
  const routes = readRoutes(stack, api.attributes.RootResourceId);
  const throttle = createThrottle(stageResource, methods.map(({ properties: { ResourceId, HttpMethod } }) => (
    { path: routes.find(({ id }) => id === ResourceId)!.path, verb: HttpMethod })));
  const authorizerOf = createAuthorizers({ stack, functions, keysOf });
  const authorizers = new Map(methods.map((method) => [method, authorizerOf(method)]));
  const mocks = new Map(methods.filter(({ properties }) => properties.Integration.Type === 'MOCK').map((method) => [method, createMock(method)]));
  const respond = createResponses(stack);

  async function invoke({ TimeoutInMillis = 29_000, Uri }: Record<string, any>, request: ApiRequest, context: ProxyContext): Promise<ApiAnswer> {
    const sourceArn = arnIn(stack, context.apiId, `${context.stage}/${request.raw.method}${context.resource}`);
    const invoked = invokeFunction(functions, Uri, proxyEvent(request, context), sourceArn);
    const answered = new AbortController();
    // Stops the timer when the response arrives. If the timer continued, the response would stay in memory until the timer ends.
    const late = setTimeout(Number(TimeoutInMillis), undefined, { ref: false, signal: answered.signal }).catch(() => undefined);
    const result = await Promise.race([invoked, late]).finally(() => answered.abort());
    if (!result) throw new Refused('INTEGRATION_TIMEOUT');
    return proxyAnswer(result, context);
  }

  async function answer(request: ApiRequest, requestId: string): Promise<ApiAnswer> {
    const [address, search = ''] = request.path.split('?', 2);
    const path = address.startsWith(`/${stage}/`) ? address.slice(stage.length + 1) : '';
    const route = routes.find(({ expression }) => expression.test(path));
    const method = methods.find(({ properties }) => properties.ResourceId === route?.id && properties.HttpMethod === request.raw.method);
    if (!route || !method) throw new Refused('MISSING_AUTHENTICATION_TOKEN');
    throttle(route.path, request.raw.method!);
    if (request.body.length > bodyLimit) throw new Refused('REQUEST_TOO_LARGE');
    const parameters = Object.entries(route.expression.exec(path)!.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    const context: ProxyContext = {
      requestId, accountId: stack.account, apiId: api.physicalId, stage, resourceId: route.id, resource: route.path, path,
      query: new URLSearchParams(search), parameters: Object.fromEntries(parameters),
    };
    const authorizer = await authorizers.get(method)?.(request, context);
    const mock = mocks.get(method);
    return mock ? mock(request, context.query, requestId) : invoke(method.properties.Integration, request, { ...context, authorizer });
  }

  return (request) => {
    const requestId = randomUUID();
    return answer(request, requestId).catch((error) => {
      if (error instanceof Refused) return respond(error, requestId, request);
      throw error;
    });
  };
}
