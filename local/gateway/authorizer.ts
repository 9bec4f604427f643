import type { JSONWebKeySet, JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { Refused, headerOf, type ApiRequest } from './responses';
import type { Resource } from '../types';

/** Issuer and public keys of a user pool, by its ARN. */
export type KeysOf = (userPoolArn: string) => { issuer: string; keys: JSONWebKeySet };

/** Claims as API Gateway hands them to a handler: all of them strings, lists with commas, two of the times as dates. */
function asStrings(claims: JWTPayload): Record<string, string> {
  const date = (seconds: unknown) => {
    const [week, day, month, year, time] = new Date(Number(seconds) * 1000).toUTCString().replace(',', '').split(' ');
    return `${week} ${month} ${day} ${time} UTC ${year}`;
  };
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, ['exp', 'iat'].includes(name) ? date(value) : String(value)]));
}

/**
 * Verifies the token of a COGNITO_USER_POOLS authorizer.
 * @param scopes the method's scopes: with some an access token is wanted, without an id token
 * @returns its claims as strings
 */
export async function authorize(authorizer: Resource, scopes: string[], request: ApiRequest, keysOf: KeysOf): Promise<Record<string, string>> {
  const { decodeJwt, createLocalJWKSet, jwtVerify } = await import('jose');
  const { IdentitySource, ProviderARNs, IdentityValidationExpression: expression } = authorizer.properties;
  const header = /^method\.request\.header\.(.+)$/.exec(IdentitySource ?? '')?.[1] ?? 'Authorization';
  const token = headerOf(request, header)?.replace(/^Bearer /i, '');
  let expired = false;
  try {
    const { iss } = decodeJwt(token!);
    const pool = (ProviderARNs as string[]).map(keysOf).find(({ issuer }) => issuer === iss)!;
    const { payload } = await jwtVerify(token!, createLocalJWKSet(pool.keys), { algorithms: ['RS256'], issuer: pool.issuer, requiredClaims: ['exp'] });
    // An access token has no audience, so that an expression can never match it.
    const audience = expression === undefined || (typeof payload.aud === 'string' && new RegExp(`^(?:${expression})$`).test(payload.aud));
    const granted = String(payload.scope ?? '').split(' ');
    const fits = scopes.length ? payload.token_use === 'access' && scopes.some((scope) => granted.includes(scope)) : payload.token_use === 'id';
    if (audience && fits) return asStrings(payload);
  } catch (error) {
    expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
  }
  throw new Refused('UNAUTHORIZED', expired ? 'The incoming token has expired' : 'Unauthorized');
}
