import { Lazy, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { VodApi } from '../../api/vod-api';
import { finalText, literalOf } from '../../synth/literal';
import { show } from '../../synth/prop-checks';

/**
 * Seconds that API Gateway keeps its verdict about a token, and so how much longer than its lifetime a token may be accepted: API Gateway's default is
 * 300. Signing out has no effect on an id token that is out already, with or without the cache.
 */
const CACHE_SECONDS = 60;

/** API Gateway's own check of id tokens: signature, issuer, expiry, and that one of the clients is their audience. */
export class CognitoAuthorizer extends Construct implements apigateway.IAuthorizer {
  readonly authorizerId: string;
  readonly authorizationType = apigateway.AuthorizationType.COGNITO;

  constructor(scope: Construct, id: string, api: VodApi, userPool: cognito.IUserPool, clients: cognito.IUserPoolClient[]) {
    super(scope, id);
    this.authorizerId = new apigateway.CfnAuthorizer(this, 'Default', {
      restApiId: api.restApi.restApiId,
      name: 'user-pool',
      type: 'COGNITO_USER_POOLS',
      identitySource: 'method.request.header.Authorization',
      providerArns: [arnOf(userPool)],
      authorizerResultTtlInSeconds: CACHE_SECONDS,
      // Without it the native authorizer takes tokens made for any client of the pool. CDK's own L2 lacks it.
      identityValidationExpression: `^(?:${clients.map(({ userPoolClientId }) => escaped(userPoolClientId)).join('|')})$`,
    }).ref;
    this.node.addValidation({
      validate: () => clients.map(({ userPoolClientId }) => clientIdProblem(finalText(this, userPoolClientId))).filter((problem) => problem !== undefined),
    });
  }
}

/**
 * Why an id is none of a client (Amazon Cognito User Pools API Reference, UserPoolClientType), as far as synth knows it. API Gateway takes it for a regular
 * expression: `.*` would be every client.
 */
export function clientIdProblem(clientId: string): string | undefined {
  return /^[\w+]{1,128}$/.test(literalOf(clientId)) ? undefined
    : `identity: expected clients whose id is 1 to 128 letters, digits, "_" and "+" for fromUserPool, got ${show(clientId)}`;
}

/** An id as a regular expression. What only the deployment knows comes from Cognito, whose own ids are letters and digits. */
function escaped(clientId: string): string {
  return Lazy.uncachedString({
    produce: (context) => {
      const id: unknown = context.resolve(clientId);
      return typeof id === 'string' ? id.replace(/\W/g, '\\$&') : clientId;
    },
  });
}

/** The region with which the id of a pool begins (Amazon Cognito User Pools API Reference, UserPoolType). Undefined for what is no id. */
export function poolRegion(userPoolId: string): string | undefined {
  return /^([\w-]+)_[0-9a-zA-Z]+$/.exec(userPoolId)?.[1];
}

/** The pool's ARN has the region of its id also where an import took the stack's, which only the deployment knows. */
function arnOf({ userPoolId, userPoolArn, env, stack }: cognito.IUserPool): string {
  const region = Token.isUnresolved(userPoolId) ? undefined : poolRegion(userPoolId);
  return region === undefined || !Token.isUnresolved(env.region) ? userPoolArn
    : stack.formatArn({ service: 'cognito-idp', region, account: env.account, resource: 'userpool', resourceName: userPoolId });
}
