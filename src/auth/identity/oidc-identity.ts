import { Duration, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { BoundIdentity } from './bound-identity';
import type { TokenRules } from '../../contract/token-rules';
import { checkTokens } from '../../synth/check-tokens';
import { handlerFunction } from '../../synth/handler-function';
import { originProblem } from '../../synth/origin';
import { durationProblem, enumProblem, isAbsent, keyProblem, listProblems, numberProblem, show, stringProblem } from '../../synth/prop-checks';

/** Kind of token that the API accepts from an OpenID Connect issuer. */
export enum OidcToken {
  /** The id token (OpenID Connect Core 1.0, section 2). The audience of an id token is the client id. */
  ID_TOKEN = 'ID_TOKEN',
  /**
   * The access token, if the issuer's access tokens are JWTs (RFC 9068). The audience of an access token is the identifier of the API. In Microsoft Entra's
   * v2 tokens, the audience is the id of the API's app registration.
   */
  ACCESS_TOKEN = 'ACCESS_TOKEN',
}

/** Options for `Identity.oidc()`. */
export interface OidcIdentityOptions {
  /**
   * The https URL of an issuer such as Auth0, Okta, Keycloak or Microsoft Entra, exactly as in the `iss` claim of its tokens. The URL can have a trailing
   * slash, but no query or fragment.
   */
  readonly issuer: string;

  /** The accepted values of a token's `aud` claim. The list contains at least one value. */
  readonly audiences: string[];

  /**
   * The kind of token that the API accepts. The API rejects every other kind of token.
   * @default OidcToken.ID_TOKEN
   */
  readonly token?: OidcToken;

  /**
   * The claim that contains the names of the caller's groups. The value is the name of a claim, such as `https://example.com/groups`, or the path of a nested
   * claim, such as `realm_access.roles`.
   * @default 'groups'
   */
  readonly groupsClaim?: string;

  /**
   * URL of the issuer's key set (JWKS).
   * @default - the `jwks_uri` of the issuer's `.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 4)
   */
  readonly jwksUri?: string;

  /**
   * How long API Gateway caches the authorization result for a token: whole seconds, at most one hour.
   *
   * A token can be accepted for up to `cacheTtl` after it has expired. If `cacheTtl` is 0, every request invokes the authorizer function.
   * @default Duration.minutes(1)
   */
  readonly cacheTtl?: Duration;

  /**
   * Reserved concurrency of the function that checks tokens.
   *
   * The function cannot exceed its reservation, so anonymous callers cannot use up the concurrency of the account. If the account has a concurrency quota of
   * 100, Lambda rejects every reservation, because 100 executions must stay unreserved.
   * @default - no reservation
   */
  readonly reservedConcurrentExecutions?: number;
}

export const OIDC_OPTIONS: Record<keyof OidcIdentityOptions, true> = {
  issuer: true, audiences: true, token: true, groupsClaim: true, jwksUri: true, cacheTtl: true, reservedConcurrentExecutions: true,
};

export function oidcIdentity(scope: Construct, options: OidcIdentityOptions): BoundIdentity {
  checkTokens(scope, options, oidcProblems);
  const rules: TokenRules = {
    issuer: options.issuer,
    audiences: options.audiences,
    use: options.token === OidcToken.ACCESS_TOKEN ? 'access' : 'id',
    groupsClaim: options.groupsClaim ?? 'groups',
    jwksUri: options.jwksUri ?? undefined,
  };
  const handler = handlerFunction(scope, 'AuthorizeToken', 'auth/authorize-token', {
    description: 'Checks the caller\'s token for API Gateway',
    uses: [],
    environment: { TOKEN_RULES: rules },
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
  });
  const authorizer = new apigateway.TokenAuthorizer(scope, 'Authorizer', {
    handler,
    resultsCacheTtl: options.cacheTtl ?? Duration.minutes(1),
    // API Gateway rejects values that are not JWTs (RFC 7519, section 3) before it invokes the function.
    validationRegex: '^(?:[Bb][Ee][Aa][Rr][Ee][Rr] )?[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
  });
  return { issuer: options.issuer, handlers: { 'auth/authorize-token': handler }, createAuthorizer: () => authorizer };
}

export function oidcProblems(options: OidcIdentityOptions): (string | undefined)[] {
  return [
    keyProblem('', options, OIDC_OPTIONS),
    urlProblem('issuer', options.issuer),
    isAbsent(options.jwksUri) ? undefined : urlProblem('jwksUri', options.jwksUri),
    ...isAbsent(options.audiences) ? [`audiences: expected at least one audience (${AUDIENCE}), got none`] : listProblems('audiences', options.audiences, (name, audience) => stringProblem(name, audience, AUDIENCE)),
    enumProblem('token', options.token, { OidcToken }),
    stringProblem('groupsClaim', options.groupsClaim, 'the name of a claim'),
    durationProblem('cacheTtl', options.cacheTtl, Duration.seconds(0), Duration.hours(1)),
    numberProblem('reservedConcurrentExecutions', options.reservedConcurrentExecutions, { min: 1 }),
  ];
}

const AUDIENCE = 'the client id for id tokens, or the API identifier for access tokens';

/** An issuer URL can have a path, but no query (OpenID Connect Discovery 1.0, section 3). */
function urlProblem(name: string, value: unknown): string | undefined {
  if (Token.isUnresolved(value) && typeof value === 'string') return undefined;
  const expected = `${name}: expected a URL such as "https://id.example.com/tenant", without query or fragment, got ${show(value)}`;
  if (typeof value !== 'string' || !URL.canParse(value)) return expected;
  const { origin, search, hash, username, password, pathname } = new URL(value);
  if (name === 'issuer' && pathname.includes('/.well-known/')) return `issuer: expected a URL without /.well-known/, as in the iss claim of tokens, got "${value}"`;
  return search || hash || username || password ? expected : originProblem(name, origin)?.replace(show(origin), show(value));
}
