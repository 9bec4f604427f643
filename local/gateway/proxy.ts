import { headerOf, Refused, type ApiAnswer, type ApiRequest } from './responses';

/** What the event says besides the request itself. */
export interface ProxyContext {
  readonly requestId: string;
  readonly account: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly variables?: Record<string, string>;
  readonly resourceId: string;
  /** `/streams/{videoId}` */
  readonly resource: string;
  /** Without the stage. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly parameters: Record<string, string>;
  readonly claims?: Record<string, string>;
  readonly binaryTypes: string[];
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const orNull = <T extends object>(record: T): T | null => Object.keys(record).length ? record : null;
const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
const isBinary = (types: string[], type: string | undefined): boolean => types.some((each) => each === '*/*' || each === type?.split(/[;,]/)[0].trim());

/** The event of a Lambda proxy integration (payload 1.0). */
export function proxyEvent(request: ApiRequest, context: ProxyContext): object {
  const now = new Date();
  const [, , day, time] = [now, now, String(now.getUTCDate()).padStart(2, '0'), now.toISOString().slice(11, 19)];
  const forwarded = { 'X-Forwarded-For': [request.ip], 'X-Forwarded-Port': ['443'], 'X-Forwarded-Proto': ['https'] };
  const headers = { ...request.headers, ...forwarded };
  const query = Object.fromEntries([...new Set(context.query.keys())].map((name) => [name, context.query.getAll(name)]));
  const binary = isBinary(context.binaryTypes, headerOf(request, 'content-type'));
  return {
    resource: context.resource,
    path: context.path,
    httpMethod: request.method,
    headers: mapValues(headers, (values) => values.at(-1)),
    multiValueHeaders: headers,
    queryStringParameters: orNull(mapValues(query, (values) => values.at(-1))),
    multiValueQueryStringParameters: orNull(query),
    pathParameters: orNull(context.parameters),
    stageVariables: orNull(context.variables ?? {}),
    requestContext: {
      resourceId: context.resourceId,
      ...context.claims && { authorizer: { claims: context.claims } },
      resourcePath: context.resource,
      httpMethod: request.method,
      extendedRequestId: context.requestId,
      requestTime: `${day}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}:${time} +0000`,
      path: `/${context.stage}${context.path}`,
      accountId: context.account,
      protocol: 'HTTP/1.1',
      stage: context.stage,
      domainPrefix: context.apiId,
      requestTimeEpoch: now.getTime(),
      requestId: context.requestId,
      identity: {
        cognitoIdentityPoolId: null, accountId: null, cognitoIdentityId: null, caller: null, sourceIp: request.ip, principalOrgId: null, accessKey: null,
        cognitoAuthenticationType: null, cognitoAuthenticationProvider: null, userArn: null, userAgent: headerOf(request, 'user-agent') ?? null, user: null,
      },
      domainName: context.domainName,
      apiId: context.apiId,
    },
    body: request.body.length ? request.body.toString(binary ? 'base64' : 'utf8') : null,
    isBase64Encoded: binary && request.body.length > 0,
  };
}

/** Headers that API Gateway does not let a handler set: it renames them. */
const remapped = ['authorization', 'connection', 'content-length', 'content-md5', 'date', 'host', 'server', 'user-agent', 'www-authenticate'];
const known = ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'];

/** The handler's answer, or a 502 when it is not one. */
export function proxyAnswer(payload: any, request: ApiRequest, context: ProxyContext): ApiAnswer {
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = payload ?? {};
  const isRecord = (value: unknown, isValue: (each: unknown) => boolean) =>
    value === undefined || value === null || (typeof value === 'object' && Object.values(value).every(isValue));
  const isText = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
  const valid = Number.isInteger(statusCode) && statusCode >= 100 && statusCode < 600 && Object.keys(payload).every((key) => known.includes(key))
    && isRecord(headers, isText) && isRecord(multiValueHeaders, (value) => Array.isArray(value) && value.every(isText))
    && (body === undefined || body === null || typeof body === 'string') && ['undefined', 'boolean'].includes(typeof isBase64Encoded);
  if (!valid) throw new Refused('LAMBDA_FAILURE', 'Internal server error', 'malformed Lambda proxy response');
  const renamed = (record: object) => Object.fromEntries(Object.entries(record).map(([name, value]) =>
    [remapped.includes(name.toLowerCase()) ? `x-amzn-remapped-${name.toLowerCase()}` : name.toLowerCase(), Array.isArray(value) ? value.map(String) : String(value)]));
  const binary = isBase64Encoded && isBinary(context.binaryTypes, headerOf(request, 'accept'));
  return {
    status: statusCode,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': context.requestId, ...renamed({ ...headers, ...multiValueHeaders }) },
    body: binary ? Buffer.from(body ?? '', 'base64') : body ?? '',
  };
}
