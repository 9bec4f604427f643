import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { VodApi } from '../../src';
import { handlerFunction } from '../../src/synth/handler-function';

function api(authorize = true, clientId = 'Client') {
  const stack = new Stack(new App(), 'Test');
  const vodApi = new VodApi(stack, 'Api');
  const fn = handlerFunction(stack, 'Any', 'api/describe-api', { description: 'any', environment: {} });
  vodApi._serve('catalog/read-videos', fn);
  vodApi._serve('upload/plan-upload', fn);
  if (authorize) {
    const pool = new cognito.UserPool(stack, 'Pool');
    vodApi.authorizeWith(pool, pool.addClient(clientId));
  }
  return { stack, vodApi };
}

describe('VodApi', () => {
  const template = Template.fromStack(api().stack);

  test('guards every route but the open ones', () => {
    const methods = Object.values(template.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties);
    expect(Object.fromEntries(methods.map((method) => [method.OperationName, method.AuthorizationType]))).toEqual({
      describeApi: 'NONE', listVideos: 'COGNITO_USER_POOLS', getVideo: 'COGNITO_USER_POOLS', planUpload: 'COGNITO_USER_POOLS',
    });
    for (const method of methods.filter(({ AuthorizationType }) => AuthorizationType !== 'NONE')) {
      expect(method.AuthorizerId.Ref).toMatch(/^ApiAuthorizer/);
    }
  });

  test('takes tokens of its own client only', () => {
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'COGNITO_USER_POOLS', IdentityValidationExpression: { Ref: Match.stringLikeRegexp('^PoolClient') },
    });
  });

  test('another client wants another deployment: a stage keeps the authorizer it was deployed with', () => {
    const deployment = (clientId: string) => Object.keys(Template.fromStack(api(true, clientId).stack).findResources('AWS::ApiGateway::Deployment'));
    expect(deployment('Client')).toEqual(deployment('Client'));
    expect(deployment('Other')).not.toEqual(deployment('Client'));
  });

  test('checks bodies of any content type', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      OperationName: 'planUpload', RequestModels: { $default: Match.anyValue() }, RequestValidatorId: Match.anyValue(),
    });
  });

  test('answers 404, not 403, where there is no route', () => {
    template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', { ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '404' });
  });

  test('repeats nothing of a request that it refuses: some of API Gateway\'s messages quote the token', () => {
    const templates = Object.values(template.findResources('AWS::ApiGateway::GatewayResponse')).map(({ Properties }) => Properties.ResponseTemplates);
    expect(JSON.stringify(templates)).not.toMatch(/\$context\.error\.(message|validationErrorString)/);
    for (const { 'application/json': body } of templates) expect(JSON.parse(body)).toMatchObject({ title: expect.any(String), code: expect.any(String) });
  });

  test('each method may call its function, and the console\'s test button may not', () => {
    const sources = Object.values(template.findResources('AWS::Lambda::Permission')).map(({ Properties }) => JSON.stringify(Properties.SourceArn));
    expect(sources).toHaveLength(4);
    expect(sources.join()).not.toContain('test-invoke-stage');
  });

  test('throws at synth when guarded routes have no authorizer', () => {
    expect(() => Template.fromStack(api(false).stack)).toThrow(/call authorizeWith/);
  });

  test('names the prop that is wrong', () => {
    expect(() => new VodApi(new Stack(), 'Api', { throttlingRateLimit: 0 })).toThrow('Default/Api: throttlingRateLimit: expected 1 or more, got 0');
  });
});
