import type { KoaContextWithOIDC as Context, default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { configurationOf, divided, features, FORM_TTL } from '../configuration';
import type { fileAdapter, IssuerState } from '../state';
import { emailClaims, type LocalUser } from '../users';

interface OtherProviderOptions {
  readonly issuer: string;
  readonly state: IssuerState;
  readonly adapter: ReturnType<typeof fileAdapter>;
  readonly users: readonly LocalUser[];
  readonly subOf: (user: LocalUser) => string;
  readonly divideLifetimes: number;
  /** Returns the local URL if the audience is a URL that contains the template's domain name. */
  readonly here: (audience: string) => string;
}

const API = 'https://videos.example.com/api';

/** Access tokens are as defined in RFC 9068. The names of the claims differ from Cognito's. */
export async function createOtherProvider({ issuer, state, adapter, users, subOf, divideLifetimes, here }: OtherProviderOptions): Promise<OidcProvider> {
  const { errors, Provider } = await import('oidc-provider');
  const bySub = (sub: string) => users.find((user) => subOf(user) === sub)!;
  const HOUR = divided(3600, divideLifetimes);

  return new Provider(issuer, {
    ...await configurationOf({ name: 'identity', state, adapter }),
    clients: [{ client_id: 'web', token_endpoint_auth_method: 'none', redirect_uris: ['http://localhost/callback'], grant_types: ['authorization_code'] }],
    features: {
      ...features,
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        getResourceServerInfo: (_: Context, resource: string) => {
          if (resource !== API) throw new errors.InvalidTarget();
          return { audience: here(API), scope: 'openid email profile', accessTokenFormat: 'jwt', accessTokenTTL: HOUR, jwt: { sign: { alg: 'RS256' } } };
        },
      },
    },
    scopes: ['openid', 'email', 'profile'],
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['preferred_username'] },
    findAccount: (_: Context, sub: string) => {
      const user = bySub(sub);
      return { accountId: sub, claims: () => ({ sub, groups: user.groups, preferred_username: user.username, ...emailClaims(user) }) };
    },
    extraTokenClaims: (_: Context, token) => 'accountId' in token ? { groups: bySub(token.accountId).groups } : {},
    ttl: { ...FORM_TTL, AuthorizationCode: divided(60, divideLifetimes, 5), AccessToken: HOUR, IdToken: HOUR, Grant: FORM_TTL.Session },
  });
}
