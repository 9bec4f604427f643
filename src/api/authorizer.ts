import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { isAbsent, objectProblem, show } from '../synth/prop-checks';

function resourceOf(authorizer: apigateway.IAuthorizer): apigateway.CfnAuthorizer | undefined {
  const resource = Construct.isConstruct(authorizer) ? authorizer.node.defaultChild : undefined;
  return CfnResource.isCfnResource(resource) ? resource as apigateway.CfnAuthorizer : undefined;
}

/**
 * Returns an error if an authorizer cannot guard the API of this stack. CDK creates a method that is open to everyone if the authorizer has no type, or the
 * type NONE.
 */
export function authorizerProblem(scope: Construct, prop: string, authorizer: apigateway.IAuthorizer): string | undefined {
  const noAuthorizer = objectProblem(prop, authorizer, 'an authorizer such as a TokenAuthorizer', { members: ['authorizerId', 'authorizationType'], required: true });
  if (noAuthorizer) return noAuthorizer;
  const { authorizationType } = authorizer;
  if (authorizationType !== 'CUSTOM' && authorizationType !== 'COGNITO_USER_POOLS') {
    return `${prop}: expected an authorizer whose authorizationType is CUSTOM (a Lambda authorizer) or COGNITO_USER_POOLS, got ${show(authorizationType)}. With another type the API would not identify callers`;
  }
  if (authorizationType === 'COGNITO_USER_POOLS' && !resourceOf(authorizer)?.identityValidationExpression) {
    return `${prop}: expected Identity.fromUserPool(userPool, client), got an authorizer for Cognito without identityValidationExpression. Such an authorizer accepts tokens of every client of the pool`;
  }
  const stack = Stack.of(scope);
  const other = Construct.isConstruct(authorizer) ? Stack.of(authorizer) : stack;
  if (other !== stack) {
    return `${prop}: expected an authorizer of the stack "${stack.stackName}", which contains the API, got an authorizer of the stack "${other.stackName}". `
      + 'Create the authorizer in the stack of the API. The function of the authorizer can stay in the other stack if the authorizer has an assumeRole';
  }
  // `handler` and `role` are protected in CDK. Without a role, a permission in the function's stack refers to the API, and the API refers to the function.
  const { handler, role } = authorizer as { readonly handler?: unknown; readonly role?: unknown };
  const isElsewhere = Construct.isConstruct(handler) && CfnResource.isCfnResource(handler.node.defaultChild) && Stack.of(handler) !== stack;
  return isElsewhere && isAbsent(role)
    ? `${prop}: expected an authorizer with an assumeRole, since its function is in another stack ("${Stack.of(handler).stackName}"). Without a role the two stacks would depend on each other` : undefined;
}

/** Returns the settings of an authorizer. A change of these settings requires a new deployment of the API. */
export function settingsOf(authorizer: apigateway.IAuthorizer): unknown[] {
  const resource = resourceOf(authorizer);
  return [
    resource?.authorizerUri, resource?.authorizerResultTtlInSeconds, resource?.identitySource, resource?.identityValidationExpression, resource?.providerArns,
  ];
}
