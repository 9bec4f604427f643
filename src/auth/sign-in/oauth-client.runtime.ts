import { hkdfSync } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import type { Environment } from '../../contract/environment';
import { HttpProblem } from '../../runtime/http-problem';
import type { Tokens } from '../../runtime/route-types';

/** Timeout of each call to the sign-in server or to Secrets Manager. */
const TIMEOUT_MS = 4000;

/**
 * The time after which an execution environment reads the client's secret again. The time is short, so that all execution environments use a new secret soon
 * after a change. Environments with different secrets reject each other's sign-in cookies (`deriveKey`). A successful call does not show that the secret is
 * current, because Cognito can accept the old and the new secret at the same time (see AddUserPoolClientSecret).
 */
const SECRET_MS = 5 * 60 * 1000;

interface ServerResponse {
  readonly ok: boolean;
  readonly status: number;
  /** Empty if the response contains no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

export class OAuthClient {
  private readonly verifier;
  private secret?: { readonly value: string; readonly readAt: number };

  constructor(
    private readonly environment: Environment<'auth/sign-in'>,
    private readonly secrets: SecretsManagerClient,
    private readonly fetch: typeof globalThis.fetch,
    private readonly now: () => Date,
  ) {
    const { ISSUER, CLIENT_ID } = environment;
    // The default fetcher of aws-jwt-verify supports only https, but the issuer of the local stack uses http.
    const jwksCache = new SimpleJwksCache({ fetcher: { fetch: (uri) => this.keySet(uri) } });
    this.verifier = JwtVerifier.create({ issuer: ISSUER, audience: CLIENT_ID, jwksUri: `${ISSUER}/.well-known/jwks.json` }, { jwksCache });
  }

  /**
   * HKDF (RFC 5869). The key is derived from the client's secret. A separate secret would not be safer, because an attacker who has the client's secret can
   * already exchange authorization codes for tokens.
   */
  async deriveKey(purpose: string): Promise<Uint8Array> {
    return new Uint8Array(hkdfSync('sha256', await this.clientSecret(), '', `serverless-vod ${purpose}`, 32));
  }

  authorizeUrl(parameters: Record<string, string>): string {
    return `${this.environment.HOSTED_UI}/oauth2/authorize?${new URLSearchParams({ client_id: this.environment.CLIENT_ID, ...parameters })}`;
  }

  logoutUrl(logoutUri: string): string {
    return `${this.environment.HOSTED_UI}/logout?${new URLSearchParams({ client_id: this.environment.CLIENT_ID, logout_uri: logoutUri })}`;
  }

  /** Returns undefined if the code or the refresh token is invalid. Throws if the request fails for any other reason. */
  async grant(parameters: Record<string, string>): Promise<Tokens | undefined> {
    const response = await this.post('/oauth2/token', parameters);
    if (response.body.error === 'invalid_grant') return undefined;
    const tokens = response.ok ? tokensIn(response.body) : undefined;
    if (!tokens) throw upstreamFailed('/oauth2/token', response);
    return tokens;
  }

  /** An invalid token counts as revoked, because the caller could not react to an error (RFC 7009, section 2.2). */
  async revoke(token: string): Promise<void> {
    const response = await this.post('/oauth2/revoke', { token });
    if (response.ok) return;
    // Cognito returns one of these error codes if the value is not a refresh token.
    if (!['unsupported_token_type', 'invalid_request', 'invalid_grant'].includes(String(response.body.error))) throw upstreamFailed('/oauth2/revoke', response);
    console.warn({ message: 'no refresh token to revoke', error: response.body.error });
  }

  async verifyIdToken(idToken: string, isNonce: (nonce: string) => boolean): Promise<boolean> {
    try {
      const { token_use: use, nonce } = await this.verifier.verify(idToken);
      return use === 'id' && typeof nonce === 'string' && isNonce(nonce);
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      // The error's message is not logged, since it can contain claims.
      console.warn({ message: 'id token refused', error: error instanceof Error ? error.name : 'unknown' });
      return false;
    }
  }

  private async post(path: string, parameters: Record<string, string>): Promise<ServerResponse> {
    const response = await this.send(path, parameters, await this.clientSecret());
    if (response.body.error !== 'invalid_client') return response;
    // The sign-in server rejects the cached secret if the app client was replaced.
    this.secret = undefined;
    return this.send(path, parameters, await this.clientSecret());
  }

  private async send(path: string, parameters: Record<string, string>, secret: string): Promise<ServerResponse> {
    const { HOSTED_UI, CLIENT_ID } = this.environment;
    const [response, text] = await this.call(path, `${HOSTED_UI}${path}`, {
      method: 'POST',
      headers: {
        'accept': 'application/json',
        // If fetch sets the content type, it adds a charset, which Cognito's documentation does not allow.
        'content-type': 'application/x-www-form-urlencoded',
        'authorization': `Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString('base64')}`,
      },
      body: new URLSearchParams(parameters).toString(),
    });
    return { ok: response.ok, status: response.status, body: jsonObject(text) };
  }

  private async keySet(uri: string): Promise<ArrayBuffer> {
    const [response, text] = await this.call('jwks.json', uri, {});
    if (!response.ok) throw upstreamFailed('jwks.json', { status: response.status, body: {} });
    return new TextEncoder().encode(text).buffer;
  }

  private async call(name: string, url: string, init: RequestInit): Promise<[Response, string]> {
    try {
      // A redirect could send the client's secret to another server.
      const response = await this.fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      return [response, await response.text()];
    } catch (error) {
      throw upstreamFailed(name, { body: { error: error instanceof Error ? error.name : undefined } });
    }
  }

  private async clientSecret(): Promise<string> {
    const now = this.now().getTime();
    const { secret } = this;
    if (secret && now - secret.readAt < SECRET_MS) return secret.value;
    const value = await this.readSecret().catch((error) => {
      if (!secret) throw error;
      return secret.value;
    });
    this.secret = { value, readAt: now };
    return value;
  }

  private async readSecret(): Promise<string> {
    const command = new GetSecretValueCommand({ SecretId: this.environment.SECRET_ARN });
    const { SecretString } = await this.secrets.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
      throw upstreamFailed('client secret', { body: { error: error.name } });
    });
    if (!SecretString) throw upstreamFailed('client secret', { body: { error: 'empty' } });
    return SecretString;
  }
}

function upstreamFailed(name: string, { status, body }: Pick<ServerResponse, 'body'> & Partial<ServerResponse>): HttpProblem {
  const code = typeof body.error === 'string' && /^\w{1,40}$/.test(body.error) ? body.error : undefined;
  console.error({ message: 'upstream failed', name, status, error: code });
  return new HttpProblem('upstream_failed', 'the sign-in server failed or returned an unexpected response; try again in a moment');
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}

function tokensIn(body: Record<string, unknown>): Tokens | undefined {
  const { id_token, access_token, refresh_token, expires_in, token_type } = body;
  if (typeof id_token !== 'string' || typeof access_token !== 'string' || typeof expires_in !== 'number' || typeof token_type !== 'string') return undefined;
  return { id_token, access_token, ...(typeof refresh_token === 'string' && { refresh_token }), expires_in, token_type };
}
