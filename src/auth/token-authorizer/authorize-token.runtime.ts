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

/**
 * How far an issuer's clock may be from ours. Lambda's is right to the millisecond and most issuers' to the second; this much forgives one
 * that is not looked after. A token gains this much over its own end, and what API Gateway keeps our answer for.
 */
const CLOCK_SKEW_SECONDS = 30;

/** What the authorizer needs of the world. The library reads the machine's clock itself, so `now` must be that one. */
export interface AuthorizerPorts {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
}

/** A token that does not count. The reason is for the log; callers learn none. */
class Refused extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Named here, since the bundle's minifier takes classes their names. */
const REASONS = [
  [JwtParseError, 'no JWT'], [JwtWithoutValidKidError, 'no key id'], [KidNotFoundInJwksError, 'unknown key'], [WaitPeriodNotYetEndedJwkError, 'unknown key'],
  [JwtInvalidSignatureAlgorithmError, 'algorithm'], [JwtInvalidSignatureError, 'signature'], [JwtInvalidAudienceError, 'audience'],
  [JwtExpiredError, 'expired'], [JwtNotBeforeError, 'not yet valid'],
] as const;

/** API Gateway's TOKEN authorizer for the tokens of any OpenID Connect issuer. */
export function authorizeToken(rules: TokenRules, ports: AuthorizerPorts): (event: APIGatewayTokenAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> {
  const verifier = new TokenVerifier(rules, ports);
  return async ({ authorizationToken, methodArn }) => {
    try {
      const { subject, claims } = await verifier.verify(tokenIn(authorizationToken));
      return {
        principalId: subject,
        policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: everyMethod(methodArn) }] },
        // API Gateway takes texts only.
        context: { groups: JSON.stringify(groupsIn(claims, rules.groupsClaim)) },
      };
    } catch (error) {
      if (error instanceof IssuerFailed) {
        console.error({ message: 'issuer failed', reason: error.message });
        throw error;
      }
      // The errors' own texts quote tokens and claims.
      console.warn({ message: 'token refused', reason: reasonOf(error) });
      // This very text makes API Gateway answer 401; any other is a failure of the authorizer's.
      throw new Error('Unauthorized');
    }
  };
}

class TokenVerifier {
  private readonly keys: IssuerKeys;
  private made?: { readonly keys: CurrentKeys; readonly verifier: ReturnType<TokenVerifier['create']> };

  constructor(private readonly rules: TokenRules, private readonly ports: AuthorizerPorts) {
    this.keys = new IssuerKeys(rules, ports);
  }

  async verify(token: string) {
    const { header, payload } = decomposeUnverifiedJwt(token);
    // The library looks at the issuer last, after it has kept the key under whatever issuer the token names: made-up ones would fill the memory.
    if (payload.iss !== this.rules.issuer) throw new Refused('issuer');
    const verifier = await this.verifier();
    const claims = await verifier.verify(token);

    // What the library lets pass: a token without an end, and one from the future.
    if (claims.exp === undefined) throw new Refused('no expiry');
    if (claims.iat !== undefined && claims.iat - CLOCK_SKEW_SECONDS > this.ports.now().getTime() / 1000) throw new Refused('not yet valid');
    if (!isOfUse(this.rules.use, header, claims)) throw new Refused('use');
    const subject = subjectIn(claims);
    if (subject === undefined) throw new Refused('no subject');
    return { subject, claims };
  }

  /** One for as long as the keys are the same. */
  private async verifier() {
    const keys = await this.keys.current();
    if (this.made?.keys !== keys) this.made = { keys, verifier: this.create(keys) };
    return this.made.verifier;
  }

  private create({ jwksUri, cache }: CurrentKeys) {
    const { issuer, audiences } = this.rules;
    return JwtVerifier.create({ issuer, audience: [...audiences], graceSeconds: CLOCK_SKEW_SECONDS, jwksUri }, { jwksCache: cache });
  }
}

/** With or without `Bearer`, as API Gateway's own authorizer takes it. */
function tokenIn(header: string | undefined): string {
  const token = /^(?:bearer +)?(\S+)$/i.exec((header ?? '').trim())?.[1];
  if (token === undefined) throw new Refused('no token');
  return token;
}

/** API Gateway keeps the answer for the caller's next requests, whatever they ask for: it must be true of them too. */
function everyMethod(methodArn: string): string {
  return `${methodArn.split('/', 2).join('/')}/*/*`;
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.reason;
  return REASONS.find(([type]) => error instanceof type)?.[1] ?? 'unusable';
}
