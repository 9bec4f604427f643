import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { shapeAnswer } from './answer-shape';
import { callerFrom } from './caller';
import type { ErrorPage } from './error-page';
import { HttpProblem, invalid } from './http-problem';
import { readOptional } from './read-environment';
import { bodyReader, headerOf, readHeaders, readPath, readQuery } from './read-request';
import type { Operations } from './route-types';
import { allowsOtherOrigins, corsHeaders } from '../contract/cors';
import type { HandlerName } from '../contract/environment';
import { NO_SUCH_ROUTE_DETAIL, NOT_SIGNED_IN_DETAIL, PROBLEM_MEDIA_TYPE } from '../contract/problems';
import { NewerFormat } from '../contract/read-row';
import { RESPONSE_HEADERS } from '../contract/response-headers';
import { OperationsOf, routesOf } from '../contract/routes';
import type { Caller } from '../roles/decide';

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

/**
 * Web pages of the origins in APP_ORIGINS can read all responses, including errors.
 *
 * @param errorPage creates the HTML page for an error; required if a route of the handler has the property `errorPage`
 */
export function serveRoutes<H extends HandlerName>(
  handler: H, operations: Operations<H>, errorPage?: ErrorPage,
): (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> {
  const routes = new Map(routesOf(handler).map(([operationId, route]) => [
    `${route.method} ${route.path}`,
    // The type `Operations` guarantees that each operation accepts the requests of its route.
    { route, readBody: bodyReader(route), run: operations[operationId as OperationsOf<H>] as (request: object) => Promise<Answer> },
  ]));
  const appOrigins = readOptional('APP_ORIGINS') ?? [];
  return async (event) => {
    const found = routes.get(`${event.httpMethod} ${event.resource}`);
    const cors = found && allowsOtherOrigins(found.route) ? corsHeaders(appOrigins, headerOf(event, 'origin')) : {};
    try {
      if (!found) throw new HttpProblem('not_found', NO_SUCH_ROUTE_DETAIL);
      refuseTwoTokens(event);
      const { route, readBody, run } = found;
      const caller = route.access === 'signed-in' ? requireCaller(event) : undefined;
      const request = { caller, path: readPath(route, event), query: readQuery(route, event), body: readBody(event), headers: readHeaders(route, event) };
      const answered = await run(request);
      return answer(route.status, route.response ? { ...answered, body: shapeAnswer(route.response, answered.body) } : answered, cors);
    } catch (error) {
      const problem = problemOf(error, event.requestContext.requestId);
      const body = problem.toBody();
      const { cookies } = problem.options;
      const page = found?.route.errorPage && errorPage?.(event, problem, found.route.errorPage);
      if (page) return { ...answer(body.status, { headers: page.headers, cookies }, cors), body: page.text };
      return answer(body.status, { body, headers: { 'content-type': PROBLEM_MEDIA_TYPE }, cookies }, cors);
    }
  };
}

function answer(status: number, { status: own, body, headers, cookies }: Answer, cors: Answer['headers']): APIGatewayProxyResult {
  return {
    statusCode: own ?? status,
    headers: { ...RESPONSE_HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers, ...cors },
    ...(cookies && { multiValueHeaders: { 'set-cookie': [...cookies] } }),
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

function problemOf(error: unknown, requestId: string): HttpProblem {
  if (error instanceof HttpProblem) return error;
  // The request is not logged, because it can contain tokens and authorization codes.
  console.error({ message: 'request failed', requestId, error: error instanceof Error ? error.stack : String(error) });
  const detail = `if you report this error, include the request id ${requestId}`;
  return error instanceof NewerFormat ? new HttpProblem('unavailable', `the service can't read this video at the moment; ${detail}`) : new HttpProblem('internal', detail);
}

function requireCaller(event: APIGatewayProxyEvent): Caller {
  const caller = callerFrom(event.requestContext.authorizer, headerOf(event, 'authorization'));
  if (!caller) throw new HttpProblem('not_signed_in', NOT_SIGNED_IN_DETAIL);
  return caller;
}

/** Rejects a request with two tokens, because the authorizer and a proxy in front of the API may check different tokens. */
function refuseTwoTokens(event: APIGatewayProxyEvent): void {
  const values = Object.entries(event.multiValueHeaders ?? {}).flatMap(([name, given]) => name.toLowerCase() === 'authorization' ? given ?? [] : []);
  if (values.length > 1) throw invalid('authorization', 'can be given only once');
}
