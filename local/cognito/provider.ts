import { createHash, randomUUID } from 'crypto';
import type { AccessToken, Client, KoaContextWithOIDC as Context, default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import type { PoolClient } from './clients';
import { configurationOf, divided, features, FORM_TTL } from '../sign-in/configuration';
import { fileAdapter, loadState, publicKeys } from '../sign-in/state';
import { emailClaims, type LocalUser } from '../sign-in/users';

interface PoolOptions {
  readonly issuer: string;
  readonly clients: readonly PoolClient[];
  readonly users: readonly LocalUser[];
  readonly folder: string;
  readonly divideLifetimes: number;
}

/** The same identifier for the same text, in the form of Cognito's. */
const uuidOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

/** An authorization server with a user pool's paths, claims and lifetimes. */
export async function createProvider({ issuer, clients, users, folder, divideLifetimes }: PoolOptions) {
  const { Provider } = await import('oidc-provider');
  const { SignJWT } = await import('jose');
  const state = await loadState(folder);
  const clientOf = (id?: string) => clients.find((client) => client.id === id)!;
  const secretOf = (id: string) => state.derived(`client ${id}`).slice(0, 50);
  const subOf = ({ username }: LocalUser) => uuidOf(state.derived(`user ${username}`));
  const bySub = (sub: string) => users.find((user) => subOf(user) === sub)!;
  const groupsOf = ({ groups }: LocalUser) => groups.length ? { 'cognito:groups': groups } : {};
  const originOf = ({ oidc: { entities } }: Context) => ({ origin_jti: uuidOf(entities.Grant!.jti), event_id: randomUUID() });
  const lifetime = (of: (client: PoolClient) => number) => (_: Context, __: unknown, { clientId }: Client) => of(clientOf(clientId));

  const provider: OidcProvider = new Provider(issuer, {
    ...await configurationOf({ name: 'cognito', state, adapter: fileAdapter(folder, (id) => clientOf(id)?.graceSeconds) }),
    clients: clients.map(({ id, isPublic, callbacks, scopes }) => ({
      client_id: id, redirect_uris: callbacks, scope: scopes.join(' '), grant_types: ['authorization_code', 'refresh_token'],
      ...isPublic ? { token_endpoint_auth_method: 'none' as const } : { client_secret: secretOf(id) },
      // Only such a client may have addresses of an app: com.example.app://callback.
      ...callbacks.some((address) => !/^https?:/.test(address)) && { application_type: 'native' as const },
    })),
    routes: { authorization: '/oauth2/authorize', token: '/oauth2/token', revocation: '/oauth2/revoke', jwks: `${new URL(issuer).pathname}/.well-known/jwks.json` },
    features: { ...features, revocation: { enabled: true, allowedPolicy: (_: Context, { clientId }: Client, token) => token.clientId === clientId } },
    scopes: ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'],
    claims: { openid: ['sub', 'cognito:username', 'cognito:groups', 'email', 'email_verified', 'auth_time', 'token_use', 'jti', 'origin_jti', 'event_id'] },
    findAccount: (ctx: Context, sub: string) => {
      const user = bySub(sub);
      const claims = { sub, ...emailClaims(user), 'cognito:username': user.username, ...groupsOf(user) };
      return { accountId: sub, claims: () => ({ ...claims, ...originOf(ctx), jti: randomUUID(), token_use: 'id' }) };
    },
    extraTokenClaims: (ctx: Context, token) => {
      const user = bySub((token as AccessToken).accountId);
      const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
      return { ...originOf(ctx), version: 2, token_use: 'access', auth_time: (code ?? refresh)?.authTime, username: user.username, ...groupsOf(user) };
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: ({ oidc: { client } }: Context) => clientOf(client?.clientId).graceSeconds !== undefined,
    ttl: {
      ...FORM_TTL,
      AuthorizationCode: divided(300, divideLifetimes, 5),
      AccessToken: lifetime(({ accessSeconds }) => accessSeconds),
      IdToken: lifetime(({ idSeconds }) => idSeconds),
      // A rotated one ends when the first would have.
      RefreshToken: ({ oidc: { entities } }: Context, _, { clientId }: Client) =>
        Math.max(1, entities.RotatedRefreshToken?.remainingTTL ?? clientOf(clientId).refreshSeconds),
      // It begins before the refresh token does, by the time that a code is good for at most.
      Grant: 300 + Math.max(0, ...clients.map(({ refreshSeconds }) => refreshSeconds)),
    },
  });

  // The issuer has a path, the pages of the hosted UI have none.
  const { pathFor } = provider;
  provider.pathFor = (name, options) => pathFor.call(provider, name, { ...options, mountPath: '' });

  // An app's loopback address may have any port elsewhere; Cognito takes what is registered and nothing else.
  provider.Client.prototype.redirectUriAllowed = function exactly(address) {
    return this.redirectUris!.includes(address);
  };
  // A client that the library refuses fails the start, and not the first request.
  for (const { id } of clients) await provider.Client.find(id);

  // Cognito's access token is a signed token without an audience, which the library refuses to write: it keeps its own and shows ours.
  const model = provider.AccessToken.prototype as unknown as { getValueAndPayload(): Promise<{ payload: Record<string, any> }> };
  const { getValueAndPayload } = model;
  model.getValueAndPayload = async function withToken() {
    const { payload } = await getValueAndPayload.call(this);
    const { extra, accountId: sub, clientId: client_id, jti, iat, exp, scope } = payload;
    const token = new SignJWT({ ...extra, sub, client_id, jti, iat, exp, scope, iss: issuer }).setProtectedHeader({ kid: state.key.kid, alg: 'RS256' });
    return { value: await token.sign(state.key), payload };
  };

  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    // OAuth has 401 for a client that it does not know, Cognito's token endpoint one status for all errors.
    if (ctx.body.error) ctx.status = 400;
    delete ctx.body.scope;
    const { client, params } = ctx.oidc;
    // A refresh answers a refresh token only where they are rotated.
    if (params?.grant_type === 'refresh_token' && clientOf(client?.clientId)?.graceSeconds === undefined) delete ctx.body.refresh_token;
  });
  return { provider, keys: publicKeys(state), secretOf, subOf };
}
