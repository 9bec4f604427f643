import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { AUDIENCE, ISSUER, OidcIssuer, SigningKey } from './oidc-issuer';
import { authorizeToken } from '../../../src/auth/token-authorizer/authorize-token.runtime';
import type { TokenRules } from '../../../src/contract/token-rules';
import { captureLog } from '../../captured-log';

export const METHOD = 'arn:aws:execute-api:eu-west-1:123456789012:api1/api/GET/streams/1';
export const ID_RULES: TokenRules = { issuer: ISSUER, audiences: ['client0', AUDIENCE], use: 'id', groupsClaim: 'groups' };

export const key = new SigningKey('key1');
export const curve = new SigningKey('key2', 'ES256');
export const stranger = new SigningKey('key1');
export const sealing = new SigningKey('key3', 'RS256', 'enc');

export const seconds = () => Math.floor(Date.now() / 1000);
export const claims = (changes: object = {}) => ({ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: seconds(), exp: seconds() + 3600, ...changes });

export const expectUser = async (answer: Promise<APIGatewayAuthorizerResult>) => expect((await answer).principalId).toBe('user-1');
export const expectUnauthorized = (answer: Promise<unknown>) => expect(answer).rejects.toThrow(/^Unauthorized$/);

/** The clock is stopped. Each test creates an `AuthorizerSetting`, and calls `end` on it. */
export class AuthorizerSetting {
  readonly issuer = new OidcIssuer(key, curve, sealing);
  readonly logged = captureLog();
  readonly sent: string[] = [];

  constructor() {
    jest.useFakeTimers({ now: Date.parse('2026-11-05T12:00:00Z'), doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  }

  authorizer(rules: TokenRules = ID_RULES) {
    const handler = authorizeToken(rules, { fetch: this.issuer.fetch as typeof fetch, now: () => new Date() });
    return async (authorizationToken: string): Promise<APIGatewayAuthorizerResult> => {
      this.sent.push(authorizationToken);
      return handler({ type: 'TOKEN', authorizationToken, methodArn: METHOD } as APIGatewayTokenAuthorizerEvent);
    };
  }

  end(): void {
    for (const part of this.sent.flatMap((token) => token.split('.')).filter((text) => text.length > 20)) expect(this.logged.join()).not.toContain(part);
    expect(this.logged.join()).not.toContain('user-1');
    jest.restoreAllMocks();
    jest.useRealTimers();
  }
}
