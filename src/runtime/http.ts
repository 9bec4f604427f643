import { Validator } from '@cfworker/json-schema';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { callerFrom } from './caller';
import { HttpProblem, invalid, quote } from './http-problem';
import { bodyText, parseJson } from './json-body';
import type { HandlerName } from '../contract/environment';
import { NOT_SIGNED_IN_DETAIL } from '../contract/problems';
import { RESPONSE_HEADERS } from '../contract/response-headers';
import { OperationsOf, Route, routesOf } from '../contract/routes';
import type { JsonSchema } from '../contract/schemas';
import { isText } from '../domain/text-rules';
import type { Caller } from '../roles/decide';

/** A request that fits its route's description. */
export interface ApiRequest<Body = unknown> {
  /** Absent on open routes. */
  readonly caller?: Caller;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number>>;
  readonly body: Body;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ApiResponse {
  readonly status?: number;
  /** Becomes JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

/** A request on a guarded route, whose caller is known. */
export type GuardedRequest<Body = unknown> = ApiRequest<Body> & { readonly caller: Caller };

/** What a handler does, by operationId. Guarded routes never reach theirs without a caller. */
export type Operations<H extends HandlerName> = Readonly<Record<OperationsOf<H>, (request: GuardedRequest<any>) => Promise<ApiResponse>>>;

/** Serves every route that names this handler: finds it, checks the request against it, and turns errors into problem+json. */
export function serveRoutes<H extends HandlerName>(
  handler: H, operations: Operations<H>,
): (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> {
  const routes = new Map(routesOf(handler).map(([operationId, route]) => [
    `${route.method} ${route.path}`,
    { route, validate: bodyValidator(route), run: operations[operationId as OperationsOf<H>] },
  ]));
  return async (event) => {
    try {
      const found = routes.get(`${event.httpMethod} ${event.resource}`);
      if (!found) throw new HttpProblem('not_found', 'no such route');
      refuseTwoTokens(event);
      const headers = readHeaders(event);
      const caller = callerFrom(event.requestContext.authorizer, headers.authorization);
      if (found.route.access === 'signed-in' && !caller) throw new HttpProblem('not_signed_in', NOT_SIGNED_IN_DETAIL);
      const request = {
        caller, path: readPath(found.route, event), query: readQuery(found.route, event), body: found.validate(event), headers,
      };
      // An operation of an open route does not read the caller; one of a guarded route has one by now.
      return answer(found.route.status, await found.run(request as GuardedRequest));
    } catch (error) {
      return answerError(error, event.requestContext.requestId);
    }
  };
}

function answer(status: number, { status: own, body, headers, cookies }: ApiResponse): APIGatewayProxyResult {
  return {
    statusCode: own ?? status,
    headers: { ...RESPONSE_HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(cookies && { multiValueHeaders: { 'set-cookie': [...cookies] } }),
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

function answerError(error: unknown, requestId: string): APIGatewayProxyResult {
  // Only the error's own text goes to the log: requests carry tokens and codes.
  if (!(error instanceof HttpProblem)) console.error({ message: 'request failed', requestId, error: error instanceof Error ? error.stack : String(error) });
  const problem = error instanceof HttpProblem ? error : new HttpProblem('internal', `quote request ${requestId} when you ask about it`);
  return answer(500, { status: problem.toBody().status, body: problem.toBody(), headers: { 'content-type': 'application/problem+json' } });
}

/** The authorizer read one of them; nobody can say that it was the one that whoever stands in front of us had looked at. */
function refuseTwoTokens(event: APIGatewayProxyEvent): void {
  const values = Object.entries(event.multiValueHeaders ?? {}).flatMap(([name, given]) => name.toLowerCase() === 'authorization' ? given ?? [] : []);
  if (values.length > 1) throw invalid('authorization', 'may be given once');
}

function readHeaders(event: APIGatewayProxyEvent): Record<string, string> {
  return Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']));
}

function readPath(route: Route, event: APIGatewayProxyEvent): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = event.pathParameters ?? {};
  return Object.fromEntries(Object.entries(route.pathParameters ?? {}).map(([name, schema]) => {
    const value = given[name];
    // An id of another form is not found: callers can't tell the two apart.
    if (typeof value !== 'string' || !new Validator(schema as object, '4').validate(value).valid) {
      throw new HttpProblem('not_found', `no such ${name.replace(/Id$/, '')}`);
    }
    return [name, value];
  }));
}

function readQuery(route: Route, event: APIGatewayProxyEvent): Record<string, string | number> {
  const query: Record<string, string | number> = {};
  const schemas = route.query ?? {};
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if (!Object.hasOwn(schemas, name)) throw invalid(name, 'is not a parameter of this route');
    if (values?.length !== 1) throw invalid(name, 'may be given once');
    const [text] = values;
    if (!isText(text)) throw invalid(name, 'holds a control character, or bytes that are not UTF-8');
    const schema = schemas[name];
    const value = schema.type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    check(schema, value, name);
    query[name] = value;
  }
  return query;
}

function bodyValidator(route: Route): (event: APIGatewayProxyEvent) => unknown {
  const { body: schema } = route;
  if (!schema) {
    return ({ body }) => {
      if (body) throw invalid('', 'this route takes no body');
      return undefined;
    };
  }
  const validator = new Validator(schema as object, '4', false);
  return (event) => {
    const text = bodyText(event);
    if (text === '' && route.bodyOptional) return {};
    const body = parseJson(text);
    const { valid, errors } = validator.validate(body);
    if (!valid) throw new HttpProblem('invalid_request', 'the body does not fit its description', leaves(errors));
    return body;
  };
}

/** The validator reports each level on the way down too; only the last ones say anything. */
function leaves(errors: { instanceLocation: string; keyword: string; error: string }[]): { pointer: string; detail: string }[] {
  const found = errors.filter(({ keyword }) => !['properties', 'patternProperties', 'items', 'additionalProperties'].includes(keyword));
  return (found.length > 0 ? found : errors).slice(0, 20).map(({ instanceLocation, keyword, error }) => ({
    pointer: quote(instanceLocation.slice(1)),
    detail: DETAILS[keyword] ?? error,
  }));
}

/** Better words than the validator's. */
const DETAILS: Readonly<Partial<Record<string, string>>> = {
  false: 'is not a field of this request, or not a name that a field may have here',
  pattern: 'is not in the form that the description of the API (GET /openapi.json) names',
};

function check(schema: JsonSchema, value: unknown, name: string): void {
  const { valid, errors } = new Validator(schema as object, '4').validate(value);
  if (!valid) throw invalid(name, errors.at(-1)?.error ?? 'is not valid');
}
