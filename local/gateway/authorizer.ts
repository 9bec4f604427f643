import type { JSONWebKeySet } from 'jose' with { 'resolution-mode': 'import' };
import { Refused, type ApiRequest } from './responses';
import type { Resource } from '../types';

/** Issuer and public keys of a user pool, by its ARN. */
export type KeysOf = (userPoolArn: string) => { issuer: string; keys: JSONWebKeySet };

/** `Sat Nov 22 03:04:05 UTC 2025` */
const date = (seconds: unknown) => new Date(Number(seconds) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4');

/** Verifies the id token that a COGNITO_USER_POOLS authorizer asks for, and returns its claims: all strings, lists with commas, two times as dates. */
export async function authorize({ properties }: Resource, { raw }: ApiRequest, keysOf: KeysOf): Promise<Record<string, string>> {
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const { ProviderARNs: [userPoolArn], IdentityValidationExpression: expression } = properties;
  const { issuer, keys } = keysOf(userPoolArn);
  const token = raw.headers.authorization?.replace(/^Bearer /i, '') ?? '';
  const rules = { algorithms: ['RS256'], issuer, requiredClaims: ['exp'] };
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), rules).catch(({ code }) => {
    throw new Refused('UNAUTHORIZED', code === 'ERR_JWT_EXPIRED' ? 'The incoming token has expired' : undefined);
  });
  const audience = typeof payload.aud === 'string' && new RegExp(`^(?:${expression})$`).test(payload.aud);
  if (!audience || payload.token_use !== 'id') throw new Refused('UNAUTHORIZED');
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, ['exp', 'iat'].includes(name) ? date(value) : String(value)]));
}
