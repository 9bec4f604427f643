import { Validator } from '@cfworker/json-schema';
import type { JSONWebKeySet } from 'jose' with { 'resolution-mode': 'import' };
import { arnIn, invokeFunction, proxyEvent, type ProxyContext } from './proxy';
import { Refused, type ApiRequest } from './responses';
import { byId, onlyKnown } from '../lookup';
import type { Resource } from '../template/resources';
import { logLine } from '../text';
import { AwsError, type Functions, type LocalStack } from '../types';

export type KeysOf = (userPoolArn: string) => { issuer: string; keys: JSONWebKeySet };

interface Means { readonly stack: LocalStack; readonly functions: Functions; readonly keysOf: KeysOf }

export type Authorizer = (request: ApiRequest, context: ProxyContext) => Promise<Record<string, unknown>>;

interface Answer {
  principalId: string;
  policyDocument: { Statement: { Action: string | string[]; Effect: 'Allow' | 'Deny'; Resource: string | string[] }[] };
  context?: Record<string, string | number | boolean>;
}

/**
 * For each authorizer type: the AuthorizationType of its methods, a factory function, and the supported properties. `createAuthorizers` adds the properties
 * that all types have.
 */
const TYPES: Record<string, [methods: string, make: (resource: Resource, means: Means) => Authorizer, properties: string]> = {
  COGNITO_USER_POOLS: ['COGNITO_USER_POOLS', byUserPool, 'IdentityValidationExpression ProviderARNs'],
  TOKEN: ['CUSTOM', byFunction, 'AuthorizerUri IdentityValidationExpression'],
  REQUEST: ['CUSTOM', byFunction, 'AuthorizerUri'],
};

export function createAuthorizers(means: Means): (method: Resource) => Authorizer | undefined {
  const authorizers = new Map(means.stack.ofType('AWS::ApiGateway::Authorizer').map((authorizer) => {
    const { logicalId, physicalId, properties } = authorizer;
    const [, make, known] = TYPES[properties.Type] ?? [];
    onlyKnown(logicalId, properties, `AuthorizerResultTtlInSeconds IdentitySource Name RestApiId ${known}`, { Type: Object.keys(TYPES) });
    return [physicalId, make!(authorizer, means)];
  }));
  return ({ logicalId, properties: { AuthorizationType, AuthorizerId } }) => {
    if (AuthorizationType === 'NONE') return;
    const { properties: { Type } } = byId(means.stack, 'AWS::ApiGateway::Authorizer', AuthorizerId);
    if (TYPES[Type][0] !== AuthorizationType) throw new Error(`${logicalId}: AuthorizationType ${AuthorizationType} can't use an authorizer of type ${Type}`);
    return authorizers.get(AuthorizerId);
  };
}

/**
 * Returns a function that reads the values of the identity sources from a request. A missing or empty value is undefined. For a repeated header, the function
 * returns the first value.
 */
function readSources({ logicalId, properties: { IdentitySource = '', Type } }: Resource) {
  const sources: string[] = IdentitySource.split(',').map((source: string) => source.trim()).filter(Boolean);
  const readers = sources.map((source): (request: ApiRequest, context: ProxyContext) => string | undefined => {
    const [, kind, name = ''] = /^(method\.request\.header|method\.request\.querystring|context)\.(.+)$/.exec(source) ?? [];
    switch (Type === 'REQUEST' || kind === 'method.request.header' ? kind : undefined) {
      case 'method.request.header': return ({ raw }) => raw.headersDistinct[name.toLowerCase()]?.[0] || undefined;
      case 'method.request.querystring': return (_, { query }) => query.get(name) || undefined;
      case 'context': return (request, context) => {
        const value = name.split('.').reduce((inner: any, key) => inner?.[key], proxyEvent(request, context).requestContext);
        return value ? String(value) : undefined;
      };
      default: throw new Error(`${logicalId}: the local stack does not support IdentitySource ${source}`);
    }
  });
  if (Type !== 'REQUEST' && readers.length !== 1) throw new Error(`${logicalId}: an authorizer of type ${Type} requires exactly one IdentitySource`);
  return (request: ApiRequest, context: ProxyContext) => readers.map((read) => read(request, context));
}

/** The expression must match the whole value, as in API Gateway. */
const wholly = (expression: string) => new RegExp(`^(?:${expression})$`);

/** `Sat Nov 22 03:04:05 UTC 2025` */
const date = (seconds: unknown) => new Date(Number(seconds) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4');

/**
 * Joins a list of strings with commas. AWS doesn't document the format of an object, or of a list that contains objects. In the local stack, such a value
 * becomes JSON, which matches no group.
 */
const claimText = (value: unknown): string =>
  [value].flat().some((inner) => typeof inner === 'object') ? JSON.stringify(value) : String(value);

/** In the claims, `exp` and `iat` become dates, and all other values become strings. */
function byUserPool(resource: Resource, { keysOf }: Means): Authorizer {
  const { logicalId, properties: { ProviderARNs: [userPoolArn, ...others], IdentityValidationExpression: expression = '.*' } } = resource;
  if (others.length) throw new Error(`${logicalId}: the local stack supports only one user pool in ProviderARNs`);
  const read = readSources(resource);
  const audience = wholly(expression);
  return async (request, context) => {
    const { createLocalJWKSet, jwtVerify } = await import('jose');
    const { issuer, keys } = keysOf(userPoolArn);
    const token = read(request, context)[0]?.replace(/^Bearer /i, '') ?? '';
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'], issuer, requiredClaims: ['exp'] }).catch(({ code }) => {
      throw new Refused('UNAUTHORIZED', code === 'ERR_JWT_EXPIRED' ? 'The incoming token has expired' : undefined);
    });
    if (typeof payload.aud !== 'string' || !audience.test(payload.aud) || payload.token_use !== 'id') throw new Refused('UNAUTHORIZED');
    return { claims: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, ['exp', 'iat'].includes(name) ? date(value) : claimText(value)])) };
  };
}

const oneOrMore = { anyOf: [{ type: 'string' as const }, { type: 'array' as const, items: { type: 'string' as const }, minItems: 1 }] };
/** Policy statements with conditions are not supported. */
const answerForm = new Validator({
  type: 'object', required: ['principalId', 'policyDocument'], additionalProperties: false,
  properties: {
    principalId: { type: 'string' },
    policyDocument: {
      type: 'object', required: ['Version', 'Statement'], additionalProperties: false,
      properties: {
        Version: { enum: ['2012-10-17'] },
        Statement: {
          type: 'array', minItems: 1, items: {
            type: 'object', required: ['Action', 'Effect', 'Resource'], additionalProperties: false,
            properties: { Sid: { type: 'string' }, Action: oneOrMore, Effect: { enum: ['Allow', 'Deny'] }, Resource: oneOrMore },
          },
        },
      },
    },
    context: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  },
});

/** Caches responses by the values of the identity sources. Errors are not cached. */
function byFunction(resource: Resource, { stack, functions }: Means): Authorizer {
  const { logicalId, physicalId, properties } = resource;
  const { Type, AuthorizerUri, AuthorizerResultTtlInSeconds: lifetime = 300, IdentityValidationExpression: expression = '.*' } = properties;
  const read = readSources(resource);
  const valid = wholly(expression);
  if (!properties.IdentitySource && lifetime > 0) throw new Error(`${logicalId}: IdentitySource is missing, so all callers would share one cached response. Set IdentitySource, or set AuthorizerResultTtlInSeconds to 0`);
  const kept = new Map<string, { answer: Answer; until: number }>();

  const fail = (type: 'AUTHORIZER_FAILURE' | 'AUTHORIZER_CONFIGURATION_ERROR', why: string): never => {
    logLine(`api: ${logicalId}: ${why}`);
    throw new Refused(type);
  };

  async function ask(event: object, apiId: string): Promise<Answer> {
    const { payload, error } = await invokeFunction(functions, AuthorizerUri, event, arnIn(stack, apiId, `authorizers/${physicalId}`)).catch((thrown) => {
      if (thrown instanceof AwsError) return fail('AUTHORIZER_CONFIGURATION_ERROR', thrown.message);
      throw thrown;
    });
    if (error?.errorMessage === 'Unauthorized') throw new Refused('UNAUTHORIZED');
    if (error) return fail('AUTHORIZER_FAILURE', error.errorType);
    return answerForm.validate(payload ?? null).valid ? payload : fail('AUTHORIZER_CONFIGURATION_ERROR', 'malformed response from the authorizer');
  }

  return async (request, context) => {
    const identity = read(request, context);
    if (identity.includes(undefined) || Type === 'TOKEN' && !valid.test(identity[0]!)) throw new Refused('UNAUTHORIZED');
    const methodArn = arnIn(stack, context.apiId, `${context.stage}/${request.raw.method}${context.path}`);
    const key = JSON.stringify(identity);
    const now = Date.now();
    // All entries have the same time-to-live, so the oldest entries expire first.
    for (const [old, { until }] of kept) {
      if (until > now) break;
      kept.delete(old);
    }
    const event = Type === 'TOKEN' ? { type: Type, methodArn, authorizationToken: identity[0] } : requestEvent(methodArn, request, context);
    const answer = kept.get(key)?.answer ?? await ask(event, context.apiId);
    const integrationLatency = Date.now() - now;
    if (!kept.has(key) && lifetime > 0) kept.set(key, { answer, until: Date.now() + lifetime * 1000 });
    check(answer, methodArn);
    const said = Object.entries(answer.context ?? {}).map(([name, value]) => [name, String(value)]);
    return { ...Object.fromEntries(said), principalId: answer.principalId, integrationLatency };
  };
}

/** Returns the event of a REQUEST authorizer. It is a proxy event without the body, and absent values are empty objects. */
function requestEvent(methodArn: string, request: ApiRequest, context: ProxyContext) {
  const { body, isBase64Encoded, ...seen } = proxyEvent(request, context);
  return { type: 'REQUEST', methodArn, ...Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, value ?? {}])) };
}

function isLike(pattern: string, text: string, flags = 's'): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, flags).test(text);
}

function check({ policyDocument: { Statement } }: Answer, methodArn: string): void {
  const meant = Statement.filter(({ Action, Resource }) =>
    [Action].flat().some((action) => isLike(action, 'execute-api:Invoke', 'si')) && [Resource].flat().some((pattern) => isLike(pattern, methodArn)));
  const denied = meant.some(({ Effect }) => Effect === 'Deny');
  if (denied || !meant.length) throw new Refused('ACCESS_DENIED', denied ? 'User is not authorized to access this resource with an explicit deny' : undefined);
}
