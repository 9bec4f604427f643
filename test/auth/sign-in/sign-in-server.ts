import { createHash, createSign, generateKeyPairSync, randomUUID } from 'crypto';

export const HOSTED_UI = 'http://127.0.0.1:1/hosted';
export const ISSUER = 'http://127.0.0.1:1/pool';
export const CLIENT_ID = 'client1';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Changes to the next ID tokens: different claims, or a signature by a key that is not in the key set. */
export interface Tampering {
  readonly claims?: Record<string, unknown>;
  readonly foreignKey?: boolean;
}

/** Like Cognito, accepts each authorization code once, and checks PKCE and the client's secret. */
export class SignInServer {
  clientSecret = 'the-secret-of-the-client';
  rotates = false;
  givesRefreshTokens = true;
  tampering: Tampering = {};
  readonly broken = new Map<string, () => Response | Promise<Response>>();
  readonly calls: { path: string; init?: RequestInit }[] = [];
  readonly issued: string[] = [];
  readonly refreshTokens = new Set<string>();
  private readonly codes = new Map<string, URLSearchParams>();

  signIn(location: string): { code: string; state: string } {
    const parameters = new URL(location).searchParams;
    const code = this.issue('code');
    this.codes.set(code, parameters);
    return { code, state: parameters.get('state')! };
  }

  fetch = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(address));
    this.calls.push({ path: pathname, init });
    const broken = this.broken.get(pathname);
    if (broken) return broken();
    if (pathname === '/pool/.well-known/jwks.json') {
      return Response.json({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'key1', use: 'sig', alg: 'RS256' }] });
    }
    const expected = `Basic ${Buffer.from(`${CLIENT_ID}:${this.clientSecret}`).toString('base64')}`;
    if (new Headers(init?.headers).get('authorization') !== expected) return Response.json({ error: 'invalid_client' }, { status: 400 });
    if (new Headers(init?.headers).get('content-type') !== 'application/x-www-form-urlencoded') return new Response('', { status: 415 });
    const form = new URLSearchParams(String(init?.body));
    if (pathname === '/hosted/oauth2/revoke') return this.revoke(form);
    if (pathname === '/hosted/oauth2/token') return form.get('grant_type') === 'refresh_token' ? this.refresh(form) : this.exchange(form);
    return new Response('not found', { status: 404 });
  };

  private exchange(form: URLSearchParams): Response {
    const asked = this.codes.get(form.get('code')!);
    this.codes.delete(form.get('code')!);
    const challenge = createHash('sha256').update(form.get('code_verifier')!).digest('base64url');
    if (!asked || challenge !== asked.get('code_challenge') || form.get('redirect_uri') !== asked.get('redirect_uri')) {
      return Response.json({ error: 'invalid_grant' }, { status: 400 });
    }
    return Response.json({ ...this.tokens(asked.get('nonce')!), ...(this.givesRefreshTokens && { refresh_token: this.newRefreshToken() }), scope: 'openid' });
  }

  private refresh(form: URLSearchParams): Response {
    const held = form.get('refresh_token')!;
    if (!this.refreshTokens.has(held)) return Response.json({ error: 'invalid_grant' }, { status: 400 });
    if (this.rotates) this.refreshTokens.delete(held);
    return Response.json({ ...this.tokens(), ...(this.rotates && { refresh_token: this.newRefreshToken() }) });
  }

  private revoke(form: URLSearchParams): Response {
    if (form.get('token')!.startsWith('garbage')) return Response.json({ error: 'unsupported_token_type' }, { status: 400 });
    this.refreshTokens.delete(form.get('token')!);
    return new Response(null, { status: 200 });
  }

  newRefreshToken(): string {
    const token = this.issue('refresh');
    this.refreshTokens.add(token);
    return token;
  }

  private tokens(nonce?: string) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, aud: CLIENT_ID, sub: 'user1', token_use: 'id', nonce, iat: now, exp: now + 3600, ...this.tampering.claims };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = `${part({ alg: 'RS256', kid: 'key1' })}.${part(claims)}`;
    const { privateKey } = this.tampering.foreignKey ? otherKeys : keys;
    const idToken = `${head}.${createSign('RSA-SHA256').update(head).sign(privateKey, 'base64url')}`;
    this.issued.push(idToken);
    return { id_token: idToken, access_token: this.issue('access'), expires_in: 3600, token_type: 'Bearer' };
  }

  private issue(kind: string): string {
    const value = `${kind}-${randomUUID()}`;
    this.issued.push(value);
    return value;
  }
}
