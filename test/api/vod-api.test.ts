import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Identity, VodApi, VodApiProps } from '../../src';
import type { HandlerName } from '../../src/contract/environment';
import { handlerFunction } from '../../src/synth/handler-function';
import { environmentOf, functionOf } from '../toolkit/functions';
import { authIn, ENV, testStack } from '../toolkit/stacks';
import { ofType, only } from '../toolkit/template';

function api({ authorizerId = 'authorizer1', props = {} as VodApiProps, handlers = [] as HandlerName[] } = {}) {
  const stack = testStack();
  const vodApi = new VodApi(stack, 'Api', props);
  vodApi.authorizeWith({ authorizerId, authorizationType: apigateway.AuthorizationType.CUSTOM });
  addRoutes(vodApi, handlers);
  return { vodApi, template: Template.fromStack(stack) };
}

function addRoutes(vodApi: VodApi, more: HandlerName[] = []): void {
  const fn = handlerFunction(vodApi, 'Any', 'auth/fill-client-secret', { description: 'any', uses: [], environment: {} });
  const handlers: HandlerName[] = ['catalog/read-videos', 'upload/manage-uploads', ...more];
  vodApi._serve({ handlers: Object.fromEntries(handlers.map((handler) => [handler, fn])), deadLetterQueues: [] });
}

describe('VodApi', () => {
  const { template } = api();
  const gatewayResponses = ofType(template, 'AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties);

  test('guards every route except the open ones', () => {
    const methods = ofType(template, 'AWS::ApiGateway::Method').map(({ properties }) => properties);
    expect(Object.fromEntries(methods.map((method) => [method.OperationName, method.AuthorizationType]))).toEqual({
      describeApi: 'NONE', listVideos: 'CUSTOM', getVideo: 'CUSTOM',
      planUpload: 'CUSTOM', getUpload: 'CUSTOM', signParts: 'CUSTOM', completeUpload: 'CUSTOM', abortUpload: 'CUSTOM',
    });
    for (const method of methods.filter(({ AuthorizationType }) => AuthorizationType !== 'NONE')) {
      expect(method.AuthorizerId).toBe('authorizer1');
    }
  });

  const cognitoOf = (stack: Stack) => new apigateway.CognitoUserPoolsAuthorizer(stack, 'Own', { cognitoUserPools: [new cognito.UserPool(stack, 'Pool')] });
  test.each<[string, (stack: Stack) => unknown, string]>([
    ['nothing', () => undefined, 'expected an authorizer such as a TokenAuthorizer, got none'],
    ['an authorizer without a type, for which CDK creates open methods', () => ({ authorizerId: 'x' }), 'got {"authorizerId":"x"} without authorizationType'],
    ['an authorizer whose type is undefined', () => ({ authorizerId: 'x', authorizationType: undefined }), 'expected an authorizer with authorizationType CUSTOM (a Lambda authorizer) or COGNITO_USER_POOLS, got none'],
    ['an authorizer of type NONE', () => ({ authorizerId: 'x', authorizationType: 'NONE' }), 'COGNITO_USER_POOLS, got "NONE"'],
    ['an IAM authorizer', () => ({ authorizerId: 'x', authorizationType: 'AWS_IAM' }), 'COGNITO_USER_POOLS, got "AWS_IAM"'],
    ['an imported Cognito authorizer', () => ({ authorizerId: 'x', authorizationType: 'COGNITO_USER_POOLS' }), 'expected Identity.fromUserPool(userPool, client), got a Cognito authorizer without identityValidationExpression'],
    ['the Cognito authorizer of CDK', cognitoOf, 'expected Identity.fromUserPool(userPool, client), got a Cognito authorizer without identityValidationExpression'],
  ])('rejects %s, as Identity.fromAuthorizer does', (_, make, message) => {
    const stack = testStack();
    const authorizer = make(stack) as apigateway.IAuthorizer;
    expect(() => new VodApi(stack, 'Api').authorizeWith(authorizer)).toThrow(message);
    expect(() => authIn(stack, { identity: Identity.fromAuthorizer(authorizer) })).toThrow(message);
  });

  test('accepts a Cognito authorizer with identityValidationExpression', () => {
    const stack = testStack();
    const authorizer = cognitoOf(stack);
    (authorizer.node.defaultChild as apigateway.CfnAuthorizer).identityValidationExpression = '^web1$';
    expect(() => new VodApi(stack, 'Api').authorizeWith(authorizer)).not.toThrow();
  });

  test('creates a new API deployment for another authorizer, since a stage keeps its authorizer', () => {
    const deployment = (authorizerId: string) => only(api({ authorizerId }).template, 'AWS::ApiGateway::Deployment').id;
    expect(deployment('authorizer1')).toBe(deployment('authorizer1'));
    expect(deployment('authorizer2')).not.toBe(deployment('authorizer1'));
  });

  test('throttles each open route separately, so that anonymous callers cannot use up the requests of signed-in users', () => {
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
    // API Gateway rejects settings for a method that does not exist.
    expect(Object.keys(settings({}, []))).toEqual(['* /*', 'GET /~1openapi.json']);
  });

  test('writes access logs only to a given log group, and without headers, query parameters and bodies', () => {
    const settings = (props: (stack: Stack) => VodApiProps) => {
      const stack = testStack();
      new VodApi(stack, 'Api', props(stack));
      return only(Template.fromStack(stack), 'AWS::ApiGateway::Stage').properties.AccessLogSetting;
    };
    expect(settings(() => ({}))).toBeUndefined();
    const { DestinationArn, Format } = settings((stack) => ({ accessLogGroup: new logs.LogGroup(stack, 'Requests') }));
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Requests/), 'Arn'] });
    const variables: string[] = Object.values(JSON.parse(Format));
    // The list is exact, because a new variable can contain a header (`identity.userAgent`) or personal data (`identity.sourceIp`).
    expect(variables.map((variable) => variable.replace('$context.', ''))).toEqual([
      'requestId', 'requestTimeEpoch', 'httpMethod', 'path', 'resourcePath', 'status', 'authorizer.principalId', 'authorizer.claims.sub', 'responseLength',
      'responseLatency', 'integration.latency', 'integration.status', 'error.responseType',
    ]);
    expect(settings((stack) => ({ accessLogGroup: logs.LogGroup.fromLogGroupName(stack, 'Requests', 'requests') }))).toMatchObject({ Format });
  });

  test('rejects a log group of another region', () => {
    const stack = testStack({ env: ENV });
    const accessLogGroup = logs.LogGroup.fromLogGroupArn(stack, 'Requests', 'arn:aws:logs:eu-west-1:123456789012:log-group:requests');
    expect(() => new VodApi(stack, 'Api', { accessLogGroup })).toThrow('Test/Api: accessLogGroup: expected a log group in the stack\'s region us-east-1, got a log group in the region eu-west-1');
    expect(() => new VodApi(stack, 'Api2', { accessLogGroup: 'requests' as never })).toThrow('accessLogGroup: expected a log group, such as a logs.LogGroup');
  });

  test('can reserve concurrency for the function of the OpenAPI document', () => {
    const reserved = (props: VodApiProps) => functionOf(api({ props }).template, 'api/describe-api').properties.ReservedConcurrentExecutions;
    expect([reserved({}), reserved({ functions: { reservedConcurrentExecutions: 2 } })]).toEqual([undefined, 2]);
  });

  test('describes only its routes in the OpenAPI document', () => {
    expect(environmentOf(template, 'api/describe-api').HANDLERS).toBe('["api/describe-api","catalog/read-videos","upload/manage-uploads"]');
  });

  test('leaves the validation of bodies to the handlers, since API Gateway cannot name the invalid field', () => {
    template.resourceCountIs('AWS::ApiGateway::RequestValidator', 0);
    template.allResourcesProperties('AWS::ApiGateway::Method', { RequestModels: Match.absent(), RequestValidatorId: Match.absent() });
  });

  test('returns 404 instead of 403 for an unknown route', () => {
    template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', { ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '404' });
  });

  test('returns the same response for both kinds of authorizer failure', () => {
    const [failure, misconfigured] = ['AUTHORIZER_FAILURE', 'AUTHORIZER_CONFIGURATION_ERROR'].map((ResponseType) => {
      const response = gatewayResponses.find((each) => each.ResponseType === ResponseType);
      return { ...response, ResponseType: undefined };
    });
    expect(failure).toMatchObject({ StatusCode: '502', ResponseTemplates: { 'application/json': expect.stringContaining('"code":"upstream_failed"') } });
    expect(misconfigured).toEqual(failure);
  });

  test('adds the sandbox header to every gateway response, including the two defaults', () => {
    expect(gatewayResponses.map(({ ResponseType }) => ResponseType)).toEqual(expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX']));
    for (const { ResponseType, ResponseParameters } of gatewayResponses) {
      expect([ResponseType, ResponseParameters]).toEqual([ResponseType, expect.objectContaining({
        'gatewayresponse.header.content-security-policy': '\'default-src \'none\'; sandbox\'', 'gatewayresponse.header.cache-control': '\'no-store\'',
      })]);
    }
  });

  test('adds the WWW-Authenticate header only to the 401 response', () => {
    const challenges = gatewayResponses.map(({ ResponseType, ResponseParameters }) => [ResponseType, ResponseParameters['gatewayresponse.header.WWW-Authenticate']]);
    expect(challenges.filter(([, challenge]) => challenge)).toEqual([['UNAUTHORIZED', '\'Bearer\'']]);
  });

  test('does not repeat messages of API Gateway, some of which contain the token', () => {
    const templates = gatewayResponses.map(({ ResponseTemplates }) => ResponseTemplates);
    expect(JSON.stringify(templates)).not.toMatch(/\$context\.error\.(message|validationErrorString)/);
    for (const { 'application/json': body } of templates) expect(JSON.parse(body)).toMatchObject({ title: expect.any(String), code: expect.any(String) });
  });

  test('allows each method to invoke its function, but not the test button of the console', () => {
    const sources = ofType(template, 'AWS::Lambda::Permission').map(({ properties }) => JSON.stringify(properties.SourceArn));
    expect(sources).toHaveLength(8);
    expect(sources.join()).not.toContain('test-invoke-stage');
  });

  test('rejects guarded routes without an authorizer, and a second authorizer', () => {
    expect(() => addRoutes(new VodApi(testStack(), 'Api'))).toThrow(/^Test\/Api: .*authorizeWith: expected a call before/);
    const { vodApi } = api();
    expect(() => vodApi.authorizeWith({ authorizerId: 'authorizer2' })).toThrow('Test/Api: authorizeWith: expected one call, got a second call');
  });

  test('rejects the routes of an area when they are added twice', () => {
    const { vodApi } = api();
    const message = 'Test/Api: addRoutes: expected one call for the routes of catalog/read-videos, upload/manage-uploads, got a second call. If you use ServerlessVod, do not call addRoutes: ServerlessVod adds all routes';
    expect(() => vodApi._serve({ handlers: { 'catalog/read-videos': vodApi.describeFunction, 'upload/manage-uploads': vodApi.describeFunction }, deadLetterQueues: [] })).toThrow(message);
  });

  test('reports the invalid prop', () => {
    expect(() => new VodApi(testStack(), 'Api', { throttlingRateLimit: 0 })).toThrow('Test/Api: throttlingRateLimit: expected a number of 1 or more, got 0');
    expect(() => new VodApi(testStack(), 'Api', { openThrottlingRateLimit: 0, openThrottlingBurstLimit: -1, functions: { reservedConcurrentExecutions: 0 } })).toThrow(
      'Test/Api: openThrottlingRateLimit: expected a number of 1 or more, got 0; openThrottlingBurstLimit: expected a whole number of 1 or more, got -1; '
      + 'functions.reservedConcurrentExecutions: expected a whole number of 1 or more, got 0');
  });
});
