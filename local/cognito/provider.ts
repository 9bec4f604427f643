import { createHash, randomUUID } from 'crypto';
import type { Context } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { errorPage } from './pages';
import { fileAdapter, type State } from './state';
import type { Resource } from '../types';

/** Someone who can sign in. */
export interface LocalUser { readonly username: string; readonly password: string; readonly groups: string[] }
interface Owned { readonly clientId: string }
/** What the template says of an app client. */
export type ClientProperties = Record<string, any>;

const seconds: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };
const lifetime = ({ TokenValidityUnits: units, ...client }: ClientProperties, token: string, unit: string, value: number): number =>
  Number(client[`${token}Validity`] ?? value) * seconds[units?.[token] ?? unit];

/** The same identifier for the same text, in the form of Cognito's. */
const uuidOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

/** An authorization server with a user pool's paths, claims and lifetimes. */
export async function createProvider(issuer: string, pool: Resource, clients: Resource[], users: LocalUser[], state: State, folder: string) {
  const { Provider } = await import('oidc-provider');
  const { createLocalJWKSet, jwtVerify, SignJWT } = await import('jose');
  const { d, p, q, dp, dq, qi, ...publicKey } = state.key;
  const keys = { keys: [publicKey] };
  const clientOf = (ctx: Context) => clients.find(({ physicalId }) => physicalId === ctx.oidc.client.clientId)!.properties;
  const bySub = (sub: string) => users.find(({ username }) => state.subs[username] === sub);
  const usernameOf = ({ username }: LocalUser) => pool.properties.UsernameAttributes?.length ? state.subs[username] : username;

  const identity = (user: LocalUser) => ({
    'email': `${user.username}@example.com`, 'email_verified': true, 'cognito:username': usernameOf(user),
    ...user.groups.length && { 'cognito:groups': user.groups },
  });
  const origin = ({ entities: { Grant: grant } }: Context['oidc']) => ({ origin_jti: uuidOf(grant!.jti), event_id: randomUUID() });

  const provider = new Provider(issuer, {
    adapter: fileAdapter(folder),
    jwks: { keys: [state.key] },
    cookies: { keys: [state.cookieKey], names: { session: 'cognito', interaction: 'cognito-login', resume: 'cognito-resume' } },
    clients: clients.map(({ physicalId, properties: client }) => ({
      client_id: physicalId,
      redirect_uris: client.CallbackURLs,
      grant_types: ['authorization_code', 'refresh_token'],
      scope: client.AllowedOAuthScopes.join(' '),
      ...client.GenerateSecret ? { client_secret: state.secrets[physicalId] } : { token_endpoint_auth_method: 'none' },
    })),
    routes: {
      authorization: '/oauth2/authorize', token: '/oauth2/token', revocation: '/oauth2/revoke', userinfo: '/oauth2/userInfo',
      jwks: `/${pool.physicalId}/.well-known/jwks.json`,
    },
    features: {
      devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false }, pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false }, resourceIndicators: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_: Context, client: Owned, token: Owned) => token.clientId === client.clientId },
    },
    responseTypes: ['code'],
    pkce: { required: () => false },
    scopes: ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: () => false,
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'username', 'cognito:username', 'cognito:groups', 'email', 'email_verified', 'auth_time', 'token_use', 'jti', 'origin_jti', 'event_id'],
    },
    findAccount: (ctx: Context, sub: string) => {
      const user = bySub(sub);
      return user && {
        accountId: sub,
        claims: (use: string) => use === 'userinfo' ? { sub, ...identity(user), username: usernameOf(user) }
          : { sub, ...identity(user), ...origin(ctx.oidc), jti: randomUUID(), token_use: 'id' },
      };
    },
    extraTokenClaims: (ctx: Context, token: { accountId: string }) => {
      const { groups, ...user } = bySub(token.accountId)!;
      const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
      return {
        ...origin(ctx.oidc), version: 2, token_use: 'access', auth_time: (code ?? refresh)?.authTime,
        username: usernameOf({ ...user, groups }), ...groups.length && { 'cognito:groups': groups },
      };
    },
    // Cognito asks nobody for consent: each sign-in is granted what the client asked for.
    loadExistingGrant: async ({ oidc }: Context) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.account!.accountId });
      grant.addOIDCScope(oidc.params.scope ?? '');
      await grant.save();
      return grant;
    },
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: (ctx: Context) => clientOf(ctx).RefreshTokenRotation?.Feature === 'ENABLED',
    ttl: {
      AccessToken: (ctx: Context) => lifetime(clientOf(ctx), 'AccessToken', 'hours', 1),
      IdToken: (ctx: Context) => lifetime(clientOf(ctx), 'IdToken', 'hours', 1),
      RefreshToken: (ctx: Context) => lifetime(clientOf(ctx), 'RefreshToken', 'days', 30),
      Grant: (ctx: Context) => lifetime(clientOf(ctx), 'RefreshToken', 'days', 30),
      AuthorizationCode: 300,
      Interaction: 900,
      Session: 3600,
    },
    interactions: { url: (_: Context, interaction: { uid: string }) => `/login/${interaction.uid}` },
    renderError: (ctx: Context, { error, error_description: description }: Record<string, string>) => {
      ctx.type = 'html';
      ctx.body = errorPage(description ?? error);
    },
  });

  // The issuer has a path, the pages of the hosted UI have none.
  const { pathFor } = provider;
  provider.pathFor = (name, options) => pathFor.call(provider, name, { ...options, mountPath: '' });

  // Cognito's access token is a signed token without an audience, which the library refuses to write: it keeps its own and shows ours.
  const model = provider.AccessToken.prototype as { getValueAndPayload(): Promise<{ payload: Record<string, any> }> };
  const { getValueAndPayload } = model;
  model.getValueAndPayload = async function withToken() {
    const { payload } = await getValueAndPayload.call(this);
    const { extra, accountId: sub, clientId: client_id, jti, iat, exp, scope } = payload;
    const value = await new SignJWT({ ...extra, sub, client_id, jti, iat, exp, scope, iss: issuer })
      .setProtectedHeader({ kid: state.key.kid, alg: 'RS256' }).sign(state.key);
    return { value, payload };
  };
  const { find } = provider.AccessToken;
  provider.AccessToken.find = async (value, options) => {
    const token = await jwtVerify(value, createLocalJWKSet(keys), { issuer, algorithms: ['RS256'] }).catch(() => undefined);
    return token?.payload.token_use === 'access' ? find.call(provider.AccessToken, token.payload.jti!, options) : undefined;
  };

  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token' || !ctx.body?.access_token) return;
    delete ctx.body.scope;
    // A refresh answers a refresh token only when it was rotated.
    if (ctx.oidc.params.grant_type === 'refresh_token' && !ctx.oidc.entities.RotatedRefreshToken) delete ctx.body.refresh_token;
  });
  return { provider, keys };
}
