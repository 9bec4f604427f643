import { Validator } from '@cfworker/json-schema';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { HttpProblem, invalid, quote } from './http-problem';
import { bodyText, parseJson } from './json-body';
import type { Route } from '../contract/routes';
import type { JsonSchema } from '../contract/schemas';
import { isText } from '../domain/text-rules';

export function readPath({ pathParameters = {} }: Pick<Route, 'pathParameters'>, event: APIGatewayProxyEvent): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = event.pathParameters ?? {};
  return Object.fromEntries(Object.entries(pathParameters).map(([name, schema]) => {
    const value = given[name];
    // Invalid ids and unknown ids have the same response, so that callers can't distinguish them.
    if (typeof value !== 'string' || !new Validator(schema as object, '4').validate(value).valid) {
      throw new HttpProblem('not_found', `no such ${name.replace(/Id$/, '')}`);
    }
    return [name, value];
  }));
}

/** API Gateway does not change the case of header names. `wanted` must be in lower case. */
export function headerOf({ headers }: Pick<APIGatewayProxyEvent, 'headers'>, wanted: string): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Throws for a parameter that the route does not have. */
export function readQuery({ query: schemas = {} }: Pick<Route, 'query'>, event: APIGatewayProxyEvent): Record<string, string | number> {
  const query: Record<string, string | number> = {};
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if (!Object.hasOwn(schemas, name)) throw invalid(name, 'is not a parameter of this route');
    if (values?.length !== 1) throw invalid(name, 'can be given only once');
    const [text] = values;
    if (!isText(text)) throw invalid(name, 'contains a control character, or bytes that are not UTF-8');
    query[name] = convert(schemas[name], text, name);
  }
  return query;
}

/**
 * Returns the headers that the route lists, with names in lower case. A header can be given only once. The exception is `Cookie`, because a client can split
 * cookies into several headers (RFC 9113, section 8.2.3).
 */
export function readHeaders({ headers: schemas = {} }: Pick<Route, 'headers'>, event: APIGatewayProxyEvent): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  for (const [given, values = []] of Object.entries(event.multiValueHeaders ?? {})) {
    const name = given.toLowerCase();
    if (!Object.hasOwn(schemas, name)) continue;
    if (Object.hasOwn(headers, name) || (values.length > 1 && name !== 'cookie')) throw invalid(name, 'can be given only once');
    headers[name] = convert(schemas[name], values.join('; '), name);
  }
  return headers;
}

export function bodyReader({ body: schema, bodyOptional }: Pick<Route, 'body' | 'bodyOptional'>): (event: APIGatewayProxyEvent) => unknown {
  if (!schema) {
    return ({ body }) => {
      if (body) throw invalid('', 'this route does not accept a body');
      return undefined;
    };
  }
  const read = jsonReader(schema, 'the body');
  return (event) => {
    const text = bodyText(event);
    return text === '' && bodyOptional ? {} : read(text);
  };
}

/** @param name the noun for the JSON text in the error message */
export function jsonReader(schema: JsonSchema, name: string): (text: string) => unknown {
  const validator = new Validator(schema as object, '4', false);
  return (text) => {
    const value = parseJson(text);
    const { valid, errors } = validator.validate(value);
    if (!valid) throw new HttpProblem('invalid_request', `${name} does not match its schema`, leaves(errors));
    return value;
  };
}

/** The validator also reports errors for the objects and arrays that contain an invalid value. These errors are omitted. */
function leaves(errors: { instanceLocation: string; keyword: string; error: string }[]): { pointer: string; detail: string }[] {
  const found = errors.filter(({ keyword }) => !['properties', 'patternProperties', 'items', 'additionalProperties'].includes(keyword));
  return (found.length > 0 ? found : errors).slice(0, 20).map(({ instanceLocation, keyword, error }) => ({
    pointer: quote(instanceLocation.slice(1)),
    detail: DETAILS[keyword] ?? withoutGap(error),
  }));
}

/** Replacements for unclear messages of the validator, by schema keyword. */
const DETAILS: Readonly<Partial<Record<string, string>>> = {
  false: 'is not an allowed field',
  pattern: 'does not match the pattern in the API description (GET /openapi.json)',
};

/** Messages of the validator can contain two spaces, as in `0 is less than  1.` */
function withoutGap(error: string): string {
  return error.replace(/ than {2}/, ' than ');
}

function convert(schema: JsonSchema, text: string, name: string): string | number {
  const value = schema.type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  const { valid, errors } = new Validator(schema as object, '4').validate(value);
  if (!valid) throw invalid(name, withoutGap(errors.at(-1)?.error ?? 'is not valid'));
  return value;
}
