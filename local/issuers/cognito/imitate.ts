import type { default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import type { PoolClient } from './clients';
import type { IssuerState } from '../state';

interface PoolFacts { readonly issuer: string; readonly clients: readonly PoolClient[]; readonly state: IssuerState }

export async function imitateCognito(provider: OidcProvider, { issuer, clients, state }: PoolFacts): Promise<void> {
  pagesAtTheRoot(provider);
  exactAddresses(provider);
  await signedAccessTokens(provider, issuer, state);
  tokenAnswers(provider, clients);
}

/** In Cognito, the issuer's URL has a path, but the URLs of the hosted pages do not start with this path. */
function pagesAtTheRoot(provider: OidcProvider): void {
  const { pathFor } = provider;
  provider.pathFor = (name, options) => pathFor.call(provider, name, { ...options, mountPath: '' });
}

/** Allows only registered redirect URIs. The OAuth standard allows any port in a loopback URI, but Cognito does not. */
function exactAddresses(provider: OidcProvider): void {
  provider.Client.prototype.redirectUriAllowed = function exactly(address) {
    return this.redirectUris!.includes(address);
  };
}

/**
 * Cognito's access tokens are JWTs without an audience. Without an audience, oidc-provider creates only opaque tokens, so this code replaces the token in the
 * response.
 */
async function signedAccessTokens(provider: OidcProvider, issuer: string, { key }: IssuerState): Promise<void> {
  const { SignJWT } = await import('jose');
  const model = provider.AccessToken.prototype as unknown as { getValueAndPayload(): Promise<{ payload: Record<string, any> }> };
  const { getValueAndPayload } = model;
  model.getValueAndPayload = async function withToken() {
    const { payload } = await getValueAndPayload.call(this);
    const { extra, accountId: sub, clientId: client_id, jti, iat, exp, scope } = payload;
    const token = new SignJWT({ ...extra, sub, client_id, jti, iat, exp, scope, iss: issuer }).setProtectedHeader({ kid: key.kid, alg: 'RS256' });
    return { value: await token.sign(key), payload };
  };
}

function tokenAnswers(provider: OidcProvider, clients: readonly PoolClient[]): void {
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    // Cognito's token endpoint returns 400 for all errors, even for an unknown client.
    if (ctx.body.error) ctx.status = 400;
    delete ctx.body.scope;
    const { client, params } = ctx.oidc;
    const rotates = clients.some(({ id, graceSeconds }) => id === client?.clientId && graceSeconds !== undefined);
    if (params?.grant_type === 'refresh_token' && !rotates) delete ctx.body.refresh_token;
  });
}
