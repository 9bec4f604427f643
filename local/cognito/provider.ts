import { createHash, createHmac, randomUUID } from 'crypto';
import type { AccessToken, KoaContextWithOIDC as Context, default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { errorPage } from './pages';
import { fileAdapter, loadState } from './state';
import type { Resource } from '../types';

/** Someone who can sign in. */
export interface LocalUser { readonly username: string; readonly password: string; readonly groups: string[] }

/** The same identifier for the same text, in the form of Cognito's. */
const uuidOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

/** An authorization server with a user pool's paths, claims and lifetimes. */
export async function createProvider(issuer: string, { physicalId: clientId, properties: client }: Resource, users: readonly LocalUser[], folder: string) {
  const { Provider } = await import('oidc-provider');
  const { SignJWT } = await import('jose');
  const { key, seed } = await loadState(folder);
  const { d, p, q, dp, dq, qi, ...publicKey } = key;
  const derived = (purpose: string) => createHmac('sha256', seed).update(purpose).digest('hex');
  const clientSecret = derived(`client ${clientId}`).slice(0, 50);
  const subOf = ({ username }: LocalUser) => uuidOf(derived(`user ${username}`));
  const bySub = (sub: string) => users.find((user) => subOf(user) === sub)!;
  const groupsOf = ({ groups }: LocalUser) => groups.length ? { 'cognito:groups': groups } : {};
  const originOf = ({ oidc: { entities } }: Context) => ({ origin_jti: uuidOf(entities.Grant!.jti), event_id: randomUUID() });

  const provider: OidcProvider = new Provider(issuer, {
    adapter: fileAdapter(folder),
    jwks: { keys: [key] },
    cookies: { keys: [derived('cookies')], names: { session: 'cognito', interaction: 'cognito-login', resume: 'cognito-resume' } },
    clients: [{
      client_id: clientId, client_secret: clientSecret, redirect_uris: client.CallbackURLs, scope: client.AllowedOAuthScopes.join(' '),
      grant_types: ['authorization_code', 'refresh_token'],
    }],
    routes: { authorization: '/oauth2/authorize', token: '/oauth2/token', revocation: '/oauth2/revoke', jwks: `${new URL(issuer).pathname}/.well-known/jwks.json` },
    features: {
      devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false }, pushedAuthorizationRequests: { enabled: false }, userinfo: { enabled: false },
      dPoP: { enabled: false }, resourceIndicators: { enabled: false }, revocation: { enabled: true, allowedPolicy: () => true },
    },
    pkce: { required: () => false },
    scopes: ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'],
    clientBasedCORS: () => false,
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'cognito:username', 'cognito:groups', 'email', 'email_verified', 'auth_time', 'token_use', 'jti', 'origin_jti', 'event_id'] },
    findAccount: (ctx: Context, sub: string) => {
      const user = bySub(sub);
      const claims = { 'sub': sub, 'email': `${user.username}@example.com`, 'email_verified': true, 'cognito:username': user.username, ...groupsOf(user) };
      return { accountId: sub, claims: () => ({ ...claims, ...originOf(ctx), jti: randomUUID(), token_use: 'id' }) };
    },
    extraTokenClaims: (ctx: Context, token) => {
      const user = bySub((token as AccessToken).accountId);
      const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
      return { ...originOf(ctx), version: 2, token_use: 'access', auth_time: (code ?? refresh)?.authTime, username: user.username, ...groupsOf(user) };
    },
    // Cognito asks nobody for consent: each sign-in is granted what the client asked for.
    loadExistingGrant: async ({ oidc: { account, params } }: Context) => {
      const grant = new provider.Grant({ clientId, accountId: account!.accountId });
      grant.addOIDCScope(String(params?.scope ?? ''));
      await grant.save();
      return grant;
    },
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: false,
    ttl: {
      AccessToken: client.AccessTokenValidity * 60, IdToken: client.IdTokenValidity * 60, RefreshToken: client.RefreshTokenValidity * 60,
      Grant: client.RefreshTokenValidity * 60, AuthorizationCode: 300, Interaction: 900, Session: 3600,
    },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `/login/${uid}` },
    renderError: (ctx: Context, { error, error_description: description }) =>
      void Object.assign(ctx, { type: 'html', body: errorPage(description ?? error) }),
  });

  // The issuer has a path, the pages of the hosted UI have none.
  const { pathFor } = provider;
  provider.pathFor = (name, options) => pathFor.call(provider, name, { ...options, mountPath: '' });

  // Cognito's access token is a signed token without an audience, which the library refuses to write: it keeps its own and shows ours.
  const model = provider.AccessToken.prototype as unknown as { getValueAndPayload(): Promise<{ payload: Record<string, any> }> };
  const { getValueAndPayload } = model;
  model.getValueAndPayload = async function withToken() {
    const { payload } = await getValueAndPayload.call(this);
    const { extra, accountId: sub, clientId: client_id, jti, iat, exp, scope } = payload;
    const token = new SignJWT({ ...extra, sub, client_id, jti, iat, exp, scope, iss: issuer }).setProtectedHeader({ kid: key.kid, alg: 'RS256' });
    return { value: await token.sign(key), payload };
  };

  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    // OAuth has 401 for a client that it does not know, Cognito's token endpoint one status for all errors.
    if (ctx.body.error) ctx.status = 400;
    delete ctx.body.scope;
    // A refresh answers a refresh token only where they are rotated.
    if (ctx.oidc.params?.grant_type === 'refresh_token') delete ctx.body.refresh_token;
  });
  return { provider, keys: { keys: [publicKey] }, clientSecret, subOf };
}
