import type { default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import type { PoolClient } from './clients';
import type { IssuerState } from '../state';

interface PoolFacts { readonly issuer: string; readonly clients: readonly PoolClient[]; readonly state: IssuerState }

/** What the library does by the standards and Cognito does in a way of its own, and no option of the library's changes. */
export async function imitateCognito(provider: OidcProvider, { issuer, clients, state }: PoolFacts): Promise<void> {
  pagesAtTheRoot(provider);
  exactAddresses(provider);
  await signedAccessTokens(provider, issuer, state);
  tokenAnswers(provider, clients);
}

/** The issuer has a path, the pages of the hosted UI have none. */
function pagesAtTheRoot(provider: OidcProvider): void {
  const { pathFor } = provider;
  provider.pathFor = (name, options) => pathFor.call(provider, name, { ...options, mountPath: '' });
}

/** An app's loopback address may have any port elsewhere; Cognito takes what is registered and nothing else. */
function exactAddresses(provider: OidcProvider): void {
  provider.Client.prototype.redirectUriAllowed = function exactly(address) {
    return this.redirectUris!.includes(address);
  };
}

/** Cognito's access token is a signed token without an audience, which the library refuses to write: it keeps its own and shows ours. */
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

/** What the token endpoint answers. */
function tokenAnswers(provider: OidcProvider, clients: readonly PoolClient[]): void {
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    // OAuth has 401 for a client that it does not know, Cognito's token endpoint one status for all errors.
    if (ctx.body.error) ctx.status = 400;
    delete ctx.body.scope;
    const { client, params } = ctx.oidc;
    const rotates = clients.some(({ id, graceSeconds }) => id === client?.clientId && graceSeconds !== undefined);
    // A refresh answers a refresh token only where they are rotated.
    if (params?.grant_type === 'refresh_token' && !rotates) delete ctx.body.refresh_token;
  });
}
