import { randomUUID } from 'crypto';
import { Validator, type Schema } from '@cfworker/json-schema';
import { authorize, type KeysOf } from './authorizer';
import { proxyAnswer, proxyEvent, type ProxyContext } from './proxy';
import { createResponses, headerOf, Refused, type ApiAnswer, type ApiRequest } from './responses';
import type { Functions, LocalStack, Resource } from '../types';

/** The API in-process. */
export interface Gateway { handle(request: ApiRequest): Promise<ApiAnswer> }

/** API Gateway's largest body. */
export const bodyLimit = 10 * 1024 * 1024;
const headerLimit = 10_240;
const longestIntegration = 29_000;

interface Route {
  readonly path: string;
  readonly resourceId: string;
  readonly segments: string[];
  /** Static parts before parameters before greedy ones. */
  readonly rank: string;
  readonly methods: Map<string, Resource>;
}

function readRoutes(stack: LocalStack, api: Resource): Route[] {
  const resources = new Map(stack.ofType('AWS::ApiGateway::Resource').map((each) => [each.physicalId, each]));
  const pathOf = (id: string): string[] => {
    const resource = resources.get(id);
    return resource ? [...pathOf(resource.properties.ParentId), resource.properties.PathPart] : [];
  };
  return [...resources.keys(), api.attributes.RootResourceId].map((resourceId) => {
    const segments = pathOf(resourceId);
    const methods = stack.ofType('AWS::ApiGateway::Method').filter(({ properties }) => properties.ResourceId === resourceId);
    return {
      resourceId, segments, path: `/${segments.join('/')}`,
      rank: segments.map((part) => part.endsWith('+}') ? 2 : part.startsWith('{') ? 1 : 0).join(''),
      methods: new Map(methods.map((method) => [method.properties.HttpMethod, method])),
    };
  }).filter(({ methods }) => methods.size).sort((a, b) => a.rank < b.rank ? -1 : 1);
}

/** The path parameters, undecoded, when the route is the path's. */
function match({ segments }: Route, parts: string[]): Record<string, string> | undefined {
  const greedy = segments.at(-1)?.endsWith('+}') ?? false;
  if (greedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = segment.endsWith('+}') ? parts.slice(index).join('/') : parts[index];
    if (segment.startsWith('{') ? !part : part !== segment) return undefined;
    if (segment.startsWith('{')) parameters[segment.replace(/[{}+]/g, '')] = part;
  }
  return parameters;
}

const functionOf = (method: Resource): string | undefined => /functions\/(arn:[^/]+)\/invocations$/.exec(method.properties.Integration.Uri ?? '')?.[1];

/** Refuses what this stand-in does not do when it starts, not on the first request. */
function checkMethod(method: Resource): void {
  const { AuthorizationType: auth, Integration: integration, HttpMethod, ApiKeyRequired } = method.properties;
  const mocked = integration.Type === 'MOCK' && HttpMethod === 'OPTIONS';
  if (!mocked && !(integration.Type === 'AWS_PROXY' && functionOf(method))) throw new Error(`${method.logicalId}: unknown integration ${integration.Type}`);
  if (!['NONE', 'COGNITO_USER_POOLS'].includes(auth) || ApiKeyRequired) throw new Error(`${method.logicalId}: unknown authorization ${auth}`);
}

/** Serves the template's one REST API. */
export function createGateway({ stack, functions, keysOf }: { stack: LocalStack; functions: Functions; keysOf: KeysOf }): Gateway {
  const one = (type: string): Resource => {
    const [only, ...others] = stack.ofType(type);
    if (!only || others.length) throw new Error(`the local API serves exactly one ${type}`);
    return only;
  };
  const api = one('AWS::ApiGateway::RestApi');
  const stage = one('AWS::ApiGateway::Stage');
  const routes = readRoutes(stack, api);
  routes.forEach(({ methods }) => methods.forEach(checkMethod));
  const respond = createResponses(stack);
  const byId = (type: string, id: string) => stack.ofType(type).find((each) => each.physicalId === id);
  const models = new Map(stack.ofType('AWS::ApiGateway::Model').map(({ physicalId, properties: { Schema } }) => {
    const schema: Schema = typeof Schema === 'string' ? JSON.parse(Schema) : Schema;
    return [physicalId, new Validator(schema, '4', false)];
  }));

  function validate(method: Resource, request: ApiRequest, context: ProxyContext): void {
    const { RequestValidatorId, RequestParameters, RequestModels } = method.properties;
    const validator = RequestValidatorId && byId('AWS::ApiGateway::RequestValidator', RequestValidatorId)?.properties;
    if (validator?.ValidateRequestParameters) {
      const missing = Object.entries(RequestParameters ?? {}).filter(([, required]) => required === true || required === 'true').flatMap(([source]) => {
        const [, , kind, ...rest] = source.split('.');
        const name = rest.join('.');
        const value = kind === 'querystring' ? context.query.get(name) : kind === 'header' ? headerOf(request, name) : context.parameters[name];
        return value ? [] : [name];
      });
      if (missing.length) throw new Refused('BAD_REQUEST_PARAMETERS', `Missing required request parameters: [${missing.join(', ')}]`);
    }
    const type = (headerOf(request, 'content-type') ?? 'application/json').split(';')[0].trim().toLowerCase();
    const model = models.get(RequestModels?.[type] ?? RequestModels?.$default);
    if (!validator?.ValidateRequestBody || !model) return;
    let body: unknown;
    try {
      body = JSON.parse(request.body.toString());
    } catch {
      throw new Refused('BAD_REQUEST_BODY', 'Invalid request body', '[the body is not JSON]');
    }
    const { valid, errors } = model.validate(body);
    if (!valid) throw new Refused('BAD_REQUEST_BODY', 'Invalid request body', `[${errors.map(({ error }) => error).join(', ')}]`);
  }

  async function invoke(method: Resource, request: ApiRequest, context: ProxyContext): Promise<ApiAnswer> {
    const sourceArn = `arn:aws:execute-api:${stack.region}:${stack.account}:${context.apiId}/${context.stage}/${request.method}${context.resource}`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const timeout = method.properties.Integration.TimeoutInMillis ?? longestIntegration;
      timer = setTimeout(() => reject(new Refused('INTEGRATION_TIMEOUT', 'Endpoint request timed out')), Number(timeout));
    });
    const result = functions.invoke(functionOf(method)!, proxyEvent(request, context), { service: 'apigateway.amazonaws.com', sourceArn });
    const { payload, error } = await Promise.race([result, late]).finally(() => clearTimeout(timer));
    if (error) throw new Refused('LAMBDA_FAILURE', 'Internal server error', error.errorType);
    return proxyAnswer(payload, request, context);
  }

  function mock(method: Resource, requestId: string): ApiAnswer {
    const [response = {}] = method.properties.Integration.IntegrationResponses ?? [];
    const headers = Object.entries<string>(response.ResponseParameters ?? {})
      .map(([name, value]) => [name.replace('method.response.header.', '').toLowerCase(), value.replace(/^'|'$/g, '')]);
    return { status: Number(response.StatusCode ?? 200), headers: { 'x-amzn-requestid': requestId, ...Object.fromEntries(headers) }, body: '' };
  }

  async function answer(request: ApiRequest, requestId: string): Promise<ApiAnswer> {
    const lines = Object.entries(request.headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
    if (Buffer.byteLength([`${request.method} ${request.path}`, ...lines].join('')) > headerLimit) {
      throw new Refused('HEADERS_TOO_LARGE', 'Request Header Fields Too Large');
    }
    const [address, search = ''] = request.path.split('?', 2);
    const [, stageName, ...parts] = address.split('/');
    const candidates = parts.length === 1 && parts[0] === '' ? [] : parts;
    const [route, parameters] = routes.map((each) => [each, match(each, candidates)] as const).find(([, found]) => found) ?? [];
    const method = route?.methods.get(request.method) ?? route?.methods.get('ANY');
    if (!route || !method || stageName !== stage.properties.StageName) throw new Refused('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token');
    if (request.body.length > bodyLimit) throw new Refused('REQUEST_TOO_LARGE', 'Request Too Long');
    const { AuthorizationType, AuthorizerId, AuthorizationScopes = [], Integration } = method.properties;
    if (Integration.Type === 'MOCK') return mock(method, requestId);
    const claims = AuthorizationType === 'NONE' ? undefined
      : await authorize(byId('AWS::ApiGateway::Authorizer', AuthorizerId)!, AuthorizationScopes, request, keysOf);
    const context: ProxyContext = {
      requestId, claims, account: stack.account, apiId: api.physicalId, domainName: headerOf(request, 'host') ?? '',
      stage: stageName, variables: stage.properties.Variables, resourceId: route.resourceId, resource: route.path, path: `/${parts.join('/')}`,
      query: new URLSearchParams(search), binaryTypes: api.properties.BinaryMediaTypes ?? [],
      parameters: Object.fromEntries(Object.entries(parameters!).map(([name, value]) => [name, decodeURIComponent(value)])),
    };
    validate(method, request, context);
    return invoke(method, request, context);
  }

  return {
    async handle(request) {
      const requestId = randomUUID();
      try {
        return await answer(request, requestId);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.type === 'LAMBDA_FAILURE') console.error(`api: ${request.method} ${request.path.split('?')[0]}: ${error.detail}`);
        return respond(error, request, requestId);
      }
    },
  };
}
