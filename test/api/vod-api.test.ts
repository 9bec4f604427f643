import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Identity, VodApi, VodApiProps } from '../../src';
import type { HandlerName } from '../../src/contract/environment';
import { handlerFunction } from '../../src/synth/handler-function';
import { environmentOf, functionOf } from '../toolkit/functions';
import { authIn, testStack } from '../toolkit/stacks';
import { ofType, only } from '../toolkit/template';

/** An API with two guarded handlers, and more on request. */
function api({ authorizerId = 'authorizer1', props = {} as VodApiProps, handlers = [] as HandlerName[] } = {}) {
  const stack = testStack();
  const vodApi = new VodApi(stack, 'Api', props);
  vodApi.authorizeWith({ authorizerId, authorizationType: apigateway.AuthorizationType.CUSTOM });
  addRoutes(vodApi, handlers);
  return { vodApi, template: Template.fromStack(stack) };
}

function addRoutes(vodApi: VodApi, more: HandlerName[] = []): void {
  const fn = handlerFunction(vodApi, 'Any', 'auth/fill-client-secret', { description: 'any', uses: [], environment: {} });
  const handlers: HandlerName[] = ['catalog/read-videos', 'upload/plan-upload', ...more];
  vodApi._serve({ handlers: Object.fromEntries(handlers.map((handler) => [handler, fn])), deadLetterQueues: [] });
}

describe('VodApi', () => {
  const { template } = api();
  const gatewayResponses = ofType(template, 'AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties);

  test('guards every route but the open ones', () => {
    const methods = ofType(template, 'AWS::ApiGateway::Method').map(({ properties }) => properties);
    expect(Object.fromEntries(methods.map((method) => [method.OperationName, method.AuthorizationType]))).toEqual({
      describeApi: 'NONE', listVideos: 'CUSTOM', getVideo: 'CUSTOM', planUpload: 'CUSTOM',
    });
    for (const method of methods.filter(({ AuthorizationType }) => AuthorizationType !== 'NONE')) {
      expect(method.AuthorizerId).toBe('authorizer1');
    }
  });

  const cognitoOf = (stack: Stack) => new apigateway.CognitoUserPoolsAuthorizer(stack, 'Own', { cognitoUserPools: [new cognito.UserPool(stack, 'Pool')] });
  test.each<[string, (stack: Stack) => unknown, string]>([
    ['nothing', () => undefined, 'expected an authorizer such as a TokenAuthorizer, got none'],
    ['one without a type, which CDK opens methods for', () => ({ authorizerId: 'x' }), 'got {"authorizerId":"x"} without authorizationType'],
    ['one whose type is undefined', () => ({ authorizerId: 'x', authorizationType: undefined }), 'expected an authorizer whose authorizationType is CUSTOM (a Lambda authorizer) or COGNITO_USER_POOLS, got none'],
    ['one that asks nobody', () => ({ authorizerId: 'x', authorizationType: 'NONE' }), 'COGNITO_USER_POOLS, got "NONE"'],
    ['one of IAM', () => ({ authorizerId: 'x', authorizationType: 'AWS_IAM' }), 'COGNITO_USER_POOLS, got "AWS_IAM"'],
    ['an imported one for Cognito', () => ({ authorizerId: 'x', authorizationType: 'COGNITO_USER_POOLS' }), 'expected Identity.fromUserPool(userPool, client), got an authorizer for Cognito without identityValidationExpression'],
    ['CDK\'s for Cognito', cognitoOf, 'expected Identity.fromUserPool(userPool, client), got an authorizer for Cognito without identityValidationExpression'],
  ])('refuses to be guarded by %s, as Identity.fromAuthorizer does', (_, make, message) => {
    const stack = testStack();
    const authorizer = make(stack) as apigateway.IAuthorizer;
    expect(() => new VodApi(stack, 'Api').authorizeWith(authorizer)).toThrow(message);
    expect(() => authIn(stack, { identity: Identity.fromAuthorizer(authorizer) })).toThrow(message);
  });

  test('takes one for Cognito that names its clients', () => {
    const stack = testStack();
    const authorizer = cognitoOf(stack);
    (authorizer.node.defaultChild as apigateway.CfnAuthorizer).identityValidationExpression = '^web1$';
    expect(() => new VodApi(stack, 'Api').authorizeWith(authorizer)).not.toThrow();
  });

  test('another authorizer wants another deployment: a stage keeps the one that it was deployed with', () => {
    const deployment = (authorizerId: string) => only(api({ authorizerId }).template, 'AWS::ApiGateway::Deployment').id;
    expect(deployment('authorizer1')).toBe(deployment('authorizer1'));
    expect(deployment('authorizer2')).not.toBe(deployment('authorizer1'));
  });

  test('throttles each open route by itself, so that anonymous callers can\'t use up what signed-in ones need', () => {
    const settings = (props: VodApiProps, handlers: HandlerName[] = ['auth/sign-in']) => {
      const { properties } = only(api({ props, handlers }).template, 'AWS::ApiGateway::Stage');
      return Object.fromEntries(properties.MethodSettings.map((each: any) => {
        expect(each.DataTraceEnabled).toBe(false);
        return [`${each.HttpMethod} ${each.ResourcePath}`, [each.ThrottlingRateLimit, each.ThrottlingBurstLimit]];
      }));
    };
    const open = (limits: number[]) => Object.fromEntries(['GET /~1login', 'GET /~1authorize', 'POST /~1token', 'POST /~1token~1revoke', 'GET /~1openapi.json']
      .map((name) => [name, limits]));
    expect(settings({})).toEqual({ '* /*': [100, 200], ...open([20, 40]) });
    expect(settings({ throttlingRateLimit: 5, throttlingBurstLimit: 6, openThrottlingRateLimit: 3, openThrottlingBurstLimit: 4 }))
      .toEqual({ '* /*': [5, 6], ...open([3, 4]) });
    // API Gateway refuses settings of a method that the API lacks.
    expect(Object.keys(settings({}, []))).toEqual(['* /*', 'GET /~1openapi.json']);
  });

  test('reserves concurrency for the open description on request', () => {
    const reserved = (props: VodApiProps) => functionOf(api({ props }).template, 'api/describe-api').properties.ReservedConcurrentExecutions;
    expect([reserved({}), reserved({ functions: { reservedConcurrentExecutions: 2 } })]).toEqual([undefined, 2]);
  });

  test('describes the routes that it has', () => {
    expect(environmentOf(template, 'api/describe-api').HANDLERS).toBe('["api/describe-api","catalog/read-videos","upload/plan-upload"]');
  });

  test('leaves bodies to the handlers: API Gateway answers alike to what is no JSON and to what has a wrong field', () => {
    template.resourceCountIs('AWS::ApiGateway::RequestValidator', 0);
    template.allResourcesProperties('AWS::ApiGateway::Method', { RequestModels: Match.absent(), RequestValidatorId: Match.absent() });
  });

  test('answers 404, not 403, where there is no route', () => {
    template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', { ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '404' });
  });

  test('answers alike whenever an authorizer can\'t decide: API Gateway does not say which of the two it is then', () => {
    const [failure, misconfigured] = ['AUTHORIZER_FAILURE', 'AUTHORIZER_CONFIGURATION_ERROR'].map((ResponseType) => {
      const response = gatewayResponses.find((each) => each.ResponseType === ResponseType);
      return { ...response, ResponseType: undefined };
    });
    expect(failure).toMatchObject({ StatusCode: '502', ResponseTemplates: { 'application/json': expect.stringContaining('"code":"upstream_failed"') } });
    expect(misconfigured).toEqual(failure);
  });

  test('sandboxes every answer of API Gateway itself: what has no answer of its own falls to the two defaults', () => {
    expect(gatewayResponses.map(({ ResponseType }) => ResponseType)).toEqual(expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX']));
    for (const { ResponseType, ResponseParameters } of gatewayResponses) {
      expect([ResponseType, ResponseParameters]).toEqual([ResponseType, expect.objectContaining({
        'gatewayresponse.header.content-security-policy': '\'default-src \'none\'; sandbox\'', 'gatewayresponse.header.cache-control': '\'no-store\'',
      })]);
    }
  });

  test('names the way to sign in with its own 401, and with nothing else', () => {
    const challenges = gatewayResponses.map(({ ResponseType, ResponseParameters }) => [ResponseType, ResponseParameters['gatewayresponse.header.WWW-Authenticate']]);
    expect(challenges.filter(([, challenge]) => challenge)).toEqual([['UNAUTHORIZED', '\'Bearer\'']]);
  });

  test('repeats nothing of a request that it refuses: some of API Gateway\'s messages quote the token', () => {
    const templates = gatewayResponses.map(({ ResponseTemplates }) => ResponseTemplates);
    expect(JSON.stringify(templates)).not.toMatch(/\$context\.error\.(message|validationErrorString)/);
    for (const { 'application/json': body } of templates) expect(JSON.parse(body)).toMatchObject({ title: expect.any(String), code: expect.any(String) });
  });

  test('each method may call its function, and the console\'s test button may not', () => {
    const sources = ofType(template, 'AWS::Lambda::Permission').map(({ properties }) => JSON.stringify(properties.SourceArn));
    expect(sources).toHaveLength(4);
    expect(sources.join()).not.toContain('test-invoke-stage');
  });

  test('throws when guarded routes have no authorizer, or two', () => {
    expect(() => addRoutes(new VodApi(testStack(), 'Api'))).toThrow(/^Test\/Api: .*authorizeWith: expected a call before/);
    const { vodApi } = api();
    expect(() => vodApi.authorizeWith({ authorizerId: 'authorizer2' })).toThrow('Test/Api: authorizeWith: expected one call, got a second call');
  });

  test('takes the routes of an area once', () => {
    const { vodApi } = api();
    const message = 'Test/Api: addRoutes: expected one call for the routes of catalog/read-videos, upload/plan-upload, got a second call. A ServerlessVod adds all of its routes itself';
    expect(() => vodApi._serve({ handlers: { 'catalog/read-videos': vodApi.describeFunction, 'upload/plan-upload': vodApi.describeFunction }, deadLetterQueues: [] })).toThrow(message);
  });

  test('names the prop that is wrong', () => {
    expect(() => new VodApi(testStack(), 'Api', { throttlingRateLimit: 0 })).toThrow('Test/Api: throttlingRateLimit: expected a number of 1 or more, got 0');
    expect(() => new VodApi(testStack(), 'Api', { openThrottlingRateLimit: 0, openThrottlingBurstLimit: -1, functions: { reservedConcurrentExecutions: 0 } })).toThrow(
      'Test/Api: openThrottlingRateLimit: expected a number of 1 or more, got 0; openThrottlingBurstLimit: expected a whole number of 1 or more, got -1; '
      + 'functions.reservedConcurrentExecutions: expected a whole number of 1 or more, got 0');
  });
});
