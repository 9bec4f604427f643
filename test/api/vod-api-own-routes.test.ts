import { Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Identity, OidcToken, ServerlessVodProps, VodApi } from '../../src';
import { pathOf } from '../templates/checks/api';
import { templateOf, testStack, vodIn } from '../toolkit/stacks';
import { list, ofType, only } from '../toolkit/template';

function makeFunction(stack: Stack, id: string): lambda.Function {
  return new lambda.Function(stack, id, { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 });') });
}

function withOwnRoute(props: ServerlessVodProps, stack = testStack()) {
  const { api } = vodIn(stack, props);
  api.restApi.root.addResource('mine').addMethod('GET', new apigateway.LambdaIntegration(makeFunction(stack, 'Mine')), { authorizer: api.authorizer });
  return templateOf(stack);
}

const people = (stack: Stack) => cognito.UserPool.fromUserPoolId(stack, 'People', 'eu-west-1_EXAMPLE');

describe.each<[string, string, (stack: Stack) => Identity]>([
  ['a created user pool', 'COGNITO_USER_POOLS', () => Identity.userPool()],
  ['an existing user pool', 'COGNITO_USER_POOLS', (stack) => Identity.fromUserPool(people(stack), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', '1example23456789'))],
  ['an OpenID Connect issuer', 'CUSTOM', () => Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'], token: OidcToken.ID_TOKEN })],
  ['a custom Lambda authorizer', 'CUSTOM', (stack) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(stack, 'Own', { handler: makeFunction(stack, 'WhoCalls') }))],
])('an additional route, with %s', (_, kind, identity) => {
  const stack = testStack();
  const template = withOwnRoute({ identity: identity(stack) }, stack);
  const mine = ofType(template, 'AWS::ApiGateway::Method').find(({ properties }) => pathOf(template, properties.ResourceId) === '/mine')!;

  test('uses the authorizer of the service', () => {
    expect(mine.properties).toMatchObject({ HttpMethod: 'GET', AuthorizationType: kind, AuthorizerId: { Ref: only(template, 'AWS::ApiGateway::Authorizer').id } });
  });

  test('is part of the API deployment, and creates a new one when it is added', () => {
    const deployment = only(template, 'AWS::ApiGateway::Deployment');
    expect(list(deployment.resource.DependsOn)).toContain(mine.id);
    const other = testStack();
    vodIn(other, { identity: identity(other) });
    expect(deployment.id).not.toBe(only(templateOf(other), 'AWS::ApiGateway::Deployment').id);
  });

  test('has the default throttle, and is served below /api', () => {
    const { StageName, MethodSettings } = only(template, 'AWS::ApiGateway::Stage').properties;
    expect(StageName).toBe('api');
    expect(MethodSettings[0]).toMatchObject({ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 });
  });
});

test('has no authorizer before authorizeWith is called', () => {
  const api = new VodApi(testStack(), 'Api');
  expect(api.authorizer).toBeUndefined();
  const authorizer = { authorizerId: 'authorizer1', authorizationType: apigateway.AuthorizationType.CUSTOM };
  api.authorizeWith(authorizer);
  expect(api.authorizer).toBe(authorizer);
});
