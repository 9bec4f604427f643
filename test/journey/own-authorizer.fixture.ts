import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Access, Identity, ServerlessVod } from '../../src';

const stack = new Stack(new App(), 'Videos');
const code = lambda.Code.fromAsset(path.join(__dirname, 'own-authorizer'));
const handler = new lambda.Function(stack, 'WhoCalls', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code });
const authorizer = process.env.FIXTURE_TYPE === 'TOKEN' ? new apigateway.TokenAuthorizer(stack, 'Own', { handler })
  : new apigateway.RequestAuthorizer(stack, 'Own', { handler, identitySources: [apigateway.IdentitySource.header('X-Caller')] });
new ServerlessVod(stack, 'Vod', {
  identity: Identity.fromAuthorizer(authorizer), roles: { uploaders: Access.group('uploaders') },
});
