import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { isAbsent, objectProblem, show } from '../synth/prop-checks';

/** The resource of CDK's authorizers, as far as it is read here. */
function resourceOf(authorizer: apigateway.IAuthorizer): apigateway.CfnAuthorizer | undefined {
  const resource = Construct.isConstruct(authorizer) ? authorizer.node.defaultChild : undefined;
  return CfnResource.isCfnResource(resource) ? resource as apigateway.CfnAuthorizer : undefined;
}

/** What is wrong with an authorizer that is to guard the API of this stack. CDK opens a method whose authorizer has no type, or the type NONE. */
export function authorizerProblem(scope: Construct, prop: string, authorizer: apigateway.IAuthorizer): string | undefined {
  const noAuthorizer = objectProblem(prop, authorizer, 'an authorizer such as a TokenAuthorizer', { members: ['authorizerId', 'authorizationType'], required: true });
  if (noAuthorizer) return noAuthorizer;
  const { authorizationType } = authorizer;
  if (authorizationType !== 'CUSTOM' && authorizationType !== 'COGNITO_USER_POOLS') {
    return `${prop}: expected an authorizer whose authorizationType is CUSTOM (a Lambda authorizer) or COGNITO_USER_POOLS, got ${show(authorizationType)}: callers would not be known, or not be asked who they are`;
  }
  if (authorizationType === 'COGNITO_USER_POOLS' && !resourceOf(authorizer)?.identityValidationExpression) {
    return `${prop}: expected fromUserPool(userPool, client) of Identity, got an authorizer for Cognito without identityValidationExpression, such as CDK's, which takes tokens made for any client of the pool`;
  }
  const stack = Stack.of(scope);
  const other = Construct.isConstruct(authorizer) ? Stack.of(authorizer) : stack;
  if (other !== stack) {
    return `${prop}: expected an authorizer of the stack "${stack.stackName}", as the API that it guards, got one of "${other.stackName}": make it in this stack; its function may stay in the other`
      + ' if the authorizer has an assumeRole';
  }
  // Protected members of CDK's authorizers. The permission of a function stands beside it and names the API, which names the function.
  const { handler, role } = authorizer as { readonly handler?: unknown; readonly role?: unknown };
  const isElsewhere = Construct.isConstruct(handler) && CfnResource.isCfnResource(handler.node.defaultChild) && Stack.of(handler) !== stack;
  return isElsewhere && isAbsent(role)
    ? `${prop}: expected an authorizer with an assumeRole, since its function is of another stack ("${Stack.of(handler).stackName}"): without one, each stack would need the other first` : undefined;
}

/** What tells one authorizer, or settings of it, from another. */
export function settingsOf(authorizer: apigateway.IAuthorizer): unknown[] {
  const resource = resourceOf(authorizer);
  return [
    resource?.authorizerUri, resource?.authorizerResultTtlInSeconds, resource?.identitySource, resource?.identityValidationExpression, resource?.providerArns,
  ];
}
