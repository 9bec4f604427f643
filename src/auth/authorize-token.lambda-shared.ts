import {
  JwtExpiredError, JwtInvalidAudienceError, JwtInvalidSignatureAlgorithmError, JwtInvalidSignatureError, JwtNotBeforeError, JwtParseError,
  JwtWithoutValidKidError, KidNotFoundInJwksError, WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { IssuerFailed, IssuerKeys } from './issuer-keys.lambda-shared';
import { groupsIn, isOfUse } from './token-claims.lambda-shared';
import type { TokenRules } from '../contract/token-rules';

/**
 * How far an issuer's clock may be from ours. Lambda's is right to the millisecond and most issuers' to the second; this much forgives one
 * that is not looked after, and is all that a token can gain over its own end.
 */
const CLOCK_SKEW_SECONDS = 30;

/** Keys are renewed this often: one that the issuer dropped is trusted no longer, as long as the issuer answers. */
const KEYS_MS = 3_600_000;

/** When keys could not be renewed, those that are known serve on, and the issuer is asked again after this time. */
const RETRY_MS = 60_000;

/**
 * Without a renewal for this long, no key is trusted any more. An issuer's outage of hours signs nobody out, and whoever keeps us from it, to go on with
 * a key that leaked and was dropped, gains no more than a day.
 */
const TRUSTED_MS = 86_400_000;

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
      const claims = await verifier.verify(tokenIn(authorizationToken));
      return {
        principalId: claims.sub,
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
  private verifier?: ReturnType<TokenVerifier['create']>;
  private renewAt = 0;
  private trustedUntil = 0;

  constructor(private readonly rules: TokenRules, private readonly ports: AuthorizerPorts) {
    this.keys = new IssuerKeys(rules, ports.fetch);
  }

  async verify(token: string) {
    const { header, payload } = decomposeUnverifiedJwt(token);
    // The library looks at the issuer last, after it has kept the key under whatever issuer the token names: made-up ones would fill the memory.
    if (payload.iss !== this.rules.issuer) throw new Refused('issuer');
    const verifier = await this.withKeys();
    const claims = await verifier.verify(token);

    // What the library lets pass: a token without an end, and one from the future.
    if (claims.exp === undefined) throw new Refused('no expiry');
    if (claims.iat !== undefined && claims.iat - CLOCK_SKEW_SECONDS > this.ports.now().getTime() / 1000) throw new Refused('not yet valid');
    if (!isOfUse(this.rules.use, header, claims)) throw new Refused('use');
    const { sub } = claims;
    if (sub === undefined || sub === '') throw new Refused('no subject');
    return { ...claims, sub };
  }

  /** The verifier, once there are keys, and not too old ones. */
  private async withKeys() {
    const now = this.ports.now().getTime();
    if (this.verifier && now < this.renewAt) return this.verifier;
    try {
      await this.keys.renew();
      // A new one, since each holds on to the keys that it has met.
      this.verifier = this.create(await this.keys.jwksUri());
      this.renewAt = now + KEYS_MS;
      this.trustedUntil = now + TRUSTED_MS;
    } catch (error) {
      if (now >= this.trustedUntil) this.verifier = undefined;
      if (!this.verifier) throw error;
      console.warn({ message: 'keys not renewed', reason: error instanceof IssuerFailed ? error.message : 'unknown' });
      this.renewAt = Math.min(now + RETRY_MS, this.trustedUntil);
    }
    return this.verifier;
  }

  private create(jwksUri: string) {
    const { issuer, audiences } = this.rules;
    return JwtVerifier.create({ issuer, audience: [...audiences], graceSeconds: CLOCK_SKEW_SECONDS, jwksUri }, { jwksCache: this.keys.cache });
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
