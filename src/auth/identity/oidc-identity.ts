import { Duration, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { BoundIdentity } from './bound-identity';
import type { TokenRules } from '../../contract/token-rules';
import { checkTokens } from '../../synth/check-tokens';
import { handlerFunction } from '../../synth/handler-function';
import { originProblem } from '../../synth/origin';
import { durationProblem, enumProblem, isAbsent, keyProblem, listProblems, numberProblem, show, stringProblem } from '../../synth/prop-checks';

/** Which of an issuer's tokens opens the API. */
export enum OidcToken {
  /** The id token (OpenID Connect Core 1.0, section 2). Its audience is the client's id. */
  ID_TOKEN = 'ID_TOKEN',
  /** The access token, where it is a JWT (RFC 9068). Its audience is the API's identifier; with Entra's v2 tokens the id of the API's app registration. */
  ACCESS_TOKEN = 'ACCESS_TOKEN',
}

/** Any OpenID Connect issuer: Auth0, Okta, Keycloak, Entra, ... */
export interface OidcIdentityOptions {
  /** The issuer, exactly as its tokens say it in `iss`, with or without a slash at its end: https, without query or fragment. */
  readonly issuer: string;

  /** Whom tokens must be made for (`aud`): one of these, and one at least. */
  readonly audiences: string[];

  /**
   * Which token opens the API; the other kind is refused.
   * @default OidcToken.ID_TOKEN
   */
  readonly token?: OidcToken;

  /**
   * The claim with the names of the caller's groups: a claim's name (`https://example.com/groups` too), or a path such as `realm_access.roles`.
   * @default 'groups'
   */
  readonly groupsClaim?: string;

  /**
   * Where the issuer's keys are.
   * @default - as the issuer's `.well-known/openid-configuration` says (OpenID Connect Discovery 1.0, section 4)
   */
  readonly jwksUri?: string;

  /**
   * How long API Gateway goes on with an answer about a token, and so how long it may outlive its end: whole seconds, an hour at
   * most, 0 asks every time and so costs an invocation a request.
   * @default Duration.minutes(1)
   */
  readonly cacheTtl?: Duration;

  /**
   * Concurrent executions of the function that checks tokens: no more, so that anonymous callers can't use up those of the account, and no fewer.
   * Lambda keeps 100 of the account's unreserved, and so refuses any reservation in an account whose quota is that low.
   * @default - no reservation
   */
  readonly reservedConcurrentExecutions?: number;
}

/** Every option. */
export const OIDC_OPTIONS: Record<keyof OidcIdentityOptions, true> = {
  issuer: true, audiences: true, token: true, groupsClaim: true, jwksUri: true, cacheTtl: true, reservedConcurrentExecutions: true,
};

/** A Lambda authorizer that checks the tokens of any OpenID Connect issuer. */
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
    // What can't be a JWT (RFC 7519, section 3) costs no invocation.
    validationRegex: '^(?:[Bb][Ee][Aa][Rr][Ee][Rr] )?[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
  });
  return { issuer: options.issuer, handlers: { 'auth/authorize-token': handler }, makeAuthorizer: () => authorizer };
}

/** What is wrong with the props of an issuer. */
export function oidcProblems(options: OidcIdentityOptions): (string | undefined)[] {
  return [
    keyProblem('', options, OIDC_OPTIONS),
    addressProblem('issuer', options.issuer),
    isAbsent(options.jwksUri) ? undefined : addressProblem('jwksUri', options.jwksUri),
    ...isAbsent(options.audiences) ? [`audiences: expected at least one: ${AUDIENCE}`] : listProblems('audiences', options.audiences, (name, audience) => stringProblem(name, audience, AUDIENCE)),
    enumProblem('token', options.token, { OidcToken }),
    stringProblem('groupsClaim', options.groupsClaim, 'the name of a claim'),
    durationProblem('cacheTtl', options.cacheTtl, Duration.seconds(0), Duration.hours(1)),
    numberProblem('reservedConcurrentExecutions', options.reservedConcurrentExecutions, { min: 1 }),
  ];
}

const AUDIENCE = 'the client\'s id (id tokens) or the API\'s identifier (access tokens)';

/** An issuer may have a path and end in a slash, but no query (OpenID Connect Discovery 1.0, section 3). */
function addressProblem(name: string, value: unknown): string | undefined {
  if (Token.isUnresolved(value) && typeof value === 'string') return undefined;
  const expected = `${name}: expected an address such as "https://id.example.com/tenant", without query or fragment, got ${show(value)}`;
  if (typeof value !== 'string' || !URL.canParse(value)) return expected;
  const { origin, search, hash, username, password, pathname } = new URL(value);
  if (name === 'issuer' && pathname.includes('/.well-known/')) return `issuer: expected the address before /.well-known/, as tokens say it in iss, got "${value}"`;
  return search || hash || username || password ? expected : originProblem(name, origin)?.replace(show(origin), show(value));
}
