import { createHmac, generateKeyPairSync, KeyObject, sign } from 'crypto';

export const ISSUER = 'https://identity.example.com/tenant/';
export const AUDIENCE = 'client1';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function makePair(alg: 'RS256' | 'ES256'): { publicKey: KeyObject; privateKey: KeyObject } {
  return alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export class SigningKey {
  constructor(readonly kid: string, readonly alg: 'RS256' | 'ES256' = 'RS256', private readonly use = 'sig', private readonly pair = makePair(alg)) {}

  get jwk() {
    return { ...this.pair.publicKey.export({ format: 'jwk' }), kid: this.kid, alg: this.alg, use: this.use };
  }

  get publicPem(): string {
    return String(this.pair.publicKey.export({ format: 'pem', type: 'spki' }));
  }

  token(claims: object, header: object = {}): string {
    const head = `${part({ alg: this.alg, kid: this.kid, typ: 'JWT', ...header })}.${part(claims)}`;
    return `${head}.${sign('sha256', Buffer.from(head), { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
}

/** Returns a token with an HMAC whose secret is a public value. A library that lets the token choose the algorithm would accept this token. */
export function hmacToken(secret: string, header: object, claims: object): string {
  const head = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

export function unsignedToken(header: object, claims: object, signature = ''): string {
  return `${part({ alg: 'none', typ: 'JWT', ...header })}.${part(claims)}.${signature}`;
}

export class OidcIssuer {
  keys: SigningKey[];
  discovery: Record<string, unknown> = {};
  broken?: (path: string) => Response | Promise<Response> | undefined;
  readonly calls: string[] = [];
  readonly inits: (RequestInit | undefined)[] = [];

  constructor(...keys: SigningKey[]) {
    this.keys = keys;
  }

  fetch = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { href, pathname } = new URL(String(address));
    this.calls.push(href);
    this.inits.push(init);
    const broken = await this.broken?.(pathname);
    if (broken) return broken;
    if (href === `${ISSUER}.well-known/openid-configuration`) return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}keys`, ...this.discovery });
    if (href === `${ISSUER}keys`) return Response.json({ keys: this.keys.map(({ jwk }) => jwk) });
    return new Response('not found', { status: 404 });
  };
}
