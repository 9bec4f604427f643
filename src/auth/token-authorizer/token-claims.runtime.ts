import type { TokenRules } from '../../contract/token-rules';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Claims that only access tokens contain. No standard claim distinguishes access tokens from id tokens.
 * - RFC 9068 (section 2.2), Auth0, Keycloak and Cognito: `scope`, `client_id`
 * - Okta: `scp`, `cid` (see "OpenID Connect & OAuth 2.0 API")
 * - Entra: `scp`, `appid` (see "Access token claims reference")
 * - Entra, if no user is involved: `appidacr` (version 1), `azpacr` (version 2), `idtyp` (see "Optional claims reference")
 * - Auth0 and Kinde, if no user is involved: `gty` (see "Access token profiles")
 *
 * The list omits claims that id tokens can contain too: `nonce` (Keycloak), `azp` (OpenID Connect) and `roles` (Entra).
 */
const ACCESS_CLAIMS = ['scope', 'scp', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr', 'idtyp', 'gty'];

/** Claims that only id tokens contain (OpenID Connect Core 1.0, sections 3.1.3.6 and 3.3.2.11). */
const ID_CLAIMS = ['at_hash', 'c_hash'];

/** Returns false if a token has claims of both kinds, or is neither an access token nor an id token. */
export function isOfUse(use: TokenRules['use'], header: Claims, claims: Claims): boolean {
  // A token of either kind can have the media type `JWT` or no media type (RFC 7519, section 5.1). The media type `at+jwt` means an access token (RFC 9068,
  // section 2.1). A token with any other media type, such as `logout+jwt`, is neither an access token nor an id token (RFC 8725, section 3.11).
  const mediaType = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (!['jwt', 'at+jwt'].includes(mediaType)) return false;
  // Keycloak's `typ` claim (TokenUtil) is Bearer, ID, Refresh, Offline, Logout or DPoP. A DPoP token is rejected, because it is valid only with a proof, and
  // this function does not check proofs.
  if (claims.typ !== undefined && claims.typ !== 'Bearer' && claims.typ !== 'ID') return false;
  // The claim `events` marks a security event token, such as a logout token (OpenID Connect Back-Channel Logout 1.0), which authorizes no request.
  if (claims.events !== undefined) return false;

  const has = (name: string) => claims[name] !== undefined;
  const isAccess = mediaType === 'at+jwt' || ACCESS_CLAIMS.some(has) || claims.typ === 'Bearer' || claims.token_use === 'access';
  const isId = ID_CLAIMS.some(has) || claims.typ === 'ID' || claims.token_use === 'id';
  // Most id tokens contain none of `ID_CLAIMS`, so these claims are not required. Therefore, an access token without any of `ACCESS_CLAIMS` is accepted as an
  // id token.
  return use === 'id' ? !isAccess && !isOfClient(claims) : isAccess && !isId;
}

/**
 * Returns whether the subject of a token (`sub`) is a client instead of a user (RFC 9068, section 2.2). Such a token does not prove that the caller is a user.
 * For example, anyone who has a Google service account can request an id token of this account with any audience.
 */
function isOfClient({ sub, azp, aud }: Claims): boolean {
  return typeof sub === 'string' && [azp, aud].flat().includes(sub);
}

export function subjectIn({ sub }: Claims): string | undefined {
  return typeof sub === 'string' && sub !== '' ? sub : undefined;
}

/**
 * `name` is the name of a claim, such as Auth0's `https://example.com/roles`, or the path of a nested claim, such as Keycloak's `realm_access.roles`. If the
 * value of the claim is a string, the whole string is one group name, because a name can contain spaces and commas. If the value is neither a string nor a list
 * of strings, the user has no groups. For example, Entra sends a reference instead of a long list.
 */
export function groupsIn(claims: Claims, name: string): readonly string[] {
  const value = own(claims, name) ?? name.split('.').reduce<unknown>(own, claims);
  if (typeof value === 'string' && value !== '') return [value];
  return Array.isArray(value) && value.every((group) => typeof group === 'string') ? value : [];
}

/** Ignores inherited properties such as `constructor`. */
function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Claims)[name] : undefined;
}
