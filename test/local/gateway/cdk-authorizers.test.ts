import type { IncomingMessage } from 'http';
import { App, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TemplateAccess } from '../../../local/access/access';
import { createGateway } from '../../../local/gateway/gateway';
import { TemplateStack } from '../../../local/template/template-stack';
import type { Functions } from '../../../local/types';

/** `GET` has a TOKEN authorizer, `POST` has a REQUEST authorizer, and `PUT` has a user pool authorizer. */
function synthesized() {
  const scope = new Stack(new App(), 'Cdk');
  const code = { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('x') };
  const handler = new lambda.Function(scope, 'Authorizer', code);
  const restApi = new apigateway.RestApi(scope, 'Api', { endpointTypes: [apigateway.EndpointType.REGIONAL], cloudWatchRole: false });
  const integration = new apigateway.LambdaIntegration(new lambda.Function(scope, 'Handler', code), { allowTestInvoke: false });
  const things = restApi.root.addResource('things');
  const identitySources = [apigateway.IdentitySource.header('Authorization'), apigateway.IdentitySource.context('identity.sourceIp')];
  things.addMethod('GET', integration, { authorizer: new apigateway.TokenAuthorizer(scope, 'Token', { handler, validationRegex: 'Bearer .+' }) });
  things.addMethod('POST', integration, { authorizer: new apigateway.RequestAuthorizer(scope, 'Request', { handler, identitySources }) });
  const pools = { cognitoUserPools: [new cognito.UserPool(scope, 'Pool')] };
  things.addMethod('PUT', integration, { authorizer: new apigateway.CognitoUserPoolsAuthorizer(scope, 'Users', pools) });
  return (scope.node.root as App).synth().getStackByName('Cdk').template as { Resources: Record<string, any> };
}

/** A function runs only if the template permits API Gateway to invoke it. */
function serve(template: ReturnType<typeof synthesized>) {
  const stack = new TemplateStack({ stackName: 'Cdk', template, assets: {} }, '', { edge: 1, aws: 2, auth: 3, otherIssuer: 4 });
  const access = new TemplateAccess(stack, () => undefined);
  const functions: Functions = {
    async invoke(arn, event: any, caller) {
      await access.require(caller!, [{ action: 'lambda:InvokeFunction', resource: arn }]);
      if (!arn.includes('Authorizer')) return { payload: { statusCode: 200, body: event.requestContext.authorizer.principalId } };
      const Statement = [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }];
      return { payload: { principalId: event.type, policyDocument: { Version: '2012-10-17', Statement } } };
    },
  };
  const gateway = createGateway({ stack, functions, keysOf: () => ({ issuer: 'http://issuer.test', keys: { keys: [] } }) });
  return async (method: string) => {
    const headersDistinct = { authorization: ['Bearer abc'] };
    const raw = { method, socket: { remoteAddress: '127.0.0.1' }, rawHeaders: [], headers: {}, headersDistinct } as unknown as IncomingMessage;
    const { status, body } = await gateway({ raw, host: 'api.test', path: '/prod/things', body: Buffer.alloc(0) });
    return [status, body];
  };
}

test('supports the authorizers that CDK creates', async () => {
  const call = serve(synthesized());
  expect(await Promise.all(['GET', 'POST', 'PUT'].map(call))).toEqual([[200, 'TOKEN'], [200, 'REQUEST'], [401, '{"message":"Unauthorized"}']]);
});

test('returns 500 without the Lambda permission that CDK adds for an authorizer', async () => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const template = synthesized();
  const id = Object.keys(template.Resources).find((logicalId) => /^AuthorizerCdkToken\w+Permissions/.test(logicalId))!;
  delete template.Resources[id];
  const call = serve(template);
  expect(await Promise.all(['GET', 'POST'].map(call))).toEqual([[500, '{"message":null}'], [200, 'REQUEST']]);
  log.mockRestore();
});
