import {
  JwtExpiredError, JwtInvalidAudienceError, JwtInvalidSignatureAlgorithmError, JwtInvalidSignatureError, JwtNotBeforeError, JwtParseError,
  JwtWithoutValidKidError, KidNotFoundInJwksError, WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { CurrentKeys, IssuerFailed, IssuerKeys } from './issuer-keys.runtime';
import { groupsIn, isOfUse, subjectIn } from './token-claims.runtime';
import type { TokenRules } from '../../contract/token-rules';

/** An expired token is accepted for 30 more seconds, plus the cache time of API Gateway. */
const CLOCK_SKEW_SECONDS = 30;

export interface AuthorizerPorts {
  readonly fetch: typeof fetch;
  /** The JWT library ignores this clock and reads the system time. */
  readonly now: () => Date;
}

/** The reason is logged, but is not part of the response. */
class TokenRejected extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Minification changes class names, so the log contains these reasons instead of class names. */
const REASONS = [
  [JwtParseError, 'no JWT'], [JwtWithoutValidKidError, 'no key id'], [KidNotFoundInJwksError, 'unknown key'], [WaitPeriodNotYetEndedJwkError, 'unknown key'],
  [JwtInvalidSignatureAlgorithmError, 'algorithm'], [JwtInvalidSignatureError, 'signature'], [JwtInvalidAudienceError, 'audience'],
  [JwtExpiredError, 'expired'], [JwtNotBeforeError, 'not yet valid'],
] as const;

export function authorizeToken(rules: TokenRules, ports: AuthorizerPorts): (event: APIGatewayTokenAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> {
  const verifier = new TokenVerifier(rules, ports);
  return async ({ authorizationToken, methodArn }) => {
    try {
      const { subject, claims } = await verifier.verify(tokenIn(authorizationToken));
      return {
        principalId: subject,
        policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: everyMethod(methodArn) }] },
        // The context of an authorizer response can't contain lists.
        context: { groups: JSON.stringify(groupsIn(claims, rules.groupsClaim)) },
      };
    } catch (error) {
      if (error instanceof IssuerFailed) {
        console.error({ message: 'issuer failed', reason: error.message });
        throw error;
      }
      // Error messages are not logged, since they contain parts of tokens and claims.
      console.warn({ message: 'token refused', reason: reasonOf(error) });
      // API Gateway returns 401 only for the error message `Unauthorized`.
      throw new Error('Unauthorized');
    }
  };
}

class TokenVerifier {
  private readonly keys: IssuerKeys;
  private cached?: { readonly keys: CurrentKeys; readonly verifier: ReturnType<TokenVerifier['create']> };

  constructor(private readonly rules: TokenRules, private readonly ports: AuthorizerPorts) {
    this.keys = new IssuerKeys(rules, ports);
  }

  async verify(token: string) {
    const { header, payload } = decomposeUnverifiedJwt(token);
    // aws-jwt-verify caches a key for the token's issuer before it checks the issuer, so tokens with made-up issuers would fill the memory.
    if (payload.iss !== this.rules.issuer) throw new TokenRejected('issuer');
    const verifier = await this.verifier();
    const claims = await verifier.verify(token);

    // aws-jwt-verify accepts tokens without an expiry and tokens that were issued in the future.
    if (claims.exp === undefined) throw new TokenRejected('no expiry');
    if (claims.iat !== undefined && claims.iat - CLOCK_SKEW_SECONDS > this.ports.now().getTime() / 1000) throw new TokenRejected('not yet valid');
    if (!isOfUse(this.rules.use, header, claims)) throw new TokenRejected('use');
    const subject = subjectIn(claims);
    if (subject === undefined) throw new TokenRejected('no subject');
    return { subject, claims };
  }

  private async verifier() {
    const keys = await this.keys.current();
    if (this.cached?.keys !== keys) this.cached = { keys, verifier: this.create(keys) };
    return this.cached.verifier;
  }

  private create({ jwksUri, cache }: CurrentKeys) {
    const { issuer, audiences } = this.rules;
    return JwtVerifier.create({ issuer, audience: [...audiences], graceSeconds: CLOCK_SKEW_SECONDS, jwksUri }, { jwksCache: cache });
  }
}

/** The prefix `Bearer` is optional, as in API Gateway's authorizer for Cognito. */
function tokenIn(header: string | undefined): string {
  const token = /^(?:bearer +)?(\S+)$/i.exec((header ?? '').trim())?.[1];
  if (token === undefined) throw new TokenRejected('no token');
  return token;
}

/** API Gateway uses a cached policy for all routes, so the policy must allow all routes. */
function everyMethod(methodArn: string): string {
  return `${methodArn.split('/', 2).join('/')}/*/*`;
}

function reasonOf(error: unknown): string {
  if (error instanceof TokenRejected) return error.reason;
  return REASONS.find(([type]) => error instanceof type)?.[1] ?? 'unusable';
}
