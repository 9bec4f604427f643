import type { TokenRules } from '../../contract/token-rules';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Claims that only access tokens contain. No field of a JWT distinguishes access tokens from id tokens, so these claims must. RFC 9068 (section 2.2), Auth0,
 * Keycloak and Cognito use `scope` and `client_id`. Okta uses `scp` and `cid` ("OpenID Connect & OAuth 2.0 API"). Entra uses `scp` and `appid` ("Access token
 * claims reference"). An application without a user can get an access token without a scope. In such tokens, Entra uses `appidacr` (version 1), `azpacr`
 * (version 2) and `idtyp` ("Optional claims reference"). In these tokens, Auth0 and Kinde use `gty` ("Access token profiles").
 *
 * Some claims occur in both kinds of token: Keycloak puts `nonce` into access tokens too, OpenID Connect puts `azp` into id tokens, and Entra puts `roles`
 * into both.
 */
const ACCESS_CLAIMS = ['scope', 'scp', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr', 'idtyp', 'gty'];

/** Claims that only id tokens contain (OpenID Connect Core 1.0, sections 3.1.3.6 and 3.3.2.11). */
const ID_CLAIMS = ['at_hash', 'c_hash'];

/** Returns whether a token is of the expected kind. Rejects tokens that are marked as both kinds, and any other document that the issuer signs. */
export function isOfUse(use: TokenRules['use'], header: Claims, claims: Claims): boolean {
  // A header without a media type is common. `JWT` can be any token (RFC 7519, section 5.1). `at+jwt` is an access token (RFC 9068, section 2.1). Any other
  // media type marks another kind of document, such as `logout+jwt` (RFC 8725, section 3.11).
  const mediaType = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (!['jwt', 'at+jwt'].includes(mediaType)) return false;
  // Keycloak's `typ` claim (TokenUtil) is Bearer, ID, Refresh, Offline, Logout or DPoP. A DPoP token is valid only with a proof, which is not checked here.
  if (claims.typ !== undefined && claims.typ !== 'Bearer' && claims.typ !== 'ID') return false;
  // A security event also has the client as its audience, for example a logout token (OpenID Connect Back-Channel Logout 1.0).
  if (claims.events !== undefined) return false;

  const has = (name: string) => claims[name] !== undefined;
  const isAccess = mediaType === 'at+jwt' || ACCESS_CLAIMS.some(has) || claims.typ === 'Bearer' || claims.token_use === 'access';
  const isId = ID_CLAIMS.some(has) || claims.typ === 'ID' || claims.token_use === 'id';
  // Most id tokens contain none of these claims, so an access token without them can't be distinguished from an id token.
  return use === 'id' ? !isAccess && !isOfClient(claims) : isAccess && !isId;
}

/**
 * Returns whether a token is about a client instead of a user. In a token without a user, `sub` is the client (RFC 9068, section 2.2). Examples of tokens
 * about a client: Spring's tokens for client credentials, and Google's id tokens of service accounts, which anyone can request for any audience.
 */
function isOfClient({ sub, azp, aud }: Claims): boolean {
  return typeof sub === 'string' && [azp, aud].flat().includes(sub);
}

export function subjectIn({ sub }: Claims): string | undefined {
  return typeof sub === 'string' && sub !== '' ? sub : undefined;
}

/**
 * Returns the group names in a token. The claim is a list of names in Okta and Keycloak (`groups`), Entra (`groups`, `roles`), Auth0 (a claim whose name is
 * a URL, such as `https://example.com/roles`), and in Keycloak as part of another claim (`realm_access.roles`). A string is one name, since names can
 * contain spaces and commas. Any other value of the claim means no groups, for example Entra's reference to a list that is too long for the token.
 */
export function groupsIn(claims: Claims, name: string): readonly string[] {
  const value = own(claims, name) ?? name.split('.').reduce<unknown>(own, claims);
  if (typeof value === 'string' && value !== '') return [value];
  return Array.isArray(value) && value.every((group) => typeof group === 'string') ? value : [];
}

/** Ignores inherited properties, such as `constructor`. */
function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Claims)[name] : undefined;
}
