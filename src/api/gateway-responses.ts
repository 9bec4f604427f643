import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { constant, gatewayCorsHeaders } from './preflight';
import { NO_SUCH_ROUTE_DETAIL, NOT_SIGNED_IN_DETAIL, PROBLEM_MEDIA_TYPE, ProblemCode, PROBLEMS, problemType } from '../contract/problems';
import { RESPONSE_HEADERS } from '../contract/response-headers';

interface Answer {
  readonly type: apigateway.ResponseType;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly headers?: Record<string, string>;
}

/** A Lambda authorizer that could not decide. */
const UNDECIDED = { code: 'upstream_failed', detail: 'the token could not be checked; try again in a moment' } as const;

/** API Gateway's own answers, each as problem+json with a code of ours. What is not named here falls to the two defaults. */
const ANSWERS: Record<string, Answer> = {
  NoSuchRoute: { type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, code: 'not_found', detail: NO_SUCH_ROUTE_DETAIL },
  Unauthorized: {
    type: apigateway.ResponseType.UNAUTHORIZED, code: 'not_signed_in', detail: NOT_SIGNED_IN_DETAIL,
    // RFC 9110, section 15.5.2, wants a challenge; RFC 6750, section 3, has this one. (What a function answers under this name, API Gateway renames.)
    headers: { 'WWW-Authenticate': '\'Bearer\'' },
  },
  // An authorizer of the user's own may know the caller and say no.
  AccessDenied: { type: apigateway.ResponseType.ACCESS_DENIED, code: 'wrong_role', detail: 'your token is good, but it does not give access to this' },
  // API Gateway does not say which of the two it is when an authorizer throws something else than `Unauthorized`, so they are alike.
  AuthorizerFailed: { type: apigateway.ResponseType.AUTHORIZER_FAILURE, ...UNDECIDED },
  AuthorizerMisconfigured: { type: apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, ...UNDECIDED },
  TooLarge: { type: apigateway.ResponseType.REQUEST_TOO_LARGE, code: 'too_large', detail: 'the request is larger than API Gateway takes' },
  WrongType: { type: apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE, code: 'invalid_request', detail: 'send application/json' },
  Throttled: { type: apigateway.ResponseType.THROTTLED, code: 'limit_reached', detail: 'too many requests; try again in a moment' },
  QuotaExceeded: { type: apigateway.ResponseType.QUOTA_EXCEEDED, code: 'limit_reached', detail: 'too many requests; try again later' },
  ServerError: { type: apigateway.ResponseType.DEFAULT_5XX, code: 'internal', detail: 'quote the request id when you ask about it' },
};

const HEADERS = Object.fromEntries(Object.entries({ 'content-type': PROBLEM_MEDIA_TYPE, ...RESPONSE_HEADERS }).map(([name, value]) => [name, constant(value)]));

/**
 * Adds them all, so that a client meets one form of error whoever answers.
 *
 * @param appOrigins the other origins whose pages may read them
 */
export function addGatewayResponses(restApi: apigateway.RestApi, appOrigins?: readonly string[]): void {
  const common = { ...HEADERS, ...appOrigins && gatewayCorsHeaders(appOrigins) };
  for (const [id, { type, code, detail, headers }] of Object.entries(ANSWERS)) {
    const { status, title } = PROBLEMS[code];
    restApi.addGatewayResponse(id, {
      type,
      statusCode: String(status),
      responseHeaders: { ...common, ...headers },
      templates: { 'application/json': JSON.stringify({ type: problemType(code), title, status, detail, code }) },
    });
  }
  // The rest of API Gateway's 4xx keep their own status, so the body names none. Nor does it quote API Gateway's message: where there is no
  // route, that one repeats the Authorization header.
  restApi.addGatewayResponse('ClientError', {
    type: apigateway.ResponseType.DEFAULT_4XX,
    responseHeaders: common,
    templates: { 'application/json': '{"type":"about:blank","title":"The request was refused","detail":"API Gateway refused the request","code":"invalid_request"}' },
  });
}
