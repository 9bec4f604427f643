import { createHash, randomUUID } from 'crypto';
import type { AccessToken, Client, KoaContextWithOIDC as Context, default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import type { PoolClient } from './clients';
import { imitateCognito } from './imitate';
import { configurationOf, divided, features, FORM_TTL } from '../configuration';
import { fileAdapter, loadState, publicKeys } from '../state';
import { emailClaims, type LocalUser } from '../users';

interface PoolProviderOptions {
  readonly issuer: string;
  readonly clients: readonly PoolClient[];
  readonly users: readonly LocalUser[];
  readonly folder: string;
  readonly divideLifetimes: number;
}

/** A Cognito user id is a UUID. */
const uuidOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

export async function createPoolProvider({ issuer, clients, users, folder, divideLifetimes }: PoolProviderOptions) {
  const { Provider } = await import('oidc-provider');
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
      // Only a native client can have a redirect URI with a custom scheme, such as com.example.app://callback.
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
      // A refresh token from a rotation expires at the same time as the refresh token from the sign-in.
      RefreshToken: ({ oidc: { entities } }: Context, _, { clientId }: Client) =>
        Math.max(1, entities.RotatedRefreshToken?.remainingTTL ?? clientOf(clientId).refreshSeconds),
      // A grant must not expire before its refresh token. The refresh token is created up to 300 seconds after the grant, because an authorization code is
      // valid for 300 seconds.
      Grant: 300 + Math.max(0, ...clients.map(({ refreshSeconds }) => refreshSeconds)),
    },
  });

  await imitateCognito(provider, { issuer, clients, state });
  // `oidc-provider` validates a client at the first read. All clients are read here, so that the start fails if a client is invalid.
  for (const { id } of clients) await provider.Client.find(id);
  return { provider, keys: publicKeys(state), secretOf, subOf };
}
