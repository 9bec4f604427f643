import { hkdfSync } from 'crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import type { Environment } from '../../contract/environment';
import { HttpProblem } from '../../runtime/http-problem';
import type { Tokens } from '../../runtime/route-types';

/** No answer within this time is a failure: the caller waits for ours. */
const TIMEOUT_MS = 4000;

/**
 * How long a container keeps the client's secret. Sign-ins under way depend on it too (`deriveKey`), so all containers must agree soon after it was
 * replaced, also while Cognito still takes the old one: a client may have two (AddUserPoolClientSecret).
 */
const SECRET_MS = 5 * 60 * 1000;

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Empty when the answer was no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The confidential client of the sign-in server. It holds the client's secret for five minutes. */
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
    // The library's own fetcher speaks https only, and the issuer of a stack on one machine does not.
    const jwksCache = new SimpleJwksCache({ fetcher: { fetch: (uri) => this.keySet(uri) } });
    this.verifier = JwtVerifier.create({ issuer: ISSUER, audience: CLIENT_ID, jwksUri: `${ISSUER}/.well-known/jwks.json` }, { jwksCache });
  }

  /**
   * A key for a purpose of our own, derived from the client's secret (HKDF, RFC 5869). Whoever knows that secret can exchange codes anyway, so the
   * derived key needs no protection beyond it.
   */
  async deriveKey(purpose: string): Promise<Uint8Array> {
    return new Uint8Array(hkdfSync('sha256', await this.clientSecret(), '', `serverless-vod ${purpose}`, 32));
  }

  /** Where a browser goes to sign in. */
  authorizeAddress(parameters: Record<string, string>): string {
    return `${this.environment.HOSTED_UI}/oauth2/authorize?${new URLSearchParams({ client_id: this.environment.CLIENT_ID, ...parameters })}`;
  }

  /** Where a browser goes to sign out of the sign-in server itself. */
  logoutAddress(logoutUri: string): string {
    return `${this.environment.HOSTED_UI}/logout?${new URLSearchParams({ client_id: this.environment.CLIENT_ID, logout_uri: logoutUri })}`;
  }

  /** Asks for tokens. Undefined when the code or refresh token is not good (any more); every other failure is the server's or our own. */
  async grant(parameters: Record<string, string>): Promise<Tokens | undefined> {
    const answer = await this.post('/oauth2/token', parameters);
    if (answer.body.error === 'invalid_grant') return undefined;
    const tokens = answer.ok ? tokensIn(answer.body) : undefined;
    if (!tokens) throw upstreamFailed('/oauth2/token', answer);
    return tokens;
  }

  /** Revokes a refresh token. One that was revoked, replaced or never good counts as revoked: its holder could mend nothing (RFC 7009, section 2.2). */
  async revoke(token: string): Promise<void> {
    const answer = await this.post('/oauth2/revoke', { token });
    if (answer.ok) return;
    // What Cognito answers instead for what is no refresh token, or can't even be one.
    if (!['unsupported_token_type', 'invalid_request', 'invalid_grant'].includes(String(answer.body.error))) throw upstreamFailed('/oauth2/revoke', answer);
    console.warn({ message: 'no refresh token to revoke', error: answer.body.error });
  }

  /** Whether it is an id token of this client, made for this very sign-in: signature, issuer, audience, use, expiry and nonce. */
  async verifyIdToken(idToken: string, isNonce: (nonce: string) => boolean): Promise<boolean> {
    try {
      const { token_use: use, nonce } = await this.verifier.verify(idToken);
      return use === 'id' && typeof nonce === 'string' && isNonce(nonce);
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      // Its message could quote claims.
      console.warn({ message: 'id token refused', error: error instanceof Error ? error.name : 'unknown' });
      return false;
    }
  }

  private async post(path: string, parameters: Record<string, string>): Promise<Answer> {
    const answer = await this.send(path, parameters, await this.clientSecret());
    if (answer.body.error !== 'invalid_client') return answer;
    // The client was replaced after this container had read its secret.
    this.secret = undefined;
    return this.send(path, parameters, await this.clientSecret());
  }

  private async send(path: string, parameters: Record<string, string>, secret: string): Promise<Answer> {
    const { HOSTED_UI, CLIENT_ID } = this.environment;
    const [response, text] = await this.call(path, `${HOSTED_UI}${path}`, {
      method: 'POST',
      headers: {
        'accept': 'application/json',
        // Named, since fetch would add a character set, which Cognito's documentation leaves no room for.
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

  private async call(name: string, address: string, init: RequestInit): Promise<[Response, string]> {
    try {
      // A redirect would take the client's secret elsewhere.
      const response = await this.fetch(address, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      return [response, await response.text()];
    } catch (error) {
      throw upstreamFailed(name, { body: { error: error instanceof Error ? error.name : undefined } });
    }
  }

  private async clientSecret(): Promise<string> {
    const now = this.now().getTime();
    const { secret } = this;
    if (secret && now - secret.readAt < SECRET_MS) return secret.value;
    // One that can't be read again stays in use: it was good five minutes ago.
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

/** Nothing of the other side's text reaches the caller, and only a short code of it the log. */
function upstreamFailed(name: string, { status, body }: Pick<Answer, 'body'> & Partial<Answer>): HttpProblem {
  const code = typeof body.error === 'string' && /^\w{1,40}$/.test(body.error) ? body.error : undefined;
  console.error({ message: 'upstream failed', name, status, error: code });
  return new HttpProblem('upstream_failed', 'the sign-in server did not answer as it should; try again in a moment');
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}

/** Only what our own answer describes: a server may send more. */
function tokensIn(body: Record<string, unknown>): Tokens | undefined {
  const { id_token, access_token, refresh_token, expires_in, token_type } = body;
  if (typeof id_token !== 'string' || typeof access_token !== 'string' || typeof expires_in !== 'number' || typeof token_type !== 'string') return undefined;
  return { id_token, access_token, ...(typeof refresh_token === 'string' && { refresh_token }), expires_in, token_type };
}
