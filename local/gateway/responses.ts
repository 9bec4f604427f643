import type { IncomingMessage } from 'http';
import { onlyKnown } from '../lookup';
import type { LocalStack } from '../types';

/** The host and the URL of `raw` are ignored. `path` is not decoded and includes the query string. */
export interface ApiRequest { readonly raw: IncomingMessage; readonly host: string; readonly path: string; readonly body: Buffer }

export interface ApiAnswer { status: number; headers: Record<string, string | string[]>; body?: string }

const kinds = {
  MISSING_AUTHENTICATION_TOKEN: [403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  UNAUTHORIZED: [401, 'UnauthorizedException', 'Unauthorized'],
  ACCESS_DENIED: [403, 'AccessDeniedException', 'User is not authorized to access this resource'],
  AUTHORIZER_FAILURE: [500, 'AuthorizerFailureException', null],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'AuthorizerConfigurationException', null],
  THROTTLED: [429, 'TooManyRequestsException', 'Too Many Requests'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'BadRequestException', 'Unsupported Media Type'],
  REQUEST_TOO_LARGE: [413, 'RequestTooLargeException', 'Request Too Long'],
  INTEGRATION_TIMEOUT: [504, 'InternalServerErrorException', 'Endpoint request timed out'],
  LAMBDA_FAILURE: [502, 'InternalServerErrorException', 'Internal server error'],
} as const satisfies Record<string, readonly [number, string, string | null]>;

/** An error that API Gateway returns without a response from the handler. */
export class Refused extends Error {
  constructor(readonly type: keyof typeof kinds, readonly text: string | null = kinds[type][2]) {
    super(type);
  }
}

export const constantIn = (expression: string): string | undefined => /^'(.*)'$/s.exec(expression)?.[1];

export function createResponses(stack: LocalStack) {
  const variable = '$context.error.messageString';
  const defined = new Map(stack.ofType('AWS::ApiGateway::GatewayResponse').map(({ logicalId, properties }) => {
    const { ResponseType, StatusCode, ResponseParameters = {}, ResponseTemplates } = properties;
    onlyKnown(logicalId, properties, 'ResponseParameters ResponseTemplates ResponseType RestApiId StatusCode');
    onlyKnown(logicalId, ResponseTemplates, 'application/json');
    const template: string = ResponseTemplates['application/json'];
    const headers = Object.entries<string>(ResponseParameters).map(([name, value]) => {
      const [, header] = /^method\.request\.header\.([\w-]+)$/.exec(value) ?? [];
      const constant = constantIn(value);
      if (header === undefined && constant === undefined) throw new Error(`${logicalId}: the local stack does not support the mapping expression ${value}`);
      return [name.replace('gatewayresponse.header.', ''), header === undefined ? constant : ({ raw }: ApiRequest) => raw.headers[header.toLowerCase()]] as const;
    });
    if (template.replaceAll(variable, '').includes('$')) throw new Error(`${logicalId}: the local stack supports only the variable ${variable} in a template, got ${template}`);
    return [ResponseType as string, { status: StatusCode as string | undefined, headers, template }];
  }));

  return ({ type, text }: Refused, requestId: string, request: ApiRequest): ApiAnswer => {
    const [status, errorType] = kinds[type];
    const custom = defined.get(type) ?? defined.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
    // A response header can copy the value of a request header. If the request does not have this header, the response header is omitted.
    const headers = custom?.headers.map(([name, value]) => [name, typeof value === 'function' ? value(request) : value]).filter(([, value]) => value !== undefined);
    return {
      status: Number(custom?.status ?? status),
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': errorType, ...Object.fromEntries(headers ?? []) },
      body: (custom?.template ?? `{"message":${variable}}`).replaceAll(variable, () => JSON.stringify(text)),
    };
  };
}
