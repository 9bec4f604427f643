import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { isAbsent, objectProblem, show } from '../synth/prop-checks';

function resourceOf(authorizer: apigateway.IAuthorizer): apigateway.CfnAuthorizer | undefined {
  const resource = Construct.isConstruct(authorizer) ? authorizer.node.defaultChild : undefined;
  return CfnResource.isCfnResource(resource) ? resource as apigateway.CfnAuthorizer : undefined;
}

/** Rejects authorizers that do not identify callers. If the type of an authorizer is missing or NONE, CDK would create methods that need no authorization. */
export function authorizerProblem(scope: Construct, prop: string, authorizer: apigateway.IAuthorizer): string | undefined {
  const noAuthorizer = objectProblem(prop, authorizer, 'an authorizer such as a TokenAuthorizer', { members: ['authorizerId', 'authorizationType'], required: true });
  if (noAuthorizer) return noAuthorizer;
  const { authorizationType } = authorizer;
  if (authorizationType !== 'CUSTOM' && authorizationType !== 'COGNITO_USER_POOLS') {
    return `${prop}: expected an authorizer with authorizationType CUSTOM (a Lambda authorizer) or COGNITO_USER_POOLS, got ${show(authorizationType)}. Only authorizers of these two types identify callers`;
  }
  if (authorizationType === 'COGNITO_USER_POOLS' && !resourceOf(authorizer)?.identityValidationExpression) {
    return `${prop}: expected Identity.fromUserPool(userPool, client), got a Cognito authorizer without identityValidationExpression. Without this expression, the authorizer accepts tokens of every client of the pool`;
  }
  const stack = Stack.of(scope);
  const other = Construct.isConstruct(authorizer) ? Stack.of(authorizer) : stack;
  if (other !== stack) {
    return `${prop}: expected an authorizer in the stack of the API ("${stack.stackName}"), got an authorizer in the stack "${other.stackName}". `
      + 'The authorizer\'s function can be in another stack if the authorizer has an assumeRole';
  }
  const { handler, role } = authorizer as { readonly handler?: unknown; readonly role?: unknown };
  const isElsewhere = Construct.isConstruct(handler) && CfnResource.isCfnResource(handler.node.defaultChild) && Stack.of(handler) !== stack;
  return isElsewhere && isAbsent(role)
    ? `${prop}: expected an authorizer with an assumeRole, because the authorizer's function is in another stack ("${Stack.of(handler).stackName}"). Without assumeRole, the stack of the API and the stack of the function would depend on each other` : undefined;
}

export function settingsOf(authorizer: apigateway.IAuthorizer): unknown[] {
  const resource = resourceOf(authorizer);
  return [
    resource?.authorizerUri, resource?.authorizerResultTtlInSeconds, resource?.identitySource, resource?.identityValidationExpression, resource?.providerArns,
  ];
}
