import { createPrivateKey, createPublicKey } from 'crypto';
import { readFileSync } from 'fs';
import * as path from 'path';
import type { Decision } from '../../local/access/access';
import { hmacToken, SigningKey, unsignedToken } from '../auth/token-authorizer/oidc-issuer';

type Fields = Readonly<Record<string, unknown>>;

export interface Fault {
  readonly claims?: Fields;
  readonly header?: Fields;
  /** @default - the issuer's key */
  readonly key?: SigningKey;
}

export function readToken(token: string): [header: Fields, claims: Fields] {
  const [header, claims] = token.split('.').map((part, index) => index < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : {});
  return [header, claims];
}

/** Each bad token differs from a good token in one place. */
export class Forge {
  readonly key: SigningKey;
  readonly header: Fields;
  readonly claims: Fields;

  /**
   * @param folder - the issuer's folder, such as `cognito` in the data folder of the local stack
   * @param token - a good token of the required kind
   */
  constructor(folder: string, token: string) {
    const { key } = JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8'));
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    this.key = new SigningKey(key.kid, 'RS256', 'sig', { privateKey, publicKey: createPublicKey(privateKey) });
    [this.header, this.claims] = readToken(token);
  }

  token({ claims, header, key = this.key }: Fault = {}): string {
    return key.token({ ...this.claims, ...claims }, { ...this.header, ...header });
  }
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const FOREIGN = new SigningKey('foreign');

/**
 * For each fault, a function that creates a bad token. The required kind of token depends on the API, so this list has no token of the wrong kind. Tests of an
 * API that accepts ID tokens add an access token, and tests of an API that accepts access tokens add an ID token.
 */
export const BAD_TOKENS: Readonly<Record<string, (forge: Forge) => string>> = {
  'expired': (forge) => forge.token({ claims: { exp: inSeconds(-3600) } }),
  'not yet valid': (forge) => forge.token({ claims: { nbf: inSeconds(3600) } }),
  'without an expiry': (forge) => forge.token({ claims: { exp: undefined } }),
  'of another issuer': (forge) => forge.token({ claims: { iss: 'https://accounts.example.org' } }),
  'of an issuer with the right prefix': (forge) => forge.token({ claims: { iss: `${forge.claims.iss}2` } }),
  'without an issuer': (forge) => forge.token({ claims: { iss: undefined } }),
  'for another audience': (forge) => forge.token({ claims: { aud: 'another' } }),
  'for an audience with the right prefix': (forge) => forge.token({ claims: { aud: `${forge.claims.aud}2` } }),
  'without an audience': (forge) => forge.token({ claims: { aud: undefined } }),
  'of another pool': (forge) => {
    const iss = String(forge.claims.iss).replace(/[^/]*$/, 'us-east-1_Another');
    return forge.token({ key: FOREIGN, header: { kid: FOREIGN.kid }, claims: { iss } });
  },
  'signed with another key': (forge) => forge.token({ key: FOREIGN }),
  'with an unknown key id': (forge) => forge.token({ header: { kid: 'unknown' } }),
  'signed with a key in its header': (forge) => forge.token({ key: FOREIGN, header: { jwk: FOREIGN.jwk } }),
  'with the signature of other claims': (forge) => {
    const [header, , signature] = forge.token().split('.');
    return [header, forge.token({ claims: { sub: 'another-user' } }).split('.')[1], signature].join('.');
  },
  'without a signature': (forge) => forge.token().replace(/[^.]*$/, ''),
  'with alg none': (forge) => unsignedToken({ ...forge.header, alg: 'none' }, forge.claims),
  'with alg None and a signature': (forge) => unsignedToken({ ...forge.header, alg: 'None' }, forge.claims, forge.token().split('.')[2]),
  'signed by HMAC with the public key': (forge) => hmacToken(forge.key.publicPem, { ...forge.header, alg: 'HS256' }, forge.claims),
  'garbage': () => 'garbage',
  'garbage in three parts': () => 'e30.e30.e30',
  'empty': () => '',
};

/** Returns the routes and authorizers that were called. The local stack's access log records only the first call of each route and each authorizer. */
export function handlersReached(data: string): string[] {
  const lines = readFileSync(path.join(data, 'access.jsonl'), 'utf8').split('\n').filter(Boolean);
  const decisions = lines.map((line): Decision => JSON.parse(line));
  const invoked = decisions.filter(({ action, principal }) => action === 'lambda:InvokeFunction' && principal.id === 'apigateway.amazonaws.com');
  // `aws:SourceArn` is `arn:…:API/STAGE/GET/streams` for a route and `arn:…:API/authorizers/ID` for an authorizer.
  return invoked.flatMap(({ principal }) => /\/api\/(.+)$/.exec(String(principal.context?.['aws:SourceArn']))?.[1] ?? []);
}
