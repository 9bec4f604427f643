/** Which tokens of another's issuer count, and what is read from them. What TOKEN_RULES carries, as JSON. */
export interface TokenRules {
  /** The `iss` claim, to the letter. */
  readonly issuer: string;
  /** The `aud` claim holds at least one of these. */
  readonly audiences: readonly string[];
  /** One kind only: an id token tells the client who signed in, an access token tells an API what it may be used for. */
  readonly use: 'id' | 'access';
  /** A claim's name, or the way to one that lies deeper, by points: `realm_access.roles`. */
  readonly groupsClaim: string;
  /** Where the issuer's keys are, if its discovery document is not to say it. */
  readonly jwksUri?: string;
}
