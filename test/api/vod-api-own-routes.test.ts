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

/** The service, with the user's own route `GET /api/mine` beside those of the service. */
function withOwnRoute(props: ServerlessVodProps, stack = testStack()) {
  const { api } = vodIn(stack, props);
  api.restApi.root.addResource('mine').addMethod('GET', new apigateway.LambdaIntegration(makeFunction(stack, 'Mine')), { authorizer: api.authorizer });
  return templateOf(stack);
}

const people = (stack: Stack) => cognito.UserPool.fromUserPoolId(stack, 'People', 'eu-west-1_EXAMPLE');

describe.each<[string, string, (stack: Stack) => Identity]>([
  ['a pool of its own', 'COGNITO_USER_POOLS', () => Identity.userPool()],
  ['a pool that exists', 'COGNITO_USER_POOLS', (stack) => Identity.fromUserPool(people(stack), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', '1example23456789'))],
  ['any issuer', 'CUSTOM', () => Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'], token: OidcToken.ID_TOKEN })],
  ['an authorizer of one\'s own', 'CUSTOM', (stack) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(stack, 'Own', { handler: makeFunction(stack, 'WhoCalls') }))],
])('a route of one\'s own, with %s', (_, kind, identity) => {
  const stack = testStack();
  const template = withOwnRoute({ identity: identity(stack) }, stack);
  const mine = ofType(template, 'AWS::ApiGateway::Method').find(({ properties }) => pathOf(template, properties.ResourceId) === '/mine')!;

  test('asks the authorizer of the service\'s own routes', () => {
    expect(mine.properties).toMatchObject({ HttpMethod: 'GET', AuthorizationType: kind, AuthorizerId: { Ref: only(template, 'AWS::ApiGateway::Authorizer').id } });
  });

  test('is deployed with them, and another one wants another deployment', () => {
    const deployment = only(template, 'AWS::ApiGateway::Deployment');
    expect(list(deployment.resource.DependsOn)).toContain(mine.id);
    const other = testStack();
    vodIn(other, { identity: identity(other) });
    expect(deployment.id).not.toBe(only(templateOf(other), 'AWS::ApiGateway::Deployment').id);
  });

  test('is below the throttle of all routes, and served below /api', () => {
    const { StageName, MethodSettings } = only(template, 'AWS::ApiGateway::Stage').properties;
    expect(StageName).toBe('api');
    expect(MethodSettings[0]).toMatchObject({ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 });
  });
});

test('an API that nobody guards yet has no authorizer', () => {
  const api = new VodApi(testStack(), 'Api');
  expect(api.authorizer).toBeUndefined();
  const authorizer = { authorizerId: 'authorizer1', authorizationType: apigateway.AuthorizationType.CUSTOM };
  api.authorizeWith(authorizer);
  expect(api.authorizer).toBe(authorizer);
});
