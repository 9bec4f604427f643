import type { TokenRules } from '../../contract/token-rules';

type Claims = Readonly<Record<string, unknown>>;

/**
 * What only access tokens say, since no field of a JWT says which of the two it is. `scope` and `client_id`: RFC 9068, section 2.2, Auth0, Keycloak
 * and Cognito; `scp` and `cid`: Okta, "OpenID Connect & OAuth 2.0 API"; `scp` and `appid`: Microsoft Entra, "Access token claims reference".
 * Tokens of an application that acts for nobody need not have a scope: Entra's have `appidacr` (version 1) or `azpacr` (version 2) there too, and `idtyp`
 * by its "Optional claims reference", Auth0's and Kinde's `gty` ("Access token profiles").
 * (Keycloak has put `nonce` into access tokens too, and OpenID Connect `azp` into id tokens, Entra `roles` into both: they tell nothing.)
 */
const ACCESS_CLAIMS = ['scope', 'scp', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr', 'idtyp', 'gty'];

/** OpenID Connect Core 1.0, sections 3.1.3.6 and 3.3.2.11. */
const ID_CLAIMS = ['at_hash', 'c_hash'];

/** Whether it is a token of this kind. One that is marked as both is of neither; so is whatever else an issuer signs with the same keys. */
export function isOfUse(use: TokenRules['use'], header: Claims, claims: Claims): boolean {
  // Media types: a header without one is common, `JWT` says nothing (RFC 7519, section 5.1), and the last is of RFC 9068, section 2.1. Any other is
  // the mark of another thing, such as `logout+jwt` (RFC 8725, section 3.11).
  const mediaType = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (!['jwt', 'at+jwt'].includes(mediaType)) return false;
  // Keycloak's own mark (its TokenUtil): Bearer, ID, Refresh, Offline, Logout, and DPoP, which is worth nothing without the proof that nobody checks here.
  if (claims.typ !== undefined && claims.typ !== 'Bearer' && claims.typ !== 'ID') return false;
  // A security event, such as a logout token of OpenID Connect Back-Channel Logout 1.0, has the client as its audience too.
  if (claims.events !== undefined) return false;

  const has = (name: string) => claims[name] !== undefined;
  const isAccess = mediaType === 'at+jwt' || ACCESS_CLAIMS.some(has) || claims.typ === 'Bearer' || claims.token_use === 'access';
  const isId = ID_CLAIMS.some(has) || claims.typ === 'ID' || claims.token_use === 'id';
  // Most id tokens bear no mark at all; an access token without one can't be told from them.
  return use === 'id' ? !isAccess && !isOfClient(claims) : isAccess && !isId;
}

/**
 * Whether it is about a client, and so about nobody: what RFC 9068, section 2.2, has issuers say in `sub` where there is no person. Such are Spring's tokens
 * for client credentials, without any other mark, and Google's id tokens of service accounts, which anyone can have made for any audience.
 */
function isOfClient({ sub, azp, aud }: Claims): boolean {
  return typeof sub === 'string' && [azp, aud].flat().includes(sub);
}

/** Whom a token is about: what every video of theirs carries as its owner. */
export function subjectIn({ sub }: Claims): string | undefined {
  return typeof sub === 'string' && sub !== '' ? sub : undefined;
}

/**
 * The groups that a token names. A list of names: Okta and Keycloak (`groups`), Entra (`groups`, `roles`), Auth0 (a claim called by an address, such as
 * `https://example.com/roles`), Keycloak within another claim (`realm_access.roles`). A text is one name, since names may hold spaces and commas.
 * Anything else, Entra's pointer to too long a list among them, is no group.
 */
export function groupsIn(claims: Claims, name: string): readonly string[] {
  const value = own(claims, name) ?? name.split('.').reduce<unknown>(own, claims);
  if (typeof value === 'string' && value !== '') return [value];
  return Array.isArray(value) && value.every((group) => typeof group === 'string') ? value : [];
}

/** Never what every object inherits. */
function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Claims)[name] : undefined;
}
