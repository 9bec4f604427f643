import * as path from 'path';
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Access, Identity, ServerlessVod } from '../../src';

/** The service with an existing user pool and a custom route. Two of the pool's three clients can call the API. */
const stack = new Stack(new App(), 'Videos');
const people = new cognito.UserPool(stack, 'People');
people.addGroup('Uploaders', { groupName: 'uploaders' });
const [web, app] = ['Web', 'App', 'Foreign'].map((id) => {
  const client = people.addClient(id, {
    oAuth: { flows: { authorizationCodeGrant: true }, scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL], callbackUrls: ['http://localhost/callback'] },
  });
  new CfnOutput(stack, `${id}ClientId`, { value: client.userPoolClientId });
  return client;
});
new CfnOutput(stack, 'Issuer', { value: people.userPoolProviderUrl });
const { api } = new ServerlessVod(stack, 'Vod', {
  removalPolicy: RemovalPolicy.DESTROY,
  identity: Identity.fromUserPool(people, web, app),
  roles: { uploaders: Access.group('uploaders') },
});

const mine = new lambda.Function(stack, 'Mine', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromAsset(path.join(__dirname, 'own-route')),
});
api.restApi.root.addResource('mine').addMethod('GET', new apigateway.LambdaIntegration(mine), { authorizer: api.authorizer });
