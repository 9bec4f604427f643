/** The value of the variable TOKEN_RULES: the rules for tokens of an OIDC issuer. */
export interface TokenRules {
  /** The exact value of the `iss` claim. */
  readonly issuer: string;
  /** Accepted audiences: the `aud` claim must contain at least one of these values. */
  readonly audiences: readonly string[];
  /** The accepted type of token. */
  readonly use: 'id' | 'access';
  /** The claim that contains the groups. A nested claim is written as a path, such as `realm_access.roles`. */
  readonly groupsClaim: string;
  /** The URL of the issuer's key set. Default: the URL in the issuer's discovery document. */
  readonly jwksUri?: string;
}
