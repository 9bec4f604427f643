import { Check, differences, every, exactly, present } from './check';
import { handlersOf } from './handlers';
import { PROBLEMS, ProblemCode } from '../../../src/contract/problems';
import { API_STAGE, Route, ROUTES } from '../../../src/contract/routes';
import { CloudFormationTemplate, ours, references } from '../../toolkit/template';

export function pathOf(template: CloudFormationTemplate, resourceId: unknown): string {
  const resource = template.Resources[references(resourceId)[0]];
  if (resource?.Type === 'AWS::ApiGateway::RestApi') return '';
  if (resource?.Type !== 'AWS::ApiGateway::Resource') return '(nowhere)';
  return `${pathOf(template, resource.Properties?.ParentId)}/${resource.Properties?.PathPart}`;
}

/** Omits OPTIONS methods, which checks/cors.ts checks. */
export function methodsOfRoutes(template: CloudFormationTemplate): ReturnType<typeof ours> {
  return ours(template, 'AWS::ApiGateway::Method').filter(({ properties }) => properties.HttpMethod !== 'OPTIONS');
}

export function routesIn(template: CloudFormationTemplate): [string, Route, string][] {
  const handlers = new Map(handlersOf(template).map(({ name, id }) => [name, id]));
  return Object.entries(ROUTES as Record<string, Route>).filter(([, { handler }]) => handlers.has(handler))
    .map(([name, route]) => [name, route, handlers.get(route.handler)!]);
}

const routesAreServed: Check = (template) => {
  const api = ours(template, 'AWS::ApiGateway::RestApi')[0]?.id;
  const found = methodsOfRoutes(template).map(({ properties: { OperationName, HttpMethod, ResourceId, RestApiId, Integration = {} } }) => (
    `${OperationName}: ${HttpMethod} ${pathOf(template, ResourceId)} of ${references(RestApiId)}: ${Integration.Type} ${Integration.IntegrationHttpMethod} ${references(Integration.Uri).at(-1)}`));
  const wanted = routesIn(template).map(([name, { method, path }, functionId]) => `${name}: ${method} ${path} of ${api}: AWS_PROXY POST ${functionId}`);
  return exactly('methods', found, wanted);
};

const servedRoutesAreDescribed: Check = (template) => handlersOf(template).filter(({ name }) => name === 'api/describe-api').flatMap(({ id, environment }) => {
  const served = new Set(routesIn(template).map(([, { handler }]) => handler));
  return exactly(id, JSON.parse(environment.HANDLERS ?? '[]'), [...served]);
});

const guardedRoutesUseTheAuthorizer: Check = (template) => {
  const authorizers = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::ApiGateway::Authorizer');
  if (authorizers.length !== 1) return [`expected one authorizer, got ${authorizers.length}`];
  const [[authorizer, { Properties = {} }]] = authorizers;
  const kind = Properties.Type === 'COGNITO_USER_POOLS' ? 'COGNITO_USER_POOLS' : 'CUSTOM';
  return methodsOfRoutes(template).flatMap(({ id, properties }) => differences(id, properties, {
    ...(ROUTES as Record<string, Route>)[properties.OperationName]?.access === 'open' ? { AuthorizationType: 'NONE' } : { AuthorizationType: kind, AuthorizerId: { Ref: authorizer } },
  }));
};

const OPEN_ROUTES = ['authorize', 'describeApi', 'login', 'refreshTokens', 'revokeTokens'];

const onlySignInIsOpen: Check = (template) => methodsOfRoutes(template)
  .filter(({ properties }) => properties.AuthorizationType === 'NONE' && !OPEN_ROUTES.includes(properties.OperationName)).map(({ id }) => `${id}: is open to everyone`);

const authorizerChecksTheAudience: Check = (template) => ours(template, 'AWS::ApiGateway::Authorizer').flatMap(({ id, properties }) => {
  const pools = ours(template, 'AWS::Cognito::UserPool').map((pool) => pool.id);
  const clients = ours(template, 'AWS::Cognito::UserPoolClient').map((client) => client.id);
  return [
    ...differences(id, properties, {
      RestApiId: present, IdentitySource: 'method.request.header.Authorization', IdentityValidationExpression: present,
      // API Gateway caches the authorizer's result for five minutes by default.
      AuthorizerResultTtlInSeconds: (seconds: number) => seconds <= 60,
    }),
    ...properties.Type === 'COGNITO_USER_POOLS'
      ? [
        ...differences(id, properties, { ProviderARNs: (arns: unknown[]) => arns.length === 1 && pools.every((pool) => references(arns).includes(pool)) }),
        ...exactly(`${id} clients`, references(properties.IdentityValidationExpression), clients),
      ]
      : differences(id, properties, { AuthorizerUri: present }),
  ];
});

const stageIsThrottled: Check = (template) => ours(template, 'AWS::ApiGateway::Stage').flatMap(({ id, properties }) => {
  const all = (properties.MethodSettings ?? []).find(({ HttpMethod, ResourcePath }: any) => HttpMethod === '*' && ResourcePath === '/*');
  return [
    ...differences(id, properties, { StageName: API_STAGE, DeploymentId: present, RestApiId: present }),
    ...differences(`${id} MethodSettings`, all, { ThrottlingRateLimit: (rate: number) => rate > 0, ThrottlingBurstLimit: (burst: number) => burst > 0 }),
    ...(properties.MethodSettings ?? []).filter(({ DataTraceEnabled }: any) => DataTraceEnabled).map(() => `${id}: logs requests, including tokens`),
  ];
});

/** Routes without a token have separate request limits, so that anonymous callers cannot use up the capacity of signed-in users. */
const openRoutesHaveThrottles: Check = (template) => ours(template, 'AWS::ApiGateway::Stage').flatMap(({ id, properties }) => {
  const settings: any[] = properties.MethodSettings ?? [];
  const all = settings.find(({ HttpMethod }) => HttpMethod === '*');
  return routesIn(template).filter(([, { access }]) => access === 'open').flatMap(([name, { method, path }]) => differences(`${id} ${name}`,
    settings.find(({ HttpMethod, ResourcePath }) => HttpMethod === method && ResourcePath === `/${path.replaceAll('/', '~1')}`), {
      ThrottlingRateLimit: (rate: number) => rate > 0 && rate < all?.ThrottlingRateLimit,
      ThrottlingBurstLimit: (burst: number) => burst > 0 && burst < all?.ThrottlingBurstLimit,
    }));
});

/** The error code that each gateway response must contain. DEFAULT_4XX and DEFAULT_5XX apply to all types that are not listed. */
const GATEWAY_RESPONSES: Record<string, ProblemCode> = {
  MISSING_AUTHENTICATION_TOKEN: 'not_found',
  UNAUTHORIZED: 'not_signed_in',
  ACCESS_DENIED: 'wrong_role',
  AUTHORIZER_FAILURE: 'upstream_failed',
  AUTHORIZER_CONFIGURATION_ERROR: 'upstream_failed',
  REQUEST_TOO_LARGE: 'too_large',
  UNSUPPORTED_MEDIA_TYPE: 'invalid_request',
  THROTTLED: 'throttled',
  QUOTA_EXCEEDED: 'throttled',
  DEFAULT_4XX: 'invalid_request',
  DEFAULT_5XX: 'internal',
};

const gatewayResponsesAreProblems: Check = (template) => {
  const responses = ours(template, 'AWS::ApiGateway::GatewayResponse');
  const problems = responses.flatMap(({ id, properties }) => {
    const { status: statusInBody, code } = JSON.parse(properties.ResponseTemplates?.['application/json'] ?? '{}');
    const header = (name: string): string => `ResponseParameters.gatewayresponse.header.${name}`;
    const headers = Object.fromEntries(Object.entries(properties.ResponseParameters ?? {}).map(([name, value]) => [name.replace('gatewayresponse.header.', ''), value]));
    const wanted = GATEWAY_RESPONSES[properties.ResponseType];
    const status = wanted && PROBLEMS[wanted].status;
    const isRest = properties.ResponseType === 'DEFAULT_4XX';
    return [
      ...code === wanted ? [] : [`${id}: expected code ${wanted}, got ${code}`],
      // DEFAULT_4XX applies to several status codes, so its body contains no status.
      ...isRest || (properties.StatusCode === String(status) && statusInBody === status) ? [] : [`${id}: expected status ${status}, got ${properties.StatusCode}`],
      ...headers['content-type'] === '\'application/problem+json\'' ? [] : [`${id}: ${header('content-type')} is ${headers['content-type']}`],
      ...headers['cache-control'] === '\'no-store\'' ? [] : [`${id}: ${header('cache-control')} is ${headers['cache-control']}`],
      // With these directives, a response that a browser opens as a page can run no script, and other pages cannot read the response.
      ...['default-src \'none\'', 'sandbox'].filter((rule) => !String(headers['content-security-policy']).includes(rule)).map((rule) => `${id}: content-security-policy has no ${rule}`),
      // RFC 9110, section 15.5.2.
      ...status === 401 && !headers['WWW-Authenticate'] ? [`${id}: 401 without WWW-Authenticate`] : [],
      ...references(properties.RestApiId).length === 1 ? [] : [`${id}: RestApiId refers to no API`],
    ];
  });
  return [...problems, ...exactly('gateway responses', responses.map(({ properties }) => properties.ResponseType), Object.keys(GATEWAY_RESPONSES))];
};

export const API: Record<string, Check> = {
  'routes are served': routesAreServed,
  'served routes are described': servedRoutesAreDescribed,
  'guarded routes use the authorizer': guardedRoutesUseTheAuthorizer,
  'only sign-in and the description are open': onlySignInIsOpen,
  'the authorizer checks the audience': authorizerChecksTheAudience,
  'the stage is throttled': stageIsThrottled,
  'open routes have separate throttles': openRoutesHaveThrottles,
  'gateway responses are problems': gatewayResponsesAreProblems,
  // An edge-optimized API would have a second CloudFront distribution.
  'the API is regional': every('AWS::ApiGateway::RestApi', { 'EndpointConfiguration.Types': ['REGIONAL'] }),
};
