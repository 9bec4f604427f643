import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import type { VodApi } from '../api/vod-api';

/** API Gateway's own check of id tokens: signature, issuer, expiry, and that one of the clients is their audience. */
export function cognitoAuthorizer(
  scope: Construct, api: VodApi, userPool: cognito.IUserPool, clients: cognito.IUserPoolClient[],
): apigateway.IAuthorizer {
  const guard = {
    type: 'COGNITO_USER_POOLS',
    identitySource: 'method.request.header.Authorization',
    providerArns: [userPool.userPoolArn],
    // Without it the native authorizer takes tokens made for any client of the pool. CDK's own L2 lacks it.
    identityValidationExpression: `^(?:${clients.map(({ userPoolClientId }) => userPoolClientId).join('|')})$`,
  };
  const authorizer = new apigateway.CfnAuthorizer(scope, 'Authorizer', { restApiId: api.restApi.restApiId, name: 'user-pool', ...guard });
  // A stage keeps the authorizer that it was deployed with: another pool or client wants another deployment.
  api.restApi.latestDeployment?.addToLogicalId({ guard });
  return { authorizerId: authorizer.ref, authorizationType: apigateway.AuthorizationType.COGNITO };
}
