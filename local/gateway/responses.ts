import { randomUUID } from 'crypto';
import type { LocalStack } from '../types';

/** What the API was asked; header names as the client wrote them. */
export interface ApiRequest {
  readonly method: string;
  /** Undecoded, with the query string. */
  readonly path: string;
  readonly headers: Record<string, string[]>;
  readonly body: Buffer;
  readonly ip: string;
}

/** What it answers. */
export interface ApiAnswer { status: number; headers: Record<string, string | string[]>; body: Buffer | string }

/** A request that API Gateway itself refuses, under the name of its gateway response. */
export class Refused extends Error {
  constructor(readonly type: keyof typeof kinds, message: string, readonly detail = '') {
    super(message);
  }
}

/** Status and error type before the template changes them. */
const kinds = {
  MISSING_AUTHENTICATION_TOKEN: [403, 'MissingAuthenticationTokenException'],
  UNAUTHORIZED: [401, 'UnauthorizedException'],
  BAD_REQUEST_PARAMETERS: [400, 'BadRequestException'],
  BAD_REQUEST_BODY: [400, 'BadRequestException'],
  REQUEST_TOO_LARGE: [413, 'RequestTooLargeException'],
  HEADERS_TOO_LARGE: [431, 'RequestHeaderFieldsTooLargeException'],
  INTEGRATION_TIMEOUT: [504, 'InternalServerErrorException'],
  LAMBDA_FAILURE: [502, 'InternalServerErrorException'],
} as const satisfies Record<string, readonly [number, string]>;

/** The value of a header, its name in any case. */
export function headerOf({ headers }: ApiRequest, name: string): string | undefined {
  const key = Object.keys(headers).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : headers[key].at(-1);
}

const variable = /\$(?:context|input|util|stageVariables|method)(?:\.\w+)*/g;

/** Writes refusals as the template's gateway responses say; an expression that it cannot resolve throws at once. */
export function createResponses(stack: LocalStack) {
  const defined = new Map(stack.ofType('AWS::ApiGateway::GatewayResponse').map(({ properties }) => [properties.ResponseType as string, properties]));

  const values = (refusal: Refused, requestId: string): Record<string, string> => ({
    '$context.error.message': refusal.message,
    '$context.error.messageString': JSON.stringify(refusal.message),
    '$context.error.responseType': refusal.type,
    '$context.error.validationErrorString': JSON.stringify(refusal.detail).slice(1, -1),
    '$context.requestId': requestId,
    '$context.extendedRequestId': requestId,
  });
  const fill = (text: string, known: Record<string, string>) => text.replace(variable, (name) => {
    if (!(name in known)) throw new Error(`gateway response: the local API does not know ${name}`);
    return known[name];
  });
  const parameter = (expression: string, request: ApiRequest | undefined, known: Record<string, string>): string | undefined => {
    if (/^'.*'$/.test(expression)) return expression.slice(1, -1);
    const header = /^method\.request\.header\.(.+)$/.exec(expression)?.[1];
    return header ? request && headerOf(request, header) : fill(`$${expression}`, known);
  };

  for (const { ResponseTemplates, ResponseParameters } of defined.values()) {
    const known = values(new Refused('UNAUTHORIZED', ''), '');
    Object.values(ResponseTemplates ?? {}).forEach((text) => fill(text as string, known));
    Object.values(ResponseParameters ?? {}).forEach((text) => parameter(text as string, undefined, known));
  }

  return (refusal: Refused, request: ApiRequest, requestId = randomUUID()): ApiAnswer => {
    const [status, errorType] = kinds[refusal.type];
    const custom = defined.get(refusal.type) ?? defined.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX') ?? {};
    const known = values(refusal, requestId);
    const [[type, template]] = Object.entries<string>(custom.ResponseTemplates ?? { 'application/json': '{"message":$context.error.messageString}' });
    const added = Object.entries<string>(custom.ResponseParameters ?? {}).flatMap(([name, expression]) => {
      const value = parameter(expression, request, known);
      return value === undefined ? [] : [[name.replace('gatewayresponse.header.', '').toLowerCase(), value]];
    });
    return {
      status: Number(custom.StatusCode ?? status),
      headers: { 'content-type': type, 'x-amzn-requestid': requestId, 'x-amzn-errortype': errorType, ...Object.fromEntries(added) },
      body: fill(template, known),
    };
  };
}
