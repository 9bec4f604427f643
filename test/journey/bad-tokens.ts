import { createPrivateKey, createPublicKey } from 'crypto';
import { readFileSync } from 'fs';
import * as path from 'path';
import type { Decision } from '../../local/access/access';
import { hmacToken, SigningKey, unsignedToken } from '../auth/token-authorizer/oidc-issuer';

type Fields = Readonly<Record<string, unknown>>;

/** What a token is to have that a good one has not. */
export interface Fault {
  readonly claims?: Fields;
  readonly header?: Fields;
  /** @default - the issuer's own */
  readonly key?: SigningKey;
}

/** The parts of a token that are to be read. */
export function readToken(token: string): [header: Fields, claims: Fields] {
  const [header, claims] = token.split('.').map((part, index) => index < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : {});
  return [header, claims];
}

/** Makes tokens with the key of an issuer of this machine: good ones, and such that differ from them in one thing. */
export class Forge {
  readonly key: SigningKey;
  readonly header: Fields;
  readonly claims: Fields;

  /**
   * @param folder where the issuer keeps its state, such as `cognito` in a stack's folder
   * @param token a true token of the kind that is wanted
   */
  constructor(folder: string, token: string) {
    const { key } = JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8'));
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    this.key = new SigningKey(key.kid, 'RS256', 'sig', { privateKey, publicKey: createPublicKey(privateKey) });
    [this.header, this.claims] = readToken(token);
  }

  /** A good token, but for its fault. */
  token({ claims, header, key = this.key }: Fault = {}): string {
    return key.token({ ...this.claims, ...claims }, { ...this.header, ...header });
  }
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
/** Nobody trusts it. */
const FOREIGN = new SigningKey('foreign');

/** What can be wrong with any token, and such a token. A kind that does not belong is to be added by who knows which does. */
export const BAD_TOKENS: Readonly<Record<string, (forge: Forge) => string>> = {
  'expired': (forge) => forge.token({ claims: { exp: inSeconds(-3600) } }),
  'not yet valid': (forge) => forge.token({ claims: { nbf: inSeconds(3600) } }),
  'without an expiry': (forge) => forge.token({ claims: { exp: undefined } }),
  'of another issuer': (forge) => forge.token({ claims: { iss: 'https://accounts.example.org' } }),
  'of an issuer whose name only begins so': (forge) => forge.token({ claims: { iss: `${forge.claims.iss}2` } }),
  'without an issuer': (forge) => forge.token({ claims: { iss: undefined } }),
  'for another audience': (forge) => forge.token({ claims: { aud: 'another' } }),
  'for an audience whose name only begins so': (forge) => forge.token({ claims: { aud: `${forge.claims.aud}2` } }),
  'without an audience': (forge) => forge.token({ claims: { aud: undefined } }),
  'of another pool': (forge) => {
    const iss = String(forge.claims.iss).replace(/[^/]*$/, 'us-east-1_Another');
    return forge.token({ key: FOREIGN, header: { kid: FOREIGN.kid }, claims: { iss } });
  },
  'signed with another key': (forge) => forge.token({ key: FOREIGN }),
  'signed with a key that nobody knows': (forge) => forge.token({ header: { kid: 'unknown' } }),
  'signed with the key that it brings along': (forge) => forge.token({ key: FOREIGN, header: { jwk: FOREIGN.jwk } }),
  'signed for other claims': (forge) => {
    const [header, , signature] = forge.token().split('.');
    return [header, forge.token({ claims: { sub: 'somebody-else' } }).split('.')[1], signature].join('.');
  },
  'without its signature': (forge) => forge.token().replace(/[^.]*$/, ''),
  'with alg none': (forge) => unsignedToken({ ...forge.header, alg: 'none' }, forge.claims),
  'with alg None, and a signature': (forge) => unsignedToken({ ...forge.header, alg: 'None' }, forge.claims, forge.token().split('.')[2]),
  'signed with the public key as if it were a password': (forge) => hmacToken(forge.key.publicPem, { ...forge.header, alg: 'HS256' }, forge.claims),
  'garbage': () => 'garbage',
  'garbage in three parts': () => 'e30.e30.e30',
  'empty': () => '',
};

/** Which routes' handlers API Gateway has invoked so far, once each, as `GET/streams`. */
export function handlersReached(data: string): string[] {
  const lines = readFileSync(path.join(data, 'access.jsonl'), 'utf8').split('\n').filter(Boolean);
  const decisions = lines.map((line): Decision => JSON.parse(line));
  const invoked = decisions.filter(({ action, principal }) => action === 'lambda:InvokeFunction' && principal.id === 'apigateway.amazonaws.com');
  // `arn:…:API/STAGE/GET/streams`, or `arn:…:API/authorizers/ID` for who asks first.
  return invoked.flatMap(({ principal }) => /\/api\/(.+)$/.exec(String(principal.context?.['aws:SourceArn']))?.[1] ?? []);
}
