import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { constant, gatewayCorsHeaders } from './preflight';
import { NO_SUCH_ROUTE_DETAIL, NOT_SIGNED_IN_DETAIL, PROBLEM_MEDIA_TYPE, ProblemCode, PROBLEMS, problemType } from '../contract/problems';
import { RESPONSE_HEADERS } from '../contract/response-headers';

interface GatewayResponse {
  readonly type: apigateway.ResponseType;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly headers?: Record<string, string>;
}

const UNDECIDED = { code: 'upstream_failed', detail: 'the token could not be checked; try again in a moment' } as const;

const RESPONSES: Record<string, GatewayResponse> = {
  NoSuchRoute: { type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, code: 'not_found', detail: NO_SUCH_ROUTE_DETAIL },
  Unauthorized: {
    type: apigateway.ResponseType.UNAUTHORIZED, code: 'not_signed_in', detail: NOT_SIGNED_IN_DETAIL,
    // A 401 response must contain this header (RFC 9110, section 15.5.2; RFC 6750, section 3).
    headers: { 'WWW-Authenticate': '\'Bearer\'' },
  },
  AccessDenied: { type: apigateway.ResponseType.ACCESS_DENIED, code: 'wrong_role', detail: 'your token is valid, but it does not give access to this resource' },
  // AWS does not document which of these two types applies if an authorizer throws an error other than `Unauthorized`.
  AuthorizerFailed: { type: apigateway.ResponseType.AUTHORIZER_FAILURE, ...UNDECIDED },
  AuthorizerMisconfigured: { type: apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, ...UNDECIDED },
  TooLarge: { type: apigateway.ResponseType.REQUEST_TOO_LARGE, code: 'too_large', detail: 'the request is larger than API Gateway accepts' },
  WrongType: { type: apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE, code: 'invalid_request', detail: 'send application/json' },
  Throttled: { type: apigateway.ResponseType.THROTTLED, code: 'throttled', detail: 'the service receives too many requests; try again in a second' },
  QuotaExceeded: { type: apigateway.ResponseType.QUOTA_EXCEEDED, code: 'throttled', detail: 'the quota of the API key for this period is used up; try again in the next period' },
  ServerError: { type: apigateway.ResponseType.DEFAULT_5XX, code: 'internal', detail: 'include the request id if you report this error' },
};

const HEADERS = Object.fromEntries(Object.entries({ 'content-type': PROBLEM_MEDIA_TYPE, ...RESPONSE_HEADERS }).map(([name, value]) => [name, constant(value)]));

export function addGatewayResponses(restApi: apigateway.RestApi, appOrigins?: readonly string[]): void {
  const common = { ...HEADERS, ...appOrigins && gatewayCorsHeaders(appOrigins) };
  for (const [id, { type, code, detail, headers }] of Object.entries(RESPONSES)) {
    const { status, title } = PROBLEMS[code];
    restApi.addGatewayResponse(id, {
      type,
      statusCode: String(status),
      responseHeaders: { ...common, ...headers },
      templates: { 'application/json': JSON.stringify({ type: problemType(code), title, status, detail, code }) },
    });
  }
  // `DEFAULT_4XX` covers several statuses, so the body contains no status. API Gateway's message is left out, because it can repeat the Authorization header.
  restApi.addGatewayResponse('ClientError', {
    type: apigateway.ResponseType.DEFAULT_4XX,
    responseHeaders: common,
    templates: { 'application/json': '{"type":"about:blank","title":"The request was rejected","detail":"API Gateway rejected the request","code":"invalid_request"}' },
  });
}
