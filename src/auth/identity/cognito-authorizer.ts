import { Lazy, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { VodApi } from '../../api/vod-api';
import { finalText, literalOf } from '../../synth/literal';
import { show } from '../../synth/prop-checks';

/**
 * How long API Gateway caches the authorization result for a token. API Gateway can therefore accept a token for up to this time after the token has expired.
 * API Gateway's default is 300 seconds.
 */
const CACHE_SECONDS = 60;

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
      // Without this expression, API Gateway accepts tokens of every client of the pool. CDK's L2 construct cannot set the expression.
      identityValidationExpression: `^(?:${clients.map(({ userPoolClientId }) => escaped(userPoolClientId)).join('|')})$`,
    }).ref;
    this.node.addValidation({
      validate: () => clients.map(({ userPoolClientId }) => clientIdProblem(finalText(this, userPoolClientId))).filter((problem) => problem !== undefined),
    });
  }
}

/**
 * API Gateway reads the id as a regular expression, so `.*` would match every client. For the form of an id, see UserPoolClientType in the Amazon Cognito User
 * Pools API Reference.
 */
export function clientIdProblem(clientId: string): string | undefined {
  return /^[\w+]{1,128}$/.test(literalOf(clientId)) ? undefined
    : `identity: expected client ids of 1 to 128 letters, digits, "_" or "+" for fromUserPool, got ${show(clientId)}`;
}

/** An id that is unknown at synth needs no escapes, because Cognito creates the id from letters and digits. */
function escaped(clientId: string): string {
  return Lazy.uncachedString({
    produce: (context) => {
      const id: unknown = context.resolve(clientId);
      return typeof id === 'string' ? id.replace(/\W/g, '\\$&') : clientId;
    },
  });
}

/** A user pool id begins with the region (see UserPoolType in the Amazon Cognito User Pools API Reference). */
export function poolRegion(userPoolId: string): string | undefined {
  return /^([\w-]+)_[0-9a-zA-Z]+$/.exec(userPoolId)?.[1];
}

/** If the region of the pool is unknown at synth, this function takes the region from the pool id. */
function arnOf({ userPoolId, userPoolArn, env, stack }: cognito.IUserPool): string {
  const region = Token.isUnresolved(userPoolId) ? undefined : poolRegion(userPoolId);
  return region === undefined || !Token.isUnresolved(env.region) ? userPoolArn
    : stack.formatArn({ service: 'cognito-idp', region, account: env.account, resource: 'userpool', resourceName: userPoolId });
}
