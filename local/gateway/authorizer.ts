import type { JSONWebKeySet, JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { Refused, headerOf, type ApiRequest } from './responses';
import type { Resource } from '../types';

/** Issuer and public keys of a user pool, by its ARN. */
export type KeysOf = (userPoolArn: string) => { issuer: string; keys: JSONWebKeySet };

/** `Sat Nov 22 03:04:05 UTC 2025` */
const date = (seconds: unknown) => new Date(Number(seconds) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4');

/** Claims as API Gateway hands them to a handler: all of them strings, lists with commas, two of the times as dates. */
function asStrings(claims: JWTPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, ['exp', 'iat'].includes(name) ? date(value) : String(value)]));
}

/** Verifies the id token that a COGNITO_USER_POOLS authorizer asks for, and returns its claims as strings. */
export async function authorize({ properties }: Resource, request: ApiRequest, keysOf: KeysOf): Promise<Record<string, string>> {
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const { ProviderARNs: [userPoolArn], IdentityValidationExpression: expression } = properties;
  const { issuer, keys } = keysOf(userPoolArn);
  const token = headerOf(request, 'authorization')?.replace(/^Bearer /i, '') ?? '';
  let expired = false;
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'], issuer, requiredClaims: ['exp'] });
    const audience = typeof payload.aud === 'string' && new RegExp(`^(?:${expression})$`).test(payload.aud);
    if (audience && payload.token_use === 'id') return asStrings(payload);
  } catch (error) {
    expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
  }
  throw new Refused('UNAUTHORIZED', expired ? 'The incoming token has expired' : undefined);
}
