/** The rules by which tokens of an OIDC issuer are accepted and read: the value of TOKEN_RULES. */
export interface TokenRules {
  /** The exact value of the `iss` claim. */
  readonly issuer: string;
  /** The `aud` claim must contain at least one of these. */
  readonly audiences: readonly string[];
  /** The accepted type of token. Only one type is accepted: id tokens are meant for clients, access tokens for APIs. */
  readonly use: 'id' | 'access';
  /** The name of the claim, or the path of a nested claim, such as `realm_access.roles`. */
  readonly groupsClaim: string;
  /** The URL of the issuer's key set. Default: the URL in the discovery document. */
  readonly jwksUri?: string;
}
