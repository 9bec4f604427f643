import { constantIn, Refused, type ApiAnswer, type ApiRequest } from './responses';
import { onlyKnown } from '../lookup';
import type { Resource } from '../template/resources';

export type Mock = (request: ApiRequest, query: URLSearchParams, requestId: string) => ApiAnswer;

const PARAMETER = 'method.response.header.';
const JSON_TYPE = 'application/json';

/** Creates a MOCK integration with one response (API Gateway Developer Guide, "Mock integrations for REST APIs"). */
export function createMock({ logicalId, properties: { Integration, MethodResponses = [] } }: Pick<Resource, 'logicalId' | 'properties'>): Mock {
  const fail = (why: string): never => { throw new Error(`${logicalId}: ${why}`); };
  const unknown = (what: string): never => fail(`the local stack does not support ${what}`);
  onlyKnown(logicalId, Integration, 'RequestTemplates IntegrationResponses', { Type: ['MOCK'], PassthroughBehavior: ['NEVER'] });
  const { RequestTemplates: requestTemplates, IntegrationResponses: [response = {}, ...more] = [], PassthroughBehavior } = Integration;
  // Without PassthroughBehavior, API Gateway uses the request template only for request bodies of the template's content type. A body of any other content type
  // replaces the template, so the client could choose the status of the response.
  if (!PassthroughBehavior) fail('a mock integration requires PassthroughBehavior');
  const [methodResponse, ...others]: Record<string, any>[] = MethodResponses;
  if (more.length || others.length || !methodResponse) fail('the local stack requires exactly one integration response and exactly one method response');
  onlyKnown(logicalId, requestTemplates ?? {}, JSON_TYPE);
  onlyKnown(logicalId, response, 'ResponseParameters ResponseTemplates StatusCode');
  onlyKnown(logicalId, response.ResponseTemplates ?? {}, JSON_TYPE);
  onlyKnown(logicalId, methodResponse, 'ResponseParameters', { StatusCode: [response.StatusCode] });
  // API Gateway rejects a constant header that the method response doesn't declare.
  const headers = Object.entries<string>(response.ResponseParameters ?? {}).map(([name, expression]) => {
    if (!(name in (methodResponse.ResponseParameters ?? {}))) throw new Error(`${logicalId}: expected the header ${name} in ResponseParameters of MethodResponses, got no such header`);
    return [name.replace(PARAMETER, ''), constantIn(expression) ?? unknown(expression)];
  });
  const request = requestTemplates?.[JSON_TYPE];
  if (typeof request !== 'string' || /[#$]/.test(request)) fail(`the local stack supports only a constant request template, got ${request}`);
  // The request template's `statusCode` selects the response.
  if (String(JSON.parse(request).statusCode) !== response.StatusCode) fail(`the request template must contain the statusCode ${response.StatusCode}, got ${request}`);
  const run = response.ResponseTemplates?.[JSON_TYPE].split('\n').map((line: string) => statementOf(line) ?? unknown(line)) ?? [];

  return ({ raw }, query, requestId) => {
    const [type] = (raw.headers['content-type'] ?? JSON_TYPE).split(';', 1);
    if (type.trim().toLowerCase() !== JSON_TYPE) throw new Refused('UNSUPPORTED_MEDIA_TYPE');
    const sent = raw.rawHeaders.flatMap((name, index) => index % 2 === 0 ? [[name, raw.rawHeaders[index + 1]]] : []);
    const scope: Scope = { params: { ...Object.fromEntries(sent), ...Object.fromEntries(query) }, variables: {}, headers: {} };
    for (const statement of run) statement(scope);
    return {
      status: Number(response.StatusCode),
      headers: { 'content-type': JSON_TYPE, 'x-amzn-requestid': requestId, ...Object.fromEntries(headers), ...scope.headers },
      body: '',
    };
  };
}

/** `params` contains request parameters by exact name. A query parameter takes precedence over a header of the same name. */
interface Scope { readonly params: Record<string, string>; readonly variables: Record<string, string | string[]>; readonly headers: Record<string, string> }

type Statement = (scope: Scope) => void;

/** The supported Velocity statements, one per line. A missing parameter becomes an empty string. */
const STATEMENTS: [form: RegExp, run: (...groups: string[]) => Statement][] = [
  [/^#set\(\$(\w+) = (\["[^"$#]*"(?:, "[^"$#]*")*\])\)$/, (name, list) => ({ variables }) => { variables[name] = JSON.parse(list); }],
  [/^#set\(\$(\w+) = \$input\.params\("(\w+)"\)\)$/, (name, parameter) => ({ variables, params }) => { variables[name] = params[parameter] ?? ''; }],
  [/^#set\(\$context\.responseOverride\.header\.([\w-]+) = \$(\w+)\)$/, (header, name) => ({ variables, headers }) => { headers[header] = String(variables[name]); }],
  [/^#if\(\$(\w+) == "([^"$#]*)"\)(.+)#end$/, (name, text, then) => conditional(({ variables }) => variables[name] === text, then)],
  [/^#if\(\$(\w+)\.contains\(\$(\w+)\)\)(.+)#end$/, (list, name, then) => conditional(({ variables }) => variables[list].includes(String(variables[name])), then)],
];

function statementOf(line: string): Statement | undefined {
  for (const [form, make] of STATEMENTS) {
    const groups = form.exec(line);
    if (groups) return make(...groups.slice(1));
  }
  return undefined;
}

function conditional(holds: (scope: Scope) => boolean, then: string): Statement {
  const statement = statementOf(then);
  if (!statement) throw new Error(`the local stack does not support the statement ${then} in a condition`);
  return (scope) => { if (holds(scope)) statement(scope); };
}
