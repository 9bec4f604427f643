import { Validator } from '@cfworker/json-schema';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { HttpProblem, invalid, quote } from './http-problem';
import { bodyText, parseJson } from './json-body';
import type { Route } from '../contract/routes';
import type { JsonSchema } from '../contract/schemas';
import { isText } from '../domain/text-rules';

/** The path parameters that the route names. */
export function readPath({ pathParameters = {} }: Pick<Route, 'pathParameters'>, event: APIGatewayProxyEvent): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = event.pathParameters ?? {};
  return Object.fromEntries(Object.entries(pathParameters).map(([name, schema]) => {
    const value = given[name];
    // An id of another form is not found: callers can't tell the two apart.
    if (typeof value !== 'string' || !new Validator(schema as object, '4').validate(value).valid) {
      throw new HttpProblem('not_found', `no such ${name.replace(/Id$/, '')}`);
    }
    return [name, value];
  }));
}

/** The query parameters, all of which the route names. */
export function readQuery({ query: schemas = {} }: Pick<Route, 'query'>, event: APIGatewayProxyEvent): Record<string, string | number> {
  const query: Record<string, string | number> = {};
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if (!Object.hasOwn(schemas, name)) throw invalid(name, 'is not a parameter of this route');
    if (values?.length !== 1) throw invalid(name, 'may be given once');
    const [text] = values;
    if (!isText(text)) throw invalid(name, 'holds a control character, or bytes that are not UTF-8');
    query[name] = convert(schemas[name], text, name);
  }
  return query;
}

/**
 * The headers that the route names, in lower case; others are left out. Each may be given once, but for cookies, which a client may split
 * (RFC 9113, section 8.2.3).
 */
export function readHeaders({ headers: schemas = {} }: Pick<Route, 'headers'>, event: APIGatewayProxyEvent): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  for (const [given, values = []] of Object.entries(event.multiValueHeaders ?? {})) {
    const name = given.toLowerCase();
    if (!Object.hasOwn(schemas, name)) continue;
    if (Object.hasOwn(headers, name) || (values.length > 1 && name !== 'cookie')) throw invalid(name, 'may be given once');
    headers[name] = convert(schemas[name], values.join('; '), name);
  }
  return headers;
}

/** Reads the body of requests of this route, which fits its schema. */
export function bodyReader({ body: schema, bodyOptional }: Pick<Route, 'body' | 'bodyOptional'>): (event: APIGatewayProxyEvent) => unknown {
  if (!schema) {
    return ({ body }) => {
      if (body) throw invalid('', 'this route takes no body');
      return undefined;
    };
  }
  const validator = new Validator(schema as object, '4', false);
  return (event) => {
    const text = bodyText(event);
    if (text === '' && bodyOptional) return {};
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

/** The value of a parameter or header: the text itself, or the integer that it stands for. */
function convert(schema: JsonSchema, text: string, name: string): string | number {
  const value = schema.type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  const { valid, errors } = new Validator(schema as object, '4').validate(value);
  if (!valid) throw invalid(name, errors.at(-1)?.error ?? 'is not valid');
  return value;
}
