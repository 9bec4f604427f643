import { Validator, type Schema } from '@cfworker/json-schema';
import { Refused, type ApiAnswer, type ApiRequest } from './responses';
import { logLine } from '../text';
import type { Functions, InvokeResult, LocalStack } from '../types';

/** The parts of a proxy event that do not come from the request. `path` excludes the stage; `resource` is a path template such as `/streams/{videoId}`. */
export interface ProxyContext extends Record<'requestId' | 'accountId' | 'apiId' | 'stage' | 'path' | 'resourceId' | 'resource', string> {
  query: URLSearchParams; parameters: Record<string, string>; authorizer?: Record<string, unknown>;
}

export const arnIn = ({ region, account }: LocalStack, apiId: string, name: string) => `arn:aws:execute-api:${region}:${account}:${apiId}/${name}`;

/** Fails if the template contains no Lambda permission for `sourceArn`. */
export function invokeFunction(functions: Functions, uri: string, event: object, sourceArn: string): Promise<InvokeResult> {
  const [, functionArn] = /functions\/(arn:[^/]+)\/invocations$/.exec(uri)!;
  return functions.invoke(functionArn, event, { kind: 'service', id: 'apigateway.amazonaws.com', context: { 'aws:SourceArn': sourceArn } });
}

const orNull = <T extends object>(record: T): T | null => Object.keys(record).length ? record : null;
const lastOf = (record: Record<string, string[]>) => Object.fromEntries(Object.entries(record).map(([name, values]) => [name, values.at(-1)]));

export function proxyEvent({ raw, host, body }: ApiRequest, { requestId, accountId, apiId, stage, resourceId, resource, path, ...context }: ProxyContext) {
  const now = new Date();
  const { method: httpMethod, headers: { 'user-agent': userAgent = null }, socket: { remoteAddress: sourceIp = '' } } = raw;
  // Header names keep the request's letter case, so that a handler can't depend on lower case.
  const sent = new Map(raw.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => [name.toLowerCase(), name]));
  const named = Object.entries({ ...raw.headersDistinct, host: [host] }).map(([name, values]) => [sent.get(name) ?? name, values]);
  const headers: Record<string, string[]> = { ...Object.fromEntries(named), 'X-Forwarded-For': [sourceIp], 'X-Forwarded-Port': ['443'], 'X-Forwarded-Proto': ['https'] };
  const query = Object.fromEntries([...new Set(context.query.keys())].map((name) => [name, context.query.getAll(name)]));
  return {
    resource, path, httpMethod, headers: lastOf(headers), multiValueHeaders: headers,
    queryStringParameters: orNull(lastOf(query)), multiValueQueryStringParameters: orNull(query), pathParameters: orNull(context.parameters),
    stageVariables: null,
    requestContext: {
      ...context.authorizer && { authorizer: context.authorizer },
      resourceId, resourcePath: resource, httpMethod, requestId, extendedRequestId: requestId, path: `/${stage}${path}`, accountId,
      protocol: 'HTTP/1.1', stage, apiId, domainPrefix: apiId, domainName: host, requestTimeEpoch: now.getTime(),
      requestTime: now.toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/, '$1/$2/$3:$4 +0000'),
      identity: {
        cognitoIdentityPoolId: null, accountId: null, cognitoIdentityId: null, caller: null, sourceIp, principalOrgId: null, accessKey: null,
        cognitoAuthenticationType: null, cognitoAuthenticationProvider: null, userArn: null, userAgent, user: null,
      },
    },
    body: body.length ? body.toString() : null,
    isBase64Encoded: false,
  };
}

const text: Schema = { type: ['string', 'number', 'boolean'] };
/** A Base64-encoded body is rejected, because the API uses no binary media types. */
const answer = new Validator({
  type: 'object', required: ['statusCode'], additionalProperties: false,
  properties: {
    statusCode: { type: 'integer', minimum: 100, maximum: 599 },
    headers: { type: ['object', 'null'], additionalProperties: text },
    multiValueHeaders: { type: ['object', 'null'], additionalProperties: { type: 'array', items: text } },
    body: { type: ['string', 'null'] },
    isBase64Encoded: { enum: [false] },
  },
});
/** Headers that API Gateway renames in a handler's response. */
const remapped = ['authorization', 'connection', 'content-length', 'content-md5', 'date', 'host', 'server', 'user-agent', 'www-authenticate'];

export function proxyAnswer({ payload, error }: InvokeResult, { requestId, path }: ProxyContext): ApiAnswer {
  // API Gateway accepts bodies up to 10 MiB, Lambda only up to 6 MiB.
  if (error?.errorType === 'RequestEntityTooLargeException') throw new Refused('REQUEST_TOO_LARGE');
  if (error || !answer.validate(payload ?? null).valid) {
    logLine(`api: ${path}: ${error?.errorType ?? 'malformed Lambda proxy response'}`);
    throw new Refused('LAMBDA_FAILURE');
  }
  const { statusCode: status, headers, multiValueHeaders, body } = payload;
  const named = Object.entries({ ...headers, ...multiValueHeaders }).map(([name, value]) => {
    const lower = name.toLowerCase();
    return [remapped.includes(lower) ? `x-amzn-remapped-${lower}` : lower, Array.isArray(value) ? value.map(String) : String(value)];
  });
  return { status, headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...Object.fromEntries(named) }, body: body ?? '' };
}
